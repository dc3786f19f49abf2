"""`POST /etl/trigger` against a real Prefect server."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from flows import turns
from flows.ledger import open_run
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api.conftest import KEY
from tests.api.marts import Marts
from tests.api.serving import Api, eventually, serving
from tests.conftest import PASSED_ON, free_port

USER, PASSWORD = "kasparro", "a-password-of-the-tests"
AUTH = f"{USER}:{PASSWORD}"
WITH_KEY = {"X-API-Key": KEY}
START_SECONDS = 120


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Generator[httpx.Client]:
    """A Prefect server with a password, and a client of its API."""
    home: Path = tmp_path_factory.mktemp("prefect")
    port = free_port()
    environment = {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_API_AUTH_STRING": AUTH,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    program = "import uvicorn; from prefect.server.api.server import create_app; "
    program += f"uvicorn.run(create_app(), host='127.0.0.1', port={port}, log_level='warning')"
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=log, stderr=log, cwd=home)
    base = f"http://127.0.0.1:{port}/api"
    try:
        with httpx.Client(base_url=base, auth=(USER, PASSWORD), timeout=30, trust_env=False) as client:
            eventually(lambda: is_up(client, server, home / "server.log"), "Prefect answers", START_SECONDS)
            yield client
    finally:
        server.terminate()
        server.wait(30)


def is_up(client: httpx.Client, server: "subprocess.Popen[bytes]", log: Path) -> bool:
    """Whether the server answers; fails when it has died."""
    assert server.poll() is None, log.read_text()
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def at(api_settings: Settings, prefect: httpx.Client, **values: Any) -> Settings:
    """Settings of an API that knows this server."""
    url = str(prefect.base_url).rstrip("/")
    return api_settings.model_copy(update={"prefect_api_url": url, "prefect_auth": AUTH, **values})


@pytest.fixture
def deployment(prefect: httpx.Client) -> Generator[str]:
    """The deployment elt/elt, with no runs yet. Gives its id."""
    flow = prefect.post("/flows/", json={"name": "elt"}).json()["id"]
    created = prefect.post("/deployments/", json={"name": "elt", "flow_id": flow})
    for _ in range(50):  # while its database is busy: Prefect's own clients ask again, too
        if created.status_code != 503:
            break
        created = prefect.post("/deployments/", json={"name": "elt", "flow_id": flow})
    assert created.status_code in (200, 201), created.text
    yield created.json()["id"]
    prefect.delete(f"/deployments/{created.json()['id']}")


@pytest.fixture
def api(empty: Warehouse, api_settings: Settings, prefect: httpx.Client) -> Generator[Api]:
    """The API over an empty warehouse and this Prefect."""
    with serving(at(api_settings, prefect), lambda: empty.url("reader")) as api:
        api.wait_for(None)
        yield api


def runs_of(prefect: httpx.Client, deployment: str) -> list[Any]:
    return prefect.post("/flow_runs/filter", json={"deployments": {"id": {"any_": [deployment]}}}).json()


def run_named(api: Api, run_id: str) -> dict[str, Any]:
    answer = api.get(f"/runs/{run_id}", headers=WITH_KEY)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def set_state(prefect: httpx.Client, run_id: str, state: str) -> None:
    answer = prefect.post(f"/flow_runs/{run_id}/set_state", json={"state": {"type": state}, "force": True})
    assert answer.status_code in (200, 201), answer.text


@pytest.mark.parametrize("path", ["/etl/trigger", "/api/etl/trigger", "/trigger-etl"])
def test_starts_the_deployment(api: Api, prefect: httpx.Client, deployment: str, path: str) -> None:
    answer = api.post(path, headers=WITH_KEY)
    assert answer.status_code == 202
    (run,) = runs_of(prefect, deployment)
    body = answer.json()
    assert body["run_id"] == run["id"]
    assert body["status"] == "scheduled"
    assert body["links"]["prefect"].endswith(f"/runs/flow-run/{run['id']}")
    assert answer.headers["location"] == body["links"]["prefect"]
    assert answer.headers["cache-control"] == "no-store"
    assert run["tags"] == ["api"]


@pytest.mark.parametrize("state", ["SCHEDULED", "PENDING", "RUNNING"])
def test_refuses_while_one_is_on_its_way(api: Api, prefect: httpx.Client, deployment: str, state: str) -> None:
    first = api.post("/etl/trigger", headers=WITH_KEY).json()["run_id"]
    if state != "SCHEDULED":
        set_state(prefect, first, state)
    answer = api.post("/etl/trigger", headers=WITH_KEY)
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["run_id"] == first
    set_state(prefect, first, "COMPLETED")
    assert api.post("/etl/trigger", headers=WITH_KEY).status_code == 202
    assert len(runs_of(prefect, deployment)) == 2


def test_the_same_key_is_the_same_run(api: Api, prefect: httpx.Client, deployment: str) -> None:
    with_key = {**WITH_KEY, "Idempotency-Key": "monday"}
    first = api.post("/etl/trigger", headers=with_key)
    assert first.status_code == 202
    run_id = first.json()["run_id"]
    set_state(prefect, run_id, "RUNNING")
    again = api.post("/etl/trigger", headers=with_key)
    assert (again.status_code, again.json()["run_id"], again.json()["status"]) == (202, run_id, "running")
    other = api.post("/etl/trigger", headers={**WITH_KEY, "Idempotency-Key": "tuesday"})
    assert (other.status_code, other.json()["run_id"]) == (409, run_id)
    set_state(prefect, run_id, "COMPLETED")
    assert api.post("/etl/trigger", headers=with_key).json()["run_id"] == run_id
    assert len(runs_of(prefect, deployment)) == 1
    for odd in (b"", b"a b", b"x" * 101, "é".encode()):
        refused = api.post("/etl/trigger", headers={b"X-API-Key": KEY.encode(), b"Idempotency-Key": odd})
        assert refused.status_code == 422
        assert "Idempotency-Key" in refused.json()["detail"]


def test_sources_of_the_body_are_those_of_the_run(api: Api, prefect: httpx.Client, deployment: str) -> None:
    for number, body in enumerate((b"", b" ", b"{}", b'{"sources": null}', b'{"sources": ["csv", "rss", "csv"]}')):
        answer = api.post("/etl/trigger", headers=WITH_KEY, content=body)
        assert answer.status_code == 202, answer.text
        (run,) = [run for run in runs_of(prefect, deployment) if run["id"] == answer.json()["run_id"]]
        assert run["parameters"] == ({"sources": ["csv", "rss"]} if number == 4 else {})
        set_state(prefect, run["id"], "COMPLETED")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sources": ["binance"]}, "sources.0"), ({"sources": []}, "sources"), ({"sources": "csv"}, "sources"),
        ({"source": "csv"}, "source"), ([], "body"), ("csv", "body"), (None, "body"), ({"sources": [1]}, "sources.0"),
    ],
)  # fmt: skip
def test_a_body_that_asks_for_something_else_starts_nothing(
    api: Api, prefect: httpx.Client, deployment: str, body: Any, field: str
) -> None:
    answer = api.post("/etl/trigger", headers=WITH_KEY, content=json.dumps(body))
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert api.post("/etl/trigger", headers=WITH_KEY, content=b"sources=csv").status_code == 422
    assert api.post("/etl/trigger", content=b"{").status_code == 401
    assert runs_of(prefect, deployment) == []


@pytest.mark.usefixtures("deployment")
def test_a_source_that_is_off_is_refused(empty: Warehouse, api_settings: Settings, prefect: httpx.Client) -> None:
    with serving(at(api_settings, prefect, sources=["csv"]), lambda: empty.url("reader")) as api:
        api.wait_for(None)
        answer = api.post("/etl/trigger", headers=WITH_KEY, json={"sources": ["csv", "rss"]})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "sources")


def test_the_id_given_is_known_from_then_on(
    api: Api, prefect: httpx.Client, deployment: str, api_settings: Settings, empty: Warehouse
) -> None:
    """Before the run is in the ledger, while it goes on, and afterwards; also of one that never gets that far."""
    assert deployment
    answer = api.post("/etl/trigger", headers=WITH_KEY).json()
    run_id = answer["run_id"]
    assert answer["links"]["run"] == f"/runs/{run_id}"
    waiting = run_named(api, run_id)
    assert (waiting["run_id"], waiting["status"], waiting["started_at"]) == (run_id, "scheduled", None)
    set_state(prefect, run_id, "RUNNING")
    assert run_named(api, run_id)["status"] == "pending"
    with open_run(api_settings, empty, "prefect", run_id) as ledger:
        running = run_named(api, run_id)
        assert (running["run_id"], running["status"]) == (ledger.run_id, "running")
        assert running["prefect_flow_run_id"] == run_id
        refused = api.post("/etl/trigger", headers=WITH_KEY)
        assert (refused.status_code, refused.json()["run_id"]) == (409, run_id)
        ledger.finish("success")
    assert run_named(api, run_id) == run_named(api, ledger.run_id)
    both = {"run_id_1": run_id, "run_id_2": ledger.run_id}
    assert api.post("/compare-runs", headers=WITH_KEY, json=both).json()["anomalies"] == []
    set_state(prefect, run_id, "COMPLETED")
    second = eventually(
        lambda: (found := api.post("/etl/trigger", headers=WITH_KEY)).status_code == 202 and found, "the lock has ended"
    ).json()["run_id"]
    set_state(prefect, second, "CANCELLED")
    assert run_named(api, second)["status"] == "cancelled"
    assert api.get(f"/runs/{uuid4()}", headers=WITH_KEY).status_code == 404


def test_many_at_once_in_several_processes_start_one(
    empty: Warehouse, api_settings: Settings, prefect: httpx.Client, deployment: str
) -> None:
    """They share no lock but what Prefect knows: the oldest stands, the others are taken back."""
    settings = at(api_settings, prefect)
    with ExitStack() as held, ThreadPoolExecutor(8) as pool:
        apis = [held.enter_context(serving(settings, lambda: empty.url("reader"))) for _ in range(4)]
        for each in apis:
            each.wait_for(None)
        posts = [pool.submit(each.post, "/etl/trigger", headers=WITH_KEY) for each in apis for _ in range(2)]
        answers = [post.result() for post in posts]
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 7
    (run,) = runs_of(prefect, deployment)
    assert {answer.json()["run_id"] for answer in answers} == {run["id"]}


def test_one_that_the_schedule_is_about_to_start_counts(api: Api, prefect: httpx.Client, deployment: str) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    scheduled = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": soon}}}
    created = prefect.post(f"/deployments/{deployment}/create_flow_run", json=scheduled).json()["id"]
    answer = api.post("/etl/trigger", headers=WITH_KEY)
    assert (answer.status_code, answer.json()["run_id"]) == (409, created)


@pytest.mark.usefixtures("deployment")
def test_says_what_else_is_writing(api: Api, api_settings: Settings, empty: Warehouse) -> None:
    with turns.take(api_settings, empty, "maintenance"):
        answer = api.post("/etl/trigger", headers=WITH_KEY)
    assert answer.status_code == 409
    assert "maintenance" in answer.json()["detail"]


def test_runs_scheduled_for_later_do_not_count(api: Api, prefect: httpx.Client, deployment: str) -> None:
    later = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    scheduled = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": later}}}
    assert prefect.post(f"/deployments/{deployment}/create_flow_run", json=scheduled).status_code == 201
    assert api.post("/etl/trigger", headers=WITH_KEY).status_code == 202


@pytest.mark.usefixtures("deployment")
def test_many_at_once_start_one(api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(api.post, "/etl/trigger", headers=WITH_KEY) for _ in range(8)]
    statuses = [answer.result().status_code for answer in answers]
    assert sorted(statuses) == [202] + [409] * 7


@pytest.mark.usefixtures("deployment")
def test_refuses_while_the_ledger_knows_a_running_pass(api: Api, api_settings: Settings, empty: Warehouse) -> None:
    """One that `make elt` started, say: it holds the lock, however long it takes."""
    with open_run(api_settings, empty, "manual") as ledger:
        answer = api.post("/etl/trigger", headers=WITH_KEY)
        assert (answer.status_code, answer.json()["run_id"]) == (409, ledger.run_id)
        assert "prefect" not in answer.json()["links"]
    eventually(lambda: api.post("/etl/trigger", headers=WITH_KEY).status_code == 202, "the lock has ended")


@pytest.mark.usefixtures("deployment")
def test_the_id_of_prefects_run_is_told(api: Api, api_settings: Settings, empty: Warehouse) -> None:
    with open_run(api_settings, empty, "schedule", "a-flow-run"):
        body = api.post("/etl/trigger", headers=WITH_KEY).json()
    assert body["run_id"] == "a-flow-run"
    assert body["links"]["prefect"].endswith("/runs/flow-run/a-flow-run")


@pytest.mark.usefixtures("deployment")
def test_ledger_of_the_dead_does_not_block(api: Api, empty: Warehouse) -> None:
    Marts(empty).run(datetime.now(UTC) - timedelta(minutes=1), [], "running")
    assert api.post("/etl/trigger", headers=WITH_KEY).status_code == 202


def test_says_what_to_do_when_there_is_no_deployment(api: Api) -> None:
    answer = api.post("/etl/trigger", headers=WITH_KEY)
    assert answer.status_code == 503
    assert "elt/elt" in answer.json()["detail"]


def test_says_what_to_do_when_prefect_refuses_us(
    empty: Warehouse, api_settings: Settings, prefect: httpx.Client
) -> None:
    settings = at(api_settings, prefect, prefect_auth="kasparro:wrong")
    with serving(settings, lambda: empty.url("reader")) as api:
        answer = api.post("/etl/trigger", headers=WITH_KEY)
    assert answer.status_code == 503
    assert "PREFECT_AUTH" in answer.json()["detail"]
    assert "wrong" not in answer.text


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"paused": True}, "the schedule is paused in "),
        ({"schedules": []}, "the schedule is paused in "),
        ({"schedules": [{"schedule": {"interval": 3600}, "active": True}]}, "nothing takes the runs of "),
    ],
)
def test_health_says_what_stands_against_runs_by_schedule(
    api: Api, marts: Marts, prefect: httpx.Client, schedule: dict[str, Any], expected: str
) -> None:
    marts.run(datetime.now(UTC) - timedelta(days=1), [{"source": "csv"}])

    def reasons() -> str:
        return " ".join(reason["reason"] for reason in api.get("/health").json()["reasons"])

    eventually(lambda: "knows no deployment elt/elt" in reasons(), "it is missed")
    flow = prefect.post("/flows/", json={"name": "elt"}).json()["id"]
    created = prefect.post("/deployments/", json={"name": "elt", "flow_id": flow, **schedule}).json()
    try:
        eventually(lambda: expected in reasons(), expected)
    finally:
        prefect.delete(f"/deployments/{created['id']}")


def test_says_what_to_do_when_prefect_is_away(market: Api) -> None:
    answer = market.post("/etl/trigger", headers=WITH_KEY)
    assert answer.status_code == 503
    assert "make run" in answer.json()["detail"]
    assert "make elt" in answer.json()["detail"]
