"""The run ledger (`ops.etl_runs`, `ops.etl_source_runs`): written as a pass goes, so that it is true of runs that died.

Who has the turn to write may close what an earlier pass left open: it must have crashed.
"""

import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import psycopg2

from extract.pipeline import Extracted
from flows import turns
from flows.turns import Turn
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse

RunStatus = Literal["success", "partial", "failed"]


@dataclass(frozen=True)
class Ledger:
    """Writes the records of one pass."""

    warehouse: Warehouse
    run_id: str
    turn: Turn

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
        """Record how the pass ended; its records are those of its sources. What a stopped one was reading crashed."""
        self._write(
            """
            update ops.etl_source_runs set status = 'crashed', error = %s, completed_at = clock_timestamp()
            where run_id = %s and status = 'running';
            update ops.etl_runs set
                status = %s, version = %s, error = %s, completed_at = clock_timestamp(),
                duration_seconds = extract(epoch from clock_timestamp() - started_at),
                records_processed = (
                    select coalesce(sum(records_processed), 0) from ops.etl_source_runs where run_id = %s
                )
            where run_id = %s and status = 'running'
            """,
            (error, self.run_id, status, version, error, self.run_id, self.run_id),
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
def open_run(
    settings: Settings, warehouse: Warehouse, trigger: str, flow_run_id: str | None = None
) -> Generator[Ledger]:
    """Take the turn, close what crashed, and open a run. Raises BusyError when something else has the turn."""
    with turns.take(settings, warehouse, "pass") as turn:
        ledger = Ledger(warehouse, str(uuid.uuid4()), turn)
        with _connection(warehouse) as cursor:
            cursor.execute(CLOSE_CRASHED)
            cursor.execute(
                "insert into ops.etl_runs (run_id, trigger, prefect_flow_run_id, status) "
                "values (%s, %s, %s, 'running')",
                (ledger.run_id, trigger, flow_run_id),
            )
        yield ledger


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
