"""The pass as Prefect runs it: a real server, a served deployment, and what its UI is told."""

import json
import os
import re
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import psycopg2
import pytest

from flows import orphans
from flows.transform import LAYERS
from kasparro import turn
from kasparro.secrets import prefect_auth
from kasparro.settings import REPOSITORY
from kasparro.warehouse import EmbeddedPostgres, locate
from providers.faults import Plan, Rule
from providers.faults.transport import Hang, Slow
from providers.generated import GeneratedMarket
from providers.server import running
from tests import hostile
from tests.api.browser import chromium, complaints, text
from tests.api.browser import requests as addresses
from tests.conftest import make_settings
from tests.flows.prefect_server import FINAL, Prefect
from tests.flows.report import write_section
from tests.kasparro.commands import eventually

DEPLOYMENTS = {
    "elt": {"sources"},
    "catalogue": {"sources"},
    "backfill": {"coins", "start", "end", "sources"},
    "maintenance": set[str](),
}
PROFILE = """
active = "test"
[profiles.test]
PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS = "5"
"""


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    """Prefect's server with the deployments served, over an embedded warehouse and stand-in providers."""
    home = tmp_path_factory.mktemp("prefect")
    settings = make_settings(home, etl_interval_minutes=60)
    (home / "prefect").mkdir()
    (home / "prefect" / "profiles.toml").write_text(PROFILE)
    with running(GeneratedMarket(coins=60, seed=5)) as stand_in:
        environment = {
            **os.environ,
            **hostile.SHELL,
            "KASPARRO_HOME": str(home),
            "PG_PORT": str(settings.pg_port),
            "PREFECT_PORT": str(settings.prefect_port),
            "ETL_INTERVAL_MINUTES": "60",
            "SOURCES": "coinpaprika,coingecko",
            "COINPAPRIKA_BASE_URL": stand_in.coinpaprika_url,
            "COINGECKO_BASE_URL": "http://127.0.0.1:1",
            "COINPAPRIKA_RATE_LIMIT": "1000/s",
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
    said = prefect.logged(run)
    assert "extracting coinpaprika, coingecko" in said
    assert any(re.fullmatch(r"coinpaprika: [\d,]+ records", line) for line in said), said
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


def schedule(prefect: Prefect, what: str) -> str:
    """What a command of the schedule prints."""
    done = subprocess.run(
        [sys.executable, "-m", "flows.schedule", what],
        env=dict(prefect.environment),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_schedule_is_paused_and_resumed_and_says_what_is_in_force(prefect: Prefect) -> None:
    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+"
    for what, said, paused in (
        ("pause", "nothing runs by schedule until it is resumed\n", True),
        ("resume", "the schedule is in force again\n", False),
    ):
        assert schedule(prefect, what) == said
        assert prefect.get("/deployments/name/elt/elt")["paused"] is paused
        lines = schedule(prefect, "status").splitlines()
        assert [line.split()[:2] for line in lines[:3]] == [
            [name, "paused" if paused else "active"] for name in ("elt", "catalogue", "maintenance")
        ]
        assert re.search(rf"last ({moment}: \w+|never)$", lines[0]), lines
        assert lines[3:] == (["what is paused runs by hand only: python -m flows.schedule resume"] if paused else [])
    eventually(
        lambda: re.search(f"next {moment}", schedule(prefect, "status").splitlines()[0]) is not None, "a run is due"
    )


PAGES_OF_THE_UI = {
    "v2/dashboard": "Flow Runs",
    "v2/runs": "Runs",
    "v2/deployments": "catalogue",
    "dashboard": "Flow Runs",
    "runs": "catalogue",
}
"""What a page shows to whom is signed in."""


def test_the_pages_of_its_ui_ask_no_other_host(prefect: Prefect, tmp_path: Path) -> None:
    here = f"http://127.0.0.1:{prefect.settings.prefect_port}"
    password = b64encode(prefect_auth(prefect.settings).encode()).decode()
    with chromium(tmp_path / "profile") as browser:
        browser.get(f"{here}/v2/login")
        browser.execute_script("localStorage.setItem('prefect-password', arguments[0])", password)
        for page, content in PAGES_OF_THE_UI.items():
            browser.get(f"{here}/{page}")
            eventually(lambda said=content: said in text(browser, "body"), f"{page} shows {content}")
            asked = {address for address in addresses(browser) if urlsplit(address).scheme in ("http", "https", "ws")}
            assert asked
            assert {urlsplit(address).netloc for address in asked} == {here.removeprefix("http://")}
        assert not [each for each in complaints(browser) if "Content Security Policy" in each["message"]]


def test_every_line_of_its_log_is_dated(prefect: Prefect) -> None:
    prefect.run("maintenance")
    lines = (prefect.settings.kasparro_home / "flows.log").read_text().splitlines()
    assert any("flow_run_name" in line for line in lines), "a run has logged"
    for line in lines:
        assert datetime.fromisoformat(json.loads(line)["time"]).tzinfo is not None


def test_a_cancelled_run_gives_its_turn_back(prefect: Prefect) -> None:
    prefect.stand_in.faults = Plan([Rule(fault=Hang(), provider="coinpaprika")])
    prefect.stand_in.requests.clear()
    run = prefect.start("elt")
    eventually(lambda: bool(prefect.stand_in.requests), "the pass waits for a provider")

    assert prefect.cancel(run)["state_type"] == "CANCELLED"

    assert prefect.ledger(run) == [("cancelled", "stopped before its end")]
    assert prefect.tasks(run)["extract coinpaprika"] == "CANCELLED", "it ended by itself, nobody had to kill it"
    assert (turn.holder(prefect.settings), prefect.running()) == (None, [])
    prefect.stand_in.faults = Plan()
    assert prefect.run("elt")["state_name"] == "Partial"


AT_WORK = "select wait_event_type from pg_stat_activity where usename ~ '^kasparro_(loader|transformer)_'"


def test_a_run_cancelled_while_dbt_works_leaves_no_query_behind(prefect: Prefect) -> None:
    with closing(psycopg2.connect(locate(prefect.settings).url("admin"))) as another, another.cursor() as cursor:
        cursor.execute("lock table ops.pruned_quotes in access exclusive mode")
        run = prefect.start("elt")
        eventually(lambda: ("Lock",) in prefect.query(AT_WORK), "dbt waits for the table")

        assert prefect.cancel(run)["state_type"] == "CANCELLED"

        assert prefect.ledger(run) == [("cancelled", "stopped before its end")]
        assert (turn.holder(prefect.settings), prefect.running()) == (None, [])
        eventually(lambda: prefect.query(AT_WORK) == [], "the query does not wait for it any longer")


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
