"""Builds and runs the dlt pipeline of a source: state, working folder, destination, indexes."""

import hashlib
import logging
import os
import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import dlt
import psycopg2
from dlt.pipeline.exceptions import PipelineStepFailed
from psycopg2 import sql

from extract import calls as provider_calls
from extract.calls import Calls, seconds_left_in_month
from extract.errors import SourceError
from extract.known import Known
from extract.landing import Landing, Past
from extract.plan import Budget
from kasparro.settings import ALL_SOURCES, Settings, SourceName
from kasparro.warehouse import Warehouse

logger = logging.getLogger("extract")

LABELS: dict[SourceName, str] = {
    "coinpaprika": "CoinPaprika",
    "coingecko": "CoinGecko",
    "csv": "the CSV folder",
    "rss": "the feeds",
}
PACKAGES: dict[SourceName, str] = {
    "coinpaprika": "extract.coinpaprika",
    "coingecko": "extract.coingecko",
    "csv": "extract.csv_files",
    "rss": "extract.rss",
}
DLT_DEFAULTS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "EXTRACT__NEXT_ITEM_MODE": "fifo",
    "LOAD__DELETE_COMPLETED_JOBS": "true",
    "LOAD__TRUNCATE_STAGING_DATASET": "true",
    "LOAD__RAISE_ON_MAX_RETRIES": "3",
}
for variable, value in DLT_DEFAULTS.items():
    os.environ.setdefault(variable, value)  # before dlt reads its configuration for the first time


@dataclass(frozen=True)
class Extracted:
    """What one source's extraction did: records taken, records rejected, and why; and which parts could not be read.

    `plan` says in words how often what is read, given the calls made this month and the month's budget of them.
    """

    accepted: int
    rejected: int
    reasons: tuple[str, ...]
    problems: tuple[str, ...] = ()
    calls_this_month: int = 0
    calls_budget: int | None = None
    plan: str | None = None

    @property
    def problem(self) -> str | None:
        """What could not be read, in one line; each reason once."""
        return "; ".join(dict.fromkeys(self.problems)) or None


def pipeline_for(name: SourceName, settings: Settings, warehouse: Warehouse) -> dlt.Pipeline:
    """The dlt pipeline of a source. Its working folder belongs to one warehouse: another one starts afresh."""
    place = hashlib.sha256(warehouse.shown.encode()).hexdigest()[:8]
    return dlt.pipeline(
        pipeline_name=name,
        pipelines_dir=str(settings.kasparro_home / "dlt" / place),
        destination=dlt.destinations.postgres(warehouse.url("loader")),
        dataset_name=f"raw_{name}",
    )


def run(
    name: SourceName,
    settings: Settings,
    warehouse: Warehouse,
    *,
    catalogue: bool = False,
    backfill: Past | None = None,
) -> Extracted:
    """Extract one source and land it in its raw schema. With `catalogue`, what is read once a day is read now.

    With `backfill`, only a coin's past is read, as far as it has not landed before: call it once per coin, while no
    pass reads the same source. What a plan refuses is in the result's `problems`.

    Raises SourceError, with one line for the user, when nothing could be read.
    """
    prepare_source(name, settings, warehouse)
    pipeline = pipeline_for(name, settings, warehouse)
    if pipeline.has_pending_data:
        pipeline.run()  # what an interrupted pass left; with data pending, run() would ignore new data
    with (
        closing(Known(warehouse.url("loader"), pipeline.dataset_name)) as known,
        closing(_calls(name, settings, warehouse)) as calls,
    ):
        if refusal := calls.refusal():
            raise SourceError(refusal)
        folder = _spool_folder(pipeline)
        landing = Landing(
            known,
            calls=calls,
            budget=_budget(calls, settings),
            folder=folder,
            catalogue=catalogue,
            backfill=backfill,
        )
        try:
            pipeline.run(_source(name, settings, landing))
        except PipelineStepFailed as failure:
            raise _cause(failure) from None
        made = calls.standing().calls
    landed = landing.landed
    if landing.plan:
        of_budget = f" of {calls.budget:,}" if calls.budget else ""
        logger.info("%s: %s; %s%s calls made this month", name, landing.plan, f"{made:,}", of_budget)
    if landing.problems and not (landed.accepted or landed.rejected or landing.unchanged):
        raise SourceError("; ".join(landing.problems))
    reasons = tuple(sorted(landed.reasons))
    return Extracted(
        landed.accepted, landed.rejected, reasons, tuple(landing.problems), made, calls.budget or None, landing.plan
    )


def _calls(name: SourceName, settings: Settings, warehouse: Warehouse) -> Calls:
    budget: int = getattr(settings, f"{name}_monthly_calls", 0)
    return Calls(LABELS[name], warehouse.url("loader"), f"raw_{name}", budget, f"{name.upper()}_MONTHLY_CALLS")


def _budget(calls: Calls, settings: Settings) -> Budget:
    return Budget(calls.left(), seconds_left_in_month(datetime.now(UTC)), settings.etl_interval_minutes * 60)


def prepare(settings: Settings, warehouse: Warehouse) -> None:
    """Make sure every source's raw tables and their indexes exist, also of sources that are off or never answered."""
    for name in ALL_SOURCES:
        prepare_source(name, settings, warehouse)


def prepare_source(name: SourceName, settings: Settings, warehouse: Warehouse) -> None:
    """Make sure a source's raw tables and their indexes exist."""
    pipeline = pipeline_for(name, settings, warehouse)
    tables = _source(name, settings, Landing(tables_only=True, folder=_spool_folder(pipeline)))
    expected = {f"{table}_key" for table in tables.resources}
    with closing(psycopg2.connect(warehouse.url("loader"))) as connection, connection, connection.cursor() as cursor:
        cursor.execute("select indexname from pg_indexes where schemaname = %s", (f"raw_{name}",))
        present = {index for (index,) in cursor.fetchall()}
    if not expected <= present:
        pipeline.run(tables)
        provider_calls.create(warehouse.url("loader"), pipeline.dataset_name)
        _index(pipeline, warehouse)


def _spool_folder(pipeline: dlt.Pipeline) -> Path:
    """Where rows wait to be handed to dlt, emptied of what a killed pass left."""
    folder = Path(pipeline.working_dir) / "spool"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _source(name: SourceName, settings: Settings, landing: Landing) -> Any:
    """The dlt source of a package, and the rejected records of all its resources."""
    source = import_module(PACKAGES[name]).source(settings, landing)
    source.resources.add(landing.rejected())
    return source


def _cause(failure: BaseException) -> BaseException:
    """The SourceError inside dlt's exceptions, or the failure itself."""
    inner: BaseException | None = failure
    while inner is not None:
        if isinstance(inner, SourceError):
            return inner
        inner = inner.__cause__ or inner.__context__
    return failure


def _index(pipeline: dlt.Pipeline, warehouse: Warehouse) -> None:
    """Index what merges, comparisons and the next pass look up; dlt makes no index on merge keys."""
    with closing(psycopg2.connect(warehouse.url("loader"))) as connection, connection, connection.cursor() as cursor:
        for name, table in pipeline.default_schema.tables.items():
            columns = table.get("columns", {})
            keys = [column for column, hints in columns.items() if hints.get("primary_key")]
            if not keys:
                continue
            keys.sort(key=lambda column: column == "content_hash")  # last: contents are looked up by key and time
            _create(cursor, pipeline.dataset_name, name, "key", keys, unique=True)
            _create(cursor, pipeline.dataset_name, name, "load", ["_dlt_load_id"])
            if "fetched_at" in keys and "last_updated" in columns:
                _create(cursor, pipeline.dataset_name, name, "version", ["id", "last_updated", "fetched_at"])


def _create(cursor: Any, schema: str, table: str, suffix: str, columns: list[str], *, unique: bool = False) -> None:
    statement = sql.SQL("create {kind} if not exists {name} on {table} ({columns})").format(
        kind=sql.SQL("unique index" if unique else "index"),
        name=sql.Identifier(f"{table}_{suffix}"),
        table=sql.Identifier(schema, table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
    )
    cursor.execute(statement)
