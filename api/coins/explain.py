"""Why this number, why this coin: what the consensus was made of. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

# where a source's quotes land, and by which column a coin is found there
RAW = {
    "coingecko": ("raw_coingecko.markets", "id"),
    "coinpaprika": ("raw_coinpaprika.tickers", "id"),
}
RAW_CSV = {"snapshot": "raw_csv.snapshots", "ohlcv": "raw_csv.ohlcv"}
QUOTE = ("price_usd", "market_cap_usd", "volume_24h_usd", "percent_change_24h", "observed_at", "fetched_at")
LINK = ("method", "confidence", "evidence")


def explain(
    coin: Mapping[str, Any],
    listings: Sequence[Mapping[str, Any]],
    files: Mapping[str, tuple[str, str]],
    published_at: datetime,
) -> dict[str, Any]:
    """The answer of `/coins/{canonical_id}/explain`, as of the publication of the version.

    `files` are the CSV files by source, each with its kind.
    """
    counted = sum(1 for listing in listings if _counts(listing, coin))
    return {
        "canonical_id": coin["canonical_id"],
        "price_usd": coin["price_usd"],
        "market_cap_usd": coin["market_cap_usd"],
        "consensus": coin.get("consensus"),
        "price_spread_pct": coin["price_spread_pct"],
        "source_count": coin["source_count"],
        "sources": coin["sources"],
        "as_of": published_at,
        "listings": [_listing(listing, coin, counted, files, published_at) for listing in listings],
    }


def _listing(
    listing: Mapping[str, Any],
    coin: Mapping[str, Any],
    counted: int,
    files: Mapping[str, tuple[str, str]],
    published_at: datetime,
) -> dict[str, Any]:
    observed_at = listing.get("observed_at")
    counts = _counts(listing, coin)
    return {
        "source": listing["source"],
        "source_coin_id": listing["source_coin_id"],
        "quote": {name: listing.get(name) for name in QUOTE},
        "age_seconds": None if observed_at is None else max(0, int((published_at - observed_at).total_seconds())),
        "is_counted": counts,
        "weight": round(1 / counted, 6) if counts else 0,
        "held_back_reason": None if counts else listing.get("held_back_reason") or "no price",
        "link": {name: listing.get(name) for name in LINK},
        "raw": _raw(listing, files),
    }


def _counts(listing: Mapping[str, Any], coin: Mapping[str, Any]) -> bool:
    """Whether a listing's quote is in the consensus; an older warehouse says it of sources only."""
    if listing.get("is_counted") is not None:
        return bool(listing["is_counted"])
    return listing["source"] in coin["sources"] and listing.get("price_usd") is not None


def _raw(listing: Mapping[str, Any], files: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Where the row is, for an analyst who may read raw: the table, what to look for in it, when it was fetched."""
    source, of_source = listing["source"], listing["source_coin_id"]
    if source in RAW:
        table, column = RAW[source]
        key = {column: of_source}
    elif source in files:
        file, kind = files[source]
        table, key = RAW_CSV.get(kind), {"file": file, "symbol": listing["symbol"], "name": listing["name"]}
    else:
        table, key = None, {"source": source, "source_coin_id": of_source}
    return {"table": table, "key": key, "fetched_at": listing.get("fetched_at")}
