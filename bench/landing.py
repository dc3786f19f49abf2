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
class Batch:
    """A page of the market, validated."""

    found: Typed
    origin: Origin


def measure() -> Table:
    """Medians of rounds in which all coins have a new price: COPY, then landing, turn by turn."""
    with tempfile.TemporaryDirectory(prefix="kasparro-bench-") as home:
        settings = Settings(kasparro_home=Path(home), pg_port=_free_port(), sources=["coingecko"])
        warehouse = ensure_warehouse(settings)
        try:
            return _measure(settings, warehouse)
        finally:
            EmbeddedPostgres(settings).stop()


def _measure(settings: Settings, warehouse: Warehouse) -> Table:
    pipeline.prepare(settings, warehouse)
    market = GeneratedMarket(COINS, start=datetime.now(UTC) - timedelta(days=1))
    keyed: list[float] = []
    keyless: list[float] = []
    landed: list[float] = []
    again: list[float] = []
    nothing: list[float] = []
    rows = 0
    for number in range(ROUNDS + 1):
        market.advance(5)
        pages = _pages(market)
        rows = sum(len(page.found.rows) for page in pages)
        seconds = [
            _timed(lambda pages=pages: _copy(pages, warehouse, "keyed", KEY)),
            _timed(lambda pages=pages: _copy(pages, warehouse, "keyless", None)),
            _timed(lambda pages=pages: _land(pages, settings, warehouse)),
            _timed(lambda pages=pages: _land(pages, settings, warehouse)),
            _timed(lambda: _land([], settings, warehouse)),
        ]
        if number:  # the first one is cold
            for each, measured in zip((keyed, keyless, landed, again, nothing), seconds, strict=True):
                each.append(measured)
    total = _count(warehouse)
    assert total == rows * (ROUNDS + 1), f"{total} rows landed of {rows * (ROUNDS + 1)}"
    notes = (
        f"{rows:,} validated CoinGecko quotes, every one of them new, land in `raw_coingecko.markets`: comparison\n"
        "with what is known, dlt's extract, normalise and load, unique key. The yardstick is one psycopg2 COPY of\n"
        "the same objects, serialising them included, into a table with the same unique key and nothing else; beside\n"
        f"it the same into a table without any. Medians of {ROUNDS} rounds, turn by turn, warm; raw grows from one\n"
        f"market to {ROUNDS + 1} meanwhile."
    )

    def line(what: str, seconds: list[float], note: str = "") -> list[str]:
        share = f"{median(keyed) / median(seconds):.0%}"
        return [what, f"{median(seconds):.2f}", f"{rows / median(seconds):,.0f}", f"{share}{note}"]

    return Table(
        notes,
        ["", "seconds", "rows/s", "of COPY"],
        [
            line("psycopg2 COPY, unique key", keyed),
            line("psycopg2 COPY, no key", keyless),
            line("landing", landed, f" (target {TARGET:.0%})"),
            line("landing, nothing new: comparison and dlt's own steps", again),
            line("landing, no rows at all: dlt's own steps", nothing),
            ["first round / last round", f"{landed[0]:.2f} / {landed[-1]:.2f}", "", ""],
            ["memory, whole process", f"{psutil.Process().memory_info().rss >> 20} MB", "", ""],
        ],
    )


def _pages(market: GeneratedMarket) -> list[Batch]:
    now = datetime.now(UTC)
    rows = market.coingecko_markets().values()
    payloads = [{**loads(row), "last_updated": now.isoformat()} for row in rows]  # also where the price stood still
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


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
