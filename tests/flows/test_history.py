"""What becomes of quotes: the record, hourly and daily prices, and what corrections and backfills do to them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

import psycopg2

from extract import pipeline
from extract.landing import Past
from tests.flows.conftest import System

HISTORY = """date,symbol,open,high,low,close,volume,market_cap
2024-03-01,BTC,60000,63000.5,59000,62000,1000000,1200000000
2024-03-02,BTC,62000,62500,61000,61500,900000,1190000000
2024-03-04,BTC,61500,61900,60100,60500,800000,1180000000
"""
REPEATABLE = "-c default_transaction_isolation=repeatable\\ read"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Bucket = tuple[str, datetime]
Candle = tuple[datetime, datetime, Decimal, Decimal, Decimal, Decimal]
Prices = tuple[Decimal, Decimal, Decimal, Decimal, int, tuple[str, ...]]


def middle(values: Iterable[Decimal]) -> Decimal:
    return median(list(values))


def hours(system: System) -> dict[Bucket, Prices]:
    """What the hours should be, made of the record in the plainest way."""
    of_source: dict[tuple[str, datetime, str], list[tuple[datetime, Decimal]]] = defaultdict(list)
    for coin, source, moment, price in system.query(
        "select canonical_id, source, observed_at, price_usd from marts.coin_quotes "
        "where price_usd is not null and is_plausible"
    ):
        of_source[coin, moment.replace(minute=0, second=0, microsecond=0), source].append((moment, price))
    sources: dict[Bucket, dict[str, list[Decimal]]] = defaultdict(dict)
    for (coin, hour, source), quotes in of_source.items():
        sources[coin, hour][source] = [price for _, price in sorted(quotes)]
    return {
        bucket: (
            middle(prices[0] for prices in found.values()),
            middle(max(prices) for prices in found.values()),
            middle(min(prices) for prices in found.values()),
            middle(prices[-1] for prices in found.values()),
            sum(len(prices) for prices in found.values()),
            tuple(sorted(found)),
        )
        for bucket, found in sources.items()
    }


def published(system: System, mart: str) -> dict[Bucket, Prices]:
    rows = system.query(
        "select canonical_id, bucket_at, open_usd, high_usd, low_usd, close_usd, quote_count, sources "
        f"from marts.{mart}"
    )
    return {(row[0], row[1]): (*row[2:7], tuple(row[7])) for row in rows}


def assert_prices_add_up(system: System) -> None:
    """Hours are those of the record; days are those of the hours, and span the candles that files give."""
    expected = hours(system)
    assert published(system, "coin_prices_hourly") == expected
    days: dict[Bucket, list[Candle]] = defaultdict(list)
    for (coin, hour), prices in expected.items():
        days[coin, hour.replace(hour=0)].append((hour, hour + HOUR, *prices[:4]))
    for coin, *candle in system.query(
        "select canonical_id, opened_at, closed_at, open_usd, high_usd, low_usd, close_usd from marts.coin_candles "
        "where closed_at - opened_at > interval '1 hour' "
        "and closed_at <= date_trunc('day', opened_at, 'UTC') + interval '1 day'"
    ):
        days[coin, candle[0].replace(hour=0)].append((*candle,))
    daily = published(system, "coin_prices_daily")
    assert set(daily) == set(days)
    for bucket, parts in days.items():
        first = min(parts, key=lambda part: (part[0], part[0] - part[1]))
        last = max(parts, key=lambda part: (part[1], part[0]))
        high, low = max(part[3] for part in parts), min(part[4] for part in parts)
        assert daily[bucket][:4] == (first[2], high, low, last[5])


def versions_of(system: System, mart: str) -> dict[Bucket, str]:
    """Which transaction wrote each bucket."""
    rows = system.query(f"select canonical_id, bucket_at, xmin::text from marts.{mart}")
    return {(coin, bucket): version for coin, bucket, version in rows}


def test_hours_and_days_are_made_of_quotes_files_and_backfills_and_follow_each(system: System) -> None:
    history = system.settings.csv_dir / "history.csv"
    history.write_text(HISTORY)
    assert system.run().exit_code == 0
    assert_prices_add_up(system)
    march = datetime(2024, 3, 1, tzinfo=UTC)
    ((coin,),) = system.query("select distinct canonical_id from marts.coin_candles")
    daily = published(system, "coin_prices_daily")
    assert daily[coin, march][:4] == (Decimal(60000), Decimal("63000.5"), Decimal(59000), Decimal(62000))
    assert daily[coin, march + 3 * DAY][3] == Decimal(60500)
    assert (coin, march + 2 * DAY) not in daily, "a day that nobody quoted is a gap, not a guess"

    # late: the past of one coin comes; only its hours are written, and the last one of it changes
    before = versions_of(system, "coin_prices_hourly")
    now = datetime.now(UTC)
    pipeline.run("coingecko", system.settings, system.warehouse, backfill=Past("bitcoin", now - 3 * DAY, now))
    pipeline.run("coinpaprika", system.settings, system.warehouse, backfill=Past("btc-bitcoin", now - 30 * DAY, now))
    assert system.run().version == 2
    assert_prices_add_up(system)
    after = versions_of(system, "coin_prices_hourly")
    assert len(after) > len(before) + 60
    changed = {bucket for bucket in after if after[bucket] != before.get(bucket)}
    assert {coin for coin, _ in changed} == {"btc"}
    assert system.query("select count(*) > 20 from marts.coin_candles where source = 'coingecko'") == [(True,)]

    # a corrected file takes back what it no longer says
    history.write_text(HISTORY.replace("61500,900000", "61700,900000").replace("2024-03-04", "2024-03-05"))
    before = versions_of(system, "coin_prices_daily")
    assert system.run().version == 3
    assert_prices_add_up(system)
    daily = published(system, "coin_prices_daily")
    assert daily[coin, march + DAY][3] == Decimal(61700)
    assert (coin, march + 3 * DAY) not in daily
    assert daily[coin, march + 4 * DAY][3] == Decimal(60500)
    after = versions_of(system, "coin_prices_daily")
    changed = {bucket for bucket in after if after[bucket] != before.get(bucket)}
    assert changed == {(coin, march + DAY), (coin, march + 4 * DAY)}

    assert system.query(
        "select count(*) > 0, bool_and(canonical_id = any(coins)) from marts.news_mentions "
        "join marts.news_articles using (article_id)"
    ) == [(True, True)]


def test_what_a_contract_gained_reaches_tables_that_exist(filled: System) -> None:
    filled.query(
        """
        alter table marts.coin_quotes drop column is_plausible cascade;
        alter table marts.coins alter column consensus drop not null;
        alter table marts.coins add constraint coins_rank_check check (rank >= 0);
        alter table marts.coins add column forgotten text not null default 'x';
        alter table intermediate.token_namespaces drop column address_pattern cascade;
        delete from ops.last_build; -- it was another project that built these
        """
    )
    ((name,),) = filled.query(
        "select conname from pg_constraint where conrelid = 'marts.coins'::regclass and contype = 'c' "
        "and pg_get_constraintdef(oid) like '%%median%%'"
    )
    filled.query(f"alter table marts.coins drop constraint {name}; update marts.coins set consensus = null")
    quotes = filled.query("select count(*) from marts.coin_quotes")

    assert filled.run().version == 2

    assert filled.query("select count(*), bool_and(is_plausible) from marts.coin_quotes") == [(*quotes[0], True)]
    assert filled.query("select bool_and(consensus is not null) from marts.coins") == [(True,)]
    checks = filled.query(
        "select conname, convalidated from pg_constraint where conrelid = 'marts.coins'::regclass and contype = 'c'"
    )
    assert (name, True) in checks
    assert "coins_rank_check" not in dict(checks), "what the contract no longer says is dropped"
    required = filled.query(
        "select attname, attnotnull from pg_attribute where attrelid = 'marts.coins'::regclass "
        "and attname in ('consensus', 'forgotten') order by 1"
    )
    assert required == [("consensus", True), ("forgotten", False)]


def test_a_reader_in_the_middle_of_its_work_holds_up_no_pass_and_sees_one_version(filled: System, market: Any) -> None:
    reader = psycopg2.connect(filled.warehouse.url("reader"), options=REPEATABLE)
    seen = "select (select max(updated_at) from marts.coins), (select max(bucket_at) from marts.coin_prices_hourly), "
    seen += "(select count(*) from marts.coin_quotes)"
    with reader, reader.cursor() as cursor:
        cursor.execute(seen)
        before = cursor.fetchone()
        market.advance(70)
        assert filled.run().version == 2, "nothing is altered that is as it should be"
        cursor.execute(seen)
        assert cursor.fetchone() == before
    with reader, reader.cursor() as cursor:
        cursor.execute(seen)
        assert cursor.fetchone() != before
    reader.close()
