"""Answers with one thing of the marts, as a JSON object of any depth."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import orjson
from fastapi import Request, Response
from sqlalchemy import Connection

from api.context import context_of
from api.encoding import TIMES, decimal_text, encode, float_text
from api.problems import Problem
from api.readmodel.queries import Publication, latest_publication, meta_of
from api.responses import NO_STORE, latency_ms, marts_headers, not_modified, raw_marts_headers

Find = Callable[[Connection, Publication], Any]


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(decimal_text(value))
    raise TypeError(type(value).__name__)


def _as_string(value: Any) -> Any:
    if isinstance(value, Decimal):
        return decimal_text(value) if value.is_finite() else None
    raise TypeError(type(value).__name__)


def _as_float(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(float_text(encode(value)))
    raise TypeError(type(value).__name__)


DEFAULTS = {"string": _as_string, "float": _as_float}


def body(request: Request, data: Any, meta: dict[str, Any], decimals: str = "number") -> bytes:
    """The answer: numbers with every digit, unless `decimals` says otherwise."""
    content = {"request_id": request.scope["request_id"], "api_latency_ms": latency_ms(request), "data": data}
    return orjson.dumps({**content, "meta": meta}, default=DEFAULTS.get(decimals, _exact), option=TIMES)


def of_marts(request: Request, find: Find, decimals: str = "number") -> Response:
    """What `find` gives, all of one version. Raises a 404 problem before the first. Blocks on the warehouse."""
    context = context_of(request)
    cacheable = request.method == "GET"  # what was asked for in a body no address and no tag can tell
    unchanged = not_modified(request, raw_marts_headers(request, context.keeper.current.tag, None))
    if cacheable and unchanged is not None and context.keeper.outage is None:
        return unchanged
    with context.database.transaction() as connection:
        publication = latest_publication(connection)
        if publication is None:
            raise Problem(404, "Nothing is published yet: the first pass has not completed.")
        data = find(connection, publication)
    meta = meta_of(publication)
    headers = marts_headers(request, publication.tag, None) if cacheable else NO_STORE
    return Response(body(request, data, meta, decimals), headers=headers, media_type="application/json")


def of_system(request: Request, data: Any) -> Response:
    """One thing about the system itself: never stored."""
    return flat(request, {"data": data})


def flat(request: Request, members: Mapping[str, Any]) -> Response:
    """The same without `data` around it."""
    content = {"request_id": request.scope["request_id"], "api_latency_ms": latency_ms(request), **members}
    written = orjson.dumps(content, default=_exact, option=TIMES)
    return Response(written, headers=NO_STORE, media_type="application/json")
