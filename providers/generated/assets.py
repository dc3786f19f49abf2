"""What the generated market is made of: assets, and their listings at each provider."""

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from providers.generated.majors import Kind

Quoter = Literal["coingecko", "coinpaprika"]


class Chain(NamedTuple):
    """A chain by both providers' names, and the type that CoinPaprika gives to its contracts."""

    coinpaprika: str
    contract_type: str


CHAINS = {
    "ethereum": Chain("eth-ethereum", "ERC20"),
    "binance-smart-chain": Chain("bnb-binance-coin", "BEP20"),
    "polygon-pos": Chain("matic-polygon", "ERC20"),
    "solana": Chain("sol-solana", "Other"),
    "tron": Chain("trx-tron", "TRC20"),
    "avalanche": Chain("avax-avalanche", "Other"),
}
"""By CoinGecko's name. The second half share one address format per chain; the first three have Ethereum's."""

EMPTY_PLATFORMS = ("btc-bitcoin", "eos-eos", "xlm-stellar", "waves-waves")
"""Platforms that CoinPaprika names and has no contracts of."""


@dataclass
class Listing:
    """A coin as one provider shows it. `since` is a minute since the epoch."""

    id: str
    symbol: str
    name: str
    since: int = 0
    active: bool = True


@dataclass
class Asset:
    """A coin as it really is, and its listings.

    `price` is in USD at height 0 of its path; `volatility` is that of a day in log price; `cadence` is how many minutes
    apart its quotes are. `factors` is what a provider multiplies the true price with; `stale` is how many minutes
    `stale_at` lags. `turnover` is the 24-hour volume as a share of the market cap. Supplies are None where nobody knows
    them.
    """

    key: int
    kind: Kind
    price: float
    volatility: float
    circulating: float | None
    total: float | None
    maximum: int | None
    path: int = -1
    beta: float = 0.0
    turnover: float = 0.05
    cadence: int = 1
    factors: dict[Quoter, float] = field(default_factory=dict[Quoter, float])
    stale: int = 0
    stale_at: Quoter = "coinpaprika"
    quoted: bool = True
    is_major: bool = False
    listings: dict[Quoter, Listing] = field(default_factory=dict[Quoter, Listing])
    contracts: dict[str, str] = field(default_factory=dict[str, str])
    """Chain, by CoinGecko's name, to address."""

    def __post_init__(self) -> None:
        if self.path < 0:
            self.path = self.key


def slug(text: str) -> str:
    """A name as it stands in an id: lower case, words joined with hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
