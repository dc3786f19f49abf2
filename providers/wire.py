"""How an answer is put on the wire: whole, slowly, in part, padded, or not at all."""

import socket
import struct
import zlib
from collections.abc import Iterator
from email.utils import formatdate
from http import HTTPStatus
from threading import Event

from providers.messages import Answer

SPACES = b" " * 65536
PHRASES = {status.value: status.phrase for status in HTTPStatus}
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with a time of zero: closing then sends a reset."""


def send(connection: socket.socket, answer: Answer, accepts_gzip: bool, with_body: bool, stopping: Event) -> bool:
    """Send the answer as its delivery says; waiting ends at once when the server stops.

    Returns whether the connection may serve another request. Raises OSError when the client has gone.
    """
    delivery = answer.delivery
    if stopping.wait(None if delivery.hang else delivery.delay):
        return False
    if delivery.reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        if not delivery.keep:
            return False
    if delivery.padding:
        return _send_padded(connection, answer, accepts_gzip)
    packed = accepts_gzip and bool(answer.body.content)
    content = answer.body.compressed if packed else answer.body.content
    head = _head(answer, len(content), packed)
    if not with_body:
        connection.sendall(head)
        return True
    kept = content if delivery.keep == 1 else content[: int(len(content) * delivery.keep)]
    if not delivery.chunk:
        connection.sendall(head + kept)
        return len(kept) == len(content)
    connection.sendall(head)
    for start in range(0, len(kept), delivery.chunk):
        connection.sendall(kept[start : start + delivery.chunk])
        if stopping.wait(delivery.pause):
            return False
    return True


def _head(answer: Answer, length: int | None, packed: bool) -> bytes:
    """The status line and headers; a body of unknown length ends where the connection closes."""
    lines = [f"HTTP/1.1 {answer.status} {PHRASES.get(answer.status, '')}", f"Date: {formatdate(usegmt=True)}"]
    lines.append(f"Content-Type: {answer.content_type}")
    lines += [f"{name}: {value}" for name, value in answer.headers.items() if value]
    lines.append("Connection: close" if length is None else f"Content-Length: {length}")
    if packed:
        lines.append("Content-Encoding: gzip")
    lines += ["Vary: Accept-Encoding", "Server: stand-in", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _send_padded(connection: socket.socket, answer: Answer, packed: bool) -> bool:
    """Send far too much, a block at a time; the client may hang up in the middle."""
    connection.sendall(_head(answer, None, packed))
    for block in _padded(answer.body.content, answer.delivery.padding, packed):
        connection.sendall(block)
    return False


def _padded(content: bytes, padding: int, packed: bool) -> Iterator[bytes]:
    """The content with white space before its last byte; a document that is still valid."""
    packer = zlib.compressobj(9, wbits=31) if packed else None
    blanks = (SPACES[: min(len(SPACES), padding - at)] for at in range(0, padding, len(SPACES)))
    for block in (content[:-1], *blanks, content[-1:]):
        yield packer.compress(block) if packer else block
    if packer:
        yield packer.flush()
