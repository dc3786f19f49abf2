"""All SQL of `GET /data` beyond the plain view. Pages go by key over indexes; totals are counted once per version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

QUOTE_COLUMNS = (
    "canonical_id", "symbol", "name", "rank", "price_usd", "market_cap_usd", "volume_24h_usd", "percent_change_24h",
    "sources", "updated_at", "source", "source_coin_id", "observed_at", "ingested_at", "confidence",
)  # fmt: skip
QUOTE_DECIMALS = frozenset(
    {
        "price_usd",
        "market_cap_usd",
        "volume_24h_usd",
        "percent_change_24h",
        "confidence",
    }
)
ARTICLE_COLUMNS = ("title", "url", "summary", "published_at", "feed", "coins")

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

ARTICLES = """
from marts.news_articles as article"""


@dataclass(frozen=True)
class SortKey:
    """What a list is ordered by; the type is for comparing with a key that comes back in a cursor."""

    expression: str
    type: str
    nullable: bool = True


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
    "published_at": SortKey("article.published_at", "timestamptz"),
}


@dataclass
class Conditions:
    """A WHERE clause under construction: constant SQL, with every value bound."""

    clauses: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, clause: str, **values: Any) -> None:
        """Require one thing more."""
        self.clauses.append(clause)
        self.values.update(values)

    @property
    def where(self) -> str:
        """The clause as SQL."""
        return "\nwhere " + "\n    and ".join(self.clauses) if self.clauses else ""


@dataclass(frozen=True)
class Listing:
    """A list to page through: what it selects, from where, and the keys that order it (the last ones unique)."""

    select: str
    relation: str
    conditions: Conditions
    sort: str
    descending: bool
    tie: tuple[str, ...]

    def page(
        self,
        connection: Connection,
        limit: int,
        offset: int,
        after: Sequence[Any] | None,
    ) -> list[Sequence[Any]]:
        """Up to `limit` rows: the selected values, then the sort key as text, then the tie keys."""
        key = SORTS[self.sort]
        conditions = Conditions([*self.conditions.clauses], {**self.conditions.values})
        if after is not None:
            bound = {f"after_{place}": value for place, value in enumerate(after)}
            conditions.add(_beyond(key, self.descending, self.tie, after_null=after[0] is None), **bound)
        direction = "desc" if self.descending else "asc"
        nulls = " nulls last" if key.nullable else ""
        statement = (
            f"select {self.select}, cast({key.expression} as text) as sort_key, {', '.join(self.tie)}"
            f"{self.relation}{conditions.where}"
            f"\norder by {key.expression} {direction}{nulls}, {', '.join(self.tie)}\nlimit :limit offset :offset"
        )
        values = {**conditions.values, "limit": limit, "offset": offset}
        return [tuple(row) for row in connection.execute(text(statement), values)]

    @property
    def identity(self) -> tuple[Any, ...]:
        """What tells this list from others of the same version, whatever its order."""
        return (
            self.relation,
            self.conditions.where,
            *sorted(self.conditions.values.items()),
        )

    def total(self, connection: Connection) -> int:
        """How many rows the whole list has. Walks all of them: ask once per version."""
        statement = f"select count(*){self.relation}{self.conditions.where}"
        return connection.execute(text(statement), self.conditions.values).scalar_one()


def _beyond(key: SortKey, descending: bool, tie: tuple[str, ...], *, after_null: bool) -> str:
    """The rows after the one whose sort key and tie keys are bound as :after_0, :after_1, ..."""
    value = f"cast(:after_0 as {key.type})"
    beyond = "<" if descending else ">"
    same = f"({', '.join(tie)}) > ({', '.join(f':after_{place}' for place in range(1, len(tie) + 1))})"
    if after_null:
        return f"({key.expression} is null and {same})"
    if key.nullable:
        further = f"{key.expression} {beyond} {value} or {key.expression} is null"
        return f"({further} or ({key.expression} = {value} and {same}))"
    # two conditions, so that an index can start at the first
    return f"({key.expression} {beyond}= {value} and ({key.expression} {beyond} {value} or {same}))"


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
    return Listing(QUOTE_VALUES, LATEST, filters.conditions("listing"), sort, descending, tie)


def quotes_in_window(filters: QuoteFilters, start: datetime, end: datetime, descending: bool) -> Listing:
    """Every quote observed from `start` (inclusive) to `end` (exclusive)."""
    conditions = filters.conditions("quote")
    conditions.add("quote.observed_at >= :start and quote.observed_at < :end", start=start, end=end)
    tie = ("quote.source", "quote.source_coin_id")
    return Listing(QUOTE_VALUES, WINDOW, conditions, "observed_at", descending, tie)


def articles(
    *,
    start: datetime | None,
    end: datetime | None,
    canonical_id: str | None,
    symbol: str | None,
    name: str | None,
    descending: bool,
) -> Listing:
    """News articles: of a time, mentioning a coin, with words in the title."""
    conditions = Conditions()
    if start is not None:
        conditions.add("article.published_at >= :start", start=start)
    if end is not None:
        conditions.add("article.published_at < :end", end=end)
    if canonical_id:
        conditions.add("article.coins @> array[:canonical_id]", canonical_id=canonical_id.lower())
    if symbol:
        conditions.add(
            "article.coins && array(select canonical_id from marts.coins where lower(symbol) = :symbol)",
            symbol=symbol.lower(),
        )
    if name:
        conditions.add("strpos(lower(article.title), :name) > 0", name=name.lower())
    select = ", ".join(f"article.{column}" for column in ARTICLE_COLUMNS)
    return Listing(
        select,
        ARTICLES,
        conditions,
        "published_at",
        descending,
        ("article.article_id",),
    )


def sources(connection: Connection) -> tuple[str, ...]:
    """The sources that list coins. Walks all listings: ask once per version."""
    return tuple(connection.execute(SOURCES).scalars())
