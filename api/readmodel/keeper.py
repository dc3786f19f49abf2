"""Keeps the newest published version in memory, and a few before it for walks that began on them."""

import ctypes
import logging
import select
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pyarrow as pa
from psycopg2.extensions import connection as PgConnection
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from api.database import Database, WarehouseGone, reason_of
from api.readmodel import queries
from api.readmodel.feed import REMEMBERED, Feed
from api.readmodel.snapshot import EMPTY, Snapshot, build

CHANNEL = "kasparro_publication"
LOOK_SECONDS = 1.0  # a lost notification costs no more than this; also how soon a lost warehouse is noticed
SILENT_SECONDS = 10.0  # a watcher that has heard nothing for so long hangs on a dead connection
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0)
KEPT = 3

log = logging.getLogger("api.readmodel")


def _give_back_memory() -> None:
    """Hand what reading a version took, and no longer needs, back to the system: Arrow and glibc would keep it."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class Outage(NamedTuple):
    """Why the read model can't follow the warehouse, and since when."""

    since: datetime
    reason: str
    reachable: bool
    """Whether the warehouse answers, and only what it says can't be used."""


class Keeper:
    """Follows the publications in a thread of its own. `current` is always one whole version (or EMPTY)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._snapshots: tuple[Snapshot, ...] = (EMPTY,)
        self._outage: Outage | None = Outage(datetime.now(UTC), "not connected yet", reachable=False)
        self._heard = time.monotonic()
        self._stop = threading.Event()
        self._wake, self._woken = socket.socketpair()
        self.feed = Feed()
        """What has been published, for those who want to hear of it."""
        self._thread = threading.Thread(target=self._run, name="read-model", daemon=True)

    @property
    def current(self) -> Snapshot:
        """The newest version in memory."""
        return self._snapshots[0]

    @property
    def outage(self) -> Outage | None:
        """Set while the warehouse is away: `current` may then be behind it."""
        silent = time.monotonic() - self._heard
        if self._outage is None and silent > SILENT_SECONDS:
            since = datetime.now(UTC) - timedelta(seconds=silent)
            return Outage(since, "it takes connections but does not answer", reachable=False)
        return self._outage

    def at(self, tag: str) -> Snapshot | None:
        """The snapshot of a publication, if it is still kept."""
        return next((snapshot for snapshot in self._snapshots if snapshot.tag == tag), None)

    def start(self) -> None:
        """Begin to follow the warehouse; returns at once, also when it is away."""
        self._thread.start()

    def stop(self) -> None:
        """Stop following; waits briefly for the thread, which a hanging connection must not hold up."""
        self._stop.set()
        self._wake.close()
        self._thread.join(timeout=2 * LOOK_SECONDS)

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                self._follow()
            except Exception as error:  # noqa: BLE001  whatever it is, the API goes on serving and tries again
                failures = failures + 1 if self._outage is not None else 0
                self._lost(error)
                self._stop.wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])

    def _lost(self, error: Exception) -> None:
        """Remember why, and since when; say it once."""
        reason = error.reason if isinstance(error, WarehouseGone) else reason_of(error)
        reachable = isinstance(error, DBAPIError) and not error.connection_invalidated
        since = self._outage.since if self._outage else datetime.now(UTC)
        if self._outage is None or self._outage.reason != reason:
            log.warning("the warehouse can't be read: %s", reason)
        self._outage = Outage(since, reason, reachable)

    def _follow(self) -> None:
        """Look for a new version on every notification, and every second in case one was lost."""
        engine = self._database.open()
        listener = engine.raw_connection()
        try:
            raw = listener.driver_connection
            assert isinstance(raw, PgConnection)
            raw.rollback()
            raw.autocommit = True
            with raw.cursor() as cursor:
                cursor.execute(f"listen {CHANNEL}")
            while not self._stop.is_set():
                with self._database.transaction() as connection:
                    self._refresh(connection)
                select.select([raw, self._woken], [], [], LOOK_SECONDS)
                raw.poll()
                raw.notifies.clear()
        finally:
            listener.invalidate()

    def _refresh(self, connection: Connection) -> None:
        """Take up the newest version, if it is not the one in memory. Version and coins are of one transaction."""
        publication = queries.latest_publication(connection)
        self._heard = time.monotonic()
        if publication is not None and publication.tag != self.current.tag:
            started = time.perf_counter()
            self._snapshots = self._snapshots[: KEPT - 1]  # room for the one to come
            self.current.ordered.forget()
            coins = queries.coins(connection)
            snapshot = build(publication, coins, self.current)
            self._keep(snapshot)
            self._announce(connection)
            seconds = time.perf_counter() - started
            log.info("serving version %s: %s coins, ready in %.2f s", snapshot.version, len(snapshot.rows), seconds)
            _give_back_memory()
        elif publication is None and self.current.version is not None:
            self._keep(EMPTY)
        self._heard = time.monotonic()
        if self._outage is not None:
            self._outage = None
            log.info("the warehouse answers")

    def _announce(self, connection: Connection) -> None:
        announced = self.feed.newest_tag
        if announced is None or queries.is_published(connection, announced):
            self.feed.add(queries.publications(connection, self.feed.newest, REMEMBERED))
        else:
            log.warning("version %s is no longer what it was: a backup was restored", self.feed.newest)
            self.feed.restart(queries.publications(connection, 0, REMEMBERED))

    def _keep(self, snapshot: Snapshot) -> None:
        known = [kept for kept in self._snapshots if kept.version is not None and kept.tag != snapshot.tag]
        self._snapshots = (snapshot, *known[: KEPT - 1])
