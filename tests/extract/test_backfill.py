"""The past of a coin: window by window, each once; what a plan refuses is said and not asked for again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from extract import pipeline
from extract.errors import SourceError
from extract.landing import Past
from kasparro.settings import SourceName
from providers.faults import Rule
from providers.faults.answers import ServerError
from tests.extract.conftest import Extraction

COINS: dict[SourceName, str] = {"coingecko": "bitcoin", "coinpaprika": "btc-bitcoin"}
TABLES: dict[SourceName, str] = {
    "coingecko": "raw_coingecko.market_chart",
    "coinpaprika": "raw_coinpaprika.historical_tickers",
}
TIMES: dict[SourceName, str] = {"coingecko": "observed_at", "coinpaprika": "timestamp"}


def backfill(extraction: Extraction, source: SourceName, days: int) -> Any:
    now = datetime.now(UTC)
    past = Past(COINS[source], now - timedelta(days=days), now)
    return pipeline.run(source, extraction.settings, extraction.warehouse, backfill=past)


@pytest.mark.parametrize("source", list(COINS))
def test_the_past_lands_and_its_windows_are_asked_for_once(extraction: Extraction, source: SourceName) -> None:
    backfill(extraction, source, 200)
    statement = f"select count(*), count(distinct {TIMES[source]}), min({TIMES[source]}) from {TABLES[source]}"
    ((rows, moments, first),) = extraction.query(statement)
    assert rows == moments > 150
    assert datetime.now(UTC) - first >= timedelta(days=199)
    windows = len(extraction.stand_in.requests)
    extraction.lose_working_folder()
    extraction.play()

    backfill(extraction, source, 200)

    paths = [request.path for request in extraction.stand_in.requests]
    assert len(paths) == 1, "only the window that is still growing"
    assert windows > 2
    assert extraction.query(statement)[0][1] <= moments + 1
    assert not {"/coins/markets", "/tickers"} & set(paths)


@pytest.mark.parametrize("source", list(COINS))
def test_a_backfill_goes_on_where_it_stopped(extraction: Extraction, source: SourceName) -> None:
    path = "/coins/*/market_chart/range" if source == "coingecko" else "/tickers/*/historical"
    extraction.play(Rule(fault=ServerError(status=500), path=path, first=2))
    landed = backfill(extraction, source, 200)
    assert "status 500" in landed.problems[0]
    assert landed.accepted > 0
    extraction.play()

    again = backfill(extraction, source, 200)

    assert again.problems == ()
    ((rows, moments),) = extraction.query(f"select count(*), count(distinct {TIMES[source]}) from {TABLES[source]}")
    assert rows == moments > 150


@pytest.mark.parametrize("source", list(COINS))
def test_what_the_plan_refuses_is_said_and_not_asked_for_again(extraction: Extraction, source: SourceName) -> None:
    first = backfill(extraction, source, 600)
    assert any("plan" in problem for problem in first.problems)
    assert first.accepted > 0, "what the plan allows has landed"
    asked = [request.status for request in extraction.stand_in.requests]
    assert 2 <= asked.count(402) + asked.count(401) <= 5, "of 600 days in windows of 90, and a refusal is not retried"
    assert len(first.problems) == 1, "one reason is said once"
    extraction.play()

    again = backfill(extraction, source, 600)

    assert again.problems == first.problems, "but it is said again"
    assert {request.status for request in extraction.stand_in.requests} == {200}


@pytest.mark.parametrize("source", list(COINS))
def test_a_plans_whole_reach_lands_whatever_the_grid_of_windows(extraction: Extraction, source: SourceName) -> None:
    assert backfill(extraction, source, 364).problems == ()
    ((first,),) = extraction.query(f"select min({TIMES[source]}) from {TABLES[source]}")
    assert datetime.now(UTC) - first >= timedelta(days=363)
    extraction.play()

    assert backfill(extraction, source, 364).problems == ()

    assert {request.status for request in extraction.stand_in.requests} == {200}


def test_candles_land(extraction: Extraction) -> None:
    backfill(extraction, "coingecko", 25)

    statement = "select days, count(*) > 100, bool_and(low <= least(open, close)) from raw_coingecko.ohlc group by days"
    assert extraction.query(statement) == [(30, True, True)]


def test_an_unknown_coin_is_an_error(extraction: Extraction) -> None:
    past = Past("no-such-coin", datetime.now(UTC) - timedelta(days=3), datetime.now(UTC))

    with pytest.raises(SourceError, match="404"):
        pipeline.run("coingecko", extraction.settings, extraction.warehouse, backfill=past)
