"""The pass as Prefect runs it: a real server, a served deployment, and what its UI is told."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from kasparro.environment import prefect_environment
from kasparro.secrets import prefect_auth
from kasparro.settings import REPOSITORY, Settings
from kasparro.warehouse import EmbeddedPostgres
from providers.generated import GeneratedMarket
from providers.server import running
from tests.conftest import make_settings

PATIENCE_SECONDS = 180
FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


class Prefect:
    """A client of the server's REST API, as its UI is one."""

    def __init__(self, settings: Settings) -> None:
        user, _, password = prefect_auth(settings).partition(":")
        self.url = f"http://127.0.0.1:{settings.prefect_port}/api"
        self._client = httpx.Client(base_url=self.url, auth=(user, password), timeout=30)

    def get(self, path: str) -> Any:
        """A resource."""
        return self._client.get(path).raise_for_status().json()

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What a POST answers."""
        return self._client.post(path, json=body).raise_for_status().json()

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
        }
        program = str(Path(sys.executable).parent / "prefect")
        server = _start(
            [program, "server", "start", "--host", "127.0.0.1", "--port", str(settings.prefect_port)],
            environment,
            home / "server.log",
        )
        client = Prefect(settings)
        flows = None
        try:
            client.wait_for("/health", lambda answer: answer is True)
            flows = _start([sys.executable, "-m", "flows.serve"], environment, home / "flows.log")
            client.wait_for("/deployments/name/elt/elt", lambda deployment: deployment["status"] == "READY")
            yield client
        finally:
            for process in (flows, server):
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


def test_the_deployment_is_scheduled_and_never_runs_twice_at_once(prefect: Prefect) -> None:
    deployment = prefect.get("/deployments/name/elt/elt")

    assert [schedule["schedule"]["interval"] for schedule in deployment["schedules"]] == [3600.0]
    assert deployment["global_concurrency_limit"]["limit"] == 1
    assert deployment["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    sources = deployment["parameter_openapi_schema"]["properties"]["sources"]
    assert "Which sources to read" in sources["description"]


def test_a_run_started_from_the_ui_shows_its_sources_its_models_and_why_one_failed(prefect: Prefect) -> None:
    deployment = prefect.get("/deployments/name/elt/elt")
    started = prefect.post(f"/deployments/{deployment['id']}/create_flow_run", {"name": "by-hand"})

    run = prefect.wait_for(f"/flow_runs/{started['id']}", lambda run: run["state_type"] in FINAL)

    assert (run["state_type"], run["state_name"]) == ("COMPLETED", "Partial"), run["state"]
    assert "can't reach CoinGecko" in run["state"]["message"]
    of_run = {"flow_runs": {"id": {"any_": [run["id"]]}}}
    tasks = {task["name"]: task["state_type"] for task in prefect.post("/task_runs/filter", of_run)}
    assert tasks == {"extract coinpaprika": "COMPLETED", "extract coingecko": "FAILED", "dbt build": "COMPLETED"}
    artifacts = {artifact["key"]: artifact["data"] for artifact in prefect.post("/artifacts/filter", of_run)}
    assert set(artifacts) == {"dbt-nodes", "pass"}
    assert '"coins"' in str(artifacts["dbt-nodes"]).replace("'", '"')
    assert "can't reach CoinGecko" in artifacts["pass"]
