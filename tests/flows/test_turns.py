"""One pass, backfill or maintenance at a time: who else comes is refused, and who loses the turn publishes nothing."""

import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from flows import steps, transform, turns
from flows.console import STOPPED
from flows.ledger import Ledger
from flows.transform import NodeResult, TransformError, Watch
from flows.turns import BusyError, TurnLostError
from kasparro import turn
from kasparro.settings import Settings
from kasparro.warehouse import EmbeddedPostgres, Warehouse, ensure_warehouse, locate
from providers.faults import Plan, Rule
from providers.faults.transport import Hang
from providers.generated import GeneratedMarket
from providers.server import running
from tests.flows.conftest import System
from tests.flows.installation import PATIENCE_SECONDS, Installation
from tests.kasparro.commands import eventually, kasparro

CUT = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'kasparro pass'"


def pass_of(system: System, **how: object) -> steps.Outcome:
    """A pass with steps of its own."""
    return steps.run_pass(system.settings, "test", **how)  # pyright: ignore[reportArgumentType]


def statuses(system: System) -> list[tuple[object, ...]]:
    """How the passes ended."""
    return system.query("select status, error from ops.etl_runs order by started_at")


def test_two_passes_at_once_are_refused_also_from_two_homes(system: System, tmp_path: Path) -> None:
    elsewhere = system.settings.model_copy(update={"kasparro_home": tmp_path / "elsewhere"})
    with turns.take(system.settings, system.warehouse, "backfill"):
        assert system.query(turn.HOLDER, role="reader") == [("backfill",)]
        for settings in (system.settings, elsewhere):
            with pytest.raises(BusyError, match="a backfill is running: let it finish"):
                steps.run_pass(settings, "test")
    assert system.query(turn.HOLDER) == []


def test_who_is_patient_waits_for_the_turn(filled: System) -> None:
    with ThreadPoolExecutor(1) as pool:
        with turns.take(filled.settings, filled.warehouse, "backfill"):
            waiting = pool.submit(steps.run_pass, filled.settings, "test", patience=120)
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
        assert waiting.result().exit_code == 0


def test_who_has_lost_the_turn_keeps_the_home_to_itself(system: System) -> None:
    with turns.take(system.settings, system.warehouse, "pass") as mine:
        mine.require()
        system.query(CUT)
        with pytest.raises(TurnLostError):
            mine.require()
        with pytest.raises(BusyError), turns.take(system.settings, system.warehouse, "pass"):
            pass


def test_a_pass_that_loses_its_turn_while_it_reads_ends_before_dbt(system: System) -> None:
    def read_and_lose(settings: Settings, warehouse: Warehouse, ledger: Ledger) -> dict[str, str]:
        steps.extract_source("coinpaprika", settings, warehouse, ledger)
        system.query(CUT)
        return {}

    def build(*_: object) -> tuple[NodeResult, ...]:
        raise AssertionError("dbt must not run")

    with pytest.raises(TurnLostError, match="the warehouse was restarted"):
        pass_of(system, extract_all=read_and_lose, build=build)

    ((status, error),) = statuses(system)
    assert (status, str(error).partition(",")[0]) == ("failed", "the warehouse was restarted")


def test_a_pass_that_loses_its_turn_during_dbt_publishes_nothing(system: System) -> None:
    refusals: list[str] = []

    def lose_and_build(settings: Settings, warehouse: Warehouse, ledger: Ledger) -> tuple[NodeResult, ...]:
        system.query(CUT)
        try:
            return transform.build(settings, warehouse, Watch(), run_id=ledger.run_id, turn=ledger.turn.key)
        except TransformError as error:
            refusals.append(str(error))
            raise

    with pytest.raises(TurnLostError):
        pass_of(system, build=lose_and_build)

    assert "the pass has lost its turn" in refusals[0], "the publication itself refuses"
    assert system.query("select count(*) from ops.publications") == [(0,)]
    assert system.query("select count(*) from marts.coins") == [(0,)]
    assert system.run().version == 1


@pytest.fixture
def slow_installation(tmp_path: Path) -> Iterator[Installation]:
    """An installation whose CoinGecko never answers."""
    with running(GeneratedMarket(coins=20, seed=3)) as stand_in:
        stand_in.faults = Plan([Rule(fault=Hang(), provider="coingecko")])
        installation = Installation(tmp_path / "home", stand_in)
        yield installation
        EmbeddedPostgres(installation.settings).stop()


def reads(installation: Installation, stand_in_source: str) -> bool:
    """Whether a source is being read."""
    try:
        found = installation.query(
            "select count(*) from ops.etl_source_runs where status = 'running' and source = %s", stand_in_source
        )
    except psycopg2.Error:
        return False
    return found == [(1,)]


def test_stop_ends_a_running_pass_and_says_so(slow_installation: Installation) -> None:
    a_pass = slow_installation.start_pass(LOG_FORMAT="console")
    eventually(lambda: reads(slow_installation, "coingecko"), "CoinGecko is being read")

    stopped = kasparro(slow_installation.environment, "stop")

    assert stopped.stdout == (
        f"ending the running pass (process {a_pass.pid}): the next pass completes its work\n"
        "stopped the embedded warehouse\n"
    )
    said, _ = a_pass.communicate(timeout=PATIENCE_SECONDS)
    assert (a_pass.returncode, said.splitlines()[-1]) == (130, "stopped: the next pass completes the work")
    assert turn.holder(slow_installation.settings) is None
    EmbeddedPostgres(slow_installation.settings).start()
    assert slow_installation.query("select status, error from ops.etl_runs") == [
        ("cancelled", "stopped before its end")
    ]
    assert slow_installation.query("select distinct status from ops.etl_source_runs") == [("cancelled",)]
    assert slow_installation.query("select count(*) from ops.run_anomalies") == [(0,)], "who stops a run knows of it"


def test_a_dead_process_has_no_turn(slow_installation: Installation) -> None:
    a_pass = slow_installation.start_pass()
    eventually(lambda: reads(slow_installation, "coingecko"), "CoinGecko is being read")
    assert turn.holder(slow_installation.settings) == (a_pass.pid, "pass")
    a_pass.send_signal(signal.SIGKILL)
    a_pass.communicate()
    assert turn.holder(slow_installation.settings) is None
    assert turn.end(slow_installation.settings) is None


def stopped(process: subprocess.Popen[str], wish: signal.Signals) -> str:
    """Tell a process to stop; returns the last line that it says then."""
    process.send_signal(wish)
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == STOPPED, said
    return said.splitlines()[-1]


def test_a_pass_stopped_while_dbt_works_leaves_no_query_behind(slow_installation: Installation) -> None:
    installation = slow_installation
    ensure_warehouse(installation.settings)
    queries = "select wait_event_type from pg_stat_activity where usename ~ '^kasparro_transformer_'"
    with closing(psycopg2.connect(locate(installation.settings).url("admin"))) as another, another.cursor() as cursor:
        cursor.execute("lock table ops.pruned_quotes in access exclusive mode")
        a_pass = installation.start_pass(SOURCES="csv", LOG_FORMAT="console")
        eventually(lambda: ("Lock",) in installation.query(queries), "dbt waits for the table")

        assert stopped(a_pass, signal.SIGTERM) == "stopped: the next pass completes the work"

        assert installation.query("select status, error from ops.etl_runs") == [("cancelled", "stopped before its end")]
        eventually(lambda: installation.query(queries) == [], "the query does not wait for it any longer")


def test_ctrl_c_ends_a_whole_backfill(slow_installation: Installation) -> None:
    coins = ["coingecko:bitcoin", "coingecko:ethereum"]
    backfill = slow_installation.start("flows.backfill", *coins, "--from", "2026-01-01", LOG_FORMAT="console")
    stand_in = slow_installation.stand_in
    eventually(lambda: any("market_chart" in str(request) for request in stand_in.requests), "the first coin is read")

    assert stopped(backfill, signal.SIGINT) == "stopped: the same command goes on where it was"

    assert slow_installation.query("select status, error from ops.etl_runs") == [
        ("cancelled", "stopped before its end")
    ]
