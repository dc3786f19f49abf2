"""Prefect as a test has it: a real server and served deployments in sessions of their own, and a client of its API."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg2

from kasparro.processes import is_live
from kasparro.secrets import prefect_auth
from kasparro.settings import REPOSITORY, Settings
from kasparro.warehouse import locate
from providers.stand_in import StandIn

PATIENCE_SECONDS = 180
SERVICE_UNAVAILABLE = 503
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

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a statement, as the administrator."""
        with (
            closing(psycopg2.connect(locate(self.settings).url("admin"))) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, values)
            return cursor.fetchall()

    def ledger(self, run: Any) -> list[tuple[Any, ...]]:
        """What the warehouse has recorded of a run."""
        return self.query("select status, error from ops.etl_runs where prefect_flow_run_id = %s", run["id"])

    def cancel(self, run: Any) -> Any:
        """Cancel a run, as the UI does; returns it once it has ended."""
        self.post(f"/flow_runs/{run['id']}/set_state", {"state": {"type": "CANCELLING"}})
        return self.wait_for(f"/flow_runs/{run['id']}", lambda run: run["state_type"] in FINAL)

    def running(self) -> list[psutil.Process]:
        """The processes of runs, among those that the served flows have started."""
        assert self.flows is not None
        children = psutil.Process(self.flows.pid).children(recursive=True)
        return [child for child in children if is_live(child) and "prefect.engine" in child.cmdline()]

    def tasks(self, run: Any) -> dict[str, str]:
        """The tasks of a run, and how they ended."""
        found = self.post("/task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
        return {task["name"]: task["state_type"] for task in found}

    def logged(self, run: Any) -> list[str]:
        """What the UI shows of a run's log."""
        found = self.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [run["id"]]}}, "limit": 200})
        return [line["message"] for line in found]

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
