"""From cells to typed values, in the style that the whole file shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import IO

from extract.csv_files.coins import Coin, CoinReader
from extract.csv_files.dates import DateEvidence, DateStyle
from extract.csv_files.headers import COLUMNS, MONEY, NOT_NUMBERS, Kind
from extract.csv_files.layout import Layout, data_rows
from extract.csv_files.numbers import NumberEvidence, NumberStyle

# Ranks are small and never have decimals: they say nothing about how a file writes numbers
NO_EVIDENCE = NOT_NUMBERS | {"rank"}
NOTHING = frozenset({"", "-", "--", "—", "n/a", "#n/a", "nan", "null", "none"})

Value = Decimal | datetime | str


@dataclass(frozen=True)
class Style:
    """How a file writes its values."""

    numbers: NumberStyle
    dates: DateStyle


@dataclass(frozen=True)
class Quote:
    """What a row says, by role. A value that can't be read stands, as it came, in `unread` instead of `values`."""

    number: int
    values: dict[str, Value]
    unread: dict[str, str]
    cells: list[str]
    unusable: str | None = None
    is_in_other_money: bool = False

    def decimal(self, role: str) -> Decimal | None:
        """A number of the row."""
        value = self.values.get(role)
        return value if isinstance(value, Decimal) else None

    def moment(self) -> datetime | None:
        """The time of the row; the start of the day in daily history."""
        value = self.values.get("time")
        return value if isinstance(value, datetime) else None

    @property
    def coin(self) -> tuple[object, object]:
        """What tells the row's coin from others."""
        return self.values.get("symbol"), self.values.get("name")


def style_of(copy: IO[bytes], layout: Layout, now: datetime) -> Style:
    """Read the whole file once and tell how it writes numbers and dates."""
    numbers, dates = NumberEvidence(), DateEvidence(now)
    columns = layout.mapping.columns
    when = columns.get("time")
    numeric = [column for role, column in columns.items() if role not in NO_EVIDENCE]
    for _, cells in data_rows(copy, layout):
        if isinstance(cells, list):
            for column in numeric:
                if cells[column]:
                    numbers.add(cells[column])
            if when is not None and cells[when]:
                dates.add(cells[when])
    return Style(numbers.style(), dates.style())


def quotes(copy: IO[bytes], layout: Layout, style: Style, kind: Kind, coins: CoinReader) -> Iterator[Quote]:
    """The rows of a file, typed. A row without a usable key says why in `unusable`."""
    columns = layout.mapping.columns
    read_number = style.numbers.reader()
    daily = kind == "ohlcv"
    for number, cells in data_rows(copy, layout):
        if not isinstance(cells, list):
            yield Quote(number, {}, {}, [cells.text], cells.reason)
            continue
        coin = coins.read(cells)
        values: dict[str, Value] = {role: text for role, text in (("symbol", coin.symbol), ("name", coin.name)) if text}
        unread: dict[str, str] = {}
        for role, column in columns.items():
            text = cells[column]
            if not text or role in values:
                continue
            value: Value | None = None
            if role == "time":
                value = style.dates.read(text)
                if daily and value:
                    value = datetime.combine(value.date(), time(), UTC)
            elif role not in NOT_NUMBERS and not (role in MONEY and text.endswith("%")):
                value = read_number(text)
            if value is not None:
                values[role] = value
            elif text.casefold() not in NOTHING:
                unread[role] = text
        yield Quote(number, values, unread, cells, _unusable(values, unread, coin, daily), coin.money is not None)


def model_fields(kind: Kind, values: dict[str, Value] | dict[str, str]) -> dict[str, Value]:
    """Values under the names of the raw table's columns."""
    return {COLUMNS[kind][role]: value for role, value in values.items()}


def _unusable(values: dict[str, Value], unread: dict[str, str], coin: Coin, daily: bool) -> str | None:
    if not values.keys() & {"symbol", "name"}:
        return "neither symbol nor name"
    if coin.money:
        return f"not in US dollars, but {coin.money}"
    if daily and "time" not in values:
        return "a date that can't be read" if "time" in unread else "no date"
    return None
