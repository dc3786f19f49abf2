"""What passes between server, providers and faults: a request, an answer, and how the answer is to be sent."""

import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import orjson

ProviderName = Literal["coinpaprika", "coingecko", "rss"]
JSON = "application/json"


@dataclass(frozen=True)
class Request:
    """A GET below a provider's base URL. `headers` has lower-case names."""

    provider: ProviderName
    path: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def number(self, name: str, default: int) -> int:
        """A whole number from the query; the default when it is missing or no number."""
        text = self.query.get(name, "")
        return int(text) if text.isdecimal() else default


@dataclass(frozen=True)
class Body:
    """An answer's content, compressed at most once."""

    content: bytes

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.content, compresslevel=1, mtime=0)


@dataclass(frozen=True)
class Delivery:
    """How an answer travels. Times are seconds, sizes bytes. The default sends it whole, at once.

    `keep` is the share of the body that is sent before the connection ends; `reset` ends it with a reset, `hang` never
    answers.
    """

    delay: float = 0.0
    chunk: int = 0
    pause: float = 0.0
    keep: float = 1.0
    padding: int = 0
    hang: bool = False
    reset: bool = False


PROMPT = Delivery()


@dataclass(frozen=True)
class Answer:
    """A status, headers and a body, and the way they are to be sent."""

    status: int
    body: Body
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delivery: Delivery = PROMPT


def answer(status: int, document: object, content_type: str = JSON, **headers: str) -> Answer:
    """A JSON answer; header names are given with underscores, `Retry_After="3"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, Body(orjson.dumps(document)), content_type, named)


def array(rows: Iterable[bytes]) -> bytes:
    """A JSON array of rows that are JSON text already."""
    return b"[" + b",".join(rows) + b"]"
