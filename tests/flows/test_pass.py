"""A whole pass on real Postgres against the stand-in providers: what it publishes, and what when things fail."""

from decimal import Decimal
from typing import Any

import pytest

from flows.ledger import open_run
from flows.steps import describe
from flows.turns import BusyError
from providers.generated import GeneratedMarket
from tests.flows.conftest import System

NOWHERE = "http://127.0.0.1:1"
MARTS = (
    *("coins", "coin_listings", "coin_quotes", "coin_candles", "coin_prices_hourly", "coin_prices_daily"),
    *("news_articles", "news_mentions", "coin_ids", "coin_listing_history", "coin_changes", "coin_snapshots"),
    *("coin_relations", "coin_deployments"),
)


def test_a_pass_publishes_every_listing_and_one_bitcoin_of_both_providers(
    system: System, market: GeneratedMarket
) -> None:
    outcome = system.run()

    assert outcome.exit_code == 0, outcome.error
    assert outcome.version == 1
    listed = dict(system.query("select source, count(*) from marts.coin_listings group by source"))
    assert listed == {
        "coingecko": len(market.coingecko_list(active=True)),
        "coinpaprika": len(market.coinpaprika_coins()),
    }
    assert system.query("select canonical_id, sources from marts.coins where symbol = 'BTC'") == [
        ("btc", ["coingecko", "coinpaprika"])
    ]
    assert system.query("select count(*) > 0 from marts.news_articles") == [(True,)]
    planned = dict(system.query("select source, plan from ops.source_status where plan is not null", role="reader"))
    assert planned == {"coingecko": "ranks 1–250 every 5 min", "coinpaprika": "tickers every 5 min"}


def test_a_second_pass_over_an_unchanged_market_adds_nothing(filled: System) -> None:
    before = {mart: filled.content(f"marts.{mart}") for mart in MARTS}
    raw = filled.query(
        "select count(*) from raw_coingecko.markets union all select count(*) from raw_coinpaprika.tickers"
    )

    outcome = filled.run()

    assert outcome.exit_code == 0
    assert outcome.version == 1, "nothing changed, so nothing new was published"
    assert outcome.publication == "nothing new: version 1 stays"
    assert {mart: filled.content(f"marts.{mart}") for mart in MARTS} == before
    assert (
        filled.query(
            "select count(*) from raw_coingecko.markets union all select count(*) from raw_coinpaprika.tickers"
        )
        == raw
    )


def test_an_update_is_published_and_the_old_quote_stays_in_the_record(filled: System, market: GeneratedMarket) -> None:
    old = filled.query("select price_usd, updated_at from marts.coins where canonical_id = 'btc'")[0]
    quotes = filled.query("select count(*) from marts.coin_quotes where canonical_id = 'btc'")[0][0]
    market.reprice("bitcoin", 1.5)
    market.advance(5)

    outcome = filled.run()

    new = filled.query("select price_usd, updated_at from marts.coins where canonical_id = 'btc'")[0]
    assert outcome.version == 2
    assert float(new[0]) == pytest.approx(float(old[0]) * 1.5, rel=0.2)
    assert new[1] > old[1]
    assert filled.query("select count(*) from marts.coin_quotes where canonical_id = 'btc'")[0][0] == quotes + 2


def test_a_price_that_jumps_at_one_source_is_held_back_and_shown(filled: System) -> None:
    filled.query("update marts.coin_listings set price_usd = price_usd * 2 where source_coin_id = 'btc-bitcoin'")
    filled.query("delete from ops.last_build")  # nothing has landed since: a pass would have nothing to do
    old = filled.query("select price_usd from marts.coins where canonical_id = 'btc'")[0][0]

    assert filled.run().exit_code == 0

    coingecko, coinpaprika = filled.query(
        "select is_counted, held_back_reason from marts.coin_listings where canonical_id = 'btc' order by source"
    )
    assert coingecko == (True, None)
    assert coinpaprika[0] is False
    assert coinpaprika[1].startswith("implausible against coingecko: ")
    ((consensus, price, spread),) = filled.query(
        "select consensus, price_usd, price_spread_pct from marts.coins where canonical_id = 'btc'"
    )
    assert consensus == "most_plausible"
    assert price == pytest.approx(old, rel=Decimal("0.1"))
    assert spread > 80


def test_one_source_failing_stops_no_other_and_says_what_to_do(system: System) -> None:
    outcome = system.run(coingecko_base_url=NOWHERE)

    assert outcome.exit_code == 3
    assert outcome.failures == {
        "coingecko": "can't reach CoinGecko at 127.0.0.1:1 (connection refused): "
        "check the network, or COINGECKO_BASE_URL"
    }
    assert system.query("select distinct source from marts.coin_listings") == [("coinpaprika",)]
    runs = dict(system.query("select source, status from ops.etl_source_runs"))
    assert runs == {"coinpaprika": "success", "coingecko": "failed", "csv": "success", "rss": "success"}


def test_what_is_unusual_about_a_pass_is_recorded(system: System, market: GeneratedMarket) -> None:
    system.run(sources=["coinpaprika", "coingecko"])
    market.advance(5)
    system.run(sources=["coinpaprika", "csv"], coinpaprika_base_url=NOWHERE)

    found = system.query("select source, kind, severity from ops.run_anomalies order by source, kind", role="reader")

    assert found == [
        ("coingecko", "sources_changed", "warning"),
        ("coinpaprika", "new_error", "warning"),
        ("coinpaprika", "status_change", "warning"),
        ("csv", "sources_changed", "info"),
    ]


def test_both_apis_unreachable_still_publishes_the_csv_files(system: System) -> None:
    (system.settings.csv_dir / "mine.csv").write_text(
        "symbol,name,price_usd,market_cap_usd,observed_at\nBTC,Bitcoin,50000.5,1000000000,2025-01-01T00:00:00Z\n"
    )

    outcome = system.run(coingecko_base_url=NOWHERE, coinpaprika_base_url=NOWHERE)

    assert outcome.exit_code == 3
    assert set(outcome.failures) == {"coingecko", "coinpaprika"}
    assert system.query("select canonical_id, price_usd::text, sources from marts.coins") == [
        ("btc", "50000.5", ["csv:mine"])
    ]


def test_nothing_readable_publishes_nothing_and_keeps_the_last_version(filled: System) -> None:
    before = filled.content("marts.coins")

    outcome = filled.run(sources=["coingecko"], coingecko_base_url=NOWHERE)

    assert outcome.exit_code == 1
    assert outcome.error == "no source could be read: nothing new is published"
    assert filled.content("marts.coins") == before


def test_a_failing_audit_leaves_the_published_marts_as_they_were(filled: System, market: GeneratedMarket) -> None:
    filled.query(
        "insert into marts.coins (canonical_id, symbol, name, status, consensus, source_count, sources, first_seen_at, "
        "last_seen_at) select 'ghost', symbol, name, status, consensus, source_count, sources, first_seen_at, "
        "last_seen_at from marts.coins limit 1"
    )
    before = {mart: filled.query(f"select t::text, xmin::text from marts.{mart} as t order by 1") for mart in MARTS}
    market.advance(5)

    outcome = filled.run()

    assert outcome.exit_code == 1
    assert outcome.error and "assert_coins_never_vanish" in outcome.error
    assert {
        mart: filled.query(f"select t::text, xmin::text from marts.{mart} as t order by 1") for mart in MARTS
    } == before
    assert filled.query("select max(version) from ops.publications") == [(1,)]

    filled.query("delete from marts.coins where canonical_id = 'ghost'")
    assert filled.run().version == 2, "what was held back is published by the next good pass"


def test_views_and_grants_on_a_mart_survive_every_pass(filled: System, market: GeneratedMarket) -> None:
    filled.query("create schema mine; create view mine.top as select * from marts.coins where rank <= 3")
    filled.query("grant select (symbol) on marts.coins to pg_monitor")
    market.advance(5)

    outcome = filled.run()

    assert outcome.version == 2
    assert filled.query("select count(*) from mine.top") == [(3,)]
    assert filled.query("select has_column_privilege('pg_monitor', 'marts.coins', 'symbol', 'select')") == [(True,)]


def test_two_passes_at_once_are_refused(system: System) -> None:
    with open_run(system.settings, system.warehouse, "test") as ledger, pytest.raises(BusyError) as refused:
        system.run()

    assert (refused.value.work, refused.value.run_id) == ("pass", ledger.run_id)


def test_a_pass_that_died_is_closed_as_crashed_by_the_next(system: System) -> None:
    with open_run(system.settings, system.warehouse, "test") as good:
        good.finish("success")
    with open_run(system.settings, system.warehouse, "test") as ledger:
        ledger.start_source("coingecko")  # and the process is gone: the lock ends with its connection

    with open_run(system.settings, system.warehouse, "test"):
        runs: list[tuple[Any, ...]] = system.query("select status from ops.etl_runs where run_id = %s", ledger.run_id)
        sources = system.query("select status, error from ops.etl_source_runs where run_id = %s", ledger.run_id)

    assert runs == [("crashed",)]
    noted = "select kind, severity, source from ops.run_anomalies where run_id = %s order by kind"
    assert system.query(noted, ledger.run_id) == [("new_error", "warning", ""), ("status_change", "critical", "")]
    assert sources == [("crashed", "killed before its end")]


def test_an_unexpected_error_is_one_line() -> None:
    assert describe(ValueError("first\nlast")) == "ValueError: last"
    assert describe(KeyError()) == "KeyError: no message"
