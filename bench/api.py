"""The API side by side with its yardsticks: a bare FastAPI route, and a plain endpoint over the same table.

Each server is a process of its own; a client in another one keeps 16 connections busy with requests that are ready
bytes, each URL new, and takes turns between the servers.
"""

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil
import psycopg2
from psycopg2.extras import execute_values  # pyright: ignore[reportUnknownVariableType]

from bench.load import Load, run
from bench.table import Table
from kasparro.settings import Settings
from kasparro.warehouse import EmbeddedPostgres, Warehouse, ensure_warehouse

TITLE = "Serving 20,000 coins"
COINS = 20_000
AGAIN = 5
ROUNDS = 5
ACCEPT = "Accept: */*\r\n"
SECONDS = 1.0
CONNECTIONS = 16
TARGET = 0.5
MEMORY_MB = 250
P99_MS = 20

SORTS = [
    f"{sign}{name}"
    for sign in ("", "-")
    for name in ("rank", "name", "price_usd", "volume_24h_usd", "market_cap_usd", "percent_change_24h")
]
SYLLABLES = [f"{consonant}{vowel}" for consonant in "bcdfgklmnprstvz" for vowel in "aeiou"]
KINDS_OF_COINS = ("", "", " coin", " token", " protocol", " finance", " inu")
Query = Callable[[random.Random], str]
KINDS: dict[str, Query] = {
    "any page": lambda dice: f"offset={dice.randrange(COINS - 100)}",
    "any sort, any page": lambda dice: f"sort={dice.choice(SORTS)}&offset={dice.randrange(COINS - 100)}",
    "symbol": lambda dice: f"symbol=S{dice.randrange(7000)}&sort={dice.choice(SORTS)}",
    "part of the name": lambda dice: f"name={_word(dice, 2)}&sort={dice.choice(SORTS)}",
    "two letters of the name": lambda dice: f"name={_word(dice, 1)}&sort={dice.choice(SORTS)}",
    "one letter, any page": lambda dice: (
        f"name={dice.choice('aeioubcdfg')}&sort={dice.choice(SORTS)}&offset={dice.randrange(3000)}"
    ),
    "two letters of symbol or name, and caps": lambda dice: (
        f"search={_word(dice, 1)}&sort={dice.choice(SORTS)}&min_market_cap={dice.randrange(10**9)}"
    ),
    "range of market caps": lambda dice: f"min_market_cap={dice.randrange(10**9)}",
    "range, any sort, any page": lambda dice: (
        f"min_market_cap={dice.randrange(10**9)}&max_market_cap={dice.randrange(10**9, 10**10)}"
        f"&sort={dice.choice(SORTS)}&offset={dice.randrange(100)}"
    ),
    "three fields": lambda dice: f"fields=canonical_id,price_usd,rank&offset={dice.randrange(COINS - 100)}",
    "two letters, caps, any sort, three fields": lambda dice: (
        f"name={_word(dice, 1)}&min_market_cap={dice.randrange(10**9)}&sort={dice.choice(SORTS)}"
        f"&fields=symbol,price_usd,{dice.choice(('rank', 'name', 'sources'))}"
    ),
}


def _word(dice: random.Random, syllables: int) -> str:
    return "".join(dice.choices(SYLLABLES, k=syllables))


def _name(dice: random.Random) -> str:
    return _word(dice, dice.randrange(1, 4)).title() + dice.choice(KINDS_OF_COINS)


def measure() -> Table:
    """Medians of rounds, servers turn by turn."""
    with tempfile.TemporaryDirectory(prefix="kasparro-bench-") as home:
        settings = Settings(kasparro_home=Path(home), pg_port=_free_port(), api_port=_free_port())
        warehouse = ensure_warehouse(settings)
        try:
            _publish(warehouse)
            return _measure(settings, warehouse)
        finally:
            EmbeddedPostgres(settings).stop()


def _measure(settings: Settings, warehouse: Warehouse) -> Table:
    environment = {
        **os.environ,
        "DATABASE_URL": warehouse.url("admin"),
        "KASPARRO_HOME": str(settings.kasparro_home),
        "LOG_LEVEL": "warning",
        "READER_URL": warehouse.url("reader"),
    }
    ports = {"ours": settings.api_port, "bare": _free_port(), "plain": _free_port()}
    with (
        _server([sys.executable, "-m", "api"], ports["ours"], {**environment, "API_PORT": str(ports["ours"])}) as ours,
        _server([sys.executable, "-m", "bench.yardsticks", "bare"], ports["bare"], environment) as bare,
        _server([sys.executable, "-m", "bench.yardsticks", "plain"], ports["plain"], environment) as plain,
    ):
        _until_served(ports["ours"])
        apart = _part(ours, bare, plain)
        results = _rounds(ports, {"ours": ours, "bare": bare, "plain": plain})
        memory = ours.memory_info().rss >> 20
        _publish_again(warehouse, ports["ours"])
        later = ours.memory_info().rss >> 20
    rows = [_row(name, turns) for name, turns in results.items()]
    slowest = max(median(turn.load.p99_ms for turn in results[name]) for name in KINDS)
    rows += [
        ["slowest p99 of ours", "", "", "", f"{slowest:.1f} ms (target {P99_MS} ms)"],
        ["memory of ours", "", "", "", f"{memory} MB (target {MEMORY_MB} MB)"],
        [f"after {AGAIN} more versions", "", "", "", f"{later} MB"],
    ]
    notes = (
        f"`GET /data?limit=100` over {COINS:,} coins, {CONNECTIONS} connections, no compression, each URL new; one\n"
        "process each of the same server. The bare route is FastAPI's, and returns a constant; the plain endpoint is\n"
        "async SQLAlchemy, Pydantic, COUNT and LIMIT/OFFSET over the same table, whose own CPU is not counted.\n"
        f"Medians of {ROUNDS} rounds, turn by turn, the bare route before each; target is {TARGET:.0%} of it by the\n"
        "server's CPU, so that what else runs on the machine counts little. What a text finds, and in which order, is\n"
        "remembered for a version: of the thousand pairs of text and sort here some have been asked for before, and\n"
        f"some not. {apart}"
    )
    return Table(notes, ["", "requests/s", "p99", "requests per second of CPU", "of the bare route"], rows)


def _part(*servers: psutil.Process) -> str:
    """Give the servers a processor of their own, where there are several: a client on the same one is most of p99."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2:
        return "Client and servers shared a processor."
    for server in servers:
        server.cpu_affinity([cores[-1]])
    os.sched_setaffinity(0, cores[:-1])
    return "The servers, one at work at a time, have a processor of their own, and the client the others."


class Turn(NamedTuple):
    """What one round measured, and the bare route just before it."""

    load: Load
    bare: Load


def _rounds(ports: dict[str, int], servers: dict[str, psutil.Process]) -> dict[str, list[Turn]]:
    """By name, what each round measured."""
    dice = random.Random(7)
    asked: dict[str, tuple[str, Callable[[], str], str]] = {"bare": ("bare", lambda: "/", ACCEPT)}
    for name, query in KINDS.items():
        asked[name] = ("ours", lambda query=query: f"/data?limit=100&{query(dice)}", ACCEPT)
    asked["one URL again and again"] = ("ours", lambda: "/data?limit=100", ACCEPT)
    asked["the same, not modified"] = ("ours", lambda: "/data?limit=100", f"{ACCEPT}If-None-Match: *\r\n")
    asked["plain endpoint"] = ("plain", lambda: f"/data?limit=100&offset={dice.randrange(COINS - 100)}", ACCEPT)
    results: dict[str, list[Turn]] = {name: [] for name in asked}
    for number in range(ROUNDS + 1):
        for name, (server, path, head) in asked.items():
            bare = run(servers["bare"], ports["bare"], lambda: "/", CONNECTIONS, SECONDS / 2)
            load = run(servers[server], ports[server], path, CONNECTIONS, SECONDS, head)
            if number:  # the first one is cold
                results[name].append(Turn(load, bare))
    return results


def _row(name: str, turns: list[Turn]) -> list[str]:
    speed = median(turn.load.per_second for turn in turns)
    by_cpu = median(turn.load.per_cpu_second for turn in turns)
    p99 = median(turn.load.p99_ms for turn in turns)
    share = f"{median(turn.load.per_cpu_second / turn.bare.per_cpu_second for turn in turns):.0%}"
    return [name, f"{speed:,.0f}", f"{p99:.1f} ms", f"{by_cpu:,.0f}", f"**{share}**" if name in KINDS else share]


@contextmanager
def _server(command: list[str], port: int, environment: dict[str, str]) -> Generator[psutil.Process]:
    process = subprocess.Popen(
        [*command, *([str(port)] if "bench.yardsticks" in command else [])], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while not _answers(port):
            assert process.poll() is None, f"{command} died"
            assert time.monotonic() < deadline, f"{command} did not start"
            time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _until_served(port: int, version: int = 1) -> None:
    import httpx

    deadline = time.monotonic() + 60
    while json.loads(httpx.get(f"http://127.0.0.1:{port}/data", trust_env=False).text)["meta"]["version"] != version:
        assert time.monotonic() < deadline, f"version {version} is not served"
        time.sleep(0.1)


def _publish(warehouse: Warehouse) -> None:
    """A market of coins, as a version of the marts."""
    dice = random.Random(1)
    now = datetime.now(UTC)
    sources = ["coingecko", "coinpaprika"]
    caps = sorted((dice.randrange(10**12) / 100 for _ in range(COINS)), reverse=True)
    rows = [
        (f"coin-{n}", f"S{n % 7000}", _name(dice), "active", n + 1, round(dice.random() * 100, 10), caps[n],
         dice.randrange(10**9), dice.randrange(-1000, 1000) / 100, 2, sources, now, now, now)
        for n in range(COINS)
    ]  # fmt: skip
    with (
        closing(psycopg2.connect(warehouse.url("transformer"))) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "create table marts.coins (canonical_id text primary key, symbol text not null, name text not null, "
            "status text not null, rank integer, price_usd numeric, market_cap_usd numeric, volume_24h_usd numeric, "
            "percent_change_24h numeric, source_count integer not null, sources text[] not null, "
            "updated_at timestamptz, first_seen_at timestamptz not null, last_seen_at timestamptz not null)"
        )
        cursor.execute("create index on marts.coins (rank)")
        execute_values(cursor, "insert into marts.coins values %s", rows, page_size=1000)
        cursor.execute("insert into ops.publications (version) values (1)")


def _publish_again(warehouse: Warehouse, port: int) -> None:
    """Further versions, every price another one each time; returns when the last one is served."""
    with closing(psycopg2.connect(warehouse.url("transformer"))) as connection, connection.cursor() as cursor:
        for version in range(2, 2 + AGAIN):
            cursor.execute("update marts.coins set price_usd = price_usd * 1.001, market_cap_usd = market_cap_usd + 1")
            cursor.execute("insert into ops.publications (version) values (%s)", (version,))
            connection.commit()
            _until_served(port, version)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
