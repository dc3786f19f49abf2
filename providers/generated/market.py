"""The generated market: assets, their prices, the clock, and the news."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from providers.generated.news import FEEDS, Newsroom
from providers.generated.quotes import Prices
from providers.generated.registry import Registry
from providers.generated.view import View
from providers.market import Feed, Point, Rows
from providers.messages import ProviderName


class GeneratedMarket(Registry):
    """A market of any number of coins, the same for the same seed and start.

    One tick is one minute of the market's own time, which begins at `start`: by default the present minute. Where
    quotes from the future would be refused, give an earlier one, by as much as the market is to `advance`. `given_up`
    is the number of coins that CoinPaprika lists as inactive; a real market has three of them for each of CoinGecko's.
    """

    def __init__(
        self, coins: int = 2000, seed: int = 1, start: datetime | None = None, given_up: int | None = None
    ) -> None:
        super().__init__(coins, seed, int((start or datetime.now(UTC)).timestamp()) // 60, given_up)
        self.tick = 0
        self._due: dict[int, list[tuple[Callable[..., object], tuple[object, ...]]]] = {}
        self._prices = Prices(seed)
        self._newsrooms = {name: Newsroom(seed, name, title) for name, (title, _) in FEEDS.items()}
        self._changed()

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.minute * 60, UTC)

    def at(self, tick: int, event: Callable[..., object], *arguments: object) -> None:
        """Let an event happen when a tick comes: `market.at(5, market.rename, "bitcoin", "Bitcoin Core")`.

        Raises ValueError for a tick that has passed.
        """
        if tick <= self.tick:
            raise ValueError(f"tick {tick} has passed: it is {self.tick}")
        self._due.setdefault(tick, []).append((event, arguments))

    def advance(self, minutes: int = 1) -> None:
        """Let time pass, and what is due in it happen."""
        with self._lock:
            for _ in range(minutes):
                self.tick += 1
                self.minute += 1
                for event, arguments in self._due.pop(self.tick, []):
                    event(*arguments)
            self._changed()

    def coingecko_markets(self) -> Rows:
        with self._lock:
            return self._view.coingecko_markets

    def coingecko_list(self, active: bool) -> Rows:
        with self._lock:
            return self._view.coingecko_list(active)

    def coinpaprika_tickers(self, paid: bool) -> Rows:
        with self._lock:
            return self._view.coinpaprika_tickers(paid)

    def coinpaprika_coins(self) -> Rows:
        with self._lock:
            return self._view.coinpaprika_coins

    def coinpaprika_contracts(self) -> Mapping[str, list[bytes]]:
        with self._lock:
            return self._view.coinpaprika_contracts

    def history(self, provider: ProviderName, coin_id: str, moments: list[datetime]) -> list[Point] | None:
        """Consistent with today's quotes: the same path, at earlier minutes."""
        if provider == "rss":
            return None
        with self._lock:
            try:
                asset = self.asset(coin_id, provider)
            except KeyError:
                return None
            supply = asset.circulating or 0.0
            prices = [self._prices.at(asset, int(moment.timestamp()) // 60, provider) for moment in moments]
        return [
            Point(moment, price, price * (supply or 1e6) * asset.turnover, price * supply)
            for moment, price in zip(moments, prices, strict=True)
        ]

    def feed(self, name: str) -> Feed | None:
        if name not in FEEDS:
            return None
        with self._lock:
            newsroom, form = self._newsrooms[name], FEEDS[name][1]
            newsroom.write_until(self.minute, self.assets)
            return form(newsroom)

    def feed_names(self) -> list[str]:
        return list(FEEDS)

    def prepare(self) -> None:
        """Make the rows that are asked for most, so that the first request after a tick need not wait."""
        with self._lock:
            _ = self._view.coingecko_markets, self._view.coinpaprika_tickers(paid=False)

    def _changed(self) -> None:
        """Whatever changed, the rows are made anew when they are next asked for."""
        super()._changed()
        self._view = View(self.assets, self.minute, self._prices)
