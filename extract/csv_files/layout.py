"""Where in a file the table is: its delimiter, its header line and what the columns mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO

from extract.csv_files.headers import Mapping, mapped
from extract.csv_files.table import Torn, rows
from extract.csv_files.text import decoded, encoding_of

DELIMITERS = (",", ";", "\t", "|")
# Exports may begin with a title, a link or `sep=;`
DEEPEST_HEADER = 10
FEWEST_FIELDS = 2


@dataclass(frozen=True)
class Layout:
    """How to split a file; what stands before the line of its headers is no data."""

    encoding: str
    delimiter: str
    mapping: Mapping


def layout_of(copy: IO[bytes]) -> Layout:
    """Find the delimiter and the line under which most fields are named, the earliest and commonest if several do.

    A file that names no fields at all gets its first line as header. Raises UnreadableError for what is not text.
    """
    encoding = encoding_of(copy)
    best: Layout | None = None
    for delimiter in DELIMITERS:
        with decoded(copy, encoding) as text:
            first = list(islice(rows(text, delimiter), DEEPEST_HEADER))
        for cells in first:
            if isinstance(cells, Torn):
                continue
            layout = Layout(encoding, delimiter, mapped([cell.strip() for cell in cells]))
            if best is None or _named(layout) > max(_named(best), FEWEST_FIELDS - 1):
                best = layout
    return best or Layout(encoding, ",", mapped([]))


def data_rows(copy: IO[bytes], layout: Layout) -> Iterator[tuple[int, list[str] | Torn]]:
    """The rows below the header, numbered from 1; the header repeated, as in files that were joined, is left out."""
    headers = list(layout.mapping.headers)
    number = 0
    below = False
    with decoded(copy, layout.encoding) as text:
        for row in rows(text, layout.delimiter, len(headers)):
            cells = row if isinstance(row, Torn) else [cell.strip() for cell in row]
            if cells == headers:
                below = True
            elif below:
                number += 1
                yield number, cells


def _named(layout: Layout) -> int:
    return len(layout.mapping.matches)
