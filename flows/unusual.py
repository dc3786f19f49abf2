"""What is unusual about a run, beside the runs of the same kind before it: read from the ledger, and noted there."""

from typing import Any

from kasparro.anomalies import GOOD, Anomaly, Part, Run, compare_runs, thresholds

# A run is compared with those that were asked for the same: which sources, and whether their catalogues. One that was
# stopped by people says nothing. Where another kind of run came in between, it took records that would have been ours.
RUNS = """
    with run as (
        select * from ops.etl_runs where run_id = %(run)s
    ),

    earlier as (
        select
            candidate.*,
            candidate.sources is not distinct from run.sources
            and (candidate.trigger = 'catalogue') = (run.trigger = 'catalogue') as is_alike
        from ops.etl_runs as candidate
        cross join run
        where candidate.started_at < run.started_at
            and candidate.status not in ('running', 'cancelled') and candidate.trigger <> 'backfill'
    ),

    compared as (
        (select run_id from earlier where is_alike order by started_at desc limit %(compared)s)
        union all
        select run_id from run
    )

    select
        run.status, run.records_processed, run.duration_seconds::float, run.error,
        coalesce(
            jsonb_object_agg(
                source.source,
                jsonb_build_array(source.status, source.records_processed, source.duration_seconds, source.error)
            ) filter (where source.source is not null),
            '{}'
        ),
        coalesce((select is_alike from earlier order by started_at desc limit 1), true)
    from ops.etl_runs as run
    left join ops.etl_source_runs as source using (run_id)
    where run.run_id in (select run_id from compared)
    group by run.run_id
    order by run.started_at desc
"""
NOTE = """
    insert into ops.run_anomalies (run_id, kind, severity, detail, source)
    values (%s, %s, %s, %s, %s) on conflict do nothing
"""


def note(cursor: Any, run_id: str) -> list[Anomaly]:
    """Note what is unusual about a run that has ended. Nothing is about one that people stopped."""
    limits = thresholds()
    cursor.execute(RUNS, {"run": run_id, "compared": limits.compared})
    rows = cursor.fetchall()
    runs = [_run_of(*row[:-1]) for row in rows]
    if not runs or runs[0].status == "cancelled":
        return []
    found, follows_its_like = compare_runs(runs[0], runs[1:]), rows[0][-1]
    are_enough = sum(run.status in GOOD for run in runs[1:]) >= limits.needed
    judged = {"record_count": are_enough and follows_its_like, "duration": are_enough}
    found = [anomaly for anomaly in found if judged.get(anomaly.kind, True)]
    for anomaly in found:
        cursor.execute(NOTE, (run_id, *anomaly))
    return found


def _run_of(status: str, records: int, seconds: float | None, error: str | None, sources: dict[str, list[Any]]) -> Run:
    return Run(status, records, seconds, error, {name: Part(*values) for name, values in sources.items()})
