"""Whether volumes and market caps are in dollars: price, volume and market cap of a row have to fit together."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from extract.csv_files.headers import Mapping, Match
from extract.csv_files.legibility import Doubt
from extract.csv_files.reading import Quote

FEWEST_ROWS = 3
MOST_COMPARED = 2000
NEARLY_ALL = 0.8
# How far the mean price of a day may lie outside of what it traded between: files round
MARGIN = Decimal("1.02")
# With a price so near to one, coins and dollars are the same number
NEAR_ONE = Decimal("0.05")
# A coin with a daily price trades more pieces than this; fewer mean that the volume is counted in coins
FEWEST_TRADED = 2000
# No coin's volume has ever been so many dollars, nor so many times its market cap
LARGEST_VOLUME = Decimal(10) ** 12
MOST_TURNOVER = 30


@dataclass
class VolumeEvidence:
    """Which column is the volume times the price, on all days: that one is in dollars, and the volume counts coins."""

    mapping: Mapping
    read: Callable[[str], Decimal | None]
    compared: int = 0
    fitting: Counter[int] = field(default_factory=Counter[int])

    def add(self, cells: list[str]) -> None:
        """Take a row into account."""
        volume = self._value(cells, "volume")
        prices = [price for role in ("price", "low", "close", "high") if (price := self._value(cells, role))]
        if not volume or not prices or self.compared >= MOST_COMPARED:
            return
        if abs(prices[0] - 1) < NEAR_ONE and abs(prices[-1] - 1) < NEAR_ONE:
            return
        self.compared += 1
        taken = {match.column for match in self.mapping.matches.values()}
        low, high = min(prices) / MARGIN, max(prices) * MARGIN
        for column, cell in enumerate(cells):
            if column not in taken and cell and (value := self.read(cell)) and low <= value / volume <= high:
                self.fitting[column] += 1

    def mapped(self, mapping: Mapping) -> Mapping:
        """The mapping with the volume in dollars, where the file has one beside that in coins."""
        volume = mapping.matches.get("volume")
        if not volume or volume.says_dollar or self.compared < FEWEST_ROWS or not self.fitting:
            return mapping
        column, rows = self.fitting.most_common(1)[0]
        if rows < NEARLY_ALL * self.compared:
            return mapping
        header = mapping.headers[column]
        told = f'"{volume.header}" counts coins: "{header}", which is that times the price, is taken for the volume'
        doubts = tuple(each for each in mapping.doubts if not each.startswith("several columns fit volume:"))
        match = Match(column, header, "values", round(rows / self.compared, 2), says_dollar=True)
        return replace(mapping, matches={**mapping.matches, "volume": match}, doubts=(*doubts, told))

    def _value(self, cells: list[str], role: str) -> Decimal | None:
        match = self.mapping.matches.get(role)
        value = self.read(cells[match.column]) if match and cells[match.column] else None
        return value if value and value > 0 else None


@dataclass
class UnitEvidence:
    """What the sizes of volumes and market caps say of their units, counted over the rows that have them."""

    traded: int = 0
    few: int = 0
    huge: int = 0
    huge_in_coins: int = 0
    capped: int = 0
    no_coins: int = 0
    beyond_cap: int = 0
    fitting_in_coins: int = 0

    def add(self, quote: Quote) -> None:
        """Take a row into account."""
        price = quote.decimal("close") or quote.decimal("price")
        volume, cap = quote.decimal("volume"), quote.decimal("market_cap")
        if not price or price <= 0:
            return
        if volume and volume > 0:
            self.traded += 1
            self.few += volume / price < FEWEST_TRADED
            self.huge += volume > LARGEST_VOLUME
            self.huge_in_coins += volume * price > LARGEST_VOLUME
        if cap and cap > 0:
            self.capped += 1
            self.no_coins += cap < price
            if volume and volume > MOST_TURNOVER * cap:
                self.beyond_cap += 1
                self.fitting_in_coins += volume * price <= MOST_TURNOVER * cap

    def doubts(self, mapping: Mapping, *, is_history: bool, is_of_exchange: bool) -> Iterator[tuple[str, Doubt]]:
        """Fields that are not in dollars, and why."""
        volume, cap = mapping.matches.get("volume"), mapping.matches.get("market_cap")
        if cap and (_most(self.no_coins, self.capped) or _most(self.beyond_cap - self.fitting_in_coins, self.capped)):
            why = (
                "there would be less than one coin" if self.no_coins else f"volumes are {MOST_TURNOVER} times as large"
            )
            text = f'"{cap.header}" is not in US dollars, for {why}, on most days: it is kept aside'
            yield "market_cap", Doubt("market_cap_in_other_unit", text)
        why = self._counts_coins(volume, is_history=is_history, is_of_exchange=is_of_exchange) if volume else None
        if volume and why:
            yield (
                "volume",
                Doubt(
                    "volume_in_coins",
                    f'"{volume.header}" seems to count coins, not US dollars: {why}. It is kept aside; if it is in '
                    'dollars, name the column "volume_usd"',
                ),
            )

    def _counts_coins(self, volume: Match, *, is_history: bool, is_of_exchange: bool) -> str | None:
        if _most(self.huge, self.traded):
            return f"on most days it is more than {LARGEST_VOLUME:,}"
        if _most(self.fitting_in_coins, self.capped):
            return f"on most days it is more than {MOST_TURNOVER} times the market cap"
        if volume.says_dollar:
            return None
        if is_history and _most(self.few, self.traded):
            return f"on most days it would pay for fewer than {FEWEST_TRADED:,} coins"
        if is_of_exchange and self.traded and not _most(self.huge_in_coins, self.traded):
            return "it is of an exchange's market, and these count coins"
        return None


def _most(count: int, of: int) -> bool:
    return count >= FEWEST_ROWS and count * 2 > of
