"""A list as a stream: memory stays flat however long it is, and however slowly it is read."""

import asyncio
from collections.abc import Generator, Iterator
from threading import BoundedSemaphore

import anyio
from fastapi import Response
from fastapi.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.types import Receive, Scope, Send

from api.lists.formats import MEDIA_TYPES, Rows, Writer
from api.problems import Problem

STRETCH = 5000
AT_ONCE = 4  # each holds a connection to the warehouse, and a thread while it works
STALLED_SECONDS = 30.0  # a client that takes nothing for so long is let go
TOTAL_SECONDS = 1800.0


class Places:
    """Room for a few exports at a time."""

    def __init__(self, count: int = AT_ONCE) -> None:
        self._free = BoundedSemaphore(count)

    def take(self) -> None:
        """Take a place. Raises a 503 problem when there is none."""
        if not self._free.acquire(blocking=False):
            raise Problem(503, "Too many exports at once.", headers={"Retry-After": "10"})

    def give_back(self) -> None:
        """Give the place back."""
        self._free.release()


def written(stretches: Iterator[Rows], writer: Writer) -> Generator[bytes]:
    """The bytes of a list, stretch by stretch. The first ones come with the first rows, so that failing early shows."""
    for rows in stretches:
        yield writer.write(rows)
    yield writer.end()


class Export(Response):
    """An answer that is sent as it is written. Raises TimeoutError, which cuts the answer off, when nobody takes it."""

    def __init__(self, name: str, parts: Generator[bytes], headers: dict[str, str], filename: str) -> None:
        super().__init__(None, headers=headers, media_type=MEDIA_TYPES[name])
        del self.headers["content-length"]
        self.headers["content-disposition"] = f'attachment; filename="{filename}.{name}"'
        self._parts = parts
        self._first = next(parts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope.get("only_head"):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            with anyio.fail_after(TOTAL_SECONDS):
                await _send(self._first, send)
                async for part in iterate_in_threadpool(self._parts):
                    if gone.done():  # nobody is there any more, and the server takes what is sent all the same
                        return
                    await _send(part, send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(self._parts.close)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(part: bytes, send: Send) -> None:
    if part:
        with anyio.fail_after(STALLED_SECONDS):
            await send({"type": "http.response.body", "body": part, "more_body": True})
