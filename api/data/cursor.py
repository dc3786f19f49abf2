"""Cursors: where a walk stands, as text that clients pass back unread."""

import base64
import binascii
import zlib
from typing import Any, NamedTuple

import orjson

from api.data.schemas import DataQuery
from api.problems import Problem, invalid


class Cursor(NamedTuple):
    """The version the walk began on, and the place in it: an offset, or the keys of the last row seen."""

    version: int
    place: list[Any]


def _walk(query: DataQuery) -> int:
    """What must stay the same from page to page."""
    symbol = (query.symbol or query.ticker or "").casefold()
    names = (symbol, query.name, query.search, query.canonical_id)
    bounds = (query.start_date, query.end_date, query.min_market_cap, query.max_market_cap)
    parts = (query.view, query.source, query.sort, *names, *bounds)
    return zlib.crc32("\x1f".join(map(str, parts)).encode())


def write(query: DataQuery, version: int, place: list[Any]) -> str:
    """The cursor behind the last row of a page."""
    return base64.urlsafe_b64encode(orjson.dumps([version, _walk(query), place])).decode().rstrip("=")


def read(query: DataQuery) -> Cursor | None:
    """The cursor given, or None. Raises a 422 problem for one that is garbled or of another query."""
    if query.cursor is None:
        return None
    try:
        padded = query.cursor + "=" * (-len(query.cursor) % 4)
        version, walk, place = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise invalid("cursor", "is not a cursor of this API") from None
    if type(version) is not int or type(place) is not list:
        raise invalid("cursor", "is not a cursor of this API")
    if walk != _walk(query):
        raise invalid(
            "cursor",
            "belongs to other filters or another sort: repeat those of the first page",
        )
    return Cursor(version, place)


def expired(version: int) -> Problem:
    """A walk that took too long."""
    return Problem(410, f"cursor: version {version} is no longer kept; start again without it.",
                   errors=[{"field": "cursor", "message": "expired"}])  # fmt: skip
