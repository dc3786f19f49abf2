"""The record of quotes laid out in three ways: what each takes, what a pass writes into it, what a question reads."""

import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from bench.scratch import free_port
from bench.table import Table
from kasparro.settings import Settings
from kasparro.warehouse import EmbeddedPostgres, ensure_warehouse

TITLE = "The record of quotes in three layouts"
LISTINGS, MOMENTS = 20_000, 250
HORIZON = 100_000_000

COLUMNS = """
    source text not null, source_coin_id text not null, canonical_id text not null, price_usd numeric,
    market_cap_usd numeric, volume_24h_usd numeric, percent_change_24h numeric, is_plausible boolean not null,
    is_time_clamped boolean not null, observed_at timestamptz not null, fetched_at timestamptz not null
"""
KEY = "source, source_coin_id, observed_at"
OF_COINS = (
    "create index on {name} (canonical_id, observed_at desc); create index on {name} (source, observed_at desc); "
)
BTREES = OF_COINS + "create index on {name} (observed_at desc, source, source_coin_id)"
BRIN = OF_COINS + "create index on {name} using brin (observed_at)"
MONTHS = """
    do $$ begin for month in 0..13 loop execute format(
        'create table {name}_%s partition of {name} for values from (%L) to (%L)', month,
        date_trunc('month', timestamptz '{end}') - make_interval(months => 12 - month),
        date_trunc('month', timestamptz '{end}') - make_interval(months => 11 - month)
    ); end loop; end $$
"""
QUOTES = """
    select
        case when listing %% 8 = 0 then 'coinpaprika' else 'coingecko' end, 'coin-' || md5(listing::text),
        'id-' || md5((listing / 2)::text), 1234.567891 + listing * 0.001, 123456789012 + listing,
        9876543210.12 + listing, 1.2345, true, false, moment + make_interval(secs => listing %% 300),
        moment + interval '5 minutes'
    from generate_series(%(first)s, %(last)s) as past
    cross join lateral (
        select timestamptz '{end}' - past * interval '35 hours' as moment
    ) as moments
    cross join generate_series(1, %(listings)s) as listing
"""
PASS = "insert into {name} as live " + QUOTES + f" on conflict ({KEY}) do update set price_usd = excluded.price_usd"
READS = {
    "newest quote of 1,000 listings": """
        select count(newest.observed_at) from generate_series(1, 1000) as listing
        cross join lateral (
            select observed_at from {name} as quote
            where quote.source = case when listing %% 8 = 0 then 'coinpaprika' else 'coingecko' end
                and quote.source_coin_id = 'coin-' || md5(listing::text)
            order by observed_at desc limit 1
        ) as newest
    """,
    "a coin's month": """
        select count(*), max(price_usd) from {name}
        where canonical_id = 'id-' || md5('77') and observed_at >= timestamptz '{end}' - interval '31 days'
    """,
    "a coin's whole past": "select count(*), max(price_usd) from {name} where canonical_id = 'id-' || md5('77')",
    "newest 100 of all before a time": """
        select count(*) from (
            select price_usd from {name} where observed_at < timestamptz '{end}' - interval '90 days'
            order by observed_at desc, source, source_coin_id limit 100
        ) as page
    """,
    "all quotes of a day": """
        select count(*), avg(price_usd) from {name}
        where observed_at >= timestamptz '{end}' - interval '91 days'
            and observed_at < timestamptz '{end}' - interval '90 days'
    """,
}


@dataclass(frozen=True)
class Layout:
    """How a table is made, and indexed once it is filled."""

    title: str
    name: str
    making: str
    indexes: str


LAYOUTS = (
    Layout("B-trees", "plain", f"create table {{name}} ({COLUMNS})", BTREES),
    Layout("BRIN on the time", "brin", f"create table {{name}} ({COLUMNS})", BRIN),
    Layout(
        "monthly partitions",
        "months",
        f"create table {{name}} ({COLUMNS}) partition by range (observed_at); {MONTHS}",
        BTREES,
    ),
)


def measure() -> Table:
    """Fill each layout with the same quotes, look at its size, and run the same work."""
    with tempfile.TemporaryDirectory(prefix="kasparro-bench-") as home:
        settings = Settings.model_validate({"kasparro_home": home, "pg_port": free_port(), "csv_dir": Path(home)})
        warehouse = ensure_warehouse(settings)
        try:
            with closing(psycopg2.connect(warehouse.url("admin"))) as connection:
                connection.autocommit = True
                found = [_measured(connection.cursor(), layout) for layout in LAYOUTS]
        finally:
            EmbeddedPostgres(settings).stop()
    rows = [[name, *(figures[name] for figures in found)] for name in found[0]]
    notes = (
        f"{LISTINGS * MOMENTS:,} quotes of {LISTINGS:,} listings over a year, with the columns and keys of\n"
        "`coin_quotes`; each table is filled, indexed, measured and dropped in turn. A pass is one upsert of a new\n"
        "quote of every listing. Pages of 8 kB that a statement looks at, cached or not, and bytes of write-ahead log\n"
        "do not depend on what else the machine does; the times do."
    )
    return Table(notes, ["", *(layout.title for layout in LAYOUTS)], rows)


def _measured(cursor: Any, layout: Layout) -> dict[str, str]:
    cursor.execute("select date_trunc('day', now())")
    place = {"name": layout.name, "end": cursor.fetchone()[0]}
    cursor.execute(layout.making.format(**place))
    past = {"first": 1, "last": MOMENTS, "listings": LISTINGS}
    cursor.execute(f"insert into {layout.name}" + QUOTES.format(**place) + " order by past desc", past)
    cursor.execute(f"alter table {layout.name} add primary key ({KEY}); {layout.indexes.format(**place)}")
    cursor.execute(f"vacuum analyze {layout.name}")
    cursor.execute(
        "select sum(pg_table_size(oid)), sum(pg_indexes_size(oid)) from pg_class where relname ~ %s and relkind = 'r'",
        (rf"^{layout.name}(_\d+)?$",),
    )
    heap, indexes = (float(size) for size in cursor.fetchone())
    scale = HORIZON / (LISTINGS * MOMENTS) / 1e9
    figures = {
        "table, indexes": f"{heap / 1e9:.2f} GB, {indexes / 1e9:.2f} GB",
        "at 100 million quotes, in proportion": f"{(heap + indexes) * scale:.0f} GB",
    }
    a_pass = [_explained(cursor, PASS.format(**place), {**past, "first": -n, "last": -n}) for n in (1, 2, 3)][-1]
    figures["a pass"] = f"{a_pass[0]:,.0f} ms, {a_pass[1]:,} pages, {a_pass[2] / 1e6:.1f} MB of log"
    for name, read in READS.items():
        best = min(_explained(cursor, read.format(**place), past) for _ in range(3))
        figures[name] = f"{best[0]:,.1f} ms, {best[1]:,} pages"
    cursor.execute(f"drop table {layout.name}")
    return figures


def _explained(cursor: Any, statement: str, values: dict[str, int]) -> tuple[float, int, int]:
    """Milliseconds, pages looked at, and bytes of log of a statement."""
    cursor.execute(f"explain (analyze, buffers, wal, format json) {statement}", values)
    report: dict[str, Any] = cursor.fetchone()[0][0]
    plan: dict[str, Any] = report["Plan"]
    pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return report["Execution Time"], pages, plan["WAL Bytes"]
