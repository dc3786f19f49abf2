"""What is unusual is judged among runs that were asked for the same."""

from contextlib import closing

import psycopg2

from flows import unusual
from kasparro.anomalies import Anomaly
from kasparro.warehouse import Warehouse

ALL = {"coinpaprika": 100, "coingecko": 1000, "csv": 0, "rss": 5}
RUN = """
    insert into ops.etl_runs (run_id, trigger, status, sources, records_processed, duration_seconds, error)
    values (gen_random_uuid(), %s, %s, %s, %s, 10, %s) returning run_id
"""
PART = """
    insert into ops.etl_source_runs (run_id, source, status, records_processed, duration_seconds, error)
    values (%s, %s, %s, %s, 2, %s)
"""


class Runs:
    """A ledger, and what is unusual about each run that is written into it."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._url = warehouse.url("admin")

    def run(
        self,
        parts: dict[str, int],
        status: str = "success",
        *,
        named: bool = False,
        trigger: str = "schedule",
        error: str | None = None,
    ) -> list[Anomaly]:
        """A run whose sources brought so many records each, and ended as it did."""
        with closing(psycopg2.connect(self._url)) as connection, connection, connection.cursor() as cursor:
            sources = list(parts) if named else None
            cursor.execute(RUN, (trigger, status, sources, sum(parts.values()), error))
            ((run_id,),) = cursor.fetchall()
            for source, records in parts.items():
                cursor.execute(PART, (run_id, source, status, records, error))
            return unusual.note(cursor, run_id)


def test_one_source_by_hand_is_nothing_unusual_and_neither_is_the_next_whole_run(fresh_warehouse: Warehouse) -> None:
    runs = Runs(fresh_warehouse)
    for _ in range(4):
        assert runs.run(ALL) == []
    for _ in range(5):
        assert runs.run({"coingecko": 1000}, named=True, trigger="manual") == []
    assert runs.run({**ALL, "coingecko": 0}) == [], "the run by hand has taken its records"
    assert runs.run(ALL) == []


def test_a_source_that_is_switched_off_is_still_said(fresh_warehouse: Warehouse) -> None:
    runs = Runs(fresh_warehouse)
    runs.run(ALL)
    runs.run({"rss": 1}, named=True)
    found = runs.run({name: records for name, records in ALL.items() if name != "rss"})
    assert [(anomaly.kind, anomaly.source) for anomaly in found] == [("sources_changed", "rss")]


def test_a_run_of_the_catalogues_is_compared_with_its_like(fresh_warehouse: Warehouse) -> None:
    runs = Runs(fresh_warehouse)
    for _ in range(4):
        runs.run(ALL)
    assert runs.run({**ALL, "coingecko": 90_000}, trigger="catalogue") == []
    assert runs.run(ALL) == []


def test_what_people_stop_is_no_anomaly_and_nothing_is_compared_with_it(fresh_warehouse: Warehouse) -> None:
    runs = Runs(fresh_warehouse)
    for _ in range(4):
        runs.run(ALL)
    assert runs.run({"coingecko": 3}, "cancelled", error="stopped before its end") == []
    assert runs.run(ALL) == []


def test_a_run_that_publishes_nothing_is_said_once_and_not_of_its_sources(fresh_warehouse: Warehouse) -> None:
    runs = Runs(fresh_warehouse)
    runs.run(ALL)
    found = runs.run(ALL, "failed", error="nothing is published: an audit fails")
    assert {(anomaly.kind, anomaly.severity, anomaly.source) for anomaly in found} == {
        ("status_change", "critical", ""),
        ("new_error", "warning", ""),
    }
    assert [(anomaly.kind, anomaly.source) for anomaly in runs.run(ALL)] == [("status_change", "")]
