"""The plain view of `GET /data`: one row per coin, from memory. This is the hot path."""

from fastapi import Request, Response

from api.context import context_of
from api.data import cursor
from api.data.fields import chosen
from api.data.schemas import DataQuery
from api.problems import invalid
from api.readmodel import (
    COLUMNS,
    DECIMALS,
    PLAIN,
    SEPARATOR,
    SORTABLE,
    Filters,
    Snapshot,
    select,
)
from api.responses import envelope, marts_headers, not_modified
from api.rows import row_writer


def answer(request: Request, query: DataQuery) -> Response:
    """A page of coins. Raises problems for a sort that coins have not, and for cursors that don't fit."""
    keeper = context_of(request).keeper
    snapshot = keeper.current
    offset = query.offset or 0
    walk = cursor.read(query)
    if walk is not None:
        kept = keeper.at(walk.version)
        if kept is None:
            raise cursor.expired(walk.version)
        snapshot, offset = kept, _offset(walk)
    headers = marts_headers(request, snapshot.version, keeper.outage)
    unchanged = not_modified(request, headers)
    if unchanged is not None:
        return unchanged
    sort = query.sort or "rank"
    if sort.removeprefix("-") not in SORTABLE:
        raise invalid("sort", f"coins can be sorted by {', '.join(SORTABLE)}")
    filters = Filters(
        query.canonical_id, query.symbol or query.ticker, query.name, query.search, query.min_market_cap,
        query.max_market_cap,
    )  # fmt: skip
    page = select(snapshot, filters, sort, offset, query.limit)
    following = offset + len(page.rows)
    more = following < page.total and snapshot.version is not None
    body = envelope(
        request,
        _rows(snapshot, query, page.rows),
        limit=query.limit,
        offset=offset,
        total=page.total,
        next_cursor=cursor.write(query, snapshot.version or 0, [following]) if more and page.rows else None,
        meta=snapshot.meta,
    )
    return Response(body, headers=headers, media_type="application/json")


def _offset(walk: cursor.Cursor) -> int:
    if len(walk.place) != 1 or type(walk.place[0]) is not int or walk.place[0] < 0:
        raise invalid("cursor", "is not a cursor of this API")
    return walk.place[0]


def _rows(snapshot: Snapshot, query: DataQuery, numbers: list[int]) -> list[bytes]:
    fields = chosen(query, COLUMNS, PLAIN)
    if fields is PLAIN and query.decimals == "number":
        rows = snapshot.rows
        return [rows[number] for number in numbers]
    write = row_writer(COLUMNS, fields, DECIMALS, query.decimals == "string")
    return [write(snapshot.values[number].split(SEPARATOR)) for number in numbers]
