"""Which of many short texts contain a given piece, without looking at each."""

from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache

LONGEST = 3
REMEMBERED = 500


class SubstringIndex:
    """For every piece of one to three characters, the numbers of the texts that hold it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts: tuple[str, ...] = tuple(texts)
        self._holders: dict[str, array[int]] = {}
        for number, content in enumerate(self.texts):
            pieces = {
                content[start : start + length]
                for length in range(1, LONGEST + 1)
                for start in range(len(content) - length + 1)
            }
            for piece in pieces:
                self._holders.setdefault(piece, array("i")).append(number)

        self.find: Callable[[str], array[int]] = lru_cache(REMEMBERED)(self._find)
        """The numbers of the texts that contain a piece (folded as the texts are), ascending."""

    def _find(self, piece: str) -> "array[int]":
        if len(piece) <= LONGEST:
            return self._holders.get(piece, array("i"))
        starts = range(len(piece) - LONGEST + 1)
        holders = [self._holders.get(piece[start : start + LONGEST], array("i")) for start in starts]
        return self.among(min(holders, key=len), piece)

    def among(self, numbers: Sequence[int], piece: str) -> "array[int]":
        """Those of the numbers whose texts contain a piece."""
        texts = self.texts
        return array("i", [number for number in numbers if piece in texts[number]])
