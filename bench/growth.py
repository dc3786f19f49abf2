"""A whole pass with a long history, against one with a short history."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median

from bench.scratch import COINS, Scratch, scratch
from bench.table import Table

TITLE = "Growth: a whole pass with 20 million quotes of history"
SHORT, LONG = 200_000, 20_000_000
ROUNDS = 3
TARGET = 1.25

# Every listing was quoted hourly, as long as it takes, its price going up and down a little
QUOTES = """
    insert into marts.coin_quotes (
        source, source_coin_id, canonical_id, price_usd, market_cap_usd, volume_24h_usd, percent_change_24h,
        observed_at, fetched_at
    )
    select
        source, source_coin_id, canonical_id, price_usd * (1 + (hour % 20) * 0.001), market_cap_usd, volume_24h_usd,
        percent_change_24h, moment, moment
    from generate_series({first}, {last}) as hour
    cross join lateral (select timestamptz '{start}' - make_interval(hours => hour) as moment) as hours
    cross join marts.coin_listings
    where price_usd is not null
"""
HOURS = """
    insert into marts.coin_prices_hourly (
        canonical_id, open_usd, high_usd, low_usd, close_usd, market_cap_usd, volume_usd, quote_count, sources,
        bucket_at
    )
    select
        canonical_id, price_usd, price_usd, price_usd, price_usd, market_cap_usd, volume_24h_usd, source_count, sources,
        timestamptz '{start}' - make_interval(hours => hour)
    from generate_series({first}, {last}) as hour
    cross join marts.coins
    where price_usd is not null
"""
DAYS = """
    truncate marts.coin_prices_daily;
    insert into marts.coin_prices_daily (
        canonical_id, open_usd, high_usd, low_usd, close_usd, market_cap_usd, volume_usd, quote_count, sources,
        bucket_at
    )
    select
        canonical_id, min(open_usd), max(high_usd), min(low_usd), min(close_usd), min(market_cap_usd), min(volume_usd),
        sum(quote_count), min(sources), date_trunc('day', bucket_at, 'UTC')
    from marts.coin_prices_hourly
    group by canonical_id, date_trunc('day', bucket_at, 'UTC')
"""


FILLS = {"coin_quotes": QUOTES, "coin_prices_hourly": HOURS, "coin_prices_daily": DAYS}

READS = {
    "newest quote of 1,000 listings": """
        select count(*) from (select source, source_coin_id from marts.coin_listings limit 1000) as listing
        cross join lateral (
            select observed_at from marts.coin_quotes as quote
            where quote.source = listing.source and quote.source_coin_id = listing.source_coin_id
            order by observed_at desc limit 1
        ) as newest
    """,
    "a coin's week": """
        select count(*), max(price_usd) from marts.coin_quotes
        where canonical_id = 'eth' and observed_at >= timestamptz '{start}' - interval '7 days'
    """,
    "newest 100 quotes of all coins before yesterday": """
        select count(*) from (
            select price_usd from marts.coin_quotes where observed_at < timestamptz '{start}' - interval '1 day'
            order by observed_at desc, source, source_coin_id limit 100
        ) as page
    """,
}


def measure() -> Table:
    """Medians of passes over a market of which every price is new, with a short and then with a long history."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=30)
    with scratch() as system:
        system.run()
        listings = system.execute("select count(*) from marts.coin_listings where price_usd is not null")[0][0]
        figures: list[list[float]] = []
        grown = 0
        for quotes in (SHORT, LONG):
            _grow(system, start, grown + 1, quotes // listings)
            grown = quotes // listings
            system.run()  # the first one is cold
            before = system.cpu_seconds()
            rounds = [system.run() for _ in range(ROUNDS)]
            busy = (system.cpu_seconds() - before) / ROUNDS
            figures.append([median(rounds), busy, *(_reading(system, start, read) for read in READS)])
        count, size, hours_size = system.execute(
            "select count(*), pg_size_pretty(pg_total_relation_size('marts.coin_quotes')), "
            "pg_size_pretty(pg_total_relation_size('marts.coin_prices_hourly')) from marts.coin_quotes"
        )[0]
    notes = (
        f"One pass over {COINS:,} coins of CoinGecko and 2,500 of CoinPaprika, every price new: extraction, dbt,\n"
        f"audits, publication, hourly and daily prices. Medians of {ROUNDS} rounds in one process, first with a short\n"
        "history of hourly quotes, then with a long one, made on the server; then what the API and analysts look up.\n"
        f"At the end `coin_quotes` has {count:,} rows in {size}, indexes included, `coin_prices_hourly` {hours_size}."
    )
    names = ["**whole pass, s**", "CPU of it, Postgres included, s", *(f"{read}, ms" for read in READS)]
    table = [
        [name, f"{short:.1f}", f"{long:.1f}", f"{long / short:.2f} ×"]
        for name, short, long in zip(names, *figures, strict=True)
    ]
    table[0][-1] = f"**{table[0][-1]}** (target ≤ {TARGET} ×)"
    return Table(notes, ["", f"{SHORT:,} quotes", f"{LONG:,} quotes", "of the short one"], table)


def _reading(system: Scratch, start: datetime, read: str) -> float:
    """Milliseconds of a query, the best of five."""
    return min(system.timed(READS[read].format(start=start)) for _ in range(5)) * 1000


def _grow(system: Scratch, start: datetime, first: int, last: int) -> None:
    for mart, statement in FILLS.items():
        with _without_indexes(system, mart):
            system.execute(statement.format(start=start, first=first, last=last))
        system.execute(f"vacuum analyze marts.{mart}")


@contextmanager
def _without_indexes(system: Scratch, mart: str) -> Generator[None]:
    """Fill a table before its indexes are made: a hundred times faster, and equal in the end."""
    of = f"'marts.{mart}'::regclass"
    key, *_ = system.execute(
        f"select pg_get_constraintdef(oid) from pg_constraint where conrelid = {of} and contype = 'p'"  # noqa: S608
    )
    indexes = system.execute(
        f"select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index where indrelid = {of} "  # noqa: S608
        "and not indisprimary"
    )
    system.execute(f"alter table marts.{mart} drop constraint {mart}_pkey")
    for name, _ in indexes:
        system.execute(f"drop index {name}")
    yield
    system.execute(f"alter table marts.{mart} add constraint {mart}_pkey {key[0]}")
    for _, definition in indexes:
        system.execute(definition)
