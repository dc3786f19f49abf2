"""Whether two files tell the same history: their closes on the first days of months, side by side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

MOST_CLOSES = 3000
FEWEST_SHARED = 6
MOST_APART = 0.3

BETWEEN = "\t"

Closes = dict[str, dict[str, float]]
"""Coin (symbol, tab, name) → first day of a month (ISO) → close: small enough to keep for every file."""


@dataclass
class MonthlyCloses:
    """The closes of a file on the first days of months, up to a bound."""

    closes: Closes = field(default_factory=dict[str, dict[str, float]])
    count: int = 0

    def add(self, coin: tuple[object, object], day: date, close: Decimal | None) -> None:
        """Take a row into account, if it is of the first day of a month."""
        if day.day == 1 and close and close > 0 and self.count < MOST_CLOSES:
            key = BETWEEN.join(str(part or "").casefold() for part in coin)
            self.closes.setdefault(key, {})[day.isoformat()] = float(close)
            self.count += 1


def contradictions(own: Closes, others: Mapping[str, Closes]) -> Iterator[tuple[str, str]]:
    """Other files in which the same coin has other closes on most of the days they share, and what to tell of each.

    A symbol is not an identity: where both files name a coin, one of another name is another coin; and whoever agrees
    with one of its namesakes contradicts none.
    """
    theirs = {file: _comparable(closes) for file, closes in others.items()}
    for coin, days in _comparable(own).items():
        compared = [
            (file, *found)
            for file, closes in theirs.items()
            for name, other in closes.items()
            if _may_be_one(coin, name) and (found := _compared(days, other))
        ]
        if any(apart * 2 <= shared for _, apart, shared in compared):
            continue
        symbol, _, name = coin.partition(BETWEEN)
        for file, apart, shared in compared:
            told = (
                f"it contradicts {file}: on {apart} of {shared} first days of months that both have, the closes of "
                f"{symbol.upper() or name} differ by more than {MOST_APART:.0%}. One of the two has wrong dates or "
                "prices: correct it, or take it out, and this one is read again"
            )
            yield file, told


def _comparable(closes: Closes) -> Closes:
    return {coin: days for coin, days in closes.items() if len(days) >= FEWEST_SHARED}


def _may_be_one(one: str, other: str) -> bool:
    """Whether neither symbol nor name speaks against two coins being one."""
    pairs = list(zip(one.split(BETWEEN), other.split(BETWEEN), strict=False))
    return any(mine == theirs != "" for mine, theirs in pairs) and all(
        mine == theirs or not (mine and theirs) for mine, theirs in pairs
    )


def _compared(own: dict[str, float], other: dict[str, float]) -> tuple[int, int] | None:
    """On how many of the days that both have they are far apart, and how many these are; None when they are too few."""
    shared = own.keys() & other.keys()
    if len(shared) < FEWEST_SHARED:
        return None
    return sum(abs(own[day] - other[day]) > MOST_APART * max(own[day], other[day]) for day in shared), len(shared)
