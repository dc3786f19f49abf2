"""Failure injection: runs break on purpose at named points, so that recovery can be proved at every one of them.

`FAILURE_POINTS` names what shall break, `ENABLE_FAILURE_INJECTION=true` allows it; otherwise a point costs nothing.
"""

import os
import random
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import psutil
import psycopg2

if TYPE_CHECKING:
    from kasparro.settings import Settings

POINTS = {
    "extract.read": "a part of an answer is written to the spool, before dlt takes it over",
    "extract.normalise": "dlt normalises what was extracted",
    "load.copy": "a COPY is half-way through its rows",
    "load.committed": "a COPY is committed, the load and its state are not yet complete",
    "dbt.node": "a model or audit of dbt is done, others are not",
    "publish": "the transaction that publishes has changed some marts and not the others",
}
KINDS = {
    "raise": "an exception",
    "kill": "SIGKILL to the process group",
    "postgres-restart": "the embedded Postgres is stopped at once (immediate mode) and started again",
    "postgres-kill": "the embedded Postgres is killed, and stays away",
}
POSTGRES_SECONDS = 30


class InjectedError(Exception):
    """A failure that was asked for."""


class Fault(NamedTuple):
    """What breaks where: the `nth` time the point is reached; without one, each time with FAILURE_PROBABILITY."""

    point: str
    kind: str
    nth: int | None


def parse(text: str) -> Fault:
    """Read `point`, `point:kind` or `point:kind:nth`; an exception unless it says what. Raises ValueError."""
    point, kind, nth = (*text.strip().split(":"), "", "")[:3] if text.count(":") < 3 else (text, "", "")
    if point not in POINTS:
        raise ValueError(f"{point!r} is no failure point: there are {', '.join(POINTS)}")
    if (kind or "raise") not in KINDS:
        raise ValueError(f"{kind!r} is no kind of failure: there are {', '.join(KINDS)}")
    if nth and not (nth.isdecimal() and int(nth) > 0):
        raise ValueError(f"expected the number of the time after {point}:{kind}, got {nth!r}")
    return Fault(point, kind or "raise", int(nth) if nth else None)


class _Armed:
    """The faults of a run, and how often each point was reached."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings
        self._reached: Counter[str] = Counter()
        self._lock = threading.Lock()

    def names(self, point: str) -> bool:
        """Whether anything is to break there."""
        return any(fault.point == point for fault in self._settings.failure_points)

    def reach(self, point: str) -> None:
        """Break if it is time. Raises InjectedError."""
        with self._lock:
            self._reached[point] += 1
            due = [fault for fault in self._settings.failure_points if fault.point == point and self._is_due(fault)]
        for fault in due:
            self._break(fault)

    def _is_due(self, fault: Fault) -> bool:
        if fault.nth:
            return self._reached[fault.point] == fault.nth
        return random.random() < self._settings.failure_probability  # noqa: S311

    def _break(self, fault: Fault) -> None:
        if fault.kind == "kill":
            os.killpg(os.getpgrp(), signal.SIGKILL)
        if fault.kind == "raise":
            raise InjectedError(f"broken on purpose at {fault.point} (FAILURE_POINTS)")
        _end_postgres(self._settings, restart=fault.kind == "postgres-restart")


_armed: list[_Armed] = []


def arm(settings: "Settings") -> None:
    """Break what `FAILURE_POINTS` names from now on; nothing when it is empty."""
    _armed[:] = [_Armed(settings)] if settings.enable_failure_injection and settings.failure_points else []


def is_armed(*points: str) -> bool:
    """Whether anything is to break at one of these points."""
    return any(armed.names(point) for armed in _armed for point in points)


def point(name: str) -> None:
    """A point where a run may break. Raises InjectedError."""
    for armed in _armed:
        armed.reach(name)


@dataclass
class _Gate:
    """A lock that a statement of SQL waits for at a point within it."""

    url: str
    name: str
    key: int

    def keep(self, is_over: threading.Event, is_shut: threading.Event) -> None:
        """Hold the lock; once something waits for it, reach the point, then let it pass."""
        with suppress(psycopg2.Error), closing(psycopg2.connect(self.url)) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute("select pg_advisory_lock(%s)", (self.key,))
            is_shut.set()
            waiting = (
                "select pid from pg_locks where locktype = 'advisory' and not granted "
                "and (classid::bigint << 32) | objid::bigint = %s"
            )
            while not is_over.is_set():
                cursor.execute(waiting, (self.key,))
                if found := cursor.fetchone():
                    try:
                        point(self.name)
                    except InjectedError:
                        cursor.execute("select pg_terminate_backend(%s)", found)
                    return
                time.sleep(0.01)


@contextmanager
def gate(name: str, url: str) -> Generator[int | None]:
    """A point within a statement of SQL: it takes the advisory lock of this key there. None when nothing breaks there.

    `url` is that of a role that may end any connection.
    """
    if not is_armed(name):
        yield None
        return
    is_over, is_shut = threading.Event(), threading.Event()
    barrier = _Gate(url, name, secrets.randbits(62))
    keeper = threading.Thread(target=barrier.keep, args=(is_over, is_shut), daemon=True)
    keeper.start()
    is_shut.wait(POSTGRES_SECONDS)
    try:
        yield barrier.key
    finally:
        is_over.set()
        keeper.join(POSTGRES_SECONDS)


def _end_postgres(settings: "Settings", *, restart: bool) -> None:
    from kasparro.processes import have_ended
    from kasparro.warehouse import EmbeddedPostgres

    embedded = EmbeddedPostgres(settings)
    running = embedded.running()
    if settings.warehouse_url is not None or running is None:
        raise InjectedError("only an embedded Postgres that runs can be broken on purpose")
    process = psutil.Process(running.pid)
    process.send_signal(signal.SIGQUIT if restart else signal.SIGKILL)
    have_ended([process], POSTGRES_SECONDS)
    if restart:
        embedded.start()
