"""The run ledger (`ops.etl_runs`, `ops.etl_source_runs`): written as a pass goes, so that it is true of runs that died.

Who has the turn to write may close what an earlier pass left open: it must have crashed.
"""

import uuid
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

import psycopg2
from psycopg2.extras import execute_values  # pyright: ignore[reportUnknownVariableType]

from extract.errors import SourceError
from extract.pipeline import Extracted
from flows import turns
from flows.transform import NodeResult
from flows.turns import Turn, TurnLostError
from kasparro.anomalies import GOOD, Anomaly, Part, Run, compare_runs, thresholds
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse

BACKFILL = "backfill"
"""The trigger of a run that reads a coin's past: it is no pass, and is not compared with them."""

RunStatus = Literal["success", "partial", "failed"]


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
            where run_id = %s and source = %s and status <> 'crashed'
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
        """Record how the run ended; its records are those of its sources. What a stopped one was reading crashed."""
        self._write(
            """
            update ops.etl_source_runs set status = 'crashed', error = %s, completed_at = clock_timestamp()
            where run_id = %s and status = 'running';
            update ops.etl_runs set
                status = %s, version = %s, error = %s, completed_at = clock_timestamp(),
                duration_seconds = extract(epoch from clock_timestamp() - started_at),
                records_processed = coalesce(
                    %s, (select sum(records_processed) from ops.etl_source_runs where run_id = %s), 0
                )
            where run_id = %s and status = 'running'
            """,
            (error, self.run_id, status, version, error, records, self.run_id, self.run_id),
        )

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
            return _note_anomalies(cursor, self.run_id)

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
    patience: float = 0,
) -> Generator[Ledger]:
    """Take the turn, close what crashed, and open a run; what stops it is recorded, too.

    Waits `patience` seconds for the turn; raises BusyError when something else has it.
    """
    is_pass = trigger != BACKFILL
    with turns.take(settings, warehouse, "pass" if is_pass else "backfill", patience=patience) as turn:
        ledger = Ledger(warehouse, str(uuid.uuid4()), turn)
        try:  # from here on: a wish to stop may come as soon as the run is written down
            _open(ledger, trigger, flow_run_id, subject)
            yield ledger
        except BaseException as error:
            with suppress(psycopg2.Error):  # whatever stopped it may have taken the warehouse with it
                ledger.finish("failed", error=describe(error))
                if is_pass:
                    ledger.note_anomalies()
            raise


def _open(ledger: Ledger, trigger: str, flow_run_id: str | None, subject: str | None) -> None:
    with _connection(ledger.warehouse) as cursor:
        cursor.execute(CLOSE_CRASHED, {"backfill": BACKFILL})
        for (crashed,) in cursor.fetchall():
            _note_anomalies(cursor, crashed)
        cursor.execute(
            "insert into ops.etl_runs (run_id, trigger, prefect_flow_run_id, subject, status) "
            "values (%s, %s, %s, %s, 'running')",
            (ledger.run_id, trigger, flow_run_id, subject),
        )


def describe(error: BaseException) -> str:
    """An error in one line for people."""
    if isinstance(error, SourceError | TurnLostError):
        return str(error)
    if not isinstance(error, Exception):
        return "stopped before its end"
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[-1] if lines else 'no message'}"


RESULTS = """
    insert into ops.dbt_results (run_id, node, kind, layer, status, duration_seconds, message) values %s
    on conflict do nothing
"""
RUNS = """
    select
        run.status, run.records_processed, run.duration_seconds::float, run.error,
        coalesce(
            jsonb_object_agg(
                source.source,
                jsonb_build_array(source.status, source.records_processed, source.duration_seconds, source.error)
            ) filter (where source.source is not null),
            '{}'
        )
    from ops.etl_runs as run
    left join ops.etl_source_runs as source using (run_id)
    where run.run_id = %(run)s or (
        run.status <> 'running' and run.trigger <> %(backfill)s
        and run.started_at < (select started_at from ops.etl_runs where run_id = %(run)s)
    )
    group by run.run_id
    order by run.started_at desc
    limit %(runs)s
"""
CLOSE_CRASHED = """
    update ops.etl_source_runs set status = 'crashed', error = 'killed before its end', completed_at = clock_timestamp()
    where status = 'running';
    update ops.etl_runs as run set
        status = 'crashed', error = 'killed before its end', completed_at = clock_timestamp(),
        records_processed = coalesce(
            (select sum(records_processed) from ops.etl_source_runs where run_id = run.run_id), 0
        )
    where status = 'running';
    select run_id from ops.etl_runs
    where status = 'crashed' and completed_at >= transaction_timestamp() and trigger <> %(backfill)s
"""


def _note_anomalies(cursor: Any, run_id: str) -> list[Anomaly]:
    limits = thresholds()
    cursor.execute(RUNS, {"run": run_id, "runs": limits.compared + 1, "backfill": BACKFILL})
    runs = [_run_of(*row) for row in cursor.fetchall()]
    found = compare_runs(runs[0], runs[1:]) if runs else []
    if sum(run.status in GOOD for run in runs[1:]) < limits.needed:
        found = [anomaly for anomaly in found if anomaly.kind not in ("record_count", "duration")]
    for anomaly in found:
        cursor.execute(
            "insert into ops.run_anomalies (run_id, kind, severity, detail, source) "
            "values (%s, %s, %s, %s, %s) on conflict do nothing",
            (run_id, *anomaly),
        )
    return found


@contextmanager
def _connection(warehouse: Warehouse) -> Generator[Any]:
    connection = psycopg2.connect(warehouse.url("loader"))
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _run_of(status: str, records: int, seconds: float | None, error: str | None, sources: dict[str, list[Any]]) -> Run:
    return Run(status, records, seconds, error, {name: Part(*values) for name, values in sources.items()})
