"""An asset's quotes at a minute, and the rows in which each provider shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp, floor, log10
from typing import Any

from providers.generated.assets import Asset, Quoter
from providers.generated.walk import DAY, Walk

MARKET_PATH = 1 << 20
MARKET_VOLATILITY = 0.015
STALE_STEP = 360
"""A stale quote stands still for so many minutes, then jumps."""

PAPRIKA_CHANGES = {
    "15m": 15,
    "30m": 30,
    "1h": 60,
    "6h": 360,
    "12h": 720,
    "24h": DAY,
    "7d": 7 * DAY,
    "30d": 30 * DAY,
    "1y": 365 * DAY,
}


class Prices:
    """Prices of assets at any minute since the epoch. The market as a whole is a path too, followed by beta."""

    def __init__(self, seed: int) -> None:
        self._walk = Walk(seed)
        self._market: dict[int, float] = {}

    def at(self, asset: Asset, minute: int, quoter: Quoter) -> float:
        """The price in USD that the provider would show for that minute."""
        height = asset.volatility * self._walk.at(asset.path, minute)
        if asset.beta:
            height += asset.beta * self._market_height(minute)
        return asset.price * exp(height) * asset.factors.get(quoter, 1.0)

    def _market_height(self, minute: int) -> float:
        if minute not in self._market:
            if len(self._market) > 100_000:
                self._market.clear()
            self._market[minute] = MARKET_VOLATILITY * self._walk.at(MARKET_PATH, minute)
        return self._market[minute]


@dataclass(frozen=True)
class Quote:
    """A provider's newest quote of an asset."""

    asset: Asset
    minute: int
    price: float
    day_ago: float
    market_cap: float | None

    @property
    def updated(self) -> datetime:
        """When the quote was made: within the minute before its own, at a second that is the asset's."""
        key = self.asset.key
        second = timedelta(seconds=key * 37 % 60, milliseconds=key * 7919 % 1000)
        return datetime.fromtimestamp(self.minute * 60, UTC) - second


def quote_minute(asset: Asset, now: int, quoter: Quoter) -> int:
    """The minute of the newest quote: every `cadence` minutes, and long ago where the provider is stale."""
    if asset.stale and asset.stale_at == quoter:
        return (now - asset.stale) // STALE_STEP * STALE_STEP
    return now - (now + asset.key * 7) % asset.cadence


def quotes(assets: Iterable[Asset], now: int, quoter: Quoter, prices: Prices) -> list[Quote]:
    """The newest quotes of a provider's active listings, largest market cap first; what is not quoted comes last."""
    found: list[Quote] = []
    for asset in assets:
        listing = asset.listings.get(quoter)
        if listing is None or not listing.active:
            continue
        minute = quote_minute(asset, now, quoter)
        price = prices.at(asset, minute, quoter)
        known = (
            asset.circulating is not None and asset.quoted and (quoter == "coingecko" or paprika_knows_supply(asset))
        )
        cap = price * asset.circulating if known and asset.circulating else None
        found.append(Quote(asset, minute, price, prices.at(asset, minute - DAY, quoter), cap))
    found.sort(key=lambda quote: (quote.market_cap is None, -(quote.market_cap or 0.0), quote.asset.key))
    return found


def paprika_knows_supply(asset: Asset) -> bool:
    """Of every fourth coin that is not well known, CoinPaprika knows no supply, and so no market cap."""
    return asset.is_major or asset.key % 4 != 2


def shown(price: float) -> int | float:
    """A price as CoinGecko rounds it: whole from 10,000, cents from 1, else six significant digits."""
    if price >= 10_000:
        return whole(price)
    return round(price, 2) if price >= 1 else significant(price, 6)


def whole(value: float) -> float:
    """An amount without its fraction, as an integer while it fits 64 bits."""
    return round(value) if abs(value) < 2**63 else value


def significant(value: float, digits: int) -> float:
    """The value rounded to so many significant digits."""
    return round(value, digits - 1 - floor(log10(abs(value)))) if value else 0.0


def all_time_high(quote: Quote) -> float:
    """A price well above the asset's usual one, and never below its newest."""
    return max(quote.asset.price * (2 + quote.asset.key % 40), 1.01 * quote.price)


def coingecko_row(quote: Quote, rank: int | None) -> dict[str, Any]:
    """A row of `/coins/markets`. Unknown values are null; a coin without a quote has nulls throughout."""
    asset, listing = quote.asset, quote.asset.listings["coingecko"]
    price, cap = quote.price, quote.market_cap
    change = price / quote.day_ago - 1
    quoted = asset.quoted
    large = cap is not None and cap > 1e8
    volume = price * (asset.circulating or 1e6) * asset.turnover
    high, low = max(price, quote.day_ago) * 1.006, min(price, quote.day_ago) * 0.994
    peak, bottom = all_time_high(quote), asset.price / (2 + asset.key % 900)
    diluted = min(price * (asset.maximum or asset.total or 0), 9e18)
    return {
        "id": listing.id,
        "symbol": listing.symbol,
        "name": listing.name,
        "image": f"https://assets.example/coins/images/{asset.key + 1}/large/{listing.id}.png",
        "current_price": shown(price) if quoted else None,
        "market_cap": None if cap is None else whole(cap),
        "market_cap_rank": rank,
        "fully_diluted_valuation": whole(diluted) if quoted and asset.total is not None else None,
        "total_volume": (whole(volume) if large else round(volume, 2)) if quoted else None,
        "high_24h": shown(high) if quoted else None,
        "low_24h": shown(low) if quoted else None,
        "price_change_24h": price - quote.day_ago if quoted else None,
        "price_change_percentage_24h": round(100 * change, 5) if quoted else None,
        "market_cap_change_24h": None if cap is None else cap * (1 - 1 / (1 + change)),
        "market_cap_change_percentage_24h": None if cap is None else round(100 * change, 5),
        "circulating_supply": asset.circulating,
        "total_supply": asset.total,
        "max_supply": None
        if asset.maximum is None
        else asset.maximum
        if asset.maximum > 1e15
        else float(asset.maximum),
        "ath": shown(peak),
        "ath_change_percentage": round(100 * (price / peak - 1), 5),
        "ath_date": "2021-11-10T14:24:11.849Z",
        "atl": shown(bottom),
        "atl_change_percentage": round(100 * (price / bottom - 1), 5),
        "atl_date": "2020-03-13T02:22:55.391Z",
        "roi": {"times": round(price / bottom, 6), "currency": "usd", "percentage": round(100 * price / bottom, 4)}
        if asset.key % 20 == 1
        else None,
        "last_updated": quote.updated.strftime("%Y-%m-%dT%H:%M:%S.") + f"{quote.updated.microsecond // 1000:03d}Z",
    }


def coinpaprika_row(quote: Quote, rank: int, paid: bool, prices: Prices) -> dict[str, Any]:
    """A row of `/tickers`. Unknown values are 0; only the all-time high may be null."""
    asset, listing = quote.asset, quote.asset.listings["coinpaprika"]
    price, minute, known = quote.price, quote.minute, paprika_knows_supply(asset)
    changes = {
        f"percent_change_{name}": round(100 * (price / prices.at(asset, minute - back, "coinpaprika") - 1), 2)
        for name, back in PAPRIKA_CHANGES.items()
    }
    peak = None if asset.key % 17 == 3 else all_time_high(quote)
    day = changes["percent_change_24h"]
    row: dict[str, Any] = {"id": listing.id, "name": listing.name, "symbol": listing.symbol, "rank": rank}
    if paid:
        row["circulating_supply"] = round(asset.circulating or 0) if known else 0
    return row | {
        "total_supply": round(asset.total or 0) if known else 0,
        "max_supply": asset.maximum or 0,
        "beta_value": round(asset.beta, 6),
        "first_data_at": "2018-03-14T00:00:00Z",
        "last_updated": quote.updated.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "quotes": {
            "USD": {
                "price": price,
                "volume_24h": price * (asset.circulating or 1e6) * asset.turnover,
                "volume_24h_change_24h": round(-40 + asset.key * 13 % 90 + day, 2),
                "market_cap": whole(quote.market_cap or 0),
                "market_cap_change_24h": day if quote.market_cap else 0,
                **changes,
                "ath_price": peak,
                "ath_date": None if peak is None else "2021-11-10T14:24:11Z",
                "percent_from_price_ath": None if peak is None else round(100 * (price / peak - 1), 2),
            }
        },
    }
