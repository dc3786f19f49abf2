"""Prices over weeks: what moves with a decision and back, gaps and what fills them, and all of it made anew."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from extract import pipeline
from extract.landing import Past
from providers.faults import Plan, Rule
from providers.faults.fields import SetField
from providers.generated import GeneratedMarket
from tests.flows.conftest import System
from tests.flows.life import A_WEEK, Life, Project, deciding
from tests.flows.rebuilding import assert_all_can_be_made_anew
from tests.flows.test_history import DAY, HISTORY, assert_prices_add_up

START = datetime.now(UTC).replace(hour=12) - timedelta(days=60)
JOINED = ("coingecko", "alone-here", "same", "coinpaprika", "ot-only-there", "a test says so")
MINE = """symbol,name,price_usd,market_cap_usd,observed_at
BTC,Bitcoin,50000.5,1000000000,2025-01-01T00:00:00Z
OWN,My Own Coin,1.5,1000,2025-01-01T00:00:00Z
GONE,Gone Again,2.5,1000,2025-01-01T00:00:00Z
"""
CORRECTED = MINE.replace("1.5", "1.75").replace("GONE,Gone Again,2.5,1000,2025-01-01T00:00:00Z\n", "")
GAPS = (
    "select count(*) from ops.coverage_gaps where canonical_id = 'btc' and grain = 'day' "
    "and started_at < %s and ended_at > %s"
)
WRITTEN = """
    select 'quote', canonical_id, observed_at, xmin::text from marts.coin_quotes
    union all select 'hour', canonical_id, bucket_at, xmin::text from marts.coin_prices_hourly
    union all select 'day', canonical_id, bucket_at, xmin::text from marts.coin_prices_daily
"""


@pytest.fixture
def market() -> GeneratedMarket:
    """A small market, long enough ago to live through weeks."""
    return GeneratedMarket(coins=40, seed=7, start=START)


def a_week_later(life: Life, *events: Callable[[], object]) -> set[str]:
    """A week with events, and its pass. Returns the coins of which an older quote, hour or day was written or went."""
    query = life.system.query
    before = {(kind, coin, moment, transaction) for kind, coin, moment, transaction in query(WRITTEN)}
    for event in events:
        event()
    life.market.advance(A_WEEK)
    life.live()
    life.check()
    now = {(kind, coin, moment, transaction) for kind, coin, moment, transaction in query(WRITTEN)}
    newest = max(moment for _, _, moment, _ in before)
    return {coin for _, coin, moment, _ in before ^ now if moment <= newest}


def test_prices_follow_decisions_fill_gaps_and_can_be_made_anew(
    system: System, market: GeneratedMarket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: object
) -> None:
    def backfill(coin: str, first_day: int, days: int) -> None:
        start = START + first_day * DAY
        past = Past(coin, start, start + days * DAY)
        pipeline.run("coingecko", system.settings, system.warehouse, backfill=past)

    life = Life(market, system)
    (system.settings.csv_dir / "history.csv").write_text(HISTORY)
    (system.settings.csv_dir / "mine.csv").write_text(MINE)
    market.list_coin("Alone Here", "ah", at="coingecko")
    market.list_coin("Only There", "ot", price=3000, at="coinpaprika")

    # the past of a coin that nobody lists yet is published with its listing
    backfill("litecoin", -3, 1)
    assert system.run(sources=["coinpaprika"]).version == 1
    past = "select count(*) > 20 from marts.coin_quotes where source_coin_id = 'litecoin' and observed_at < %s"
    assert system.query(past, START - DAY) == [(False,)]
    life.live()
    assert system.query(past, START - DAY) == [(True,)]

    with deciding(Project.copied_to(tmp_path / "project"), monkeypatch) as project:
        project.decide(JOINED)
        written = a_week_later(
            life,
            lambda: market.rename("ethereum", "Ether of Old"),
            lambda: market.reprice("litecoin", 10, "coingecko"),
            lambda: market.delist("monero"),
            lambda: market.change_id("aave-new", "aave-aave", "coinpaprika"),
        )
        assert written == {"ah", "ot"}, "only what the decision moves is written anew"
        assert life.versions[-1].ids["coingecko", "alone-here"] == "ot"
        assert_prices_add_up(system)
        project.decide()
        days = (START + 4 * DAY, START + 2 * DAY)
        assert system.query(GAPS, *days) == [(1,)], "a week without a pass"
        backfill("bitcoin", 1, 3)
        (system.settings.csv_dir / "mine.csv").write_text(CORRECTED)
        written = a_week_later(life, lambda: market.migrate("matic-network", "POL", "pol"))
        assert written == {"ah", "ot", "btc", "own-my-own-coin", "gone-gone-again"}
        assert life.versions[-1].ids["coingecko", "alone-here"] == "ah"
        assert_prices_add_up(system)
        assert system.query(GAPS, *days) == [(0,)], "a backfill fills it"

    # a time in the future is taken to be that of the fetch
    future = SetField(field="last_updated", value="2099-01-01T00:00:00Z")
    system.stand_in.faults = Plan([Rule(fault=future, path=path) for path in ("/coins/markets", "/tickers")])
    market.reprice("ethereum", 5, "coinpaprika")
    life.live()
    assert system.query(
        "select source, count(*) > 20, bool_and(observed_at = fetched_at) from marts.coin_quotes "
        "where is_time_clamped group by source order by source"
    ) == [("coingecko", True, True), ("coinpaprika", True, True)]
    assert_prices_add_up(system)

    assert_all_can_be_made_anew(system, monkeypatch, capsys)
