"""A load of HTTP requests from this process: some connections, each with one request at a time."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import psutil

LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class Load:
    """What a load measured."""

    per_second: float
    per_cpu_second: float
    """Requests for each second of the server's processor: the same on a busy machine."""
    p99_ms: float


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last one is whole."""

    def __init__(self, path: Callable[[], str], head: str, until: float, done: asyncio.Future[None]) -> None:
        self._path = path
        self._head = head
        self._until = until
        self._done = done
        self._buffer = b""
        self._missing = -1
        self._sent = 0.0
        self.taken: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._buffer += data
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 304")), head
            length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            self._missing = int(length[0].partition(b":")[2]) - len(rest) if length else 0
        else:
            self._missing -= len(data)
        if self._missing <= 0:
            now = time.perf_counter()
            self.taken.append(now - self._sent)
            if now < self._until:
                self._send()
            elif not self._done.done():
                self._done.set_result(None)
                self._transport.close()

    def _send(self) -> None:
        self._buffer, self._missing = b"", -1
        self._sent = time.perf_counter()
        self._transport.write(f"GET {self._path()} HTTP/1.1\r\nHost: bench\r\n{self._head}\r\n".encode())


async def _run(
    server: psutil.Process, port: int, path: Callable[[], str], head: str, connections: int, seconds: float
) -> Load:
    loop = asyncio.get_running_loop()
    used = _cpu_seconds(server)
    started = time.perf_counter()
    until = started + seconds
    done: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    opened = [
        await loop.create_connection(lambda end=end: _Connection(path, head, until, end), LOCAL, port) for end in done
    ]
    await asyncio.gather(*done)
    took = time.perf_counter() - started
    used = _cpu_seconds(server) - used
    taken = sorted(seconds for _, protocol in opened for seconds in protocol.taken)
    return Load(len(taken) / took, len(taken) / used, taken[int(len(taken) * 0.99)] * 1000)


def _cpu_seconds(server: psutil.Process) -> float:
    times = server.cpu_times()
    return times.user + times.system


def run(
    server: psutil.Process,
    port: int,
    path: Callable[[], str],
    connections: int,
    seconds: float,
    head: str = "Accept: */*\r\n",
) -> Load:
    """Ask a server on 127.0.0.1:`port` for what `path` gives, for a while. AssertionError for all but a 200 or 304."""
    import uvloop

    return uvloop.run(_run(server, port, path, head, connections, seconds))
