"""`python -m flows.maintenance`: remove what is older than the retention settings allow, and tidy up after passes.

It has the turn to write while it runs. Prefect's own old runs, logs and events are removed by its server, by the
retention that `kasparro.environment` gives it.
"""

import argparse
import logging
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg2

from extract import retention
from flows import turns
from flows.console import stoppable
from flows.turns import BusyError, Turn
from kasparro import failures, logs
from kasparro.settings import Settings, SettingsError, load_settings
from kasparro.warehouse import Warehouse, WarehouseError, ensure_warehouse

RUNS_KEPT_DAYS = 90
"""How far back the ledger of passes reaches: a season, for comparisons; 26,000 passes of five minutes."""
RESULTS_KEPT_DAYS = 7
"""How far back the results of dbt's nodes reach: a pass has some sixty."""
PACKAGES_KEPT = 2
"""Of the load packages that dlt has loaded, for looking into them."""
MANY_ROWS = 10_000

# the last good run of a source stays, however long ago it was: it says since when the source fails
# counters of /metrics go on with what has been counted of those that go, in the same moment
OLD_RUNS = """
    with old as materialized (
        select run_id, status, trigger from ops.etl_runs
        where started_at < now() - make_interval(days => %(days)s)
            and status <> 'running'
            and run_id not in (
                select distinct on (source) run_id from ops.etl_source_runs
                where status = 'success' order by source, started_at desc
            )
            and run_id not in (
                select distinct on (source) run_id from ops.etl_source_runs order by source, started_at desc
            )
    ),

    counted_runs as (
        insert into ops.past_runs as past (status, runs)
        select status, count(*) from old where trigger <> 'backfill' group by status
        on conflict (status) do update set runs = past.runs + excluded.runs
    ),

    counted_source_runs as (
        insert into ops.past_source_runs as past (source, status, runs, records_processed, duration_seconds)
        select
            part.source, part.status, count(*), sum(part.records_processed), coalesce(sum(part.duration_seconds), 0)
        from ops.etl_source_runs as part inner join old using (run_id)
        group by part.source, part.status
        on conflict (source, status) do update set
            runs = past.runs + excluded.runs,
            records_processed = past.records_processed + excluded.records_processed,
            duration_seconds = past.duration_seconds + excluded.duration_seconds
    ),

    counted_calls as (
        insert into ops.past_provider_calls as past (source, month, calls)
        select part.source, date_trunc('month', part.started_at, 'UTC'), max(part.calls_this_month)
        from ops.etl_source_runs as part inner join old using (run_id)
        where part.calls_this_month is not null
        group by part.source, date_trunc('month', part.started_at, 'UTC')
        on conflict (source, month) do update set calls = greatest(past.calls, excluded.calls)
    )

    delete from ops.etl_runs as gone using old where gone.run_id = old.run_id
"""
OLD_RESULTS = """
    delete from ops.dbt_results as old using ops.etl_runs as run
    where old.run_id = run.run_id and run.started_at < now() - make_interval(days => %(days)s)
"""
# a load that raw has forgotten can't be published a second time
OLD_LOADS = """
    delete from ops.published_loads as old
    where old.schema_name = %(schema)s
        and not exists (select from {}._dlt_loads as load where load.load_id = old.load_id)
"""
# the newest quote of a listing stays: it is what is said of it now
# whole days go, and how far is noted: a rebuild leaves alone the hours and days whose quotes are gone
OLD_QUOTES = """
    with horizon as (
        select date_trunc('day', now() - make_interval(days => %(days)s), 'UTC') as pruned_before
    ),
    noted as (
        insert into ops.pruned_quotes (pruned_before) select pruned_before from horizon on conflict do nothing
    )
    delete from marts.coin_quotes as old
    using horizon
    where old.observed_at < horizon.pruned_before
        and exists (
            select from marts.coin_quotes as newer
            where newer.source = old.source and newer.source_coin_id = old.source_coin_id
                and newer.observed_at > old.observed_at
        )
"""

logger = logging.getLogger("flows")


@dataclass(frozen=True)
class Report:
    """What was removed: rows by table, and load packages."""

    removed: Mapping[str, int]

    @property
    def facts(self) -> dict[str, str]:
        """For people: what, and how much of it."""
        return {name: f"{count:,} removed" for name, count in self.removed.items()} or {"everything": "nothing to do"}

    @property
    def summary(self) -> str:
        """In one line."""
        return ", ".join(f"{name}: {said}" for name, said in self.facts.items())


def run(settings: Settings, warehouse: Warehouse, *, patience: float = 0) -> Report:
    """Do all of it, once nothing else writes. Raises BusyError."""
    with turns.take(settings, warehouse, "maintenance", patience=patience) as turn:
        return turn.work(lambda: _prune(settings, warehouse, turn))


def _prune(settings: Settings, warehouse: Warehouse, turn: Turn) -> Report:
    removed = retention.prune(settings, warehouse)
    turn.require()
    removed |= _prune_marts(settings, warehouse)
    removed["load packages of dlt"] = _prune_packages(settings)
    return Report({name: count for name, count in removed.items() if count})


def _prune_marts(settings: Settings, warehouse: Warehouse) -> dict[str, int]:
    """What dbt's role owns: quotes, if their retention is set, and the ledgers of passes and loads."""
    removed: dict[str, int] = {}
    with closing(psycopg2.connect(warehouse.url("transformer"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            if settings.quotes_retention_days and _exists(cursor, "marts.coin_quotes"):
                cursor.execute(OLD_QUOTES, {"days": settings.quotes_retention_days})
                removed["marts.coin_quotes"] = cursor.rowcount
                if cursor.rowcount >= MANY_ROWS:
                    cursor.execute("vacuum (analyze) marts.coin_quotes")
            cursor.execute(OLD_RUNS, {"days": RUNS_KEPT_DAYS})
            removed["ops.etl_runs"] = cursor.rowcount
            cursor.execute(OLD_RESULTS, {"days": RESULTS_KEPT_DAYS})
            removed["ops.dbt_results"] = cursor.rowcount
            cursor.execute("select distinct schema_name from ops.published_loads")
            removed["ops.published_loads"] = 0
            for (schema,) in cursor.fetchall():
                if _exists(cursor, f"{schema}._dlt_loads"):
                    cursor.execute(OLD_LOADS.format(schema), {"schema": schema})
                    removed["ops.published_loads"] += cursor.rowcount
    return removed


def _exists(cursor: Any, relation: str) -> bool:
    cursor.execute("select to_regclass(%s) is not null", (relation,))
    return bool(cursor.fetchone()[0])


def _prune_packages(settings: Settings) -> int:
    """The folders of loaded packages, but the newest, and what killed passes left."""
    removed = 0
    for loaded in (settings.kasparro_home / "dlt").glob("*/*/load/loaded"):
        packages = sorted(each for each in loaded.iterdir() if each.is_dir())
        for package in packages[:-PACKAGES_KEPT]:
            shutil.rmtree(package)
            removed += 1
    for scratch in (settings.kasparro_home / "dlt").glob("*/*/" + "[0-9a-f]" * 16):
        shutil.rmtree(scratch)  # where a pass that was killed had begun to extract
        removed += 1
    return removed


def main(given: Sequence[str] | None = None) -> int:
    """Run maintenance; every failure is one line that says what to do."""
    argparse.ArgumentParser(prog="python -m flows.maintenance", description="Remove what is old.").parse_args(given)
    try:
        settings = load_settings()
        logs.configure(settings)
        failures.arm(settings)
        with stoppable("stopped: what is left is removed by the next maintenance"):
            report = run(settings, ensure_warehouse(settings))
    except (SettingsError, WarehouseError, BusyError) as error:
        print(error, file=sys.stderr)
        return 1
    for name, said in report.facts.items():
        logger.info("%s: %s", name, said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
