"""HTTP as uvicorn speaks it, with an upper bound on the head of a request."""

from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

LARGEST_HEAD = 512 * 1024  # with it may come the first stretch of a body


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection whose request line and headers do not end: uvicorn would keep them all in memory."""

    _in_head = True
    _head = 0

    def data_received(self, data: bytes) -> None:
        """Take what came from the client."""
        if self._in_head:
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self.send_400_response("The request's head is too large.")
                return
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next head begins."""
        self._in_head = True
        self._head = 0
        super().on_message_complete()

    def shutdown(self) -> None:
        """The server is stopping: streams without an end of their own are told that their client is gone."""
        super().shutdown()
        cycle = cast("RequestResponseCycle | None", self.cycle)  # there is none before the first request
        if cycle is not None and not cycle.response_complete and "ends_with_the_server" in cycle.scope:
            cycle.disconnected = True
            cycle.message_event.set()
            self.transport.close()
