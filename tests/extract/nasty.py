"""A server on a raw socket that breaks every rule of HTTP, and one kind of misbehaviour each."""

import socket
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat

DRIP_SECONDS = 0.02
Script = Callable[[], Iterator[bytes]]
"""What is sent after a request, piece by piece; an endless one ends with its client."""

OK = b"HTTP/1.1 200 OK\r\n"
JSON = b"Content-Type: application/json\r\n"


def dripping(before: bytes, drop: bytes = b"x") -> Script:
    """Some bytes at once, then drops without end."""
    return lambda: chain([before], repeat(drop))


def saying(text: bytes) -> Script:
    """These bytes, and the end of the connection."""
    return lambda: iter([text])


def answering(body: bytes, *headers: str, status: str = "200 OK") -> Script:
    """A whole answer with headers of its own."""
    lines = "".join(f"{line}\r\n" for line in headers).encode("latin-1")
    length = f"Content-Length: {len(body)}\r\n" if not any(h.startswith("Content-Length") for h in headers) else ""
    return saying(f"HTTP/1.1 {status}\r\n{length}".encode() + lines + b"Connection: close\r\n\r\n" + body)


SLOW: dict[str, Script] = {
    "silence": lambda: repeat(b""),
    "status line": dripping(b"HTTP/1.1 200 "),
    "header": dripping(OK + b"X-Long: "),
    "headers": dripping(OK, b"X-A: b\r\n"),
    "interim": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": dripping(OK + JSON + b"Content-Length: 1000000\r\n\r\n", b" "),
    "body to the end": dripping(OK + JSON + b"\r\n", b" "),
    "chunk size": dripping(OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "chunk extension": dripping(OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "chunk": dripping(OK + JSON + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n", b" "),
    "chunks": dripping(OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "trailers": dripping(OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n", b"X-A: b\r\n"),
}


class Nasty:
    """The server: its address, and how often it was asked."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked = 0
        self.open = 0
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def stop(self) -> None:
        """Hang up on everybody."""
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(DRIP_SECONDS)
        self.open += 1
        with connection, suppress(ConnectionError):
            while not self._stopping.is_set():
                with suppress(TimeoutError):
                    if connection.recv(65536):
                        break
            self.asked += 1
            for piece in self.script():
                connection.sendall(piece)
                if self._stopping.is_set():
                    break
                with suppress(TimeoutError):
                    if not connection.recv(1):  # the client has hung up
                        break
        self.open -= 1


@contextmanager
def nasty(script: Script) -> Generator[Nasty]:
    """Serve while the block lasts."""
    server = Nasty(script)
    try:
        yield server
    finally:
        server.stop()
