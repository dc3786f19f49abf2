"""How many bitcoins there were on a day, which is fixed by its protocol: a clock to check a file's dates against.

New bitcoins per block halve every 210,000 blocks (https://github.com/bitcoin/bitcoin, `GetBlockSubsidy`). Between the
days of the halvings the supply grows evenly, to within 50 days.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

SUPPLY = (
    (date(2009, 1, 3), 0),
    (date(2012, 11, 28), 10_500_000),
    (date(2016, 7, 9), 15_750_000),
    (date(2020, 5, 11), 18_375_000),
    (date(2024, 4, 20), 19_687_500),
    (date(2028, 4, 17), 20_343_750),
)
FEWEST_ROWS = 30
MOST_DAYS_OFF = 120
WIDEST_SPREAD = 240


@dataclass
class ShiftEvidence:
    """By how many days the dates of a file's Bitcoin rows are later than the supply in their market caps."""

    rows: int = 0
    off: int = 0
    dateless: int = 0
    least: int = 0
    most: int = 0
    total: int = 0
    example: str = ""

    def add(self, coin: tuple[object, object], day: date, market_cap: Decimal | None, price: Decimal | None) -> None:
        """Take a row into account; other coins, and rows without market cap or price, count for nothing."""
        symbol, name = (str(each or "").casefold() for each in coin)
        if symbol not in ("btc", "xbt") and name != "bitcoin":
            return
        if not market_cap or not price or market_cap <= 0 or price <= 0:
            return
        supply = market_cap / price
        known = day_of(supply)
        days = (day - known).days if known else 0
        self.least = min(self.least, days) if self.rows else days
        self.most = max(self.most, days) if self.rows else days
        self.rows += 1
        self.total += days
        self.dateless += known is None
        if known is None or abs(days) > MOST_DAYS_OFF:
            self.off += 1
            shown = f"{supply:,.0f} bitcoins on {day}"
            self.example = self.example or (f"{shown}, as many as there were around {known}" if known else shown)

    def told(self) -> str | None:
        """What to tell when all dates are off by about the same number of days."""
        if not self._mostly_off() or self.dateless or self.most - self.least > WIDEST_SPREAD:
            return None
        days = self.total // self.rows
        return (
            f"the dates contradict the market caps of Bitcoin: market cap / close gives {self.example}. All dates seem "
            f"to be about {abs(days)} days ({abs(days) / 365.25:.1f} years) too {'late' if days > 0 else 'early'}: "
            "correct them; if they are right, take the market cap column out"
        )

    def doubt(self) -> str | None:
        """What to tell when market caps do not fit the dates, in no regular way."""
        if not self._mostly_off():
            return None
        return f"the market caps of Bitcoin do not fit their prices and dates: market cap / close gives {self.example}"

    def _mostly_off(self) -> bool:
        return self.rows >= FEWEST_ROWS and self.off * 2 > self.rows


def day_of(supply: Decimal) -> date | None:
    """The day on which there were so many bitcoins; None when there never were, or are not yet for years."""
    for (start, before), (end, after) in pairwise(SUPPLY):
        if before <= supply <= after:
            return start + timedelta(days=int((supply - before) / (after - before) * (end - start).days))
    return None
