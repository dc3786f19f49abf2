"""The API comes up before the warehouse, outlives it, and finds it again by itself."""

import os
import signal
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from kasparro.settings import Settings
from kasparro.warehouse import EmbeddedPostgres, Warehouse, ensure_warehouse
from tests.api.conftest import KEY
from tests.api.marts import Marts, coin
from tests.api.serving import Api, eventually, serving
from tests.conftest import make_settings

OVER_MARTS = [
    "/data", "/data?format=csv", "/data?format=parquet", "/data?symbol=btc", "/data?source=coingecko",
    "/data?start_date=2026-01-01", "/data?source=rss", "/coins/btc", "/coins/btc/listings", "/coins/btc/history",
    "/coins/btc/news", "/coins/btc/explain", "/changes", "/resolve?symbol=btc", "/news", "/drift", "/identity/quality",
    "/identity/review", "/stats",
]  # fmt: skip


def test_empty_warehouse_is_an_honest_state(empty: Warehouse, api_settings: Settings) -> None:
    """Before the first pass: no marts at all, and still every endpoint answers."""
    with serving(api_settings, lambda: empty.url("reader")) as api:
        api.wait_for(None)
        for parameters in ({}, {"source": "coingecko"}, {"start_date": "2026-01-01"}, {"source": "rss"}):
            body = api.data(**parameters)
            assert (body["data"], body["pagination"]["total_items"], body["pagination"]["next_cursor"]) == ([], 0, None)
            assert (body["meta"]["version"], body["meta"]["published_at"]) == (None, None)
        health = api.get("/health")
        assert health.status_code == 200
        assert health.json()["status"] == "degraded"
        assert {"source": None, "reason": "no pass has completed yet", "since": None} in health.json()["reasons"]
        assert health.json()["database_connected"] is True
        assert {state["status"] for state in health.json()["etl_status"].values()} == {"never_run"}
        assert health.json()["last_run"] is None
        assert api.get("/health/ready").status_code == 503
        assert api.get("/health/live").status_code == 200
        assert api.get("/stats").json()["totals"]["coins"] == 0
        assert "warehouse_up 1.0" in api.get("/metrics").text
        assert api.get("/", headers={"Accept": "text/html"}).status_code == 200
        marts = Marts(empty)
        marts.publish(1, coins=[coin("btc")])
        api.wait_for(1)
        assert api.ids() == ["btc"]
        assert api.get("/health/ready").status_code == 200


def test_warehouse_that_can_not_be_located_yet(empty: Warehouse, api_settings: Settings) -> None:
    Marts(empty).publish(1, coins=[coin("btc")])
    there: list[str] = []

    def locate() -> str:
        if not there:
            raise RuntimeError("nothing there yet")
        return there[0]

    with serving(api_settings, locate) as api:
        eventually(lambda: "nothing there yet" in api.get("/health").text, "the reason is known")
        assert api.get("/health").status_code == 503
        for path in OVER_MARTS:  # nothing is known of the coins: that there are none would be a lie
            answer = api.get(path)
            assert answer.status_code == 503, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) > 0
        assert api.post("/resolve", json={"queries": [{"symbol": "btc"}]}).status_code == 503
        there.append(empty.url("reader"))
        api.wait_for(1)
        assert api.ids() == ["btc"]


@pytest.fixture(scope="module")
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a warehouse that the test may stop."""
    home: Path = tmp_path_factory.mktemp("outage")
    return make_settings(home, admin_api_key=KEY)


@pytest.fixture(scope="module")
def mortal(own_settings: Settings) -> Generator[Warehouse]:
    """A warehouse of its own, version 1 published."""
    warehouse = ensure_warehouse(own_settings)
    Marts(warehouse).publish(1, coins=[coin("btc")])
    yield warehouse
    EmbeddedPostgres(own_settings).stop()


@pytest.fixture
def api(mortal: Warehouse, own_settings: Settings) -> Generator[Api]:
    """The API over it."""
    with serving(own_settings, lambda: mortal.url("reader")) as api:
        eventually(lambda: api.context.keeper.current.version, "a version is served")
        yield api


def serves_without_the_warehouse(api: Api, version: int | None) -> None:
    eventually(lambda: answer_is_unhealthy(api), "the loss is noticed")
    health = api.get("/health")
    assert health.status_code == 503
    assert health.json()["database_connected"] is False
    assert health.json()["version"] == version
    assert health.json()["reasons"][0]["since"] is not None
    answer = eventually(lambda: (found := api.get("/data")).headers.get("warning") and found, "answers carry a warning")
    assert answer.status_code == 200
    assert answer.headers["warning"].startswith("110 ")
    assert answer.json()["data"][0]["canonical_id"] == "btc"
    assert api.get("/health/ready").status_code == 200
    assert api.get("/health/live").status_code == 200
    assert "warehouse_up 0.0" in api.get("/metrics").text
    for path in ("/data?source=coingecko", "/stats"):
        gone = api.get(path)
        assert gone.status_code == 503
        assert int(gone.headers["retry-after"]) > 0
        assert "password" not in gone.text


def answer_is_unhealthy(api: Api) -> bool:
    return api.get("/health").json()["status"] == "unhealthy"


def test_stopped_and_started_again(api: Api, mortal: Warehouse, own_settings: Settings) -> None:
    postgres = EmbeddedPostgres(own_settings)
    version = api.context.keeper.current.version
    postgres.stop()
    serves_without_the_warehouse(api, version)
    postgres.start()
    api.wait_for(version)
    assert "warning" not in api.get("/data").headers
    assert api.get("/stats").status_code == 200
    eventually(lambda: api.get("/health").status_code == 200, "health recovers")
    Marts(mortal).publish(2, coins=[coin("btc"), coin("eth")])
    api.wait_for(2)


def test_frozen_warehouse_does_not_freeze_the_api(api: Api, own_settings: Settings) -> None:
    """It takes connections and never answers: the hardest way to be gone."""
    running = EmbeddedPostgres(own_settings).running()
    assert running is not None
    processes = [running.pid, *children(running.pid)]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        answer = api.get("/data")
        assert answer.status_code == 200
        assert eventually(lambda: answer_is_unhealthy(api), "the silence is noticed")
        assert "warning" in api.get("/data").headers
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)
    eventually(lambda: api.get("/health").json()["database_connected"], "it is found again")


def children(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]
