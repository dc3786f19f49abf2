"""How numbers with a fraction are written, by `decimals=`, and which type of column holds all of them."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

DIGITS = 38  # of decimal128, the widest that pandas, polars and DuckDB all take
PLACES = (18, 24, 30)  # few, so that a column's type seldom changes from version to version

Decimals = Annotated[
    Literal["number", "string", "float", "exact"],
    Field(
        description="`number` has every digit: in Parquet and Arrow a column is `decimal128`, or text where that can't "
        "hold all its numbers. `string` puts them in text, `float` rounds to doubles, `exact` is "
        "`decimal256` in Parquet and Arrow, which few libraries read",
    ),
]


class Extent(NamedTuple):
    """How many digits the numbers of a column have at most, before the point and after it."""

    whole: int
    places: int

    @property
    def scale(self) -> int | None:
        """The places of the `decimal128` that holds them all, exactly; None when there is none."""
        return next((each for each in PLACES if self.places <= each and self.whole <= DIGITS - each), None)


Extents = Callable[[], Mapping[str, Extent]]
"""Finds out the extents of columns, by name."""


def extent(texts: Iterable[bytes]) -> Extent:
    """The extent of numbers that are JSON texts without exponents."""
    whole, places = 0, 0
    for text in texts:
        if text != b"null":
            before, _, after = text.partition(b".")
            whole, places = max(whole, len(before)), max(places, len(after))  # a sign counts: room to spare
    return Extent(whole, places)


def whole_digits(largest: Decimal | None) -> int:
    """How many digits the largest of the numbers has before its point."""
    return 0 if largest is None else max(0, largest.adjusted() + 1)
