"""Which of many short texts contain a given piece, without looking at each."""

from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache

from api.readmodel import numbers
from api.readmodel.numbers import Numbers

LONGEST = 3
REMEMBERED = 128


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

        self.find: Callable[[str], Numbers] = lru_cache(REMEMBERED)(self._find)
        """The numbers of the texts that contain a piece (folded as the texts are), ascending."""

    def _find(self, piece: str) -> Numbers:
        if len(piece) <= LONGEST:
            return numbers.over(self._holders.get(piece, array("i")))
        starts = range(len(piece) - LONGEST + 1)
        holders = [self._holders.get(piece[start : start + LONGEST], array("i")) for start in starts]
        rarest = min(holders, key=len)
        return numbers.of([number for number in rarest if piece in self.texts[number]])
