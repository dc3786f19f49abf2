"""How an answer is put on the wire: whole, slowly, in part, padded, or not at all."""

import socket
import struct
import zlib
from collections.abc import Iterator
from http import HTTPStatus
from threading import Event

from providers.messages import Answer

SPACES = b" " * 65536
PHRASES = {status.value: status.phrase for status in HTTPStatus}


def send(connection: socket.socket, answer: Answer, accepts_gzip: bool, with_body: bool, stopping: Event) -> bool:
    """Send the answer as its delivery says; waiting ends at once when the server stops.

    Returns whether the connection may serve another request. Raises OSError when the client has gone.
    """
    delivery = answer.delivery
    if delivery.hang:
        stopping.wait()
        return False
    if stopping.wait(delivery.delay) if delivery.delay else False:
        return False
    if delivery.reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    if delivery.padding:
        connection.sendall(_head(answer, None, accepts_gzip))
        for block in _padded(answer.body.content, delivery.padding, accepts_gzip):
            connection.sendall(block)
        return False
    content = answer.body.compressed if accepts_gzip and answer.body.content else answer.body.content
    head = _head(answer, len(content), accepts_gzip and bool(content))
    if not with_body:
        connection.sendall(head)
        return True
    cut = content if delivery.cut_after is None else content[: delivery.cut_after]
    if delivery.chunk:
        connection.sendall(head)
        for start in range(0, len(cut), delivery.chunk):
            connection.sendall(cut[start : start + delivery.chunk])
            if stopping.wait(delivery.pause):
                return False
    else:
        connection.sendall(head + cut)
    return len(cut) == len(content)


def _head(answer: Answer, length: int | None, compressed: bool) -> bytes:
    """The status line and headers; a body of unknown length ends where the connection closes."""
    lines = [f"HTTP/1.1 {answer.status} {PHRASES.get(answer.status, '')}", f"Content-Type: {answer.content_type}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items() if value]
    lines.append("Connection: close" if length is None else f"Content-Length: {length}")
    if compressed:
        lines.append("Content-Encoding: gzip")
    lines += ["Vary: Accept-Encoding", "Server: stand-in", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _padded(content: bytes, padding: int, compressed: bool) -> Iterator[bytes]:
    """The content with white space before its end, in blocks; a document that is still valid, and far too large."""
    packer = zlib.compressobj(9, wbits=31) if compressed else None
    blanks = (SPACES[: min(len(SPACES), padding - at)] for at in range(0, padding, len(SPACES)))
    for block in (content[:-1], *blanks, content[-1:]):
        packed = packer.compress(block) if packer else block
        if packed:
            yield packed
    if packer:
        yield packer.flush()
