"""What `/metrics` reads from the ledger."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from api.database import exists


class SourceRuns(NamedTuple):
    """The runs of one source that ended in one way."""

    source: str
    status: str
    runs: int
    records: int
    seconds: float


class ProviderCalls(NamedTuple):
    """What one source has asked its provider for, and what its budget leaves this month (None: it has none)."""

    source: str
    made: int
    remaining: int | None


# of runs that have ended: how a source came through is not settled before. What maintenance has removed counts, too
RUNS_BY_SOURCE = text("""
    with parts as (
        select source.source, source.status, 1 as runs, source.records_processed, source.duration_seconds
        from ops.etl_source_runs as source
        inner join ops.etl_runs as run using (run_id)
        where source.status <> 'running' and run.status <> 'running'
        union all
        select source, status, runs, records_processed, duration_seconds
        from ops.past_source_runs
    )

    select
        source,
        status,
        sum(runs)::bigint as runs,
        coalesce(sum(records_processed), 0)::bigint as records,
        coalesce(sum(duration_seconds), 0)::float as seconds
    from parts
    group by source, status
    order by source, status
""")
RUNS_BY_STATUS = text("""
    with counted as (
        select status, 1 as runs from ops.etl_runs where status <> 'running' and trigger <> 'backfill'
        union all
        select status, runs from ops.past_runs
    )

    select status, sum(runs)::bigint as runs
    from counted
    group by status
    order by status
""")
# a source comes through when its run has published what it read, or found nothing new
NEWEST_BY_SOURCE = text("""
    select source.source, max(run.completed_at) as succeeded_at
    from ops.etl_source_runs as source
    inner join ops.etl_runs as run using (run_id)
    where source.status = 'success' and run.status in ('success', 'partial')
    group by source.source
    order by source.source
""")
NEWEST = text("""
    select max(completed_at) as succeeded_at
    from ops.etl_runs
    where status in ('success', 'partial') and trigger <> 'backfill'
""")
# a record that comes with every pass is in quarantine once
REJECTED_BY_SOURCE = text("""
    with counted as (
        select source, 1 as records from ops.rejected_records
        union all
        select source, records from ops.past_rejected_records
    )

    select source, sum(records)::bigint as records
    from counted
    group by source
    order by source
""")
# one row is one change, however often it was seen; kinds are few, and sources those of this system
DRIFT_BY_SOURCE = text("""
    select source, kind, count(*) as events
    from ops.schema_drift_events
    group by source, kind
    order by source, kind
""")
# the ledger has the month's calls so far: the most of each month, added up, never falls
CALLS_BY_SOURCE = text("""
    with months as (
        select source, month, max(calls) as made
        from (
            select source, date_trunc('month', started_at, 'UTC') as month, calls_this_month as calls
            from ops.etl_source_runs
            where calls_this_month is not null
            union all
            select source, month, calls from ops.past_provider_calls
        ) as counted
        group by source, month
    ),

    newest as (
        select distinct on (source) source, calls_budget
        from ops.etl_source_runs
        where calls_this_month is not null
        order by source, started_at desc
    )

    select
        months.source,
        sum(months.made)::bigint as made,
        case
            when max(newest.calls_budget) is not null
                then greatest(
                    0,
                    max(newest.calls_budget)
                    - coalesce(max(months.made) filter (where months.month = date_trunc('month', now(), 'UTC')), 0)
                )
        end as remaining
    from months
    inner join newest on newest.source = months.source
    group by months.source
    order by months.source
""")


def runs_by_source(connection: Connection) -> list[SourceRuns]:
    """Finished runs per source and outcome."""
    return [SourceRuns(*row) for row in connection.execute(RUNS_BY_SOURCE)]


def runs_by_status(connection: Connection) -> list[tuple[str, int]]:
    """Finished runs per outcome, backfills aside."""
    return [(row.status, row.runs) for row in connection.execute(RUNS_BY_STATUS)]


def newest_success(connection: Connection) -> datetime | None:
    """When a run last published something, or found nothing new."""
    return connection.execute(NEWEST).scalar()


def newest_success_by_source(connection: Connection) -> list[tuple[str, datetime]]:
    """When each source last came through."""
    return [(row.source, row.succeeded_at) for row in connection.execute(NEWEST_BY_SOURCE)]


def rejected_by_source(connection: Connection) -> dict[str, int]:
    """Records in quarantine; none before the first pass has made it."""
    if not exists(connection, "ops.rejected_records"):
        return {}
    return {row.source: row.records for row in connection.execute(REJECTED_BY_SOURCE)}


def drift_by_source(connection: Connection) -> dict[tuple[str, str], int]:
    """Changes noticed, by source and kind; none before the first pass has made the table."""
    if not exists(connection, "ops.schema_drift_events"):
        return {}
    return {(row.source, row.kind): row.events for row in connection.execute(DRIFT_BY_SOURCE)}


def calls_by_source(connection: Connection) -> list[ProviderCalls]:
    """Calls of the sources that make any."""
    return [ProviderCalls(*row) for row in connection.execute(CALLS_BY_SOURCE)]
