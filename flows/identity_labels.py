"""Files of labelled pairs: which listings of CoinGecko and CoinPaprika are one coin, and which are not.

Tab- or comma-separated with a header. Truth has the columns `coingecko_id` and `coinpaprika_id`, negatives have
`coingecko_id` and `not_coinpaprika_id`; other columns are ignored.
"""

import csv
from pathlib import Path
from typing import NamedTuple

TRUTH_COLUMNS = ("coingecko_id", "coinpaprika_id")
NEGATIVE_COLUMNS = ("coingecko_id", "not_coinpaprika_id")


class LabelsError(Exception):
    """A file of labels can't be used; the message says which, why, and what is expected."""


class Label(NamedTuple):
    """Two listings, and whether they are one coin."""

    coingecko_id: str
    coinpaprika_id: str
    is_same: bool


def read_labels(truth: Path, negatives: Path | None = None) -> list[Label]:
    """All labels of the file, and of the negatives' one if given, each once, in their order. Raises LabelsError."""
    labels = [Label(one, other, True) for one, other in _pairs(truth, TRUTH_COLUMNS)]
    if negatives is not None:
        labels += [Label(one, other, False) for one, other in _pairs(negatives, NEGATIVE_COLUMNS)]
    both = {label[:2] for label in labels if label.is_same} & {label[:2] for label in labels if not label.is_same}
    if both:
        raise LabelsError(f"{' and '.join(min(both))} are one coin in {truth}, and are not in {negatives}")
    return list(dict.fromkeys(labels))


def _pairs(file: Path, columns: tuple[str, str]) -> list[tuple[str, str]]:
    """The two columns of every row. Raises LabelsError."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise LabelsError(f"there is no file {file}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LabelsError(f"{file} can't be read: {error}") from None
    if not lines:
        raise LabelsError(f"{file} is empty: it needs the columns {' and '.join(columns)}")
    rows = csv.DictReader(lines, delimiter="\t" if "\t" in lines[0] else ",")
    if missing := [column for column in columns if column not in (rows.fieldnames or ())]:
        found = ", ".join(rows.fieldnames or ())
        raise LabelsError(f"{file} has no column {' and no column '.join(missing)}; it has {found}")
    pairs = [((row[columns[0]] or "").strip(), (row[columns[1]] or "").strip()) for row in rows]
    for number, pair in enumerate(pairs, start=2):
        if not all(pair):
            raise LabelsError(f"{file}, line {number}: {columns[0] if pair[1] else columns[1]} is missing")
    if not pairs:
        raise LabelsError(f"{file} has a header and no row")
    return pairs
