"""A system of its own for a benchmark: embedded warehouse, and stand-in providers in a process beside it."""

import multiprocessing as mp
import socket
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from flows.steps import run_pass
from kasparro.settings import Settings
from kasparro.warehouse import EmbeddedPostgres, Warehouse, ensure_warehouse
from providers.generated import GeneratedMarket
from providers.server import running

COINS = 17_000
STEP_MINUTES = 5


@dataclass(frozen=True)
class Scratch:
    """A warehouse, and a market whose prices move when told to."""

    settings: Settings
    warehouse: Warehouse
    advance: Callable[[], None]

    def run(self) -> float:
        """One pass over a market of which every price is new; its seconds."""
        self.advance()
        started = time.perf_counter()
        outcome = run_pass(self.settings, "bench")
        assert outcome.exit_code == 0, outcome.error or outcome.failures
        assert outcome.is_new
        return time.perf_counter() - started

    def cpu_seconds(self) -> float:
        """CPU that this process and the warehouse have taken so far."""
        return cpu_seconds(self.settings)

    def timed(self, statement: str) -> float:
        """Seconds that a statement takes."""
        started = time.perf_counter()
        self.execute(statement)
        return time.perf_counter() - started

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of a statement, as the transformer, outside of a transaction."""
        connection = psycopg2.connect(self.warehouse.url("transformer"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def postgres_cpu_seconds(self) -> float:
        """CPU that the warehouse has taken so far."""
        return _cpu_seconds_of_postgres(self.settings)


def cpu_seconds(settings: Settings) -> float:
    """CPU that this process and the embedded warehouse have taken so far."""
    times = psutil.Process().cpu_times()
    return times.user + times.system + _cpu_seconds_of_postgres(settings)


def _cpu_seconds_of_postgres(settings: Settings) -> float:
    found = next((settings.kasparro_home / "postgres").rglob("postmaster.pid"))
    server = psutil.Process(int(found.read_text().split()[0]))
    spent = 0.0
    for process in (server, *server.children()):
        with suppress(psutil.NoSuchProcess):  # it has just ended: its time is its parent's
            times = process.cpu_times()
            spent += times.user + times.system
    ended = server.cpu_times()
    return spent + ended.children_user + ended.children_system


@dataclass(frozen=True)
class Providers:
    """Stand-in providers in a process of their own, and a way to move their market on."""

    coinpaprika: str
    coingecko: str
    feeds: list[str]
    advance: Callable[[], None]


@contextmanager
def providing(coins: int = COINS) -> Generator[Providers]:
    """Stand-in providers with a market of that many coins."""
    context = mp.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, coins), daemon=True)
    process.start()

    def advance() -> None:
        ours.send("advance")
        ours.recv()

    try:
        coinpaprika, coingecko, feeds = ours.recv()
        yield Providers(coinpaprika, coingecko, feeds, advance)
    finally:
        process.terminate()
        process.join()


@contextmanager
def scratch(coins: int = COINS) -> Generator[Scratch]:
    """Everything for passes over a market of that many coins, gone at the end."""
    with providing(coins) as providers, tempfile.TemporaryDirectory(prefix="kasparro-bench-") as home:
        settings = Settings.model_validate(
            {
                "kasparro_home": home,
                "pg_port": free_port(),
                "csv_dir": Path(home) / "csv",
                "coinpaprika_base_url": providers.coinpaprika,
                "coingecko_base_url": providers.coingecko,
                "rss_feeds": providers.feeds,
                "coingecko_max_coins": 0,
                **{f"{name}_rate_limit": "1000/s" for name in ("coinpaprika", "coingecko", "rss")},
                **{f"{name}_monthly_calls": 0 for name in ("coinpaprika", "coingecko")},
            }
        )
        settings.csv_dir.mkdir()
        warehouse = ensure_warehouse(settings)
        try:
            yield Scratch(settings, warehouse, providers.advance)
        finally:
            EmbeddedPostgres(settings).stop()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _serve(commands: Connection, coins: int) -> None:
    market = GeneratedMarket(coins, start=datetime.now(UTC) - timedelta(days=1))
    with running(market) as stand_in:
        feeds = [stand_in.rss_url(name) for name in market.feed_names()]
        commands.send((stand_in.coinpaprika_url, stand_in.coingecko_url, feeds))
        while commands.recv():
            market.advance(STEP_MINUTES)
            commands.send(True)
