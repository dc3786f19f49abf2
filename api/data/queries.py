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

WINDOW = """
from marts.coin_quotes as quote
join marts.coins as coin on coin.canonical_id = quote.canonical_id
left join marts.coin_listings as listing
    on listing.source = quote.source and listing.source_coin_id = quote.source_coin_id"""

ARTICLES = """
from marts.news_articles as article"""

# sort key -> expression and type, for comparing with a key that comes back in a cursor
SORTS: Mapping[str, tuple[str, str]] = {
    "canonical_id": ("coin.canonical_id", "text"),
    "symbol": ("lower(coin.symbol)", "text"),
    "name": ("lower(coin.name)", "text"),
    "rank": ("coin.rank", "integer"),
    "price_usd": ("quote.price_usd", "numeric"),
    "market_cap_usd": ("quote.market_cap_usd", "numeric"),
    "volume_24h_usd": ("quote.volume_24h_usd", "numeric"),
    "percent_change_24h": ("quote.percent_change_24h", "numeric"),
    "updated_at": ("quote.observed_at", "timestamptz"),
    "observed_at": ("quote.observed_at", "timestamptz"),
    "published_at": ("article.published_at", "timestamptz"),
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
        expression, kind = SORTS[self.sort]
        conditions = Conditions([*self.conditions.clauses], {**self.conditions.values})
        if after is not None:
            conditions.add(*_beyond(expression, kind, self.descending, self.tie, after[0] is None))
            conditions.values.update({f"after_{place}": value for place, value in enumerate(after)})
        direction = "desc" if self.descending else "asc"
        statement = (
            f"select {self.select}, cast({expression} as text) as sort_key, {', '.join(self.tie)}"
            f"{self.relation}{conditions.where}"
            f"\norder by {expression} {direction} nulls last, {', '.join(self.tie)}\nlimit :limit offset :offset"
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


def _beyond(expression: str, kind: str, descending: bool, tie: tuple[str, ...], is_null: bool) -> tuple[str]:
    """The rows after the one whose sort key and tie keys are bound as :after_0, :after_1, ..."""
    ties = ", ".join(f":after_{place}" for place in range(1, len(tie) + 1))
    same = f"({', '.join(tie)}) > ({ties})"
    if is_null:
        return (f"({expression} is null and {same})",)
    key = f"cast(:after_0 as {kind})"
    compare = "<" if descending else ">"
    return (f"({expression} {compare} {key} or {expression} is null or ({expression} = {key} and {same}))",)


def _coin_conditions(
    conditions: Conditions,
    *,
    canonical_id: str | None,
    symbol: str | None,
    name: str | None,
    search: str | None,
) -> None:
    if canonical_id:
        conditions.add("coin.canonical_id = :canonical_id", canonical_id=canonical_id.lower())
    if symbol:
        conditions.add("lower(coin.symbol) = :symbol", symbol=symbol.lower())
    if name:
        conditions.add("strpos(lower(coin.name), :name) > 0", name=name.lower())
    if search:
        conditions.add(
            "(strpos(lower(coin.symbol), :search) > 0 or strpos(lower(coin.name), :search) > 0)",
            search=search.lower(),
        )


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

    def conditions(self, source_column: str) -> Conditions:
        """As SQL over `coin` and `quote`."""
        conditions = Conditions()
        source_condition(conditions, source_column, self.source)
        _coin_conditions(
            conditions,
            canonical_id=self.canonical_id,
            symbol=self.symbol,
            name=self.name,
            search=self.search,
        )
        if self.min_market_cap is not None:
            conditions.add(
                "quote.market_cap_usd >= :min_market_cap",
                min_market_cap=self.min_market_cap,
            )
        if self.max_market_cap is not None:
            conditions.add(
                "quote.market_cap_usd <= :max_market_cap",
                max_market_cap=self.max_market_cap,
            )
        return conditions


def latest_quotes(filters: QuoteFilters, sort: str, descending: bool) -> Listing:
    """The newest quote of each listing of a source."""
    conditions = filters.conditions("listing.source")
    return Listing(
        QUOTE_VALUES,
        LATEST,
        conditions,
        sort,
        descending,
        ("listing.source", "listing.source_coin_id"),
    )


def quotes_in_window(filters: QuoteFilters, start: datetime, end: datetime, descending: bool) -> Listing:
    """Every quote observed from `start` (inclusive) to `end` (exclusive)."""
    conditions = filters.conditions("quote.source")
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


def sources(connection: Connection, view: str, source: str | None) -> tuple[str, ...]:
    """The sources that a list draws on."""
    if view == "articles":
        return ("rss",)
    if source not in (None, "csv"):
        return (str(source),)
    conditions = Conditions()
    source_condition(conditions, "source", source)
    statement = f"select distinct source from marts.coin_listings{conditions.where} order by source"  # noqa: S608  constants
    return tuple(connection.execute(text(statement)).scalars())
