"""The run ledger (`ops.etl_runs`, `ops.etl_source_runs`): written as a pass goes, so that it is true of runs that died.

One pass at a time holds a Postgres session lock, on whatever machine it runs; the lock ends with its connection, so a
killed pass frees it. Who holds the lock may close what an earlier pass left open: it must have crashed.
"""

import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import psycopg2

from extract.pipeline import Extracted
from kasparro.warehouse import PASS_LOCK, Warehouse

RunStatus = Literal["success", "partial", "failed"]


class PassRunningError(Exception):
    """Another pass holds the lock; `run_id` names it."""

    def __init__(self, run_id: str | None) -> None:
        super().__init__(f"another pass is running{f' ({run_id})' if run_id else ''}: let it finish, then start again")
        self.run_id = run_id


@dataclass(frozen=True)
class Ledger:
    """Writes the records of one pass."""

    warehouse: Warehouse
    run_id: str

    def start_source(self, source: str) -> None:
        """Record that a source's extraction begins; again after a retry."""
        self._write(
            """
            insert into ops.etl_source_runs (run_id, source, status) values (%s, %s, 'running')
            on conflict (run_id, source) do update set status = 'running', error = null, completed_at = null
            """,
            (self.run_id, source),
        )

    def fail_source(self, source: str, error: str) -> None:
        """Record that nothing came of a source's extraction, and why."""
        self._write(
            """
            update ops.etl_source_runs set
                status = 'failed', error = %s, completed_at = clock_timestamp(),
                duration_seconds = extract(epoch from clock_timestamp() - started_at)
            where run_id = %s and source = %s
            """,
            (error, self.run_id, source),
        )

    def finish_source(self, source: str, extracted: Extracted) -> None:
        """Record what a source's extraction did; failed when a part of it could not be read."""
        self._write(
            """
            update ops.etl_source_runs set
                status = %s, records_processed = %s, records_rejected = %s, error = %s,
                calls_this_month = %s, calls_budget = %s, plan = %s, completed_at = clock_timestamp(),
                duration_seconds = extract(epoch from clock_timestamp() - started_at)
            where run_id = %s and source = %s
            """,
            (
                "failed" if extracted.problems else "success",
                extracted.accepted,
                extracted.rejected,
                extracted.problem,
                extracted.calls_this_month,
                extracted.calls_budget,
                extracted.plan,
                self.run_id,
                source,
            ),
        )

    def finish(self, status: RunStatus, *, version: int | None, error: str | None) -> None:
        """Record how the pass ended; its records are those of its sources."""
        self._write(
            """
            update ops.etl_runs set
                status = %s, version = %s, error = %s, completed_at = clock_timestamp(),
                duration_seconds = extract(epoch from clock_timestamp() - started_at),
                records_processed = (
                    select coalesce(sum(records_processed), 0) from ops.etl_source_runs where run_id = %s
                )
            where run_id = %s and status = 'running'
            """,
            (status, version, error, self.run_id, self.run_id),
        )

    def published_version(self) -> int | None:
        """The version that is published now; an unchanged market makes no new one."""
        return self._value("select max(version) from ops.publications")

    def has_landed(self) -> bool:
        """Whether any source of the pass has landed a record."""
        return bool(
            self._value("select sum(records_processed) > 0 from ops.etl_source_runs where run_id = %s", self.run_id)
        )

    def has_published(self) -> bool:
        """Whether the pass itself made the published version."""
        return bool(self._value("select count(*) > 0 from ops.publications where run_id = %s", self.run_id))

    def _value(self, query: str, *values: object) -> Any:
        with _connection(self.warehouse) as cursor:
            cursor.execute(query, values)
            row = cursor.fetchone()
        return row[0] if row else None

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        with _connection(self.warehouse) as cursor:
            cursor.execute(statement, values)


@contextmanager
def open_run(warehouse: Warehouse, trigger: str, flow_run_id: str | None = None) -> Generator[Ledger]:
    """Take the lock, close what crashed, and open a run. Raises PassRunningError when another pass holds the lock."""
    lock = psycopg2.connect(warehouse.url("loader"), keepalives_idle=30, application_name="kasparro pass")
    lock.autocommit = True
    try:
        with lock.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(%s)", (PASS_LOCK,))
            if cursor.fetchone() != (True,):
                cursor.execute("select run_id from ops.etl_runs where status = 'running' order by started_at desc")
                running = cursor.fetchone()
                raise PassRunningError(str(running[0]) if running else None)
            cursor.execute(CLOSE_CRASHED)
            run_id = str(uuid.uuid4())
            cursor.execute(
                "insert into ops.etl_runs (run_id, trigger, prefect_flow_run_id, status) "
                "values (%s, %s, %s, 'running')",
                (run_id, trigger, flow_run_id),
            )
        yield Ledger(warehouse, run_id)
    finally:
        lock.close()


CLOSE_CRASHED = """
    update ops.etl_source_runs set status = 'crashed', error = 'the pass was killed', completed_at = clock_timestamp()
    where status = 'running';
    update ops.etl_runs set status = 'crashed', error = 'the pass was killed', completed_at = clock_timestamp()
    where status = 'running';
"""


@contextmanager
def _connection(warehouse: Warehouse) -> Generator[Any]:
    connection = psycopg2.connect(warehouse.url("loader"))
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
