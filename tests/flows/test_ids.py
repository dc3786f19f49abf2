"""Canonical ids on real Postgres: they stay with their coins, whatever becomes of listings, decisions and tables."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows import builds, identity_preview
from flows.steps import run_pass
from providers.generated import GeneratedMarket
from tests.flows.conftest import System
from tests.flows.life import Fate, Life, Project, deciding, read_nothing

START = datetime.now(UTC).replace(hour=12) - timedelta(days=500)
RECORDS = ("coin_ids", "coin_listing_history", "coin_changes")
JOINED = ("coingecko", "alone-here", "same", "coinpaprika", "ot-only-there", "a test says so")
PARTED = ("coinpaprika", "ltc-litecoin", "different", "coingecko", "litecoin", "a test says so")
UNCLEAR = ("coingecko", "okb", "diffrent", "coinpaprika", "okb-okb", "a test says so")
REPEATED = ("coinpaprika", "la-listed-again", "same", "coinpaprika", "tw-twice-listed", "a test says so")
PREVIEWED = """\
1 coin would merge, 1 coin would split; 2 listings with 2 quotes and 1 candle would follow
  ltc-litecoin (Litecoin) splits from ltc (Litecoin), with coinpaprika ltc-litecoin
  ot (Only There) merges into ah (Alone Here), with coinpaprika ot-only-there
  coinpaprika ltc-litecoin goes from ltc to ltc-litecoin: 1 quote of {day} to {day}
  coinpaprika ot-only-there goes from ot to ah: 1 quote and 1 candle of {charted} to {day}
Nothing is published yet: the next pass does that, unless the decisions are taken back before.
""".format(day=START.date(), charted=START.date() - timedelta(days=2))


@pytest.fixture
def market() -> GeneratedMarket:
    """A small market, long enough ago to live through a year."""
    return GeneratedMarket(coins=40, seed=7, start=START)


@pytest.fixture
def life(system: System, market: GeneratedMarket) -> Life:
    """The market's life, before the first pass."""
    return Life(market, system)


def live_through(life: Life, seed: int, weeks: int, events: int) -> None:
    """Let weeks pass with events, and look at every version."""
    life.live()
    fate = Fate(life.market, seed)
    for week in range(weeks):
        happened = fate.week(events)
        life.live()
        life.check()
        life.check_nothing_moved()
        if week % 10 == 0:
            assert not life.live().is_new, f"a second look at the same market changes nothing, after {happened}"


def test_ids_live_through_weeks_of_events(life: Life) -> None:
    live_through(life, seed=20, weeks=2, events=24)


@pytest.mark.long
def test_ids_live_through_a_year_of_events(life: Life) -> None:
    live_through(life, seed=2021, weeks=52, events=8)


def test_decisions_merge_and_split_coins_and_are_undone(
    life: Life, system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def changes(version: int | None) -> list[tuple[str, str, str]]:
        return system.query(
            "select kind, canonical_id, other_canonical_id from marts.coin_changes "
            "where version = %s and kind in ('merged', 'split') order by change_id",
            version,
        )

    monkeypatch.setenv("DATABASE_URL", system.warehouse.url("admin"))
    monkeypatch.setenv("KASPARRO_HOME", str(system.settings.kasparro_home))

    def preview() -> str:
        assert identity_preview.main([]) == 0
        return capsys.readouterr().out

    def refusal() -> str:
        assert identity_preview.main([]) == 1
        return capsys.readouterr().err

    life.market.list_coin("Alone Here", "ah", at="coingecko")
    life.market.list_coin("Only There", "ot", price=3000, at="coinpaprika")
    life.market.list_coin("Twice Listed", "tw", price=5)
    life.market.list_coin("Listed Again", "la", price=7000, at="coinpaprika")
    with deciding(Project.copied_to(tmp_path / "project"), monkeypatch) as project:
        life.live()
        system.query(
            "create schema mine; create view mine.retired as select * from marts.coin_ids where retired_at > given_at"
        )
        system.query("grant select on marts.coin_changes to pg_monitor")
        system.query(
            "insert into marts.news_mentions (article_id, canonical_id, matched_text, confidence) "
            "select article_id, 'ot', 'Only There', 0.9 from marts.news_articles order by article_id limit 1"
        )
        system.query(
            "insert into marts.coin_candles (source, source_coin_id, canonical_id, open_usd, high_usd, low_usd, "
            "close_usd, opened_at, closed_at, fetched_at) "
            "values ('coinpaprika', 'ot-only-there', 'ot', 1, 1, 1, 1, %s, %s, now())",
            START - timedelta(days=2),
            START - timedelta(days=1),
        )
        before = life.versions[0].ids
        ltc = before["coingecko", "litecoin"]

        project.decide(UNCLEAR, JOINED, (*JOINED[3:5], "different", *JOINED[:2], "another test says so"))
        refused = refusal()
        assert "'diffrent' is neither same nor different)" in refused
        assert "different,coingecko,alone-here (these two are decided more than once)" in refused

        project.decide(JOINED, PARTED)
        assert preview() == PREVIEWED
        assert life.system.query("select max(version) from ops.publications") == [(1,)], "a preview publishes nothing"
        version = life.live().version
        life.check()
        split = life.versions[-1].ids["coinpaprika", "ltc-litecoin"]
        assert life.versions[-1].ids["coingecko", "litecoin"] == ltc
        assert split not in before.values()
        assert life.versions[-1].ids["coinpaprika", "ot-only-there"] == "ah"
        assert life.redirects()["ot"] == "ah"
        mentions = (
            "select count(*) > 0 from marts.news_mentions where canonical_id = 'ah' and matched_text = 'Only There'"
        )
        assert system.query(mentions) == [(True,)]
        assert system.query("select count(*) from marts.news_mentions where canonical_id = 'ot'") == [(0,)]
        assert system.query("select count(*) > 0 from marts.news_articles where 'ah' = any(coins)") == [(True,)]
        assert changes(version) == [("split", split, ltc), ("merged", "ot", "ah")]

        project.decide()
        version = life.live().version
        life.check()
        assert life.versions[-1].ids == before, "what was decided is undone, and every id is back where it was"
        assert changes(version) == [("split", "ot", "ah"), ("merged", split, ltc)]
        assert life.redirects()[split] == ltc
        assert system.query("select canonical_id from mine.retired") == [(split,)], "an analyst's view sees it all"
        assert system.query("select has_table_privilege('pg_monitor', 'marts.coin_changes', 'select')") == [(True,)]

        project.decide(PARTED, REPEATED)
        life.live()
        life.check()
        now = life.versions[-1].ids
        assert now["coinpaprika", "ltc-litecoin"] == split, "the id that it had returns"
        coins = {now[link] for link in (REPEATED[:2], REPEATED[3:5], ("coingecko", "twice-listed"))}
        assert len(coins) == 1, "what people call a repetition joins the coin, partner and all"


@pytest.mark.long
def test_a_warehouse_of_before_the_ledger_and_a_rebuilt_one_keep_every_id(
    life: Life, system: System, market: GeneratedMarket
) -> None:
    life.live()
    for record in RECORDS:
        system.query(f"drop table marts.{record} cascade")
    builds.forget(system.warehouse)  # it was another project that built these

    life.live()

    life.check()
    life.check_nothing_moved()
    assert system.query("select distinct given_version, redirects_to from marts.coin_ids") == [(1, None)]
    assert system.query("select count(*) from marts.coin_changes") == [(0,)]

    market.reprice("bitcoin", 0.0001)
    market.rename("okb", "Another Name")
    market.advance(5)
    system.query("truncate marts.coins, marts.coin_listings, ops.published_loads")
    system.query("drop schema staging, intermediate, candidate cascade")
    system.query("create schema staging authorization kasparro_transformer")
    system.query("create schema intermediate authorization kasparro_transformer")
    system.query("create schema candidate authorization kasparro_transformer")
    builds.forget(system.warehouse)
    life.live()

    life.check_nothing_moved()
    assert life.versions[-1].ids == life.versions[0].ids


@pytest.mark.long
def test_the_order_of_rows_changes_nothing(life: Life, system: System, market: GeneratedMarket) -> None:
    market.list_coin("Litecoin", "ltc")
    market.delist("monero")

    def published() -> list[tuple[str, ...]]:
        return system.query(
            "select source, source_coin_id, canonical_id, method, evidence from marts.coin_listings order by 1, 2"
        )

    life.live()
    first = published()
    raw = system.query(
        "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables "
        "where left(schemaname, 4) = 'raw_' and right(schemaname, 8) <> '_staging' and left(tablename, 4) <> '_dlt'"
    )
    for (table,) in raw:
        system.query(
            f"create temporary table shuffled as select * from {table} order by md5(ctid::text); truncate {table}; "
            f"insert into {table} select * from shuffled"
        )
    records = ", ".join(f"marts.{mart}" for mart in ("coins", "coin_listings", "coin_quotes", *RECORDS))
    system.query(f"truncate {records}, ops.publications, ops.published_loads")
    run_pass(system.settings, "test", extract_all=read_nothing)

    assert published() == first
