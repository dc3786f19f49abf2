"""Metrics that are read from the warehouse when Prometheus asks: true whoever ran the passes, and after a restart."""

from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)

from api.context import Context
from api.metrics import queries
from api.problems import Problem


def collect(context: Context) -> Iterator[Metric]:
    """The warehouse's metrics; only `warehouse_up 0` and what memory knows while it is away."""
    snapshot = context.keeper.current
    now = datetime.now(UTC)
    if snapshot.version is not None and snapshot.published_at is not None:
        yield GaugeMetricFamily("published_version", "Version of the marts being served", snapshot.version)
        staleness = (now - snapshot.published_at).total_seconds()
        yield GaugeMetricFamily(
            "marts_age_seconds",
            "Time since the served version was published",
            staleness,
        )
        yield GaugeMetricFamily("coins_served", "Canonical coins in the served version", len(snapshot.rows))
    try:
        with context.database.transaction() as connection:
            runs = queries.runs_by_source(connection)
            outcomes = queries.runs_by_status(connection)
            confirmed_at = queries.newest_success(connection)
            newest = queries.newest_success_by_source(connection)
            rejected = queries.rejected_by_source(connection)
            drift = queries.drift_by_source(connection)
            calls = queries.calls_by_source(connection)
    except Problem:
        yield GaugeMetricFamily("warehouse_up", "Whether the warehouse answers", 0)
        return
    yield GaugeMetricFamily("warehouse_up", "Whether the warehouse answers", 1)
    yield from _of_runs(runs)
    passes = CounterMetricFamily("etl_pipeline_runs", "Whole runs finished, by how they ended", labels=["status"])
    for status in sorted({"success", "partial", "failed"} | {status for status, _ in outcomes}):
        passes.add_metric([status], dict(outcomes).get(status, 0))
    yield passes
    if confirmed_at is not None:
        yield GaugeMetricFamily(
            "published_staleness_seconds",
            "Time since a run last published something, or found nothing new",
            (now - confirmed_at).total_seconds(),
        )
    yield from _of_calls(calls)
    quarantine = CounterMetricFamily("rejected_records", "Records quarantined, each once", labels=["source"])
    for source in sorted({run.source for run in runs} | rejected.keys()):
        quarantine.add_metric([source], rejected.get(source, 0))
    yield quarantine
    changes = CounterMetricFamily(
        "schema_drift_events", "Changes noticed in what a source sends, each once", labels=["source", "kind"]
    )
    for labels, events in drift.items():
        changes.add_metric(labels, events)
    yield changes
    stale = GaugeMetricFamily(
        "data_staleness_seconds",
        "Time since what a source sent was last published, or found to be published already",
        labels=["source"],
    )
    for source, succeeded_at in newest:
        stale.add_metric([source], (now - succeeded_at).total_seconds())
    yield stale


def _of_runs(runs: list[queries.SourceRuns]) -> Iterator[Metric]:
    totals = CounterMetricFamily("etl_runs", "Runs finished", labels=["source", "status"])
    records = CounterMetricFamily("etl_records_processed", "Records landed", labels=["source"])
    duration = SummaryMetricFamily("etl_duration_seconds", "Duration of a source's runs", labels=["source"])
    for run in runs:
        totals.add_metric([run.source, run.status], run.runs)
    for source in sorted({run.source for run in runs}):
        of_source = [run for run in runs if run.source == source]
        records.add_metric([source], sum(run.records for run in of_source))
        duration.add_metric(
            [source],
            sum(run.runs for run in of_source),
            sum(run.seconds for run in of_source),
        )
    yield from (totals, records, duration)


def _of_calls(calls: list[queries.ProviderCalls]) -> Iterator[Metric]:
    made = CounterMetricFamily("provider_requests", "Calls made to the source's provider", labels=["source"])
    remaining = GaugeMetricFamily(
        "provider_call_budget_remaining", "Calls that the month's budget still allows", labels=["source"]
    )
    for source in calls:
        made.add_metric([source.source], source.made)
        if source.remaining is not None:
            remaining.add_metric([source.source], source.remaining)
    yield from (made, remaining)
