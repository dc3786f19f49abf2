"""A client that costs little: a connection that is kept open, and answers as bytes."""

import asyncio
import re
from types import TracebackType
from typing import Self

NAMED = re.compile(rb'"meta":\{"version":(\d+)')
PRICED = re.compile(rb'"price_usd":(\d+)')


def versions_in(body: bytes) -> tuple[set[int], set[int]]:
    """The version an answer names, and those of its prices, in a market whose prices are its version."""
    return set(map(int, set(NAMED.findall(body)))), set(map(int, set(PRICED.findall(body))))


class Connection:
    """One request at a time to the API on 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._from, self._to = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._to.close()

    async def get(self, path: str) -> tuple[int, bytes]:
        """The status and the body. Raises IncompleteReadError where the answer breaks off."""
        self._to.write(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        head = (await self._from.readuntil(b"\r\n\r\n")).lower()
        length = re.search(rb"\r\ncontent-length: (\d+)", head)
        body = await self._from.readexactly(int(length[1])) if length else await self._chunks()
        return int(head.split(b" ", 2)[1]), body

    async def _chunks(self) -> bytes:
        parts: list[bytes] = []
        while size := int(await self._from.readline(), 16):
            parts.append((await self._from.readexactly(size + 2))[:-2])
        await self._from.readline()
        return b"".join(parts)
