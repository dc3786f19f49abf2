"""A call's limit in wall-clock seconds: whatever a server sends, and however slowly, its caller goes on.

A socket's time-out begins anew with every byte. So a call is made in a thread of its own, which nobody waits for once
the limit is over; what it still reads from is shut, so that it ends as well.
"""

import math
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar
from weakref import WeakSet

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

Result = TypeVar("Result")


class OutOfTimeError(Exception):
    """The limit of the call is over, or, with `of_source`, that of its source."""

    def __init__(self, *, of_source: bool) -> None:
        super().__init__("out of time")
        self.of_source = of_source


class Deadline:
    """The end of a call that may last so many `seconds`, and not beyond `until`, the end of its source.

    `until` is a moment of `time.monotonic()`. Waiting for our own rate limit is not counted as the call's.
    """

    def __init__(self, seconds: float = math.inf, until: float = math.inf) -> None:
        self._ends_at = time.monotonic() + seconds
        self._until = until
        self.is_over = False

    def left(self) -> float:
        """Seconds until the end; negative after it."""
        return min(self._ends_at, self._until) - time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for our own rate limit. Raises OutOfTimeError at once when the source has not that much time left."""
        if self.is_over or time.monotonic() + seconds > self._until:
            raise OutOfTimeError(of_source=True)
        self._ends_at += seconds
        if seconds > 0:
            time.sleep(seconds)

    def call(self, do: Callable[[], Result]) -> Result:
        """What `do` returns or raises. Raises OutOfTimeError at the end, and leaves it alone."""
        outcome: Future[Result] = Future()

        def settle() -> None:
            try:
                outcome.set_result(do())
            except BaseException as error:  # noqa: BLE001  # whatever it is: who waits gets it
                outcome.set_exception(error)

        Thread(target=settle, name="call", daemon=True).start()
        while not outcome.done():
            left = self.left()
            if left <= 0:
                self.is_over = True
                raise OutOfTimeError(of_source=self._until <= self._ends_at)
            wait([outcome], timeout=None if left == math.inf else left)
        return outcome.result()


class Connections:
    """The connections of a client, which can all be shut from outside; `pools` makes them for urllib3."""

    def __init__(self) -> None:
        self._open: WeakSet[Any] = WeakSet()
        self._are_shut = False

    @property
    def pools(self) -> dict[str, Any]:
        """Classes of connection pools by scheme, whose connections are among these."""
        opened = self._opened

        class Plain(HTTPConnection):
            def connect(self) -> None:
                opened(self, super().connect)

        class Encrypted(HTTPSConnection):
            def connect(self) -> None:
                opened(self, super().connect)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls: Any = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls: Any = Encrypted

        return {"http": PlainPool, "https": EncryptedPool}

    def shut(self) -> None:
        """End what is read from them or written to them, now and later."""
        self._are_shut = True
        for opened in list(self._open):
            _shut(opened)

    def _opened(self, connection: HTTPConnection, connect: Callable[[], None]) -> None:
        self._open.add(connection)  # first: a proxy may drip while we connect through it
        connect()
        self._open.add(connection.sock)  # which outlives the connection while a last answer is read
        if self._are_shut:
            _shut(connection)


def _shut(opened: Any) -> None:
    """Shut a connection or a socket; TLS within TLS has its socket inside."""
    inner = getattr(opened, "sock", opened)
    inner = getattr(inner, "socket", inner)
    if isinstance(inner, socket.socket):
        with suppress(OSError):  # it has gone already
            socket.socket.shutdown(inner, socket.SHUT_RDWR)
