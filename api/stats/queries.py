"""All SQL of `GET /stats`."""

from typing import Any

from sqlalchemy import Connection, text

TOTALS = text("""
    select
        (select count(*) from marts.coins) as coins,
        (select count(*) from marts.coin_listings) as listings,
        (select count(*) from marts.coin_quotes) as quotes,
        (select count(*) from marts.news_articles) as articles
""")
SUMMARY = text("""
    select
        source,
        count(*) as total_runs,
        count(*) filter (where status = 'success') as successful_runs,
        count(*) filter (where status in ('failed', 'crashed')) as failed_runs,
        coalesce(sum(records_processed), 0)::bigint as total_records_processed,
        round(avg(duration_seconds), 3)::float as average_duration_seconds,
        max(completed_at) filter (where status = 'success') as last_success,
        max(coalesce(completed_at, started_at)) filter (where status in ('failed', 'crashed')) as last_failure
    from ops.etl_source_runs
    where cast(:source as text) is null or source = :source or starts_with(source, :source || ':')
    group by source
    order by source
""")
RECENT = text("""
    select
        run_id::text,
        part.source,
        part.status,
        part.records_processed,
        part.duration_seconds::float,
        part.started_at,
        part.completed_at,
        part.error,
        run.status as run_status,
        run.error as run_error
    from ops.etl_source_runs as part
    inner join ops.etl_runs as run using (run_id)
    where cast(:source as text) is null or part.source = :source or starts_with(part.source, :source || ':')
    order by part.started_at desc, part.source
    limit :limit
""")
RUNS = text("""
    select
        run_id::text,
        trigger,
        status,
        records_processed,
        version,
        duration_seconds::float,
        started_at,
        completed_at,
        error
    from ops.etl_runs as run
    where
        trigger <> 'backfill' -- of which each coin has a row
        and (
            cast(:source as text) is null
            or exists (
                select from ops.etl_source_runs as part
                where part.run_id = run.run_id and (part.source = :source or starts_with(part.source, :source || ':'))
            )
        )
    order by started_at desc
    limit :limit
""")


def totals(connection: Connection) -> dict[str, int]:
    """Rows in the marts. Reads all of them: ask once per version."""
    return dict(connection.execute(TOTALS).mappings().one())


def summary(connection: Connection, source: str | None) -> dict[str, dict[str, Any]]:
    """Per source, over all its runs."""
    rows = [dict(row) for row in connection.execute(SUMMARY, {"source": source}).mappings()]
    return {row.pop("source"): row for row in rows}


def runs(connection: Connection, source: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest runs as wholes, newest first; of those that a source took part in."""
    return [dict(row) for row in connection.execute(RUNS, {"source": source, "limit": limit}).mappings()]


def recent_runs(connection: Connection, source: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest runs of sources, newest first."""
    return [dict(row) for row in connection.execute(RECENT, {"source": source, "limit": limit}).mappings()]
