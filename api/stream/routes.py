"""`GET /stream`."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api import problems
from api.clients import client_of
from api.context import context_of
from api.encoding import TIMES
from api.parameters import NoQuery, documented, read_query
from api.problems import Problem, invalid
from api.readmodel.feed import Feed
from api.readmodel.queries import NOTHING, Announcement
from api.responses import NO_STORE

HEARTBEAT_SECONDS = 15.0
RETRY_MS = 3000
MOST_STREAMS, MOST_OF_A_CLIENT = 500, 20
MEDIA_TYPE = "text/event-stream"
HEADERS = {**NO_STORE, "X-Accel-Buffering": "no"}
ID = re.compile(r"\d{1,16}(-([0-9a-f]{8}|none))?", re.ASCII)
LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The publication last heard of, or its version: what was published since comes at once",
    "schema": {"type": "string", "pattern": "^[0-9]{1,16}(-([0-9a-f]{8}|none))?$"},
}
router = APIRouter(tags=["stream"])


class Streams:
    """How many there are, in all and of each client."""

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()

    def take(self, client: str) -> None:
        """Count one more, at once with the look whether there may be one. Raises a 429 or 503 problem."""
        if self._of[client] >= MOST_OF_A_CLIENT:
            detail = f"There are {MOST_OF_A_CLIENT} streams to this address."
            raise Problem(429, detail, headers={"Retry-After": "30"})
        if self._of.total() >= MOST_STREAMS:
            raise Problem(503, f"There are {MOST_STREAMS} streams.", headers={"Retry-After": "30"})
        self._of[client] += 1

    def give_back(self, client: str) -> None:
        """Count one less."""
        self._of[client] -= 1
        self._of += Counter()  # forgets who has none


class Stream(StreamingResponse):
    """Events without an end, in a place that was taken for them: it is given back also if nobody hears the first."""

    def __init__(self, events: AsyncGenerator[bytes], client: str) -> None:
        super().__init__(events, headers=HEADERS, media_type=MEDIA_TYPE)
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them, then give the place back."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            STREAMS.give_back(self._client)


STREAMS = Streams()


@router.get(
    "/stream",
    summary="An event for each publication",
    operation_id="streamPublications",
    response_model=None,
    openapi_extra=documented(NoQuery, LAST_EVENT_ID),
    responses={
        200: {"description": "Server-sent events", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}},
        **problems.documented(
            {422: "Last-Event-ID is no version", 429: "Too many streams to this address", 503: "Too many streams"}
        ),
    },
)
async def stream(request: Request) -> Response:
    """Server-sent events: `publication` with version, time and how many rows changed in which mart.

    The event's id is the publication, `42-1a2b3c4d`; a client that comes back with `Last-Event-ID` misses none. Where
    that is longer ago than is remembered, a `gap` comes first. Once a backup is restored, `restored` says what is
    published now, and versions are counted on from there. A comment every 15 seconds keeps the connection open.
    """
    read_query(request, NoQuery)
    last = _last_event_id(request)
    client = client_of(request.scope)
    STREAMS.take(client)
    if request.scope.get("only_head"):
        STREAMS.give_back(client)
        return Response(headers=HEADERS, media_type=MEDIA_TYPE)
    request.scope["ends_with_the_server"] = True
    return Stream(_events(context_of(request).keeper.feed, last), client)


def _last_event_id(request: Request) -> str | None:
    given = request.headers.get("last-event-id")
    if given is not None and not ID.fullmatch(given):
        raise invalid("Last-Event-ID", "expected the id of an event, which is a publication")
    return given


async def _events(feed: Feed, last: str | None) -> AsyncGenerator[bytes]:
    with feed.heard() as news:
        restarts = feed.restarts
        is_of_another = last is not None and bool(feed.newest) and not feed.has(last)
        seen = feed.newest if last is None or is_of_another else min(int(last.partition("-")[0]), feed.newest)
        yield b"retry: %d\n\n" % RETRY_MS
        if is_of_another:
            yield _restored(feed)
        if seen < feed.oldest - 1:
            yield b"event: gap\ndata: %b\n\n" % orjson.dumps({"after": seen, "next": feed.oldest})
        while True:
            news.clear()
            if restarts != feed.restarts:
                restarts, seen = feed.restarts, feed.newest
                yield _restored(feed)
            for each in feed.after(seen):
                yield _event(each)
                seen = each.version
            try:
                await asyncio.wait_for(news.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"


def _event(each: Announcement) -> bytes:
    data = orjson.dumps(each._asdict(), option=TIMES)
    return b"id: %b\nevent: publication\ndata: %b\n\n" % (each.publication.encode(), data)


def _restored(feed: Feed) -> bytes:
    tag = feed.newest_tag or NOTHING
    data = orjson.dumps({"version": feed.newest, "publication": tag})
    return b"id: %b\nevent: restored\ndata: %b\n\n" % (tag.encode(), data)
