"""HTTP as uvicorn speaks it, with upper bounds on the head of a request and on the time until all of it has come."""

import asyncio
from random import getrandbits
from typing import cast

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from api.problems import Problem, render

LARGEST_HEAD = 512 * 1024  # with it may come the first stretch of a body
BUSY = Problem(503, "There are too many connections at once.", headers={"Retry-After": "5"})
PATIENCE_SECONDS = 30.0  # for the whole request: uvicorn would wait for ever, and let whoever comes after wait, too


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection whose request line and headers do not end: uvicorn would keep them all in memory.

    One whose request is not whole after a while is closed, too, and one that never says anything.
    """

    _in_head = True
    _in_request = False
    _head = 0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """A client has come."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(PATIENCE_SECONDS, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def data_received(self, data: bytes) -> None:
        """Take what came from the client."""
        if self._in_head:
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self.send_400_response("The request's head is too large.")
                return
        super().data_received(data)
        if self._in_request and self._waiting is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """The head has ended. With too many connections open, uvicorn would answer in plain text: we give a problem."""
        self._in_head = False
        most, app = self.limit_concurrency, self.app
        if most is not None and (len(self.connections) >= most or len(self.tasks) >= most):
            self.limit_concurrency, self.app = None, _busy
        try:
            super().on_headers_complete()
        finally:
            self.limit_concurrency, self.app = most, app

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP that can be read, and close: no application has seen it."""
        path = cast("bytes", getattr(self, "url", b"")).partition(b"?")[0].decode("latin-1")
        answer = render(Problem(400, msg), path, _request_id())
        self.transport.write(
            b"".join(
                [
                    STATUS_LINE[400],
                    *[b"%b: %b\r\n" % header for header in answer.raw_headers],
                    b"connection: close\r\n\r\n",
                    bytes(answer.body),
                ]
            )
        )
        self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_request = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """The request is whole; the next head begins."""
        self._in_head = True
        self._in_request = False
        self._head = 0
        self._wait_no_more()
        super().on_message_complete()

    def shutdown(self) -> None:
        """The server is stopping: streams without an end of their own are told that their client is gone."""
        super().shutdown()
        cycle = cast("RequestResponseCycle | None", self.cycle)  # there is none before the first request
        if cycle is not None and not cycle.response_complete and "ends_with_the_server" in cycle.scope:
            cycle.disconnected = True
            cycle.message_event.set()
            self.transport.close()


async def _busy(scope: Scope, receive: Receive, send: Send) -> None:
    await render(BUSY, scope["path"], _request_id())(scope, receive, send)


def _request_id() -> str:
    return f"{getrandbits(128):032x}"
