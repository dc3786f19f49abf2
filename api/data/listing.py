"""The views of `GET /data` that page through the warehouse: latest quotes, quotes in a window, articles."""

from typing import Any, NamedTuple

from fastapi import Request, Response
from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from api.context import context_of
from api.data import cursor, queries
from api.data.fields import chosen
from api.data.schemas import DataQuery, View
from api.encoding import encode
from api.memory import Memory
from api.problems import invalid
from api.readmodel.queries import Publication, latest_publication
from api.responses import envelope, marts_headers, not_modified
from api.rows import row_writer

DEEPEST_OFFSET = 10_000  # beyond it the server would walk all that is skipped; a cursor goes straight there


class Rows(NamedTuple):
    """What a list answers with, before it is wrapped."""

    rows: list[bytes]
    total: int
    next_cursor: str | None
    sources: tuple[str, ...]


def answer(request: Request, query: DataQuery) -> Response:
    """A page of quotes or articles, all of one version. Blocks on the warehouse."""
    context = context_of(request)
    walk = cursor.read(query)
    headers = marts_headers(request, context.keeper.current.version, None)
    unchanged = not_modified(request, headers)
    if unchanged is not None and context.keeper.outage is None:
        return unchanged
    listing = _listing(query)
    with context.database.transaction() as connection:
        publication = latest_publication(connection)
        if publication is None:
            found = Rows([], 0, None, ())
        else:
            try:
                found = _read(listing, query, walk, publication, connection, context.counts)
            except DataError:
                if walk is None:
                    raise
                raise invalid("cursor", "is not a cursor of this API") from None
    body = envelope(
        request,
        found.rows,
        limit=query.limit,
        offset=None if walk else query.offset or 0,
        total=found.total,
        next_cursor=found.next_cursor,
        meta=encode(
            {
                "version": publication.version if publication else None,
                "published_at": publication.published_at if publication else None,
                "sources": found.sources,
            }
        ),
    )
    headers = marts_headers(request, publication.version if publication else None, None)
    return Response(body, headers=headers, media_type="application/json")


def _read(
    listing: queries.Listing,
    query: DataQuery,
    walk: cursor.Cursor | None,
    publication: Publication,
    connection: Connection,
    counts: Memory[Any],
) -> Rows:
    """Run the list's two statements and write its rows. Raises a 422 for a file that is no source."""
    drawn_on = _sources(query, counts.of((publication.version, "sources"), lambda: queries.sources(connection)))
    keys = 1 + len(listing.tie)
    after = None if walk is None else _keys(walk, keys)
    found = listing.page(connection, query.limit + 1, query.offset or 0, after)
    page = found[: query.limit]
    columns, default, decimals = _columns(query)
    write = row_writer(columns, chosen(query, columns, default), decimals, query.decimals == "string")
    rows = [write([encode(value) for value in row[:-keys]]) for row in page]
    more = cursor.write(query, publication.version, list(page[-1][-keys:])) if len(found) > len(page) else None
    total = counts.of((publication.version, listing.identity), lambda: listing.total(connection))
    return Rows(rows, total, more, drawn_on)


def _sources(query: DataQuery, listed: tuple[str, ...]) -> tuple[str, ...]:
    """Which of the sources that list coins a query draws on."""
    if query.view is View.ARTICLES:
        return ("rss",)
    if query.source is None:
        return listed
    if query.source.startswith("csv:") and query.source not in listed:
        known = sorted({"coinpaprika", "coingecko", "csv", "rss", *listed})
        raise invalid("source", f"there is no {query.source}; there are {', '.join(known)}")
    return tuple(source for source in listed if query.source in (source, source.partition(":")[0]))


def _keys(walk: cursor.Cursor, count: int) -> list[str | None]:
    """The keys of the last row seen, if the cursor holds such."""
    first, *others = walk.place or [0]
    texts = all(isinstance(key, str) and "\0" not in key for key in others)
    if len(others) != count - 1 or not texts or not (first is None or (isinstance(first, str) and "\0" not in first)):
        raise invalid("cursor", "is not a cursor of this API")
    return [first, *others]


def _columns(
    query: DataQuery,
) -> tuple[tuple[str, ...], tuple[str, ...], frozenset[str]]:
    if query.view is View.ARTICLES:
        return queries.ARTICLE_COLUMNS, queries.ARTICLE_COLUMNS, frozenset()
    return queries.QUOTE_COLUMNS, queries.QUOTE_COLUMNS, queries.QUOTE_DECIMALS


def _listing(query: DataQuery) -> queries.Listing:
    """The list that a query asks for. Raises a 422 for what its view does not offer."""
    if query.offset is not None and query.offset > DEEPEST_OFFSET:
        raise invalid("offset", f"goes to {DEEPEST_OFFSET} here: follow next_cursor instead")
    symbol = query.symbol or query.ticker
    if query.view is View.ARTICLES:
        for name in ("min_market_cap", "max_market_cap", "search"):
            if getattr(query, name) is not None:
                raise invalid(name, "does not apply to articles")
        _require_sort(query, ("published_at",), "articles")
        return queries.articles(
            start=query.start if query.start_date else None,
            end=query.end if query.end_date else None,
            canonical_id=query.canonical_id,
            symbol=symbol,
            name=query.name,
            descending=query.sort is None or query.sort.descending,
        )
    filters = queries.QuoteFilters(
        query.source,
        query.canonical_id,
        symbol,
        query.name,
        query.search,
        query.min_market_cap,
        query.max_market_cap,
    )
    if query.view is View.WINDOW:
        _require_sort(query, ("observed_at",), "quotes in a window")
        descending = query.sort is None or query.sort.descending
        return queries.quotes_in_window(filters, query.start, query.end, descending)
    _require_sort(
        query,
        tuple(name for name in queries.SORTS if name != "published_at"),
        "latest quotes",
    )
    return queries.latest_quotes(
        filters,
        query.sort.column if query.sort else "rank",
        query.sort is not None and query.sort.descending,
    )


def _require_sort(query: DataQuery, offered: tuple[str, ...], what: str) -> None:
    if query.sort is not None and query.sort.column not in offered:
        raise invalid("sort", f"{what} can be sorted by {', '.join(offered)}")
