"""What `/metrics` reads from the ledger."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text


class SourceRuns(NamedTuple):
    """The runs of one source that ended in one way."""

    source: str
    status: str
    runs: int
    records: int
    rejected: int
    seconds: float


RUNS_BY_SOURCE = text("""
    select
        source,
        status,
        count(*) as runs,
        coalesce(sum(records_processed), 0) as records,
        coalesce(sum(records_rejected), 0) as rejected,
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


def runs_by_source(connection: Connection) -> list[SourceRuns]:
    """Finished runs per source and outcome."""
    return [SourceRuns(*row) for row in connection.execute(RUNS_BY_SOURCE)]


def newest_success_by_source(connection: Connection) -> list[tuple[str, datetime]]:
    """When each source last came through."""
    return [(row.source, row.succeeded_at) for row in connection.execute(NEWEST_BY_SOURCE)]
