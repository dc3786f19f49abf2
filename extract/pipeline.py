"""Builds and runs the dlt pipeline of a source: state, working folder, destination, indexes."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import dlt
import psycopg2
from dlt.pipeline.exceptions import PipelineStepFailed

from extract.http import SourceError
from extract.landing import Landing
from extract.records import REJECTED
from kasparro.settings import ALL_SOURCES, Settings, SourceName
from kasparro.warehouse import Warehouse

PACKAGES: dict[SourceName, str] = {
    "coinpaprika": "extract.coinpaprika",
    "coingecko": "extract.coingecko",
    "csv": "extract.csv_files",
    "rss": "extract.rss",
}
DLT_DEFAULTS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "true",
    "LOAD__DELETE_COMPLETED_JOBS": "true",
    "LOAD__TRUNCATE_STAGING_DATASET": "true",
    "LOAD__RAISE_ON_MAX_RETRIES": "3",
}


@dataclass(frozen=True)
class Extracted:
    """What one source's extraction did: records taken, records rejected, and why; and which parts could not be read."""

    accepted: int
    rejected: int
    reasons: tuple[str, ...]
    problems: tuple[str, ...] = ()


def pipeline_for(name: SourceName, settings: Settings, warehouse: Warehouse) -> dlt.Pipeline:
    """The dlt pipeline of a source. Its working folder belongs to one warehouse: another one starts afresh."""
    for variable, value in DLT_DEFAULTS.items():
        os.environ.setdefault(variable, value)
    place = hashlib.sha256(warehouse.shown.encode()).hexdigest()[:8]
    return dlt.pipeline(
        pipeline_name=name,
        pipelines_dir=str(settings.kasparro_home / "dlt" / place),
        destination=dlt.destinations.postgres(warehouse.url("loader")),
        dataset_name=f"raw_{name}",
    )


def run(name: SourceName, settings: Settings, warehouse: Warehouse) -> Extracted:
    """Extract one source and land it in its raw schema.

    Raises SourceError, with one line for the user, when the provider could not be read.
    """
    pipeline = pipeline_for(name, settings, warehouse)
    if pipeline.has_pending_data:
        pipeline.run()  # what an interrupted pass left; with data pending, run() would ignore new data
    landing = Landing()
    try:
        pipeline.run(_source(name)(settings, landing))
    except PipelineStepFailed as failure:
        raise _cause(failure) from None
    landed = landing.landed
    return Extracted(landed.accepted, landed.rejected, tuple(sorted(landed.reasons)), tuple(landing.problems))


def prepare(settings: Settings, warehouse: Warehouse) -> None:
    """Make sure every source's raw tables and their indexes exist, also of sources that are off or never answered."""
    with psycopg2.connect(warehouse.url("loader")) as connection, connection.cursor() as cursor:
        cursor.execute("select distinct schemaname from pg_indexes where indexname like %s", (f"{REJECTED}%",))
        present = {schema for (schema,) in cursor.fetchall()}
    connection.close()
    for name in ALL_SOURCES:
        if f"raw_{name}" not in present:
            pipeline = pipeline_for(name, settings, warehouse)
            pipeline.run(_source(name)(settings, Landing(tables_only=True)))
            _index(pipeline, warehouse)


def _source(name: SourceName) -> Callable[[Settings, Landing], Any]:
    return import_module(PACKAGES[name]).source


def _cause(failure: BaseException) -> BaseException:
    """The SourceError inside dlt's exceptions, or the failure itself."""
    inner: BaseException | None = failure
    while inner is not None:
        if isinstance(inner, SourceError):
            return inner
        inner = inner.__cause__ or inner.__context__
    return failure


def _index(pipeline: dlt.Pipeline, warehouse: Warehouse) -> None:
    """Index what merges and the next pass look up; dlt makes no index on merge keys."""
    schema = pipeline.default_schema
    with psycopg2.connect(warehouse.url("loader")) as connection, connection.cursor() as cursor:
        for name, table in schema.tables.items():
            keys = [column for column, hints in table.get("columns", {}).items() if hints.get("primary_key")]
            if not keys:
                continue
            relation = f'"{pipeline.dataset_name}"."{name}"'
            columns = ", ".join(f'"{column}"' for column in keys)
            cursor.execute(f'create unique index if not exists "{name}_key" on {relation} ({columns})')
            cursor.execute(f'create index if not exists "{name}_load" on {relation} ("_dlt_load_id")')
    connection.close()
