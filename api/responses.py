"""What answers over the marts have in common: the envelope, the entity tag, the caching headers."""

import time
import zlib
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request, Response

from api.encoding import encode
from api.readmodel.keeper import Outage

RELEASE = "1"  # raised when an answer's form changes, so that cached ones of the old form are not kept
FORMS = {"json": 0, "csv": 1, "ndjson": 2, "parquet": 3, "arrow": 4}
NO_STORE = {"Cache-Control": "no-store"}


def latency_ms(request: Request) -> float:
    """How long this request has taken so far, in milliseconds."""
    return round((time.perf_counter() - request.scope["started"]) * 1000, 3)


def marts_headers(request: Request, version: int | None, outage: Outage | None, form: str = "json") -> dict[str, str]:
    """Headers of an answer over the marts: a weak tag of version and representation, always revalidated."""
    representation = zlib.crc32(request.scope["query_string"], FORMS[form])
    private = request.app.state.context.settings.api_require_key
    headers = {
        "ETag": f'W/"{version or 0}-{RELEASE}-{representation:08x}"',
        "Cache-Control": f"{'private' if private else 'public'}, max-age=0, must-revalidate",
        "Vary": "Accept, Accept-Encoding, X-API-Key" if private else "Accept, Accept-Encoding",
    }
    if outage is not None:
        headers["Warning"] = '110 kasparro "Response is Stale"'
    return headers


def not_modified(request: Request, headers: Mapping[str, str]) -> Response | None:
    """A 304 when the client already has this representation, else None."""
    given = request.headers.get("if-none-match")
    if given is None:
        return None
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    if "*" in tags or headers["ETag"].removeprefix("W/") in tags:
        return Response(status_code=304, headers=dict(headers))
    return None


def envelope(
    request: Request,
    rows: list[bytes],
    *,
    limit: int,
    offset: int | None,
    total: int,
    next_cursor: str | None,
    meta: bytes,
) -> bytes:
    """The body of a list over the marts, around rows that are JSON objects already (the list is used up)."""
    head = b'{"request_id":"%b","api_latency_ms":%.3f,"data":[' % (
        request.scope["request_id"].encode(),
        latency_ms(request),
    )
    tail = (
        b'],"pagination":{"limit":%d,"offset":%b,"returned":%d,"total_items":%d,"total_pages":%d,"next_cursor":%b},'
        b'"meta":%b}'
    ) % (
        limit,
        encode(offset),
        len(rows),
        total,
        -(-total // limit),
        b'"%b"' % next_cursor.encode() if next_cursor else b"null",
        meta,
    )
    if not rows:
        return head + tail
    rows[0] = head + rows[0]
    rows[-1] += tail
    return b",".join(rows)  # the one copy of all rows


def system_answer(request: Request, body: Mapping[str, Any], status: int = 200) -> Response:
    """An answer about the system itself: never cached, with the request's id and latency."""
    content = orjson.dumps(
        {
            **body,
            "request_id": request.scope["request_id"],
            "api_latency_ms": latency_ms(request),
        },
        option=orjson.OPT_UTC_Z,
    )
    return Response(content, status, NO_STORE, "application/json")
