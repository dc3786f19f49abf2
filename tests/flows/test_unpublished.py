"""A run that reads everything and publishes nothing is a failure wherever somebody looks, and counters never fall."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from sqlalchemy import Connection, create_engine

from api.health import judge
from api.health import queries as health
from api.metrics import queries as metrics
from flows import alerts, maintenance, steps
from flows.transform import NodeResult, TransformError
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.flows.conftest import System
from tests.flows.test_alerts import Receiver

REFUSED = "nothing is published, the last good version stays: test prices: it fails"
OF_RUN = "select source, status, error from ops.etl_source_runs where run_id = %s order by source"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def fails_at_dbt(system: System, **settings: Any) -> steps.Outcome:
    """A run whose sources are read, and whose audits fail."""

    def build(*_: object) -> tuple[NodeResult, ...]:
        raise TransformError("test prices: it fails")

    system.stand_in.market.advance(1)  # pyright: ignore[reportAttributeAccessIssue]
    return steps.run_pass(system.settings.model_copy(update=settings), "test", build=build)


def seen(warehouse: Warehouse) -> Connection:
    """The ledger as the API reads it."""
    return create_engine(warehouse.url("reader").replace("postgresql://", "postgresql+psycopg2://", 1)).connect()


def test_a_run_that_publishes_nothing_fails_its_sources_its_health_its_counters_and_is_told(
    filled: System, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    with seen(filled.warehouse) as connection:
        good = metrics.newest_success_by_source(connection)
    outcome = [fails_at_dbt(filled, alert_url=receiver.url) for _ in range(alerts.FAILURES_IN_A_ROW)][-1]

    assert (outcome.exit_code, outcome.error) == (1, REFUSED)
    assert "it fails" not in caplog.text, "who has started the run says it, once"
    assert {row[1:] for row in filled.query(OF_RUN, outcome.run_id)} == {("failed", REFUSED)}
    with seen(filled.warehouse) as connection:
        sources, failing = health.sources(connection), health.failing(connection)
        assert failing is not None
        assert failing.error == REFUSED
        since = health.last_completed_at(connection)
        assert metrics.newest_success_by_source(connection) == good, "staleness goes on growing"
        assert dict(metrics.runs_by_status(connection)) == {"success": 1, "failed": 3}
        counted = {(run.source, run.status): run.runs for run in metrics.runs_by_source(connection)}
        assert counted["coingecko", "failed"] == 3
        assert counted["coingecko", "success"] == 1
    ((reason),) = judge.reasons(
        sources=judge.watched(filled.settings.sources, sources),
        version=1,
        last_completed_at=since,
        failing=failing,
        interval=timedelta(days=1),
        now=failing.since,
    )
    assert (reason["source"], reason["reason"], reason["since"]) == (
        None,
        f"nothing new is published: {REFUSED}",
        since,
    )
    ((title, message),) = receiver.heard()
    assert title == "Kasparro: data is stale"
    assert REFUSED in message

    assert filled.run(alert_url=receiver.url).exit_code == 0
    assert [title for title, _ in receiver.heard()] == ["Kasparro: data is stale: over"]
    with seen(filled.warehouse) as connection:
        assert health.failing(connection) is None
        assert metrics.newest_success_by_source(connection) > good


def test_what_a_run_raises_is_told_too(filled: System, receiver: Receiver) -> None:
    def breaks(*_: object) -> dict[str, str]:
        raise RuntimeError("no such luck")

    for _ in range(alerts.FAILURES_IN_A_ROW):
        with pytest.raises(RuntimeError):
            steps.run_pass(filled.settings.model_copy(update={"alert_url": receiver.url}), "test", extract_all=breaks)
    ((_, message),) = receiver.heard()
    assert "RuntimeError: no such luck" in message


OLD = """
    with run as (
        insert into ops.etl_runs (run_id, trigger, status, started_at, completed_at)
        select gen_random_uuid(), 'test', 'partial', moment, moment
        from (select now() - %(days)s * interval '1 day' as moment) as then_
        returning run_id, started_at
    )
    insert into ops.etl_source_runs
        (run_id, source, status, records_processed, duration_seconds, started_at, completed_at, calls_this_month)
    select run_id, source, status, 10, 2, started_at, started_at, %(days)s
    from run cross join (values ('coingecko', 'success'), ('rss', 'failed')) as part (source, status)
"""


def test_counters_do_not_fall_when_the_ledger_is_trimmed(fresh_warehouse: Warehouse, settings: Settings) -> None:
    def counters() -> tuple[list[metrics.SourceRuns], list[tuple[str, int]], list[tuple[str, int]]]:
        with seen(fresh_warehouse) as connection:
            calls = [(each.source, each.made) for each in metrics.calls_by_source(connection)]
            return metrics.runs_by_source(connection), metrics.runs_by_status(connection), calls

    with closing(psycopg2.connect(fresh_warehouse.url("admin"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for days in (200, 150, 120, 95, 94, 1):
            cursor.execute(OLD, {"days": days})
        before = counters()
        for left in (1, 1):  # a second time there is nothing to do
            maintenance._prune_marts(settings, fresh_warehouse)  # pyright: ignore[reportPrivateUsage]
            cursor.execute("select count(*) from ops.etl_runs")
            assert cursor.fetchall() == [(left,)]
            assert counters() == before
        cursor.execute("update ops.etl_runs set started_at = now() - interval '91 days'")
        cursor.execute(OLD, {"days": 0})
        maintenance._prune_marts(settings, fresh_warehouse)  # pyright: ignore[reportPrivateUsage]
        assert [run.runs for run in counters()[0]] == [7, 7]
