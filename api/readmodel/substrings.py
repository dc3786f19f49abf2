"""Which of many short texts contain a given piece, without looking at each."""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial

from api.readmodel import numbers
from api.readmodel.numbers import Ints, Numbers

LONGEST = 3
REMEMBERED = 500
BREAK = "\n"


class Pieces:
    """The pieces of one to three characters that texts hold; none has a line break in it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts: tuple[str, ...] = tuple(texts)
        holders: dict[str, array[int]] = {}
        for number, content in enumerate(self.texts):
            pieces = {
                content[start : start + length]
                for length in range(1, LONGEST + 1)
                for start in range(len(content) - length + 1)
            }
            for piece in pieces:
                holders.setdefault(piece, array("i")).append(number)
        self.spans: dict[str, tuple[int, int]] = {}
        """Where the numbers of the texts that hold a piece stand among all holders: from, and how many."""
        all_holders, groups = array("i"), array("i")
        for piece, held in holders.items():
            if BREAK not in piece:
                self.spans[piece] = (len(all_holders), len(held))
                groups.extend([len(self.spans)] * len(held))
                all_holders.extend(held)
        self._holders = numbers.over(all_holders)
        self._groups = numbers.over(groups)

    def holders(self, number: Numbers) -> Numbers:
        """All holders, the texts numbered anew: those of one piece side by side and ascending."""
        return numbers.sorted_in_groups(numbers.take(number, self._holders), self._groups)


class SubstringIndex:
    """For every piece, the numbers of the texts that hold it. `number` gives each text its number."""

    def __init__(self, pieces: Pieces, number: "array[int]") -> None:
        texts = [""] * len(number)
        for text, new in zip(pieces.texts, number, strict=True):
            texts[new] = text
        self._texts = texts
        holders = numbers.view(pieces.holders(numbers.over(number)))
        # no method of this object: what refers to itself stays in memory after its version has gone
        self.find: Callable[[str], Ints] = lru_cache(REMEMBERED)(partial(_find, pieces.spans, holders, texts))
        """The numbers of the texts that contain a piece (folded as the texts are), ascending."""

    def among(self, candidates: Iterable[int], piece: str) -> list[int]:
        """Those of the numbers whose texts contain a piece."""
        return _among(self._texts, candidates, piece)


def _find(spans: Mapping[str, tuple[int, int]], holders: "memoryview[int]", texts: Sequence[str], piece: str) -> Ints:
    if len(piece) <= LONGEST:
        start, count = spans.get(piece, (0, 0))
        return holders[start : start + count]
    starts = range(len(piece) - LONGEST + 1)
    held = [spans.get(piece[start : start + LONGEST], (0, 0)) for start in starts]
    start, count = min(held, key=lambda span: span[1])
    return array("i", _among(texts, holders[start : start + count], piece))


def _among(texts: Sequence[str], candidates: Iterable[int], piece: str) -> list[int]:
    return [number for number in candidates if piece in texts[number]]
