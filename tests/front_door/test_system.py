"""The whole system as `make demo` runs it: up, used, killed, up again, stopped."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg2
import pytest

from kasparro import processes
from kasparro.secrets import key_path
from kasparro.settings import REPOSITORY
from kasparro.warehouse import EmbeddedPostgres
from tests.conftest import make_settings
from tests.kasparro.commands import environment, kasparro

PATIENCE_SECONDS = 240


class System:
    """`python -m kasparro demo` in a home of its own, and what a user sees of it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings = make_settings(home)
        self.environment = environment(home, LOG_FORMAT="console")
        self.said = home.with_suffix(".out")
        self.api = f"http://127.0.0.1:{self.environment['API_PORT']}"
        self.prefect = f"http://127.0.0.1:{self.environment['PREFECT_PORT']}/api"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, in a session of its own, unless it runs."""
        if self.process and self.process.poll() is None:
            return
        with self.said.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kasparro", "demo"],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def eventually(self, ask: Callable[[], Any], what: str) -> Any:
        """Wait for an answer that is not empty, while the system runs."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (answer := ask()):
            assert self.process and self.process.poll() is None, f"it ended:\n{self.said.read_text()}"
            assert time.monotonic() < deadline, f"never: {what}\n{self.said.read_text()}"
            time.sleep(0.2)
        return answer

    def get(self, path: str, *place: str | int) -> Any:
        """What stands at a place of the API's JSON, or None while there is nothing."""
        try:
            answer = httpx.get(f"{self.api}{path}")
            answer.raise_for_status()
            return reduce(getitem, place, answer.json())
        except (httpx.HTTPError, LookupError):
            return None

    def bitcoin(self) -> Any:
        """The row of `/data` for BTC, or None while there is none."""
        return self.get("/data?symbol=BTC", "data", 0)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of a statement, as whoever has `make url`."""
        url = kasparro(self.environment, "url").stdout.strip()
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system, started."""
    running = System(tmp_path_factory.mktemp("system") / "a home")
    running.start()
    try:
        yield running
    finally:
        if running.process:
            running.process.kill()
            running.process.wait()
        processes.end(running.home)
        EmbeddedPostgres(running.settings).stop()


def test_it_serves_bitcoin_from_both_providers(system: System) -> None:
    bitcoin = system.eventually(system.bitcoin, "a row for BTC")
    assert bitcoin["canonical_id"] == "btc"
    assert {"coingecko", "coinpaprika"} <= set(bitcoin["sources"])
    assert bitcoin["price_usd"] > 0


def test_it_says_where_everything_is(system: System) -> None:
    said = system.eventually(
        lambda: re.search("(?s).*a pass every 5 minutes", system.said.read_text()), "the last line"
    )[0]
    assert "every price and headline is invented" in said
    for address in re.findall(r"http://\S+", said):
        assert httpx.get(address, follow_redirects=True).status_code == 200, address
    for key in re.findall(rf"{re.escape(str(system.home))}/keys/\w+", said):
        assert Path(key).stat().st_mode & 0o777 == 0o600
    assert f"127.0.0.1:{system.environment['PG_PORT']}/kasparro (make psql, make url)" in said
    assert "Traceback" not in said


def test_prefect_is_closed_to_others(system: System) -> None:
    user, password = key_path(system.settings, "prefect_auth").read_text().strip().split(":")
    system.eventually(lambda: "a pass every" in system.said.read_text(), "Prefect answers")
    asked = f"{system.prefect}/deployments/name/elt/elt"
    assert httpx.get(asked).status_code == 401
    assert httpx.get(asked, auth=(user, "wrong")).status_code == 401
    other_origin = {"Origin": "https://elsewhere.example"}
    answer = httpx.get(f"{system.prefect}/admin/version", auth=(user, password), headers=other_origin)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


def test_a_pass_can_be_triggered_with_the_admin_key(system: System) -> None:
    key = key_path(system.settings, "admin_api_key").read_text().strip()

    def trigger() -> httpx.Response | None:
        answer = httpx.post(f"{system.api}/etl/trigger", headers={"X-API-Key": key}, timeout=30)
        return answer if answer.status_code != 503 else None  # not registered yet

    assert system.eventually(trigger, "the deployment is registered").status_code == 202
    of_prefect = "select status from ops.etl_runs where trigger = 'prefect' and status <> 'running'"
    assert system.eventually(lambda: system.query(of_prefect), "the run ends") == [("success",)]


def test_a_second_system_in_the_same_home_is_refused(system: System) -> None:
    second = kasparro(system.environment, "demo")
    assert (second.returncode, second.stderr.partition(":")[0]) == (
        1,
        f"the system is already running in {system.home}",
    )
    assert system.bitcoin()


def test_a_killed_warehouse_comes_back(system: System) -> None:
    system.eventually(lambda: "a pass every" in system.said.read_text(), "everything has started")
    embedded = EmbeddedPostgres(system.settings)
    postmaster = embedded.running()
    assert postmaster
    psutil.Process(postmaster.pid).kill()
    system.eventually(lambda: embedded.running() not in (None, postmaster), "the embedded Postgres is back")
    system.eventually(lambda: system.get("/health", "database_connected"), "the API finds it again")
    assert system.bitcoin()


def test_its_documentation_is_served(system: System) -> None:
    docs = subprocess.Popen(
        [sys.executable, "-m", "kasparro", "docs"], cwd=REPOSITORY, env=system.environment, stdout=subprocess.PIPE
    )
    try:
        assert docs.stdout
        address = docs.stdout.readline().decode().split()[2]
        catalog = system.eventually(lambda: _json(f"{address}/catalog.json"), "the catalogue")
        assert "price_usd" in catalog["nodes"]["model.kasparro.coins"]["columns"]
    finally:
        docs.terminate()
        docs.wait()


def _json(url: str) -> Any:
    try:
        return httpx.get(url).json()
    except (httpx.TransportError, ValueError):
        return None


def test_after_a_kill_the_next_start_ends_what_was_left_and_goes_on(system: System) -> None:
    system.start()
    system.eventually(system.bitcoin, "the first pass")
    system.eventually(lambda: "a pass every" in system.said.read_text(), "everything has started")
    assert system.process
    (version,) = system.query("select max(version) from ops.publications")[0]
    system.process.kill()
    system.process.wait()
    left = processes.marked(system.home)
    services = {process.environ()[processes.SERVICE] for process in left}
    assert services >= {"api", "flows", "prefect-server", "providers"}

    system.start()

    told = "processes that an earlier run left behind"
    system.eventually(lambda: told in system.said.read_text(), "the leftovers are ended")
    assert not any(map(processes.is_live, left))
    assert system.eventually(lambda: system.get("/data", "meta", "version"), "data") >= version


def test_it_stops_without_a_trace(system: System) -> None:
    system.start()
    system.eventually(lambda: "a pass every" in system.said.read_text(), "everything has started")
    assert system.process
    postmaster = EmbeddedPostgres(system.settings).running()
    assert postmaster
    supervisor = psutil.Process(system.process.pid)
    family = [supervisor, *supervisor.children(recursive=True), psutil.Process(postmaster.pid)]
    system.process.send_signal(signal.SIGTERM)
    assert system.process.wait() == 0
    said = system.said.read_text()
    assert "stopping on SIGTERM (once more to stop at once)\n" in said
    assert said.endswith("stopped\n")
    assert processes.marked(system.home) == []
    assert not any(map(processes.is_live, family))
