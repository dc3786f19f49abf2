"""The views of `GET /data` that page through the warehouse: latest quotes, quotes in a window, articles."""

from fastapi import Request, Response
from sqlalchemy import Connection

from api.context import context_of
from api.data import queries
from api.data.schemas import DataQuery, View
from api.lists import answer as lists
from api.lists.listing import Listing
from api.news.queries import COLUMNS, articles
from api.problems import invalid
from api.readmodel.queries import Publication

ARTICLES = tuple(column for column in COLUMNS if column.name != "article_id")
DEEPEST_OFFSET = 10_000  # beyond it the server would walk all that is skipped; a cursor goes straight there


def answer(request: Request, query: DataQuery) -> Response:
    """Quotes or articles, all of one version. Blocks on the warehouse."""
    counts = context_of(request).counts

    def sources(connection: Connection, publication: Publication) -> tuple[str, ...]:
        listed = counts.of((publication.tag, "sources"), lambda: queries.sources(connection))
        return _drawn_on(query, listed)

    # the newest quotes change places with a version; windows and articles are records, which only grow
    one_version = query.view is View.LATEST
    return lists.of_marts(request, query, _listing(query), sources=sources, one_version=one_version)


def _drawn_on(query: DataQuery, listed: tuple[str, ...]) -> tuple[str, ...]:
    """Which of the sources that list coins a query draws on. Raises a 422 for a file that is no source."""
    if query.view is View.ARTICLES:
        return ("rss",)
    if query.source is None:
        return listed
    if query.source.startswith("csv:") and query.source not in listed:
        known = sorted({"coinpaprika", "coingecko", "csv", "rss", *listed})
        raise invalid("source", f"there is no {query.source}; there are {', '.join(known)}")
    return tuple(source for source in listed if query.source in (source, source.partition(":")[0]))


def _listing(query: DataQuery) -> Listing:
    """The list that a query asks for. Raises a 422 for what its view does not offer."""
    if query.skipped > DEEPEST_OFFSET:
        raise invalid("offset", f"goes to {DEEPEST_OFFSET} here: follow next_cursor instead")
    symbol = query.symbol or query.ticker
    if query.view is View.ARTICLES:
        for name in ("min_market_cap", "max_market_cap", "search", "status", "priced"):
            if getattr(query, name) is not None:
                raise invalid(name, "does not apply to articles")
        _require_sort(query, ("published_at",), "articles")
        return articles(
            start=query.start if query.start_date else None,
            end=query.end if query.end_date else None,
            canonical_id=query.canonical_id,
            symbol=symbol,
            title=query.name,
            descending=query.sort is None or query.sort.descending,
            columns=ARTICLES,
        )
    filters = queries.QuoteFilters(
        query.source,
        query.canonical_id,
        symbol,
        query.name,
        query.search,
        query.min_market_cap,
        query.max_market_cap,
        query.status,
        query.priced,
    )
    if query.view is View.WINDOW:
        _require_sort(query, ("observed_at",), "quotes in a window")
        descending = query.sort is None or query.sort.descending
        return queries.quotes_in_window(filters, query.start, query.end, descending)
    _require_sort(query, tuple(queries.SORTS), "latest quotes")
    descending = query.sort is not None and query.sort.descending
    return queries.latest_quotes(filters, query.sort.column if query.sort else "rank", descending)


def _require_sort(query: DataQuery, offered: tuple[str, ...], what: str) -> None:
    if query.sort is not None and query.sort.column not in offered:
        raise invalid("sort", f"{what} can be sorted by {', '.join(offered)}")
