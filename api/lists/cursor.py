"""Cursors: where a walk stands, as text that clients pass back unread."""

import base64
import binascii
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import orjson
from fastapi import Request

from api.problems import Problem, invalid


class Cursor(NamedTuple):
    """The publication the walk is on, and the place in it: an offset, or the keys of the last row seen."""

    tag: str
    place: list[Any]


def write(walk: int, tag: str, place: list[Any]) -> str:
    """The cursor behind the last row of a page. `walk` tells what must stay the same from page to page."""
    return base64.urlsafe_b64encode(orjson.dumps([tag, walk, place])).decode().rstrip("=")


def link(request: Request, following: str) -> str:
    """The header that leads to the next page, in ASCII whatever the path and the parameters hold."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("cursor", "offset")]
    address = f"{quote(request.scope['path'])}?{urlencode([*kept, ('cursor', following)])}"
    return f'<{address}>; rel="next"'


def read(given: str | None, walk: int) -> Cursor | None:
    """The cursor given, or None. Raises a 422 problem for one that is garbled or of another query."""
    if given is None:
        return None
    try:
        padded = given + "=" * (-len(given) % 4)
        tag, of, place = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise no_cursor() from None
    if not isinstance(tag, str) or type(place) is not list:
        raise no_cursor()
    if of != walk:
        raise invalid("cursor", "belongs to other filters or another sort: repeat those of the first page")
    return Cursor(tag, place)


def no_cursor() -> Problem:
    """A cursor that we did not write."""
    return invalid("cursor", "is not a cursor of this API")


def unknown(since: str) -> Problem:
    """What is asked for came after a publication that the warehouse does not have."""
    detail = f"since: the warehouse has no publication {since}, so a backup was restored: start again without it."
    return Problem(410, detail, errors=[{"field": "since", "message": "unknown"}])


def expired(tag: str) -> Problem:
    """A walk that took too long."""
    detail = f"cursor: version {tag.partition('-')[0]} is no longer kept; start again without it."
    return Problem(410, detail, errors=[{"field": "cursor", "message": "expired"}])
