"""Faults in what fields hold, and drift: fields that are renamed, retyped, dropped or new.

A field may be nested: `quotes.USD.price`. The rows meant are those of `ids`, or all, and of them `share`, by chance.
"""

from abc import abstractmethod
from decimal import Decimal
from random import Random
from typing import Any, Literal

from pydantic import Field

from providers.faults.rows import RowFault
from providers.jsontext import Row

Nonsense = Literal[
    "negative", "absurd", "zero", "nan", "infinity", "huge_integer", "longer_integer",
    "null", "blank", "text", "nul", "long_text", "emoji", "right_to_left", "markup", "sql",
    "future", "ancient", "no_time", "object", "list",
]  # fmt: skip
NONSENSE: dict[Nonsense, Any] = {
    "negative": Decimal("-1.5"),
    "absurd": Decimal("1e30"),
    "zero": 0,
    "nan": Decimal("NaN"),
    "infinity": Decimal("Infinity"),
    "huge_integer": Decimal(2**63 + 12345),
    "longer_integer": Decimal(123456789012345678901234567890123456789012345678901234567890),
    "null": None,
    "blank": "",
    "text": "not a number",
    "nul": "Evil\x00Coin",
    "long_text": "x" * 10_000,
    "emoji": "\N{ROCKET}\N{FULL MOON SYMBOL} Moon \N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET} Coin",
    "right_to_left": "\N{RIGHT-TO-LEFT OVERRIDE}عملة\N{POP DIRECTIONAL FORMATTING} ביטקוין",
    "markup": "<script>alert('coin')</script>",
    "sql": "'; DROP SCHEMA marts CASCADE; --",
    "future": "2099-01-01T00:00:00.000Z",
    "ancient": "1970-01-01T00:00:00Z",
    "no_time": "yesterday",
    "object": {"value": 1},
    "list": [1, 2],
}


class FieldFault(RowFault):
    """A fault of one field."""

    field: str = Field(min_length=1)
    ids: tuple[str, ...] = ()
    share: float = Field(default=1.0, ge=0, le=1)

    def changed(self, rows: list[Row], chance: Random) -> list[Row]:
        *parents, name = self.field.split(".")
        for row in rows:
            if (self.ids and row.get("id") not in self.ids) or (self.share < 1 and chance.random() >= self.share):
                continue
            holder: Row | None = row
            for parent in parents:
                holder = holder.get(parent) if holder else None
            if holder is not None:
                self.change(holder, name)
        return rows

    @abstractmethod
    def change(self, holder: Row, name: str) -> None:
        """Change the field of that name, in place. It may not be there."""


class Garbage(FieldFault):
    """The field holds nonsense."""

    kind: Literal["garbage"] = "garbage"
    what: Nonsense

    def change(self, holder: Row, name: str) -> None:
        holder[name] = NONSENSE[self.what]


class SetField(FieldFault):
    """The field holds a value of one's choice. A name that is not there yet makes a new field."""

    kind: Literal["set_field"] = "set_field"
    value: Any

    def change(self, holder: Row, name: str) -> None:
        holder[name] = self.value


class DropField(FieldFault):
    """The field is gone."""

    kind: Literal["drop_field"] = "drop_field"

    def change(self, holder: Row, name: str) -> None:
        holder.pop(name, None)


class RenameField(FieldFault):
    """The field has another name, in the same object."""

    kind: Literal["rename_field"] = "rename_field"
    to: str = Field(min_length=1)

    def change(self, holder: Row, name: str) -> None:
        if name in holder:
            holder[self.to] = holder.pop(name)


class RetypeField(FieldFault):
    """A number becomes text with commas, `"1,234.5"`; anything else becomes its text."""

    kind: Literal["retype_field"] = "retype_field"

    def change(self, holder: Row, name: str) -> None:
        value = holder.get(name)
        if value is not None:
            is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
            holder[name] = f"{Decimal(value):,f}" if is_number else str(value)


FieldFaults = Garbage | SetField | DropField | RenameField | RetypeField
