"""One log line per request.

A line costs a tenth of what the standard path costs at thousands of requests a second: requests only note what
happened, and the lines of the last few milliseconds are rendered and written together.
"""

import asyncio
import logging
import re
import sys
import time
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import orjson
from starlette.types import Scope

from kasparro import logs

LONGEST_PART = 500  # of a path, and of a query
SECRET_NAME = re.compile(r"key|token|secret|passw|pwd|auth|credential|signature", re.IGNORECASE)
PERHAPS_SECRET = re.compile(rf"%|{SECRET_NAME.pattern}", re.IGNORECASE)
GATHER_SECONDS = 0.02
logger = logging.getLogger("api.access")
level_needed = logging.INFO


class Line(NamedTuple):
    """A request that has been answered."""

    ended: float
    scope: Scope
    method: str
    status: int
    seconds: float


_waiting: list[Line] = []


def write(scope: Scope, method: str, status: int, seconds: float) -> None:
    """Note a request that has been answered; it is in the log within GATHER_SECONDS."""
    if not logger.isEnabledFor(level_needed):
        return
    if not _waiting:
        asyncio.get_running_loop().call_later(GATHER_SECONDS, flush)
    _waiting.append(Line(time.time(), scope, method, status, seconds))


def flush() -> None:
    """Hand what is waiting to the logger."""
    lines = _waiting[:]
    _waiting.clear()
    for line in lines:
        logger.handle(_record(line))
    for handler in logger.handlers:
        handler.flush()


def _record(line: Line) -> logging.LogRecord:
    scope = line.scope
    path, client = _bounded(scope["path"]), scope.get("client")
    arguments = (line.method, path, line.status)
    record = logging.LogRecord(logger.name, level_needed, "", 0, "%s %s %s", arguments, None)
    record.created = line.ended
    vars(record).update(
        request_id=scope["request_id"],
        method=line.method,
        path=path,
        query=_masked(scope["query_string"].decode("latin-1")),
        status=line.status,
        duration_ms=round(line.seconds * 1000, 3),
        client=client[0] if client else None,
    )
    return record


def _masked(query: str) -> str:
    """A query without the values of parameters that are named like a key, and without a key of ours in any other."""
    if PERHAPS_SECRET.search(query):
        pairs = [pair.partition("=") for pair in query.split("&")]
        query = "&".join(
            f"{name}=***" if equals and SECRET_NAME.search(unquote_plus(name)) else f"{name}{equals}{value}"
            for name, equals, value in pairs
        )
        if "%" in query and logs.holds_secret(unquote_plus(query)):
            return "***"
    return _bounded(query)


def _bounded(part: str) -> str:
    """The beginning of a long part; a key that the cut would halve is masked before."""
    return part if len(part) <= LONGEST_PART else logs.redacted(part)[:LONGEST_PART]


class JsonLines(logging.Handler):
    """Writes records of requests as JSON, in the form of `kasparro.logs`, once for each flush."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secrets = secrets
        self._lines: list[bytes] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Render one record."""
        event: dict[str, Any] = vars(record)
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        entry = {"time": moment, "level": "info", "logger": record.name, "message": record.getMessage()}
        fields = ("request_id", "method", "path", "query", "status", "duration_ms", "client")
        self._lines.append(orjson.dumps({**entry, **{field: event[field] for field in fields}}))

    def flush(self) -> None:
        """Write what has been rendered."""
        if self._lines:
            lines = b"\n".join([*self._lines, b""]).decode()
            sys.stderr.write(logs.redacted(lines, self._secrets))
            sys.stderr.flush()
            self._lines.clear()


def use_json(secrets: tuple[str, ...]) -> None:
    """Write lines as JSON, past the general handler; `secrets` are masked as it masks them."""
    logger.handlers = [JsonLines(secrets)]
    logger.propagate = False
