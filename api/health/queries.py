"""All SQL of `GET /health`."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

LAST_RUN = text("""
    select
        run_id::text,
        trigger,
        status,
        started_at,
        completed_at,
        duration_seconds::float,
        records_processed,
        version,
        error
    from ops.etl_runs
    where trigger <> 'backfill'
    order by started_at desc
    limit 1
""")
LAST_COMPLETED = text("""
    select max(completed_at) from ops.etl_runs where status in ('success', 'partial') and trigger <> 'backfill'
""")
# runs since the last one that came to its end, and why the newest of them did not; what people stopped is no failure
FAILING = text("""
    with finished as (
        select status, started_at, error
        from ops.etl_runs
        where status not in ('running', 'cancelled') and trigger <> 'backfill'
    )

    select min(started_at) as since, (array_agg(error order by started_at desc))[1] as error
    from finished
    where started_at > coalesce(
        (select max(started_at) from finished where status in ('success', 'partial')), '-infinity'
    )
    having count(*) > 0
""")
# each source's newest run, of those that have ended, and since when it has been failing without a success in between
SOURCES = text("""
    select
        latest.source,
        latest.status,
        latest.records_processed,
        latest.completed_at as finished_at,
        latest.error,
        (
            select min(failure.started_at)
            from ops.etl_source_runs as failure
            where failure.source = latest.source
                and failure.status in ('failed', 'crashed')
                and failure.started_at > coalesce(success.started_at, '-infinity')
        ) as failing_since,
        latest.status <> 'success' and latest.ended_with_run as ended_with_run
    from (select distinct source from ops.etl_source_runs) as known
    cross join lateral (
        select part.*, part.error is not distinct from run.error as ended_with_run
        from ops.etl_source_runs as part
        inner join ops.etl_runs as run using (run_id)
        where part.source = known.source and run.status not in ('running', 'cancelled')
        order by part.started_at desc
        limit 1
    ) as latest
    left join lateral (
        select part.started_at
        from ops.etl_source_runs as part
        inner join ops.etl_runs as run using (run_id)
        where part.source = known.source and part.status = 'success' and run.status in ('success', 'partial')
        order by part.started_at desc
        limit 1
    ) as success on true
    order by latest.source
""")


class Failing(NamedTuple):
    """That runs end without having published or confirmed anything: since when, and why the newest did."""

    since: datetime
    error: str | None


class SourceState(NamedTuple):
    """How a source's newest finished run ended."""

    source: str
    status: str
    records_processed: int
    finished_at: datetime | None
    error: str | None
    failing_since: datetime | None
    ended_with_run: bool
    """It was read, and its run is the reason why nothing came of it."""


def last_run(connection: Connection) -> dict[str, Any] | None:
    """The newest pass, running or finished."""
    row = connection.execute(LAST_RUN).mappings().first()
    return None if row is None else dict(row)


def last_completed_at(connection: Connection) -> datetime | None:
    """When a pass last published something or found nothing new."""
    return connection.execute(LAST_COMPLETED).scalar()


def failing(connection: Connection) -> Failing | None:
    """Since when and why nothing is published; None while the newest run, of those that have ended, came to its end."""
    row = connection.execute(FAILING).first()
    return None if row is None else Failing(*row)


def sources(connection: Connection) -> dict[str, SourceState]:
    """By source, those that have ever finished a run."""
    return {row.source: SourceState(*row) for row in connection.execute(SOURCES)}
