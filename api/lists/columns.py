"""What the columns of a list hold, and what that is in each format."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    TEXTS = "texts"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TIME = "time"
    JSON = "json"


class Column(NamedTuple):
    """A column of a list."""

    name: str
    kind: Kind


def columns(**kinds: str) -> tuple[Column, ...]:
    """Columns from names, grouped by what they hold: `columns(text="symbol name", decimal="price_usd")`."""
    return tuple(Column(name, Kind(kind)) for kind, names in kinds.items() for name in names.split())


def arranged(order: str, **kinds: str) -> tuple[Column, ...]:
    """The same in an order of their own: names separated by blanks; what is in no group is text."""
    known = {column.name: column for column in columns(**kinds)}
    return tuple(known.get(name, Column(name, Kind.TEXT)) for name in order.split())
