"""From text to rows of cells: quotes, quoted newlines, and what to do about lines that can't be split."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

LONGEST_LINE = 500_000
MOST_LINES_PER_ROW = 100


@dataclass(frozen=True)
class Torn:
    """A line that is no row of the table, and why."""

    text: str
    reason: str


class _Lines:
    """The lines of a text, with a way back: what a broken quote swallowed is read again, line by line."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES_PER_ROW:
            raise csv.Error(f"a quote that is not closed within {MOST_LINES_PER_ROW} lines")
        line = self._again.popleft() if self._again else self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.taken.append(line)
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            self._skip_to_end_of_line()
            raise csv.Error(f"a line of {LONGEST_LINE:,} or more characters, of which only these are kept")
        return line

    def give_back(self) -> str:
        """Take back all lines but the first, which is returned."""
        first, *rest = self.taken
        self._again.extendleft(reversed(rest))
        return first

    def _skip_to_end_of_line(self) -> None:
        while (rest := self._text.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
            pass


def rows(text: TextIO, delimiter: str, width: int | None = None) -> Iterator[list[str] | Torn]:
    """The rows of a table, blank ones left out; with `width`, a row of another number of cells is torn.

    A quote that is never closed costs the line that it stands in, not those after it. Cells past the width that are
    blank are dropped.
    """
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Torn(lines.give_back(), _explained(error))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if width is None or len(cells) == width:
            yield cells
        elif len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            yield cells[:width]
        else:
            yield Torn(lines.give_back(), f"{len(cells)} cells where the header has {width}")


def _explained(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "a quote that is never closed"
    if "expected after" in text:
        return "text after a closing quote"
    return text
