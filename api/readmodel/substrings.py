"""Which of many short texts contain a given piece, without looking at each."""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from api.memory import Memory
from api.readmodel.numbers import Ints, Numbers, code, over, sorted_in_groups

LONGEST = 3
REMEMBERED = 500_000
"""Numbers of texts found, of four bytes each; nothing found weighs one, too."""
STRETCH = 50_000
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
        self._holders = array("i")
        for piece, held in holders.items():
            if BREAK not in piece:
                self.spans[piece] = (len(self._holders), len(held))
                self._holders.extend(held)

    def holders(self, number: Numbers) -> "array[int]":
        """All holders, the texts numbered anew: those of one piece side by side and ascending."""
        renumbered = array(code(len(number)))
        groups, before = array("i"), 0
        for group, (start, count) in enumerate(self.spans.values()):
            groups.extend([group] * count)
            end = start + count
            if len(groups) >= STRETCH or end == len(self._holders):  # sorting takes more room
                part = number.take(over(self._holders[before:end]))
                renumbered.extend(array(renumbered.typecode, sorted_in_groups(part, over(groups))))
                groups, before = array("i"), end
        return renumbered


class SubstringIndex:
    """For every piece, the numbers of the texts that hold it. `number` gives each text its number."""

    def __init__(self, pieces: Pieces, number: "array[int]") -> None:
        self._texts = texts = renumbered(pieces.texts, number)
        holders = memoryview(pieces.holders(over(number)))
        # no method of this object: what refers to itself stays in memory after its version has gone
        find = partial(_find, pieces.spans, holders, texts)
        found = memory()
        self.find: Callable[[str], Ints] = lambda piece: found.of(piece, lambda: find(piece))
        """The numbers of the texts that contain a piece (folded as the texts are), ascending."""

    def among(self, candidates: Iterable[int], piece: str) -> list[int]:
        """Those of the numbers whose texts contain a piece."""
        return among(self._texts, candidates, piece)


def memory() -> Memory[Ints]:
    """A memory of what texts find."""
    return Memory(REMEMBERED, weigh=lambda found: len(found) + 1)


def renumbered(texts: Sequence[str], number: Sequence[int]) -> list[str]:
    """The texts in the order of the numbers they have."""
    ordered = [""] * len(number)
    for text, new in zip(texts, number, strict=True):
        ordered[new] = text
    return ordered


def _find(spans: Mapping[str, tuple[int, int]], holders: "memoryview[int]", texts: Sequence[str], piece: str) -> Ints:
    if len(piece) <= LONGEST:
        start, count = spans.get(piece, (0, 0))
        return holders[start : start + count]
    starts = range(len(piece) - LONGEST + 1)
    held = [spans.get(piece[start : start + LONGEST], (0, 0)) for start in starts]
    start, count = min(held, key=lambda span: span[1])
    return array("i", among(texts, holders[start : start + count], piece))


def among(texts: Sequence[str], candidates: Iterable[int], piece: str) -> list[int]:
    """Those of the numbers whose texts contain a piece."""
    return [number for number in candidates if piece in texts[number]]
