"""A connection pooler as PgBouncer is one: strict about start-up parameters, with a pool per session or transaction."""

import socket
import struct
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress

ASKS_FOR_ENCRYPTION = {80877103, 80877104}
TAKEN = {"user", "database", "application_name", "client_encoding", "datestyle", "timezone"}
"""What PgBouncer takes of a client that connects; anything else it refuses."""


class Pooler:
    """Stands before a server on 127.0.0.1. In mode `transaction`, all clients share the first one's session."""

    def __init__(self, server_port: int, mode: str, only_user: str | None) -> None:
        self._only_user = only_user
        self._server_port = server_port
        self._mode = mode
        self._first: socket.socket | None = None
        self._in_transaction = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Take no further client."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, struct.error), closing(client):
            startup = _startup(client)
            words = startup[4:].rstrip(b"\0").split(b"\0")
            if refusal := self._refusal(dict(zip(words[::2], words[1::2], strict=False))):
                _send(client, b"E", f"SFATAL\0C08P01\0M{refusal}\0\0".encode())
                return
            server = socket.create_connection(("127.0.0.1", self._server_port))
            with closing(server):
                server.sendall(struct.pack("!i", len(startup) + 4) + startup)
                self._log_in(client, server)
                if self._mode == "session":
                    threading.Thread(target=_pipe, args=(client, server), daemon=True).start()
                    _pipe(server, client)
                else:
                    self._first = self._first or server
                    self._take_turns(client)

    def _refusal(self, given: dict[bytes, bytes]) -> str | None:
        for name in map(bytes.decode, given):
            if name.lower() not in TAKEN:
                return f"unsupported startup parameter: {name}"
        user = given[b"user"].decode()
        return f"no such user: {user}" if self._only_user not in (None, user) else None

    def _log_in(self, client: socket.socket, server: socket.socket) -> None:
        """Pass authentication on, and name another process than the server's."""
        while True:
            kind, body = _message(server)
            if kind == b"K":
                body = struct.pack("!ii", 7, 7)
            _send(client, kind, body)
            if kind == b"Z":
                return
            if kind == b"R" and struct.unpack("!i", body[:4])[0] in (10, 11):
                _send(server, *_message(client))

    def _take_turns(self, client: socket.socket) -> None:
        assert self._first is not None
        is_within = False
        while (asked := _message(client))[0] != b"X":
            if not is_within:
                self._in_transaction.acquire()
            _send(self._first, *asked)
            while True:
                kind, body = _message(self._first)
                _send(client, kind, body)
                if kind == b"Z":
                    break
            is_within = body != b"I"
            if not is_within:
                self._in_transaction.release()


@contextmanager
def pooling(server_port: int, mode: str, only_user: str | None = None) -> Generator[int]:
    """A pooler before a server of 127.0.0.1, that knows every user or one alone; gives its port."""
    with closing(Pooler(server_port, mode, only_user)) as pooler:
        yield pooler.port


def _startup(client: socket.socket) -> bytes:
    while True:
        (length,) = struct.unpack("!i", _exactly(client, 4))
        packet = _exactly(client, length - 4)
        if struct.unpack("!i", packet[:4])[0] not in ASKS_FOR_ENCRYPTION:
            return packet
        client.sendall(b"N")


def _message(source: socket.socket) -> tuple[bytes, bytes]:
    kind = _exactly(source, 1)
    (length,) = struct.unpack("!i", _exactly(source, 4))
    return kind, _exactly(source, length - 4)


def _send(target: socket.socket, kind: bytes, body: bytes) -> None:
    target.sendall(kind + struct.pack("!i", len(body) + 4) + body)


def _exactly(source: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        part = source.recv(count - len(found))
        if not part:
            raise OSError("closed")
        found += part
    return found


def _pipe(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(1 << 16):
            target.sendall(part)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
