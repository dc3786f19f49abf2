"""Landing a whole market in raw, against psycopg2's COPY of the same validated objects."""

import csv
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import dlt
import psutil
import psycopg2
from dlt.extract import DltResource

from bench.scratch import cpu_seconds, free_port
from bench.table import Table
from extract import pipeline
from extract.coingecko.models import Market
from extract.known import Known
from extract.landing import Landing
from extract.records import Origin, Typed, dumps, key_of, typed
from extract.tables import LOAD_ID, columns_of
from kasparro.settings import Settings
from kasparro.warehouse import EmbeddedPostgres, Warehouse, ensure_warehouse
from providers.generated import GeneratedMarket
from providers.jsontext import loads

TITLE = "Landing a market in raw"
COINS = 17_000
PAGE = 250
ROUNDS = 5
TARGET = 0.6
KEY = ", ".join(key_of(Market))


@dataclass(frozen=True)
class Spent:
    """What a piece of work took: seconds, and CPU seconds of this process and Postgres."""

    seconds: float
    cpu: float


@dataclass(frozen=True)
class Batch:
    """A page of the market, validated."""

    found: Typed
    origin: Origin


def measure() -> Table:
    """Medians of rounds in which all coins have a new price: COPY, then landing, turn by turn."""
    with tempfile.TemporaryDirectory(prefix="kasparro-bench-") as home:
        settings = Settings(kasparro_home=Path(home), pg_port=free_port(), sources=["coingecko"])
        warehouse = ensure_warehouse(settings)
        try:
            return _measure(settings, warehouse)
        finally:
            EmbeddedPostgres(settings).stop()


def _measure(settings: Settings, warehouse: Warehouse) -> Table:
    pipeline.prepare(settings, warehouse)
    market = GeneratedMarket(COINS, start=datetime.now(UTC) - timedelta(days=1))
    spent: dict[str, list[Spent]] = {}
    rows = 0
    for _ in range(ROUNDS + 1):
        market.advance(5)
        late, pages = _pages(market, timedelta(hours=1)), _pages(market)
        rows = sum(len(page.found.rows) for page in pages)
        work: dict[str, Callable[[], None]] = {
            "psycopg2 COPY, unique key": lambda pages=pages: _copy(pages, warehouse, "keyed", KEY),
            "psycopg2 COPY, no key": lambda pages=pages: _copy(pages, warehouse, "keyless", None),
            "**landing**": lambda pages=pages: _land(pages, settings, warehouse),
            "landing, nothing new: all are looked up": lambda pages=pages: _land(pages, settings, warehouse),
            "landing, all out of order: all are looked up": lambda late=late: _land(late, settings, warehouse),
            "landing, no rows at all: dlt's own steps": lambda: _land([], settings, warehouse),
        }
        for name, each in work.items():
            spent.setdefault(name, []).append(_spent(each, settings))
    total = _count(warehouse)
    assert total == 2 * rows * (ROUNDS + 1), f"{total} rows landed of {2 * rows * (ROUNDS + 1)}"
    yardstick, *_ = warm = {name: _median(rounds[1:]) for name, rounds in spent.items()}  # the first one is cold
    notes = (
        f"{rows:,} validated CoinGecko quotes, every one of them new, land in `raw_coingecko.markets`: comparison\n"
        "with what is known, dlt's extract, normalise and load, unique key. The yardstick is one psycopg2 COPY of\n"
        "the same objects, serialising them included, into a table with the same unique key and nothing else; beside\n"
        f"it the same into a table without any. Medians of {ROUNDS} rounds, turn by turn, warm; raw grows from one\n"
        f"market to {2 * ROUNDS + 2} meanwhile. A quote later than all in raw is new without looking; any other is\n"
        "looked up by its key. CPU is the process's and Postgres's together: what else runs on the machine hardly\n"
        "touches it."
    )
    copy = warm[yardstick]
    table = [
        [name, f"{each.seconds:.2f}", f"{rows / each.seconds:,.0f}", f"{copy.seconds / each.seconds:.0%}",
         f"{each.cpu:.2f}", f"{copy.cpu / each.cpu:.0%}"]
        for name, each in warm.items()
    ]  # fmt: skip
    table[2][3] = f"**{table[2][3]}** (target {TARGET:.0%})"
    landed = spent["**landing**"][1:]
    table += [
        ["first round / last round", f"{landed[0].seconds:.2f} / {landed[-1].seconds:.2f}", "", "",
         f"{landed[0].cpu:.2f} / {landed[-1].cpu:.2f}", ""],
        ["memory, whole process", f"{psutil.Process().memory_info().rss >> 20} MB", "", "", "", ""],
    ]  # fmt: skip
    return Table(notes, ["", "seconds", "rows/s", "of COPY", "CPU seconds", "of COPY"], table)


def _median(rounds: list[Spent]) -> Spent:
    return Spent(median(each.seconds for each in rounds), median(each.cpu for each in rounds))


def _pages(market: GeneratedMarket, ago: timedelta = timedelta()) -> list[Batch]:
    """The market's quotes, also where the price stood still; as of some time ago."""
    now = datetime.now(UTC)
    rows = market.coingecko_markets().values()
    payloads = [{**loads(row), "last_updated": (now - ago).isoformat()} for row in rows]
    origin = Origin(f"{time.time_ns():x}", now)
    return [Batch(typed(Market, payloads[at : at + PAGE]), origin) for at in range(0, len(payloads), PAGE)]


def _land(pages: list[Batch], settings: Settings, warehouse: Warehouse) -> None:
    target = pipeline.pipeline_for("coingecko", settings, warehouse)
    with closing(Known(warehouse.url("loader"), target.dataset_name)) as known:
        landing = Landing(known)

        def rows() -> Iterator[Any]:
            for page in pages:
                yield from landing.place(Market, page.found, page.origin)

        @dlt.source(name="coingecko")
        def source() -> DltResource:
            return landing.resource(Market, rows)

        target.run(source())


def _copy(pages: list[Batch], warehouse: Warehouse, table: str, key: str | None) -> None:
    columns = [name for name in columns_of(Market) if name != LOAD_ID]
    written = io.StringIO()
    writer = csv.writer(written)
    for page in pages:
        for content, (record, extra) in page.found.rows.items():
            beside = dumps(extra) if extra else None
            writer.writerow(
                [*record.__dict__.values(), beside, content, page.origin.request_id, page.origin.fetched_at]
            )
    written.seek(0)
    names = ", ".join(columns)
    with closing(psycopg2.connect(warehouse.url("loader"))) as connection, connection, connection.cursor() as cursor:
        cursor.execute(f"create table if not exists raw_coingecko.{table} (like raw_coingecko.markets)")
        cursor.execute(f"alter table raw_coingecko.{table} drop column if exists {LOAD_ID}")
        if key:
            cursor.execute(f"create unique index if not exists {table}_key on raw_coingecko.{table} ({key})")
        cursor.copy_expert(f"copy raw_coingecko.{table} ({names}) from stdin with (format csv)", written)


def _count(warehouse: Warehouse) -> int:
    with closing(psycopg2.connect(warehouse.url("loader"))) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from raw_coingecko.markets")
        row = cursor.fetchone()
        assert row is not None
        return row[0]


def _spent(work: Callable[[], None], settings: Settings) -> Spent:
    busy, started = cpu_seconds(settings), time.perf_counter()
    work()
    return Spent(time.perf_counter() - started, cpu_seconds(settings) - busy)
