"""What answers over the marts have in common: the envelope, the entity tag, the caching headers."""

import time
import zlib
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request, Response

from api.encoding import encode
from api.readmodel.keeper import Outage

RELEASE = b"1"  # raised when an answer's form changes, so that cached ones of the old form are not kept
FORMS = {"json": 0, "csv": 1, "ndjson": 2, "parquet": 3, "arrow": 4}
NO_STORE = {"Cache-Control": "no-store"}
RawHeaders = list[tuple[bytes, bytes]]
PUBLIC = [(b"cache-control", b"public, max-age=0, must-revalidate"), (b"vary", b"Accept, Accept-Encoding")]
PRIVATE = [
    (b"cache-control", b"private, max-age=0, must-revalidate"),
    (b"vary", b"Accept, Accept-Encoding, X-API-Key"),
]


def latency_ms(request: Request) -> float:
    """How long this request has taken so far, in milliseconds."""
    return round((time.perf_counter() - request.scope["started"]) * 1000, 3)


class Ready(Response):
    """An answer that is bytes already, its headers too: at thousands a second, encoding them shows."""

    def __init__(self, body: bytes, headers: RawHeaders, status: int = 200) -> None:
        self.status_code = status
        self.body = body
        self.raw_headers = headers
        self.background = None


def raw_marts_headers(request: Request, tag: str, outage: Outage | None, form: str = "json") -> RawHeaders:
    """Headers of an answer over the marts: a weak tag of publication and representation first, always revalidated."""
    representation = zlib.crc32(request.scope["query_string"], FORMS[form])
    private = request.app.state.context.settings.api_require_key
    headers = [
        (b"etag", b'W/"%b-%b-%08x"' % (tag.encode(), RELEASE, representation)),
        *(PRIVATE if private else PUBLIC),
    ]
    if outage is not None:
        headers.append((b"warning", b'110 kasparro "Response is Stale"'))
    return headers


def marts_headers(request: Request, tag: str, outage: Outage | None, form: str = "json") -> dict[str, str]:
    """The same by name."""
    return {name.decode(): value.decode() for name, value in raw_marts_headers(request, tag, outage, form)}


def not_modified(request: Request, headers: RawHeaders) -> Response | None:
    """A 304 when the client already has this representation, else None."""
    given = given_header(request, b"if-none-match")
    if given is None:
        return None
    tags = {tag.strip().removeprefix(b"W/") for tag in given.split(b",")}
    if b"*" in tags or headers[0][1].removeprefix(b"W/") in tags:
        return Ready(b"", headers, 304)
    return None


def given_header(request: Request, wanted: bytes) -> bytes | None:
    """A header of the request, its name in lower case."""
    for name, value in request.scope["headers"]:
        if name == wanted:
            return value
    return None


def envelope(
    request: Request,
    rows: list[bytes],
    *,
    returned: int,
    limit: int,
    offset: int | None,
    total: int,
    next_cursor: str | None,
    meta: bytes,
) -> bytes:
    """The body of a list over the marts, around JSON objects or stretches of them (the list is used up)."""
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
        returned,
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
