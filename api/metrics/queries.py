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


RUNS_BY_SOURCE = text("""
    select
        source,
        status,
        count(*) as runs,
        coalesce(sum(records_processed), 0) as records,
        coalesce(sum(duration_seconds), 0)::float as seconds
    from ops.etl_source_runs
    where status <> 'running'
    group by source, status
    order by source, status
""")
NEWEST_BY_SOURCE = text("""
    select source, max(completed_at) as succeeded_at
    from ops.etl_source_runs
    where status = 'success'
    group by source
    order by source
""")
# a record that comes with every pass is in quarantine once
REJECTED_BY_SOURCE = text("""
    select source, count(*) as records
    from ops.rejected_records
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
        select source, date_trunc('month', started_at) as month, max(calls_this_month) as made
        from ops.etl_source_runs
        where calls_this_month is not null
        group by source, date_trunc('month', started_at)
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
                    - coalesce(max(months.made) filter (where months.month = date_trunc('month', now())), 0)
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
