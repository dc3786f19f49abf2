"""All SQL of `GET /data` beyond the plain view. Pages go by key over indexes; totals are counted once per version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from api.lists.columns import arranged
from api.lists.conditions import Conditions
from api.lists.listing import Listing, SortKey

QUOTE_COLUMNS = arranged(
    "canonical_id symbol name rank price_usd market_cap_usd volume_24h_usd percent_change_24h sources updated_at "
    "source source_coin_id observed_at ingested_at confidence",
    decimal="price_usd market_cap_usd volume_24h_usd percent_change_24h confidence",
    integer="rank",
    texts="sources",
    time="updated_at observed_at ingested_at",
)

# A row's `sources` and `updated_at` speak of its own numbers: this one source, this one observation
QUOTE_VALUES = """
    coin.canonical_id, coin.symbol, coin.name, coin.rank,
    quote.price_usd, quote.market_cap_usd, quote.volume_24h_usd, quote.percent_change_24h,
    array[quote.source] as sources, quote.observed_at as updated_at,
    quote.source, quote.source_coin_id, quote.observed_at, quote.fetched_at as ingested_at, listing.confidence"""

LATEST = """
from marts.coin_listings as listing
join marts.coins as coin on coin.canonical_id = listing.canonical_id
cross join lateral (
    select *
    from marts.coin_quotes as newest
    where newest.source = listing.source and newest.source_coin_id = listing.source_coin_id
    order by newest.observed_at desc
    limit 1
) as quote"""

# left joins on keys: the planner drops those that a count does not need
WINDOW = """
from marts.coin_quotes as quote
left join marts.coins as coin on coin.canonical_id = quote.canonical_id
left join marts.coin_listings as listing
    on listing.source = quote.source and listing.source_coin_id = quote.source_coin_id"""

SOURCES = text("select distinct source from marts.coin_listings order by source")


SORTS: Mapping[str, SortKey] = {
    "canonical_id": SortKey("coin.canonical_id", "text", nullable=False),
    "symbol": SortKey("lower(coin.symbol)", "text", nullable=False),
    "name": SortKey("lower(coin.name)", "text", nullable=False),
    "rank": SortKey("coin.rank", "integer"),
    "price_usd": SortKey("quote.price_usd", "numeric"),
    "market_cap_usd": SortKey("quote.market_cap_usd", "numeric"),
    "volume_24h_usd": SortKey("quote.volume_24h_usd", "numeric"),
    "percent_change_24h": SortKey("quote.percent_change_24h", "numeric"),
    "updated_at": SortKey("quote.observed_at", "timestamptz", nullable=False),
    "observed_at": SortKey("quote.observed_at", "timestamptz", nullable=False),
}


def source_condition(conditions: Conditions, column: str, source: str | None) -> None:
    """Keep one source, or with `csv` all the files."""
    if source == "csv":
        conditions.add(f"{column} like 'csv:%'")
    elif source is not None:
        conditions.add(f"{column} = :source", source=source)


@dataclass(frozen=True)
class QuoteFilters:
    """Which quotes; all that is set must hold."""

    source: str | None
    canonical_id: str | None
    symbol: str | None
    name: str | None
    search: str | None
    min_market_cap: Any
    max_market_cap: Any
    status: str | None = None
    priced: bool | None = None

    def conditions(self, of: str) -> Conditions:
        """As SQL over `quote` and `of`, the relation whose source and canonical_id are compared."""
        conditions = Conditions()
        source_condition(conditions, f"{of}.source", self.source)
        if self.canonical_id:
            conditions.add(f"{of}.canonical_id = :canonical_id", canonical_id=self.canonical_id.lower())
        named = self._named()
        if named.clauses:  # the ids first: an index on the coin then leads straight to its quotes
            ids = f"select named.canonical_id from marts.coins as named{named.where}"  # noqa: S608  constants
            conditions.add(f"{of}.canonical_id = any(array({ids}))", **named.values)
        if self.min_market_cap is not None:
            conditions.add("quote.market_cap_usd >= :min_market_cap", min_market_cap=self.min_market_cap)
        if self.max_market_cap is not None:
            conditions.add("quote.market_cap_usd <= :max_market_cap", max_market_cap=self.max_market_cap)
        conditions.equal("coin.status", "status", self.status)
        if self.priced is not None:
            conditions.add(f"quote.price_usd is {'not ' if self.priced else ''}null")
        return conditions

    def _named(self) -> Conditions:
        named = Conditions()
        if self.symbol:
            named.add("lower(named.symbol) = :symbol", symbol=self.symbol.lower())
        if self.name:
            named.add("strpos(lower(named.name), :name) > 0", name=self.name.lower())
        if self.search:
            either = "strpos(lower(named.symbol), :search) > 0 or strpos(lower(named.name), :search) > 0"
            named.add(f"({either})", search=self.search.lower())
        return named


def latest_quotes(filters: QuoteFilters, sort: str, descending: bool) -> Listing:
    """The newest quote of each listing of a source."""
    tie = ("listing.source", "listing.source_coin_id")
    return Listing(QUOTE_COLUMNS, QUOTE_VALUES, LATEST, filters.conditions("listing"), SORTS[sort], descending, tie)


def quotes_in_window(filters: QuoteFilters, start: datetime, end: datetime, descending: bool) -> Listing:
    """Every quote observed from `start` (inclusive) to `end` (exclusive)."""
    conditions = filters.conditions("quote")
    conditions.add("quote.observed_at >= :start and quote.observed_at < :end", start=start, end=end)
    tie = ("quote.source", "quote.source_coin_id")
    return Listing(QUOTE_COLUMNS, QUOTE_VALUES, WINDOW, conditions, SORTS["observed_at"], descending, tie)


def sources(connection: Connection) -> tuple[str, ...]:
    """The sources that list coins. Walks all listings: ask once per version."""
    return tuple(connection.execute(SOURCES).scalars())
