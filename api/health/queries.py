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
# each source's newest finished run, and since when it has been failing without a success in between
SOURCES = text("""
    select distinct on (latest.source)
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
                and failure.started_at > coalesce(
                    (
                        select max(success.started_at)
                        from ops.etl_source_runs as success
                        where success.source = latest.source and success.status = 'success'
                    ),
                    '-infinity'
                )
        ) as failing_since
    from ops.etl_source_runs as latest
    where latest.status <> 'running'
    order by latest.source, latest.started_at desc
""")


class SourceState(NamedTuple):
    """How a source's newest finished run ended."""

    source: str
    status: str
    records_processed: int
    finished_at: datetime | None
    error: str | None
    failing_since: datetime | None


def last_run(connection: Connection) -> dict[str, Any] | None:
    """The newest pass, running or finished."""
    row = connection.execute(LAST_RUN).mappings().first()
    return None if row is None else dict(row)


def last_completed_at(connection: Connection) -> datetime | None:
    """When a pass last published something or found nothing new."""
    return connection.execute(LAST_COMPLETED).scalar()


def sources(connection: Connection) -> dict[str, SourceState]:
    """By source, those that have ever finished a run."""
    return {row.source: SourceState(*row) for row in connection.execute(SOURCES)}
