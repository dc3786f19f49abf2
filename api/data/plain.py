"""The plain view of `GET /data`: one row per coin, from memory. This is the hot path."""

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from operator import itemgetter

from fastapi import Request, Response

from api.context import Context, context_of
from api.data.schemas import DataQuery
from api.database import WarehouseGone
from api.lists import cursor, export, formats
from api.lists.cursor import Cursor
from api.problems import invalid
from api.readmodel import DECIMALS, PLAIN, SORTABLE, TYPED, Filters, Snapshot, Texts, select
from api.responses import Ready, envelope, marts_headers, not_modified, raw_marts_headers
from api.rows import CHANGES, written

PLAIN_COLUMNS = TYPED[: len(PLAIN)]
JSON_TYPE = (b"content-type", b"application/json")


def answer(request: Request, query: DataQuery, name: str) -> Response:
    """Coins, in the format of that name.

    Raises problems for a sort that coins have not, for cursors that don't fit, and while it is not known which coins
    there are. Formats beside JSON take their time: not in the event loop.
    """
    context = context_of(request)
    keeper = context.keeper
    snapshot = keeper.current
    if snapshot.version is None and keeper.outage is not None:
        raise WarehouseGone(keeper.outage.reason)
    offset = query.skipped
    walk_id = query.walk("/data")
    walk = cursor.read(query.cursor, walk_id)
    if walk is not None:
        kept = keeper.at(walk.tag)
        if kept is None:
            raise cursor.expired(walk.tag)
        snapshot, offset = kept, _offset(walk)
    headers = raw_marts_headers(request, snapshot.tag, keeper.outage, name)
    unchanged = not_modified(request, headers)
    if unchanged is not None:
        return unchanged
    sort = query.sort or "rank"
    if sort.removeprefix("-") not in SORTABLE:
        raise invalid("sort", f"coins can be sorted by {', '.join(SORTABLE)}")
    texts = Texts(query.canonical_id, query.symbol or query.ticker, query.name, query.search)
    filters = Filters(texts, query.min_market_cap, query.max_market_cap, query.status, query.priced)
    whole = name != "json" and query.limit is None
    page = select(snapshot, filters, sort, offset, len(snapshot.rows) if whole else query.rows)
    following = offset + len(page.coins)
    more = None
    if page.coins and following < page.total:
        more = cursor.write(walk_id, snapshot.tag, [following])
    if name != "json":
        named = marts_headers(request, snapshot.tag, keeper.outage, name)
        if more is not None:
            named["Link"] = cursor.link(request, more)
        return _export(context, snapshot, query, name, page.coins, named)
    body = envelope(
        request,
        _rows(snapshot, query, page.coins),
        returned=len(page.coins),
        limit=query.rows,
        offset=offset,
        total=page.total,
        next_cursor=more,
        meta=snapshot.meta,
    )
    return Ready(body, [*headers, JSON_TYPE, (b"content-length", b"%d" % len(body))])


def _offset(walk: Cursor) -> int:
    if len(walk.place) != 1 or type(walk.place[0]) is not int or walk.place[0] < 0:
        raise cursor.no_cursor()
    return walk.place[0]


def _rows(snapshot: Snapshot, query: DataQuery, numbers: Sequence[int]) -> list[bytes]:
    """JSON objects; where they have to be made, all of them as one text."""
    if query.fields is None and query.decimals not in CHANGES:
        rows = snapshot.rows
        return [rows[number] for number in numbers]
    fields = PLAIN if query.fields is None else [column.name for column in query.chosen(TYPED)]
    if not numbers:
        return []
    pick = itemgetter(*numbers, numbers[-1])  # one more, since of a single one it would be no tuple
    columns = [pick(snapshot.texts[field])[:-1] for field in fields]
    return [written(fields, columns, DECIMALS, query.decimals)]


def _export(
    context: Context, snapshot: Snapshot, query: DataQuery, name: str, numbers: Sequence[int], headers: dict[str, str]
) -> Response:
    """The rows in another format, as a stream."""
    columns = PLAIN_COLUMNS if query.fields is None else query.chosen(TYPED)
    extents = partial(context.counts.of, (snapshot.tag, "extents"), snapshot.extents)
    writer = formats.writer(name, columns, query.decimals, extents)
    places = [TYPED.index(column) for column in columns]

    def stretches() -> Iterator[formats.Rows]:
        for start in range(0, len(numbers), export.STRETCH):
            read = map(snapshot.read, numbers[start : start + export.STRETCH])
            yield [[values[place] for place in places] for values in read]

    def parts() -> Generator[bytes]:
        try:
            yield from export.written(stretches(), writer)
        finally:
            context.exports.give_back()

    context.exports.take()
    return export.Export(name, parts(), headers, "kasparro-coins")
