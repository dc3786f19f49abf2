"""The pass as Prefect runs it: a real server, a served deployment, and what its UI is told."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psutil
import psycopg2
import pytest

from flows import orphans
from flows.transform import LAYERS
from kasparro import turn
from kasparro.environment import prefect_environment
from kasparro.secrets import prefect_auth
from kasparro.settings import REPOSITORY, Settings
from kasparro.warehouse import EmbeddedPostgres, locate
from providers.faults import Plan, Rule
from providers.faults.transport import Hang, Slow
from providers.generated import GeneratedMarket
from providers.server import running
from providers.stand_in import StandIn
from tests.conftest import make_settings
from tests.flows.report import write_section
from tests.kasparro.commands import eventually

PATIENCE_SECONDS = 180
SERVICE_UNAVAILABLE = 503
DEPLOYMENTS = {
    "elt": {"sources"},
    "catalogue": {"sources"},
    "backfill": {"coins", "start", "end", "sources"},
    "maintenance": set[str](),
}
FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


class Prefect:
    """A client of the server's REST API, as its UI is one."""

    def __init__(self, settings: Settings, stand_in: StandIn, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.server: subprocess.Popen[bytes] | None = None
        self.flows: subprocess.Popen[bytes] | None = None
        self.settings = settings
        self.stand_in = stand_in
        user, _, password = prefect_auth(settings).partition(":")
        self.url = f"http://127.0.0.1:{settings.prefect_port}/api"
        self._client = httpx.Client(base_url=self.url, auth=(user, password), timeout=30)

    def start(self, name: str, **parameters: Any) -> Any:
        """Start a deployment."""
        deployment = self.get(f"/deployments/name/{name}/{name}")
        body = {"name": f"{name}-by-hand", "parameters": parameters}
        return self.post(f"/deployments/{deployment['id']}/create_flow_run", body)

    def run(self, name: str, **parameters: Any) -> Any:
        """Run a deployment to its end."""
        started = self.start(name, **parameters)
        return self.wait_for(f"/flow_runs/{started['id']}", lambda run: run["state_type"] in FINAL)

    def ledger(self, run: Any) -> list[tuple[Any, ...]]:
        """What the warehouse has recorded of a run."""
        with (
            closing(psycopg2.connect(locate(self.settings).url("reader"))) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("select status, error from ops.etl_runs where prefect_flow_run_id = %s", (run["id"],))
            return cursor.fetchall()

    def tasks(self, run: Any) -> dict[str, str]:
        """The tasks of a run, and how they ended."""
        found = self.post("/task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
        return {task["name"]: task["state_type"] for task in found}

    def artifacts(self, run: Any) -> dict[str, Any]:
        """The artifacts of a run."""
        found = self.post("/artifacts/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
        return {artifact["key"]: artifact["data"] for artifact in found}

    def start_server(self) -> None:
        """Start the server, in a session of its own."""
        command = [sys.executable, "-m", "kasparro", "prefect-server", "127.0.0.1"]
        self.server = _start(command, self.environment, self.settings.kasparro_home / "server.log")

        self.wait_for("/health", lambda answer: answer is True)

    def start_flows(self) -> None:
        """Serve the deployments, in a session of their own."""
        command = [sys.executable, "-m", "flows.serve"]
        self.flows = _start(command, self.environment, self.settings.kasparro_home / "flows.log")
        for name in ("elt", "maintenance"):
            self.wait_for(f"/deployments/name/{name}/{name}", lambda found: found["status"] == "READY")

    def kill(self, *processes: subprocess.Popen[bytes] | None) -> None:
        """Kill a service with all that it has started, as `kill -9` of everything does."""
        for process in processes:
            assert process is not None
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait()

    def database(self) -> sqlite3.Connection:
        """The server's own database."""
        return sqlite3.connect(self.settings.kasparro_home / "prefect" / "prefect.db", timeout=60)

    def get(self, path: str) -> Any:
        """A resource."""
        return self._client.get(path).raise_for_status().json()

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What a POST answers; a server whose database is locked by another request wants to be asked again."""
        answer = self._client.post(path, json=body)
        if answer.status_code == SERVICE_UNAVAILABLE:
            return self.post(path, body)
        return answer.raise_for_status().json()

    def wait_for(self, path: str, good: Callable[[Any], bool]) -> Any:
        """The resource, as soon as it is there and `good`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                found = self.get(path)
            except httpx.HTTPError:
                found = None
            if found is not None and good(found):
                return found
            time.sleep(0.3)
        raise AssertionError(f"{path} did not come to what was waited for")


def _start(command: list[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command, env=dict(environment), cwd=REPOSITORY, stdout=output, stderr=output, start_new_session=True
        )


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    """Prefect's server with the deployments served, over an embedded warehouse and stand-in providers."""
    home = tmp_path_factory.mktemp("prefect")
    settings = make_settings(home, etl_interval_minutes=60)
    with running(GeneratedMarket(coins=60, seed=5)) as stand_in:
        environment = {
            **os.environ,
            **prefect_environment(settings),
            "KASPARRO_HOME": str(home),
            "PG_PORT": str(settings.pg_port),
            "PREFECT_PORT": str(settings.prefect_port),
            "ETL_INTERVAL_MINUTES": "60",
            "SOURCES": "coinpaprika,coingecko",
            "COINPAPRIKA_BASE_URL": stand_in.coinpaprika_url,
            "COINGECKO_BASE_URL": "http://127.0.0.1:1",
            "COINPAPRIKA_RATE_LIMIT": "1000/s",
            "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "5",
        }
        client = Prefect(settings, stand_in, environment)
        try:
            client.start_server()
            client.start_flows()
            yield client
        finally:
            for process in (client.flows, client.server):
                if process is not None:
                    os.killpg(process.pid, signal.SIGTERM)
                    process.wait(30)
            EmbeddedPostgres(settings).stop()


def test_the_server_is_closed_to_callers_without_its_password(prefect: Prefect) -> None:
    answer = httpx.post(f"{prefect.url}/deployments/filter", json={})

    assert answer.status_code == 401


def test_other_origins_may_not_read_the_server(prefect: Prefect) -> None:
    answer = httpx.options(
        f"{prefect.url}/deployments/filter",
        headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"},
    )

    assert "access-control-allow-origin" not in answer.headers


def test_the_deployments_are_scheduled_and_none_runs_twice_at_once(prefect: Prefect) -> None:
    found = {name: prefect.get(f"/deployments/name/{name}/{name}") for name in DEPLOYMENTS}

    schedules = {name: [each["schedule"] for each in found[name]["schedules"]] for name in found}
    assert [schedule["interval"] for schedule in schedules["elt"]] == [3600.0]
    assert len(schedules["catalogue"]) == len(schedules["maintenance"]) == 1
    assert schedules["backfill"] == []
    for deployment in found.values():
        assert deployment["global_concurrency_limit"]["limit"] == 1
        assert deployment["tags"] and deployment["description"]
    assert found["elt"]["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"


def test_the_schedule_makes_runs(prefect: Prefect) -> None:
    scheduled = {"deployments": {"name": {"any_": ["elt"]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}

    eventually(lambda: bool(prefect.post("/flow_runs/filter", scheduled)), "the scheduler has made the runs to come")


def test_every_parameter_is_typed_and_explained(prefect: Prefect) -> None:
    for name, parameters in DEPLOYMENTS.items():
        schema = prefect.get(f"/deployments/name/{name}/{name}")["parameter_openapi_schema"]["properties"]
        assert set(schema) == parameters
        for parameter in schema.values():
            assert len(parameter["description"]) > 10
            assert "type" in parameter or "anyOf" in parameter


def test_a_run_started_from_the_ui_shows_its_sources_its_models_and_why_one_failed(prefect: Prefect) -> None:
    run = prefect.run("elt")

    assert (run["state_type"], run["state_name"]) == ("COMPLETED", "Partial"), run["state"]
    assert "can't reach CoinGecko" in run["state"]["message"]
    assert prefect.tasks(run) == {
        "extract coinpaprika": "COMPLETED",
        "extract coingecko": "FAILED",
        **{f"dbt {layer}": "COMPLETED" for layer in LAYERS},
    }
    artifacts = prefect.artifacts(run)
    assert set(artifacts) == {"dbt-nodes", "pass"}
    assert '"coins"' in str(artifacts["dbt-nodes"]).replace("'", '"')
    assert "can't reach CoinGecko" in artifacts["pass"]
    assert re.search(r"\| coins \| \d+ \| 0 \| 0 \|", artifacts["pass"])


def test_a_backfill_is_run_with_parameters_and_a_wrong_one_is_told(prefect: Prefect) -> None:
    week = {"start": str(datetime.now(UTC).date() - timedelta(days=7)), "sources": ["coinpaprika"]}

    run = prefect.run("backfill", coins=["coinpaprika:btc-bitcoin"], **week)
    assert (run["state_type"], prefect.tasks(run)) == ("COMPLETED", {"coinpaprika btc-bitcoin": "COMPLETED"})
    assert "records landed" in prefect.artifacts(run)["backfill"]

    refused = prefect.run("backfill", coins=["nonsense"], **week)
    assert refused["state_type"] == "FAILED"
    assert "no source with a past knows 'nonsense'" in refused["state"]["message"]


def test_maintenance_says_what_it_did(prefect: Prefect) -> None:
    run = prefect.run("maintenance")
    assert run["state_type"] == "COMPLETED", run["state"]
    assert re.fullmatch(r"nothing to do|(\S[^:]*: [\d,]+ [^,]+(, )?)+", run["state"]["message"]), run["state"]


LATER = """
    update flow_run set end_time = strftime('%Y-%m-%d %H:%M:%f000', end_time, '-15 days') where end_time is not null;
    update events set occurred = strftime('%Y-%m-%d %H:%M:%f000', occurred, '-3 days');
    update event_resources set occurred = strftime('%Y-%m-%d %H:%M:%f000', occurred, '-3 days');
"""
LEFT = """
    select
        (select count(*) from flow_run where id = :run) + (select count(*) from task_run where flow_run_id = :run)
        + (select count(*) from log where flow_run_id = :run) + (select count(*) from artifact where flow_run_id = :run)
        + (select count(*) from events where occurred < datetime('now', '-2 days'))
        + (select count(*) from event_resources where occurred < datetime('now', '-2 days'))
"""


def test_old_runs_go_and_their_room_in_prefects_database_is_used_again(prefect: Prefect) -> None:
    old = prefect.run("maintenance")
    with closing(prefect.database()) as database:
        values = {"run": str(UUID(old["id"]))}
        eventually(lambda: database.execute(LEFT, values).fetchone() >= (2,), "the run and what it logged are kept")
        database.executescript(LATER)

        eventually(lambda: database.execute(LEFT, values).fetchone() == (0,), "two weeks later it is gone")

        ((free,),) = database.execute("pragma freelist_count").fetchall()
        ((pages,),) = database.execute("pragma page_count").fetchall()
        assert free > 0
        assert prefect.run("maintenance")["state_type"] == "COMPLETED"
        assert database.execute("pragma page_count").fetchall() == [(pages,)], "the file has not grown"


def test_the_schedule_is_paused_and_resumed(prefect: Prefect) -> None:
    for what, said, paused in (
        ("pause", "nothing runs by schedule until it is resumed\n", True),
        ("resume", "the schedule is in force again\n", False),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "flows.schedule", what],
            env=dict(prefect.environment),
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == said, done.stderr
        assert prefect.get("/deployments/name/elt/elt")["paused"] is paused


def test_a_cancelled_run_gives_its_turn_back(prefect: Prefect) -> None:
    prefect.stand_in.faults = Plan([Rule(fault=Hang(), provider="coinpaprika")])
    run = prefect.start("elt")
    prefect.wait_for(f"/flow_runs/{run['id']}", lambda run: run["state_type"] == "RUNNING")
    eventually(lambda: prefect.ledger(run) == [("running", None)], "the pass has the turn, and is in the ledger")

    prefect.post(f"/flow_runs/{run['id']}/set_state", {"state": {"type": "CANCELLING"}})

    ended = prefect.wait_for(f"/flow_runs/{run['id']}", lambda run: run["state_type"] in FINAL)
    assert ended["state_type"] == "CANCELLED"
    eventually(lambda: turn.holder(prefect.settings) is None, "the turn is free")
    assert prefect.ledger(run) == [("failed", "stopped before its end")]
    prefect.stand_in.faults = Plan()
    assert prefect.run("elt")["state_name"] == "Partial"


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, str]]:
    """What was killed → what became of the pass. Written to the documentation when it is whole."""
    seen: dict[str, str] = {}
    yield seen
    if len(seen) == 2:
        write_section("prefect", ["killed in mid-pass, then started again", "outcome"], [*map(list, seen.items())])


@pytest.mark.long
def test_a_pass_outlives_its_server(prefect: Prefect, outcomes: dict[str, str]) -> None:
    """The server is killed in the middle of a pass and comes back, as under `make run`."""
    prefect.stand_in.faults = Plan([Rule(fault=Slow(delay=5), provider="coinpaprika")])
    run = prefect.start("elt")
    eventually(lambda: turn.holder(prefect.settings) is not None, "the pass has the turn")
    prefect.kill(prefect.server)
    prefect.start_server()
    prefect.stand_in.faults = Plan()

    ended = prefect.wait_for(f"/flow_runs/{run['id']}", lambda run: run["state_type"] in FINAL)

    assert (ended["state_type"], ended["state_name"]) == ("COMPLETED", "Partial"), ended["state"]
    assert turn.holder(prefect.settings) is None
    assert prefect.ledger(run)[0][0] == "partial"
    outcomes["Prefect's server"] = "the pass goes on, publishes, and the server learns of it"


@pytest.mark.long
def test_after_everything_was_killed_the_schedule_goes_on(prefect: Prefect, outcomes: dict[str, str]) -> None:
    """Prefect's server, the flows and a running pass die at once: nothing waits for the dead."""
    prefect.stand_in.faults = Plan([Rule(fault=Hang(), provider="coinpaprika")])
    dead = prefect.start("elt")
    eventually(lambda: prefect.ledger(dead) == [("running", None)], "the pass is in the ledger")
    prefect.kill(prefect.flows, prefect.server)
    prefect.stand_in.faults = Plan()
    prefect.start_server()
    prefect.start_flows()

    ended = prefect.wait_for(f"/flow_runs/{dead['id']}", lambda run: run["state_type"] in FINAL)
    assert (ended["state_type"], ended["state"]["message"]) == ("CRASHED", orphans.MESSAGE)
    assert prefect.run("elt")["state_name"] == "Partial"
    assert prefect.ledger(dead) == [("crashed", "killed before its end")]
    everything = "Prefect's server, the flows and the pass"
    outcomes[everything] = "crashed, in Prefect and in the ledger; the next pass publishes"
