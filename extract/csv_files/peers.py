"""Whether two files tell the same history: their closes on the first days of months, side by side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

MOST_CLOSES = 3000
FEWEST_SHARED = 6
MOST_APART = 0.3

Closes = dict[str, dict[str, float]]
"""Coin → first day of a month (ISO) → close: small enough to keep for every file."""


@dataclass
class MonthlyCloses:
    """The closes of a file on the first days of months, up to a bound."""

    closes: Closes = field(default_factory=dict[str, dict[str, float]])
    count: int = 0

    def add(self, coin: tuple[object, object], day: date, close: Decimal | None) -> None:
        """Take a row into account, if it is of the first day of a month."""
        if day.day == 1 and close and close > 0 and self.count < MOST_CLOSES:
            self.closes.setdefault(str(coin[0] or coin[1]).casefold(), {})[day.isoformat()] = float(close)
            self.count += 1


def contradictions(own: Closes, others: Mapping[str, Closes]) -> Iterator[tuple[str, str]]:
    """Other files in which the same coin has other closes on most of the days they share, and what to tell of each."""
    for file, closes in others.items():
        for coin in own.keys() & closes.keys():
            shared = own[coin].keys() & closes[coin].keys()
            apart = sum(_apart(own[coin][day], closes[coin][day]) for day in shared)
            if len(shared) >= FEWEST_SHARED and apart * 2 > len(shared):
                told = (
                    f"it contradicts {file}: on {apart} of {len(shared)} first days of months that both have, the "
                    f"closes of {coin.upper()} differ by more than {MOST_APART:.0%}. One of the two has wrong dates or "
                    "prices: correct it, or take it out, and this one is read again"
                )
                yield file, told


def _apart(one: float, other: float) -> bool:
    return abs(one - other) > MOST_APART * max(one, other)
