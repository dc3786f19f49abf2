"""The columns of `marts.coins`, and what the plain view makes of them."""

PLAIN = (
    "canonical_id", "symbol", "name", "rank", "price_usd", "market_cap_usd", "volume_24h_usd",
    "percent_change_24h", "sources", "updated_at",
)  # fmt: skip
COLUMNS = (
    *PLAIN, "status", "circulating_supply", "total_supply", "max_supply", "price_spread_pct", "source_count",
    "first_seen_at", "last_seen_at",
)  # fmt: skip
DECIMALS = frozenset(
    {
        "price_usd", "market_cap_usd", "volume_24h_usd", "percent_change_24h", "circulating_supply", "total_supply",
        "max_supply", "price_spread_pct",
    }
)  # fmt: skip
SORTABLE = (
    "canonical_id", "symbol", "name", "rank", "price_usd", "market_cap_usd", "volume_24h_usd", "percent_change_24h",
    "source_count", "updated_at",
)  # fmt: skip
