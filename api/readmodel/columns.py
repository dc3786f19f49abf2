"""The columns of `marts.coins`, and what the plain view makes of them."""

from api.lists.columns import Kind, arranged

TYPED = arranged(
    "canonical_id symbol name rank price_usd market_cap_usd volume_24h_usd percent_change_24h sources updated_at "
    "status consensus circulating_supply total_supply max_supply price_spread_pct source_count first_seen_at "
    "last_seen_at",
    decimal="price_usd market_cap_usd volume_24h_usd percent_change_24h circulating_supply total_supply max_supply "
    "price_spread_pct",
    integer="rank source_count",
    texts="sources",
    time="updated_at first_seen_at last_seen_at",
)
COLUMNS = tuple(column.name for column in TYPED)
PLAIN = COLUMNS[:10]
DECIMALS = frozenset(column.name for column in TYPED if column.kind is Kind.DECIMAL)
SORTABLE = (
    "canonical_id", "symbol", "name", "rank", "price_usd", "market_cap_usd", "volume_24h_usd", "percent_change_24h",
    "source_count", "updated_at",
)  # fmt: skip
