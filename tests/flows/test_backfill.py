"""Backfills: of coins by our ids or the source's, once, within the budget, beside passes; and their console."""

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from extract.errors import SourceError
from flows import backfill
from flows.backfill import BackfillError, Calls, Unit
from kasparro.settings import Settings
from kasparro.warehouse import EmbeddedPostgres, Warehouse
from providers.stand_in import StandIn
from tests.flows.conftest import System
from tests.flows.installation import PATIENCE_SECONDS, Installation

TODAY = datetime.now(UTC).date()
CHARTED = "select count(*), count(distinct observed_at) from raw_coingecko.market_chart"


def back(days: int, *coins: str, sources: tuple[backfill.HistorySource, ...] = backfill.SOURCES) -> backfill.Request:
    return backfill.request(coins, TODAY - timedelta(days=days), None, sources)


def test_a_coin_is_read_from_every_source_that_lists_it_and_only_once(
    system: System, caplog: pytest.LogCaptureFixture
) -> None:
    system.run()
    caplog.set_level("INFO", "flows")

    outcome = backfill.run(back(100, "btc"), system.settings, system.warehouse)

    assert (outcome.exit_code, outcome.done) == (0, 2)
    ((rows, moments),) = system.query(CHARTED)
    assert rows == moments > 1000
    assert [line.partition(" records")[0].rpartition(":")[0] for line in caplog.messages if " of 2: " in line] == [
        "1 of 2: coingecko bitcoin",
        "2 of 2: coinpaprika btc-bitcoin",
    ]
    system.stand_in.requests.clear()
    again = backfill.run(back(100, "btc"), system.settings, system.warehouse)
    assert again.exit_code == 0
    assert len(system.stand_in.requests) <= 4, "only windows that are not settled yet"
    days = f"from {TODAY - timedelta(days=100)} to {TODAY}"
    assert system.query(
        "select status, subject, count(*) from ops.etl_runs where trigger = 'backfill' group by 1, 2 order by 2"
    ) == [
        ("success", f"coingecko:bitcoin {days}", 2),
        ("success", f"coinpaprika:btc-bitcoin {days}", 2),
    ]
    ((taken,),) = system.query("select sum(records_processed) from ops.etl_runs where trigger = 'backfill'")
    assert taken == outcome.records + again.records
    assert system.query("select count(*) from ops.run_anomalies") == [(0,)], "a backfill is compared with no pass"
    assert system.run().exit_code == 0


def test_passes_run_between_the_coins(system: System) -> None:
    seen: list[int] = []

    def read(
        unit: Unit, asked: backfill.Request, settings: Settings, warehouse: Warehouse, calls: Calls
    ) -> backfill.Extracted:
        seen.append(system.run(sources=["csv"]).exit_code)
        return backfill.read(unit, asked, settings, warehouse, calls)

    asked = back(10, "coingecko:bitcoin", "coingecko:ethereum")
    assert backfill.run(asked, system.settings, system.warehouse, read).exit_code == 0
    assert len(seen) == 2


def test_half_of_the_months_calls_are_left_to_passes(system: System) -> None:
    coins = [f"coingecko:{listing}" for listing in ("bitcoin", "ethereum", "tether", "solana", "dogecoin")]
    limited = system.settings.model_copy(update={"coingecko_monthly_calls": 14})

    outcome = backfill.run(back(80, *coins), limited, system.warehouse)

    assert outcome.exit_code == 3
    assert 0 < outcome.done < len(coins)
    assert "half of the calls that were left for coingecko this month are spent" in list(outcome.problems.values())[-1]
    ((made,),) = system.query("select calls from raw_coingecko.provider_calls")
    assert made <= 12


def test_what_can_not_be_read_is_told(system: System) -> None:
    outcome = backfill.run(back(5, "coingecko:no-such-coin"), system.settings, system.warehouse)
    assert outcome.exit_code == 1
    assert "404" in outcome.problems["coingecko no-such-coin"]
    system.run(sources=["csv"])
    with pytest.raises(BackfillError, match="no source with a past knows 'nonsense'"):
        backfill.run(back(5, "nonsense"), system.settings, system.warehouse)


def test_a_killed_backfill_goes_on_where_it_was(stand_in: StandIn, tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home", stand_in)
    days = (
        "--from",
        f"{TODAY - timedelta(days=300)}",
        "--to",
        f"{TODAY - timedelta(days=10)}",
        "--source",
        "coingecko",
    )
    charts = "select count(*), count(distinct (id, observed_at)), count(distinct id) from raw_coingecko.market_chart"
    broken = {"ENABLE_FAILURE_INJECTION": "true", "FAILURE_POINTS": "load.committed:kill:1"}

    def run(*coins: str, **environment: str) -> tuple[int, str]:
        backfill = installation.start("flows.backfill", *coins, *days, LOG_FORMAT="console", **environment)
        said, _ = backfill.communicate(timeout=PATIENCE_SECONDS)
        return backfill.returncode, said

    try:
        assert run("coingecko:bitcoin")[0] == 0
        assert run("coingecko:ethereum", **broken)[0] == -signal.SIGKILL
        stand_in.requests.clear()

        code, said = run("coingecko:bitcoin", "coingecko:ethereum")

        assert code == 0, said
        asked = [request.path for request in stand_in.requests]
        for coin in ("bitcoin", "ethereum"):
            path = f"/coins/{coin}/market_chart/range"
            assert asked.count(path) <= 1, "the window that is still growing: what was being loaded is completed"
        ((rows, moments, coins),) = installation.query(charts)
        assert rows == moments > 5000
        assert coins == 2
        assert [status for (status,) in installation.query("select status from ops.etl_runs order by started_at")] == [
            "success",
            "crashed",
            "success",
            "success",
        ]
    finally:
        EmbeddedPostgres(installation.settings).stop()


def test_what_is_no_day_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        backfill.main(["btc", "--from", "2025-13-01"])
    assert "'2025-13-01' is no day: expected one such as 2025-01-31" in capsys.readouterr().err


def test_a_request_is_of_whole_days() -> None:
    asked = backfill.request(["btc"], TODAY, TODAY)
    assert asked.end - asked.start == timedelta(days=1)
    with pytest.raises(BackfillError, match="give an end after its beginning"):
        backfill.request(["btc"], TODAY, TODAY - timedelta(days=1))
    with pytest.raises(BackfillError, match="at least one coin"):
        backfill.request([], TODAY, None)


def test_the_budget_is_refused_before_anything_is_asked() -> None:
    calls = Calls()
    assert calls.refusal("coingecko") is None
    calls.note("coingecko", backfill.Extracted(0, 0, (), calls_this_month=100, calls_budget=1000))
    assert calls.refusal("coingecko") is None
    calls.note("coingecko", backfill.Extracted(0, 0, (), calls_this_month=600, calls_budget=1000))
    assert calls.refusal("coingecko")
    assert calls.refusal("coinpaprika") is None
    with pytest.raises(SourceError):
        backfill.read(Unit("coingecko", "x"), back(1, "x"), None, None, calls)  # pyright: ignore[reportArgumentType]
