"""A market written down listing by listing, as a folder of recorded responses."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

QUOTED_AT = "2025-01-01T12:00:00Z"
PLATFORMS = {
    "ethereum": "eth-ethereum",
    "binance-smart-chain": "bnb-binance-coin",
    "polygon-pos": "matic-polygon",
    "solana": "sol-solana",
}


@dataclass(frozen=True)
class Listed:
    """A listing at CoinGecko (`source` "coingecko") or CoinPaprika; contracts by CoinGecko's names of the chains."""

    source: str
    id: str
    symbol: str
    name: str
    price: float | None = None
    cap: float | None = None
    supply: float | None = None
    contracts: dict[str, str] = field(default_factory=dict[str, str])
    quoted_at: str = QUOTED_AT


def gecko(id: str, symbol: str, name: str, price: float | None = None, **more: Any) -> Listed:
    """A listing at CoinGecko."""
    return Listed("coingecko", id, symbol, name, price, **more)


def paprika(id: str, symbol: str, name: str, price: float | None = None, **more: Any) -> Listed:
    """A listing at CoinPaprika."""
    return Listed("coinpaprika", id, symbol, name, price, **more)


def write_market(folder: Path, listings: Iterable[Listed]) -> None:
    """Write the listings in the providers' own form, in the order given."""
    listed = list(listings)
    geckos = [listing for listing in listed if listing.source == "coingecko"]
    paprikas = [listing for listing in listed if listing.source == "coinpaprika"]
    contracts: dict[str, list[dict[str, Any]]] = {}
    for listing in paprikas:
        for chain, address in listing.contracts.items():
            row = {"address": address, "id": listing.id, "type": "ERC20", "active": True}
            contracts.setdefault(PLATFORMS.get(chain, chain), []).append(row)
    files: dict[str, Any] = {
        "coingecko/coins/list.json": [
            {"id": each.id, "symbol": each.symbol, "name": each.name, "platforms": each.contracts} for each in geckos
        ],
        "coingecko/coins/markets.json": [_market(each) for each in geckos if each.price],
        "coinpaprika/coins.json": [
            {"id": each.id, "symbol": each.symbol, "name": each.name, "rank": 0, "is_active": True, "type": "coin"}
            for each in paprikas
        ],
        "coinpaprika/tickers.json": [_ticker(each) for each in paprikas if each.price],
        "coinpaprika/contracts.json": list(contracts),
        **{f"coinpaprika/contracts/{platform}.json": rows for platform, rows in contracts.items()},
    }
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))


def _market(listing: Listed) -> dict[str, Any]:
    return {
        "id": listing.id,
        "symbol": listing.symbol,
        "name": listing.name,
        "current_price": listing.price,
        "market_cap": listing.cap,
        "total_volume": 1000.0,
        "price_change_percentage_24h": 1.5,
        "circulating_supply": listing.supply,
        "last_updated": listing.quoted_at,
    }


def _ticker(listing: Listed) -> dict[str, Any]:
    return {
        "id": listing.id,
        "symbol": listing.symbol,
        "name": listing.name,
        "rank": 1,
        "total_supply": listing.supply,
        "last_updated": listing.quoted_at,
        "quotes": {
            "USD": {
                "price": listing.price,
                "market_cap": listing.cap,
                "volume_24h": 1000.0,
                "percent_change_24h": 1.5,
            }
        },
    }
