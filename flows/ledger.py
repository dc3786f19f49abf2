"""The run ledger (`ops.etl_runs`, `ops.etl_source_runs`): written as a pass goes, so that it is true of runs that died.

Who has the turn to write may close what an earlier pass left open: it must have crashed. A source came through when
its run has published what it read, or found nothing new: of a run that fails, is killed or stopped, no source did.
"""

import asyncio
import uuid
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

import psycopg2
from psycopg2.extras import execute_values  # pyright: ignore[reportUnknownVariableType]

from extract.errors import SourceError
from extract.pipeline import Extracted
from flows import turns, unusual
from flows.transform import NodeResult
from flows.turns import Turn, TurnLostError
from kasparro.anomalies import Anomaly
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse

BACKFILL = "backfill"
"""The trigger of a run that reads a coin's past: it is no pass, and is not compared with them."""

RunStatus = Literal["success", "partial", "failed", "crashed", "cancelled"]
KILLED = "killed before its end"
STOPPED = "stopped before its end"
OVERTIME = "stopped: it took longer than a run may"


@dataclass(frozen=True)
class Ledger:
    """Writes the records of one run."""

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
            where run_id = %s and source = %s and status not in ('crashed', 'cancelled')
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
            where run_id = %s and source = %s and status = 'running'
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

    def finish(
        self, status: RunStatus, *, version: int | None = None, error: str | None = None, records: int | None = None
    ) -> None:
        """Record how the run ended; its records are those of its sources, unless they are given."""
        with _connection(self.warehouse) as cursor:
            _finish(cursor, self.run_id, status, version=version, error=error, records=records)

    def note_results(self, nodes: Iterable[NodeResult]) -> None:
        """Record what became of each model, seed, audit and hook of the pass's build."""
        rows = [
            (self.run_id, node.name, node.kind, node.layer, node.status, node.seconds, node.message) for node in nodes
        ]
        with _connection(self.warehouse) as cursor:
            execute_values(cursor, RESULTS, rows)

    def note_anomalies(self) -> list[Anomaly]:
        """Record what is unusual about the finished pass, beside the passes before it."""
        with _connection(self.warehouse) as cursor:
            return unusual.note(cursor, self.run_id)

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
    settings: Settings,
    warehouse: Warehouse,
    trigger: str,
    flow_run_id: str | None = None,
    *,
    subject: str | None = None,
    sources: Sequence[str] | None = None,
    patience: float = 0,
) -> Generator[Ledger]:
    """Take the turn, close what crashed, and open a run; what stops it is recorded, too.

    `sources` are those that were named by hand. Waits `patience` seconds for the turn; raises BusyError when something
    else has it.
    """
    is_pass = trigger != BACKFILL
    with turns.take(settings, warehouse, "pass" if is_pass else "backfill", patience=patience) as turn:
        ledger = Ledger(warehouse, str(uuid.uuid4()), turn)
        try:  # from here on: a wish to stop may come as soon as the run is written down
            _open(ledger, trigger, flow_run_id, subject, sources)
            yield ledger
        except BaseException as error:
            with suppress(psycopg2.Error):  # whatever stopped it may have taken the warehouse with it
                ledger.finish("cancelled" if _is_wish(error) else "failed", error=describe(error))
                if is_pass:
                    ledger.note_anomalies()
            raise


def close(warehouse: Warehouse, flow_run_id: str, status: RunStatus, error: str) -> None:
    """Record the end of a run of Prefect whose process is gone, unless it did so itself."""
    with _connection(warehouse) as cursor:
        for run_id, trigger in _still_open(cursor, flow_run_id):
            _finish(cursor, run_id, status, error=error)
            if trigger != BACKFILL:
                unusual.note(cursor, run_id)


def _open(
    ledger: Ledger, trigger: str, flow_run_id: str | None, subject: str | None, sources: Sequence[str] | None
) -> None:
    with _connection(ledger.warehouse) as cursor:
        for run_id, its_trigger in _still_open(cursor):
            _finish(cursor, run_id, "crashed", error=KILLED)
            if its_trigger != BACKFILL:
                unusual.note(cursor, run_id)
        cursor.execute(
            "insert into ops.etl_runs (run_id, trigger, prefect_flow_run_id, subject, sources, status) "
            "values (%s, %s, %s, %s, %s, 'running')",
            (ledger.run_id, trigger, flow_run_id, subject, list(sources) if sources else None),
        )


def _still_open(cursor: Any, flow_run_id: str | None = None) -> list[tuple[str, str]]:
    """Runs that have not ended, those of one run of Prefect or all, and what started them."""
    cursor.execute(
        "select run_id, trigger from ops.etl_runs "
        "where status = 'running' and (%(flow)s::text is null or prefect_flow_run_id = %(flow)s) order by started_at",
        {"flow": flow_run_id},
    )
    return cursor.fetchall()


def _finish(
    cursor: Any,
    run_id: str,
    status: RunStatus,
    *,
    version: int | None = None,
    error: str | None = None,
    records: int | None = None,
) -> None:
    ended = {"run": run_id, "status": status, "version": version, "error": error, "records": records}
    cursor.execute(FINISH, ended)


def _is_wish(error: BaseException) -> bool:
    """Whether people stopped the run: by a signal, not by the time limit of Prefect."""
    return not isinstance(error, Exception | asyncio.CancelledError)


def describe(error: BaseException) -> str:
    """An error in one line for people."""
    if isinstance(error, SourceError | TurnLostError):
        return str(error)
    if isinstance(error, asyncio.CancelledError):
        return OVERTIME
    if not isinstance(error, Exception):
        return STOPPED
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[-1] if lines else 'no message'}"


RESULTS = """
    insert into ops.dbt_results (run_id, node, kind, layer, status, duration_seconds, message) values %s
    on conflict do nothing
"""
# its sources end as it does: what one has read and nothing has published waits in raw for the next run
FINISH = """
    update ops.etl_source_runs set
        status = case
            when %(status)s = 'cancelled' then 'cancelled'
            when %(status)s = 'crashed' or status = 'running' then 'crashed'
            else 'failed'
        end,
        error = %(error)s,
        completed_at = coalesce(completed_at, clock_timestamp())
    where run_id = %(run)s and (
        status = 'running'
        or (
            status = 'success' and %(status)s not in ('success', 'partial')
            and not exists (select from ops.publications where run_id = %(run)s)
        )
    );
    update ops.etl_runs set
        status = %(status)s, version = %(version)s, error = %(error)s, completed_at = clock_timestamp(),
        duration_seconds = case
            when %(status)s <> 'crashed' then extract(epoch from clock_timestamp() - started_at)
        end,
        records_processed = coalesce(
            %(records)s, (select sum(records_processed) from ops.etl_source_runs where run_id = %(run)s), 0
        )
    where run_id = %(run)s and status = 'running'
"""


@contextmanager
def _connection(warehouse: Warehouse) -> Generator[Any]:
    connection = psycopg2.connect(warehouse.url("loader"))
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
