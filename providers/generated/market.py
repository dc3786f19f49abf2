"""The generated market: assets, their prices, the clock, and the news."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime

from providers.generated.news import FEEDS, Newsroom
from providers.generated.quotes import Prices
from providers.generated.registry import Registry
from providers.generated.view import View
from providers.market import Feed, Point, Rows
from providers.messages import ProviderName


class GeneratedMarket(Registry):
    """A market of any number of coins, the same for the same seed and start.

    `start` defaults to the present minute. Give an earlier one, by as much as you will `advance`, where quotes from the future
    would be refused. One tick is one minute of the market's own time.
    """

    def __init__(self, coins: int = 2000, seed: int = 1, start: datetime | None = None) -> None:
        self.start_minute = int((start or datetime.now(UTC)).timestamp()) // 60
        super().__init__(coins, seed, self.start_minute)
        self.tick = 0
        self.version = 0
        self._prices = Prices(seed)
        self._newsrooms = {name: Newsroom(seed, name, title) for name, (title, _) in FEEDS.items()}
        self._lock = threading.RLock()
        self._changed()

    @property
    def minute(self) -> int:
        """The market's time, in minutes since the epoch."""
        return self.start_minute + self.tick

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.minute * 60, UTC)

    def advance(self, minutes: int = 1) -> None:
        """Let time pass."""
        with self._lock:
            self.tick += minutes
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
        """Consistent with the quotes of today: the same path, at earlier minutes."""
        asset = None if provider == "rss" else self.find(coin_id, provider)
        if asset is None or provider == "rss":
            return None
        supply = asset.circulating or 0.0
        points: list[Point] = []
        for moment in moments:
            price = self._prices.at(asset, int(moment.timestamp()) // 60, provider)
            points.append(Point(moment, price, price * (supply or 1e6) * asset.turnover, price * supply))
        return points

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
        self._view = View(self.assets, self.minute, self._prices)
        self.version += 1
