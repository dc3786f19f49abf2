"""What a market must offer, whether recorded or generated."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from providers.messages import ProviderName

Rows = Mapping[str, bytes]
"""Coin id to that coin's row as JSON text, in the order in which the provider serves them."""


@dataclass(frozen=True)
class Point:
    """A coin's market at a moment: price, 24-hour volume and market cap in USD."""

    at: datetime
    price: float
    volume: float
    market_cap: float


@dataclass(frozen=True)
class Feed:
    """A news feed as XML, and when it last changed, to the second."""

    content: bytes
    modified: datetime
    content_type: str = "application/rss+xml; charset=utf-8"


class Market(Protocol):
    """Coins and their quotes at one moment. `version` changes whenever any answer may have changed."""

    @property
    def version(self) -> int: ...

    @property
    def now(self) -> datetime:
        """The market's own time: that of the newest quotes."""
        ...

    def coingecko_markets(self) -> Rows:
        """Rows of `/coins/markets` in USD, largest market cap first."""
        ...

    def coingecko_list(self, active: bool) -> Rows:
        """Rows of `/coins/list?include_platform=true`, by id."""
        ...

    def coinpaprika_tickers(self, paid: bool) -> Rows:
        """Rows of `/tickers` with their USD quote, as the free or a paid plan shows them."""
        ...

    def coinpaprika_coins(self) -> Rows:
        """Rows of `/coins`."""
        ...

    def coinpaprika_contracts(self) -> Mapping[str, list[bytes]]:
        """Platform id to the rows of `/contracts/{platform}`; an empty list for a platform nothing is known of."""
        ...

    def history(self, provider: ProviderName, coin_id: str, moments: list[datetime]) -> list[Point] | None:
        """The coin's market at each of the moments, or None when the coin is unknown or no history is kept."""
        ...

    def feed(self, name: str) -> Feed | None:
        """The feed of that name, or None when there is no such feed."""
        ...

    def feed_names(self) -> list[str]:
        """The names of all feeds."""
        ...
