"""Answers with a list: a page of JSON in the envelope, or all of it as a stream."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from fastapi import Request, Response
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError

from api.context import Context, context_of
from api.encoding import encode
from api.lists import cursor, export, formats
from api.lists.columns import Column
from api.lists.conditions import Conditions
from api.lists.cursor import Cursor
from api.lists.decimals import Extent, Extents
from api.lists.listing import Listing
from api.lists.page import Page, decimals_of
from api.lists.tables import whole_table
from api.readmodel.queries import NOTHING, Publication, is_published, latest_publication, meta_of
from api.responses import NO_STORE, envelope, marts_headers, not_modified, raw_marts_headers
from api.rows import row_writer

PATIENT = text("set local statement_timeout = '60s'")
"""An export has a place, of which there are few: it may look at millions of rows before the first."""
Row = Sequence[Any]
Sources = Callable[[Connection, Publication], tuple[str, ...]]


class Shown(NamedTuple):
    """A list and how it is to be shown."""

    listing: Listing
    query: Page
    columns: tuple[Column, ...]
    walk: Cursor | None
    walk_id: int


def of_marts(
    request: Request,
    query: Page,
    listing: Listing,
    *,
    sources: Sources | None = None,
    one_version: bool = False,
    since: str | None = None,
) -> Response:
    """A list over the marts, all of one version; empty before the first. Blocks on the warehouse.

    `sources` says which sources the list draws on, and may refuse the question. With `one_version` a walk ends (410)
    when a new version is published: its rows may change places. With `since` the list is of what came after that
    publication, and refused (410) when the warehouse has never had it, or no longer.
    """
    context = context_of(request)
    shown = _shown(request, query, listing)
    name = formats.wanted(request, query.format)
    unchanged = not_modified(request, raw_marts_headers(request, context.keeper.current.tag, None, name))
    if unchanged is not None and context.keeper.outage is None:
        return unchanged
    with ExitStack() as stack:
        connection = stack.enter_context(context.database.transaction())
        publication = latest_publication(connection)
        tag = publication.tag if publication else NOTHING
        headers = marts_headers(request, tag, None, name)
        meta = meta_of(publication)
        if publication is not None:
            # a walk over a record goes on in later versions, unless a backup has taken back the one it began on
            began = tag if shown.walk is None else shown.walk.tag
            if began != tag and (one_version or not is_published(connection, began)):
                raise cursor.expired(began)
            if since is not None and since != "0" and not is_published(connection, since):
                raise cursor.unknown(since)
            if sources is not None:
                meta["sources"] = sources(connection, publication)
        elif sources is not None:
            meta["sources"] = ()
        counted = None if publication is None else (tag, listing.identity)
        there = connection if publication else None
        if name != "json" and query.limit is None and shown.walk is None:
            return _exported(context, shown, name, headers, there, counted, stack.pop_all())
        return _page(request, shown, name, headers, meta, there, counted)


def of_system(request: Request, query: Page, listing: Listing) -> Response:
    """A list about the system itself: never stored. Blocks on the warehouse."""
    context = context_of(request)
    shown = _shown(request, query, listing)
    name = formats.wanted(request, query.format)
    with ExitStack() as stack:
        connection = stack.enter_context(context.database.transaction())
        if name != "json" and query.limit is None and shown.walk is None:
            return _exported(context, shown, name, dict(NO_STORE), connection, None, stack.pop_all())
        return _page(request, shown, name, dict(NO_STORE), {}, connection, None)


def of_table(
    request: Request, query: Page, relation: str, conditions: Conditions, sort: str, sort_type: str
) -> Response:
    """A table of `ops` as it is, by a column descending; empty while there is none. Blocks on the warehouse."""
    listing = whole_table(context_of(request), relation, conditions, sort, sort_type)
    if listing is not None:
        return of_system(request, query, listing)
    name = formats.wanted(request, query.format)
    if name != "json":
        empty = b"" if name == "ndjson" else formats.writer(name, (), query.decimals, dict).end()
        return Response(empty, headers=dict(NO_STORE), media_type=formats.MEDIA_TYPES[name])
    body = envelope(request, [], returned=0, limit=query.rows, offset=0, total=0, next_cursor=None, meta=encode({}))
    return Response(body, headers=dict(NO_STORE), media_type=formats.JSON)


def _shown(request: Request, query: Page, listing: Listing) -> Shown:
    walk_id = query.walk(request.scope["path"])
    return Shown(listing, query, query.chosen(listing.columns), cursor.read(query.cursor, walk_id), walk_id)


def _page(
    request: Request,
    shown: Shown,
    name: str,
    headers: dict[str, str],
    meta: dict[str, Any],
    connection: Connection | None,
    counted: tuple[Any, ...] | None,
) -> Response:
    """One page. Without a connection it is empty; `counted` is what its total is remembered by, for marts."""
    query, listing = shown.query, shown.listing
    rows: list[Row] = []
    more, total = None, 0
    if connection is not None:
        rows, more = _read(shown, connection, meta.get("publication") or NOTHING)
        counts = context_of(request).counts
        total = listing.total(connection) if counted is None else counts.of(counted, lambda: listing.total(connection))
    if name != "json":
        extents = _extents(context_of(request), listing, connection, counted)
        writer = formats.writer(name, shown.columns, query.decimals, extents)
        if more is not None:
            headers["Link"] = cursor.link(request, more)
        return Response(writer.write(rows) + writer.end(), headers=headers, media_type=formats.MEDIA_TYPES[name])
    names = tuple(column.name for column in shown.columns)
    write = row_writer(names, names, decimals_of(shown.columns), query.decimals)
    body = envelope(
        request,
        [write([encode(value) for value in row]) for row in rows],
        returned=len(rows),
        limit=query.rows,
        offset=None if shown.walk else query.skipped,
        total=total,
        next_cursor=more,
        meta=encode(meta),
    )
    return Response(body, headers=headers, media_type=formats.JSON)


def _read(shown: Shown, connection: Connection, tag: str) -> tuple[list[Row], str | None]:
    """The rows of a page, as chosen, and the cursor behind them. Raises a 422 for a cursor that we did not write."""
    query, listing = shown.query, shown.listing
    keys = 1 + len(listing.tie)
    after = None if shown.walk is None else _keys(shown.walk, keys)
    try:
        found = listing.page(connection, query.rows + 1, query.skipped, after)
    except DataError:
        if after is None:
            raise
        raise cursor.no_cursor() from None
    page = found[: query.rows]
    more = cursor.write(shown.walk_id, tag, list(page[-1][-keys:])) if len(found) > len(page) else None
    return _picked(shown, page), more


def _keys(walk: Cursor, count: int) -> list[str | None]:
    """The keys of the last row seen, if the cursor holds such."""
    first, *others = walk.place or [0]
    texts = all(isinstance(key, str) and "\0" not in key for key in others)
    if len(others) != count - 1 or not texts or not (first is None or (isinstance(first, str) and "\0" not in first)):
        raise cursor.no_cursor()
    return [first, *others]


def _picked(shown: Shown, rows: Sequence[Row]) -> list[Row]:
    """The columns chosen of rows that have all of them, and keys behind."""
    places = [shown.listing.columns.index(column) for column in shown.columns]
    return [[row[place] for place in places] for row in rows]


def _extents(
    context: Context, listing: Listing, connection: Connection | None, counted: tuple[Any, ...] | None
) -> Extents:
    """What the types of columns in Arrow depend on: all of the list, so that every page has the same."""

    def look() -> dict[str, Extent]:
        if connection is None:
            return {column.name: Extent(0, 0) for column in listing.columns}
        return listing.extents(connection)

    return look if counted is None else lambda: context.counts.of((*counted, "extents", listing.columns), look)


def _exported(
    context: Context,
    shown: Shown,
    name: str,
    headers: dict[str, str],
    connection: Connection | None,
    counted: tuple[Any, ...] | None,
    held: ExitStack,
) -> Response:
    """The whole list as a stream; it closes `held`, which holds the transaction, at its end."""
    with ExitStack() as room:
        room.push(held)
        context.exports.take()
        room.callback(context.exports.give_back)
        if connection is not None:
            connection.execute(PATIENT)
        extents = _extents(context, shown.listing, connection, counted)
        writer = formats.writer(name, shown.columns, shown.query.decimals, extents)
        closing_at_end = room.pop_all()

    def rows() -> Iterator[list[Row]]:
        if connection is not None:
            for stretch in shown.listing.stream(connection, export.STRETCH):
                yield _picked(shown, stretch)

    def parts() -> Generator[bytes]:
        with closing_at_end:
            yield from export.written(rows(), writer)

    return export.Export(name, parts(), headers, "kasparro")
