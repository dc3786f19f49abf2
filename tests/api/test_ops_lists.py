"""`/drift`, `/identity`, `/runs`: what the system says about itself, in lists."""

from collections.abc import Generator
from datetime import timedelta
from decimal import Decimal

import pytest

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api.conftest import KEY
from tests.api.marts import NOON, Marts, coin
from tests.api.serving import Api, serving
from tests.conftest import own_database

WITH_KEY = {"X-API-Key": KEY}
RUN = "00000000-0000-0000-0000-00000000000a"


@pytest.fixture(scope="module")
def api(warehouse: Warehouse, api_settings: Settings) -> Generator[Api]:
    """The API over a warehouse with a drift, a doubt and some runs."""
    with own_database(warehouse, api_settings) as own:
        marts = Marts(own)
        marts.add_records()
        marts.publish(1, coins=[coin("btc")])
        event = {"table_name": "markets", "field": "symbol", "evidence": "gone", "first_seen_at": NOON}
        for number, (source, kind, severity) in enumerate(
            [("coingecko", "missing", "error"), ("coinpaprika", "added", "warning"), ("coingecko", "added", "warning")]
        ):
            seen = {"event_id": str(number), "last_seen_at": NOON + timedelta(hours=number)}
            marts.insert(
                "ops.schema_drift_events", {**event, **seen, "source": source, "kind": kind, "severity": severity}
            )
        counts = {"pairs": 712, "correct": 706, "wrong": 2, "missed": 4, "precision": Decimal("0.9970")}
        quality = {"truth": "shipped", "method": "all", "market_cap_band": "all", **counts, "recall": Decimal("0.9920")}
        marts.insert("ops.identity_quality", quality)
        doubt = {"kind": "weak", "evidence": "same symbol"}
        for number in range(5):
            ids = {"coingecko_id": f"a{number}", "coinpaprika_id": f"b{number}"}
            marts.insert("ops.identity_review", {**doubt, **ids, "market_cap_usd": Decimal(number) or None})
        for number in range(3):
            run_id = f"00000000-0000-0000-0000-00000000000{'abc'[number]}"
            sources = [{"source": "csv", "calls_this_month": None}, {"source": "rss", "status": "failed", "error": "x"}]
            status = "partial" if number else "success"
            marts.run(NOON + timedelta(hours=number), sources, status, run_id=run_id, version=1)
        odd = {"run_id": RUN, "kind": "record_count", "severity": "warning", "detail": "-60 %", "source": "csv"}
        marts.insert("ops.run_anomalies", odd)
        with serving(api_settings, lambda: own.url("reader")) as api:
            api.wait_for(1)
            yield api


@pytest.mark.parametrize("path", ["/drift", "/identity/quality", "/identity/review", "/runs", f"/runs/{RUN}"])
def test_what_the_system_says_of_itself_is_never_stored(api: Api, path: str) -> None:
    answer = api.get(path, headers=WITH_KEY)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    assert api.get(f"{path}?what=1", headers=WITH_KEY).json()["errors"][0]["field"] == "what"


def test_drift_is_newest_first_and_filtered(api: Api) -> None:
    rows = api.get("/drift").json()["data"]
    assert [row["event_id"] for row in rows] == ["2", "1", "0"]
    assert rows[2]["evidence"] == "gone" and rows[2]["first_seen_at"] == "2026-03-01T12:00:00Z"
    assert [row["event_id"] for row in api.get("/drift?source=coingecko&kind=added").json()["data"]] == ["2"]
    assert api.get("/drift?severity=error").json()["pagination"]["total_items"] == 1


def test_quality_keeps_every_digit(api: Api) -> None:
    text = api.get("/identity/quality").text
    assert '"precision":0.997,' in text and '"recall":0.992,' in text
    assert api.get("/identity/quality?decimals=string").json()["data"][0]["precision"] == "0.997"


def test_review_is_by_market_cap_and_walks(api: Api) -> None:
    seen, cursor = list[str](), ""
    while cursor is not None:
        body = api.get(f"/identity/review?limit=2{f'&cursor={cursor}' if cursor else ''}").json()
        seen += [row["coingecko_id"] for row in body["data"]]
        cursor = body["pagination"]["next_cursor"]
    assert seen == ["a4", "a3", "a2", "a1", "a0"]
    assert api.get("/identity/review?fields=evidence&format=csv").text == "evidence\r\n" + "same symbol\r\n" * 5


@pytest.mark.parametrize("path", ["/runs", f"/runs/{RUN}"])
def test_runs_need_the_key(api: Api, path: str) -> None:
    assert api.get(path).status_code == 401
    assert api.get(path, headers={"X-API-Key": "wrong"}).status_code == 403


def test_runs_are_newest_first(api: Api) -> None:
    rows = api.get("/runs", headers=WITH_KEY).json()["data"]
    assert [row["run_id"][-1] for row in rows] == ["c", "b", "a"]
    assert (rows[0]["status"], rows[0]["duration_seconds"], rows[0]["version"]) == ("partial", 30, 1)
    only = api.get("/runs?status=success&trigger=schedule", headers=WITH_KEY).json()
    assert [row["run_id"][-1] for row in only["data"]] == ["a"]
    assert api.get("/runs?status=odd", headers=WITH_KEY).status_code == 422
    for name in ("csv", "ndjson", "parquet", "arrow"):
        assert api.get(f"/runs?format={name}", headers=WITH_KEY).status_code == 200


def test_one_run_has_its_sources_and_what_was_odd(api: Api) -> None:
    run = api.get(f"/runs/{RUN}", headers=WITH_KEY).json()["data"]
    assert [(row["source"], row["status"], row["error"]) for row in run["sources"]] == [
        ("csv", "success", None), ("rss", "failed", "x"),
    ]  # fmt: skip
    odd = {"kind": "record_count", "severity": "warning", "detail": "-60 %", "source": "csv"}
    assert run["anomalies"] == [odd]
    other = api.get(f"/runs/{RUN[:-1]}f", headers=WITH_KEY)
    assert other.status_code == 404
    assert api.get("/runs/latest", headers=WITH_KEY).json()["errors"][0]["field"] == "run_id"


def test_two_runs_are_compared(api: Api) -> None:
    ids = {"run_id_1": RUN, "run_id_2": f"{RUN[:-1]}b"}
    answer = api.post("/compare-runs", json=ids, headers=WITH_KEY)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["run_1"]["run_id"], body["run_2"]["run_id"]) == (ids["run_id_1"], ids["run_id_2"])
    assert body["differences"] == {"run": {"status": {"run_1": "success", "run_2": "partial"}}, "sources": {}}
    assert all(set(each) == {"kind", "severity", "detail", "source"} for each in body["anomalies"])
    assert answer.headers["cache-control"] == "no-store"


def test_what_can_not_be_compared_is_refused(api: Api) -> None:
    assert api.post("/compare-runs", json={"run_id_1": RUN, "run_id_2": RUN}).status_code == 401
    for body, status in (
        ({"run_id_1": RUN}, 422),
        ({"run_id_1": RUN, "run_id_2": "latest"}, 422),
        ({"run_id_1": RUN, "run_id_2": RUN, "what": 1}, 422),
        ({"run_id_1": RUN, "run_id_2": f"{RUN[:-1]}f"}, 404),
    ):
        assert api.post("/compare-runs", json=body, headers=WITH_KEY).status_code == status
