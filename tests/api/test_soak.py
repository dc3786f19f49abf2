"""Full load on every kind of answer while version after version is published: no error, nothing mixed, flat memory.

`make test-long` does it for five minutes over 20,000 coins, and writes what it saw into docs/endurance.md.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from kasparro.warehouse import Warehouse
from tests.api.conftest import KEY
from tests.api.endurance import record
from tests.api.load import Connection, versions_in
from tests.api.marts import NOON, Marts, coin, listing, quote
from tests.api.serving import eventually
from tests.api.test_main import answers, process
from tests.conftest import free_port

LISTED = 200
MEMORY_MB = 250


@dataclass
class Tally:
    """What the clients saw."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    seconds: list[float] = field(default_factory=list[float])
    versions: set[int] = field(default_factory=set[int])
    mixed: list[str] = field(default_factory=list[str])

    def take(self, path: str, status: int, body: bytes, seconds: float) -> None:
        """Look at one answer: all its prices must be of the version that it names."""
        self.statuses[status] += 1
        self.seconds.append(seconds)
        named, priced = versions_in(body)
        self.versions |= named
        if len(named | priced) > 1:
            self.mixed.append(f"{path}: {named} and {priced}")


Visit = Callable[[Connection, Tally, random.Random], Awaitable[None]]


async def ask(connection: Connection, tally: Tally, path: str) -> bytes:
    """One request, looked at."""
    started = time.perf_counter()
    status, body = await connection.get(path)
    tally.take(path, status, body, time.perf_counter() - started)
    return body


async def page(connection: Connection, tally: Tally, dice: random.Random) -> None:
    """A page of coins, no two alike."""
    sort = dice.choice(["rank", "-price_usd", "name", "-volume_24h_usd"])
    filters = [f"offset={dice.randrange(900)}", f"search=c{dice.randrange(99)}", f"min_market_cap={dice.random()}"]
    await ask(connection, tally, f"/data?limit=100&sort={sort}&{dice.choice(filters)}")


async def walk(connection: Connection, tally: Tally, dice: random.Random) -> None:
    """A walk by cursor: one version, each coin once."""
    path = f"/data?limit={dice.randrange(200, 300)}&fields=canonical_id,price_usd"
    pages, cursor = list[Any](), ""
    while cursor is not None and len(pages) < 4:
        pages.append(json.loads(await ask(connection, tally, f"{path}{cursor and f'&cursor={cursor}'}")))
        cursor = pages[-1]["pagination"]["next_cursor"]
    ids = [row["canonical_id"] for each in pages for row in each["data"]]
    if len({each["meta"]["version"] for each in pages}) != 1 or len(set(ids)) != len(ids):
        tally.mixed.append("a walk by cursor")


async def from_the_warehouse(connection: Connection, tally: Tally, dice: random.Random) -> None:
    """What is read from Postgres: a source's quotes, one coin."""
    path = dice.choice(["/data?source=coingecko&limit=50", f"/coins/c{dice.randrange(LISTED)}"])
    await ask(connection, tally, path)


async def export(connection: Connection, tally: Tally, _dice: random.Random) -> None:
    """All coins as a stream; its lines have no version to name, so they must agree."""
    await ask(connection, tally, "/data?format=ndjson")


VISITS: Sequence[Visit] = (*[page] * 13, walk, from_the_warehouse, export)


async def visit(port: int, visits: Visit, tally: Tally, until: float, seed: int) -> None:
    """One client that asks until the time is over."""
    dice = random.Random(seed)
    async with Connection(port) as connection:
        while time.monotonic() < until:
            await visits(connection, tally, dice)


def publish(marts: Marts, version: int, coins: int) -> None:
    """A market whose every price is its version."""
    marts.publish(
        version,
        coins=[coin(f"c{number}", rank=number + 1, price_usd=version, market_cap_usd=number, volume_24h_usd=version)
               for number in range(coins)],
        quotes=[quote("coingecko", f"c{number}", f"c{number}", NOON, price_usd=version) for number in range(LISTED)],
    )  # fmt: skip


async def load(
    port: int, marts: Marts, coins: int, seconds: float, pause: float, process_id: int
) -> tuple[Tally, list[int]]:
    """All clients at once, and a publication every `pause` seconds; the process's memory in MB after each."""
    tally, memory = Tally(), list[int]()
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(1) as publisher:
        clients = [asyncio.create_task(visit(port, each, tally, until, seed)) for seed, each in enumerate(VISITS)]
        version = 1
        while time.monotonic() < until - pause:
            await asyncio.sleep(pause)
            version += 1
            await asyncio.get_running_loop().run_in_executor(publisher, publish, marts, version, coins)
            memory.append(psutil.Process(process_id).memory_info().rss >> 20)
        await asyncio.gather(*clients)
    memory.append(psutil.Process(process_id).memory_info().rss >> 20)
    assert len(tally.versions) > 1 and tally.versions <= set(range(1, version + 1)), tally.versions
    return tally, memory


@pytest.mark.parametrize(
    ("coins", "seconds", "pause"),
    [pytest.param(1500, 6, 1.5, id="sample"), pytest.param(20_000, 300, 20, id="whole", marks=pytest.mark.long)],
)
def test_full_load_while_versions_are_published(
    empty: Warehouse, tmp_path: Path, coins: int, seconds: float, pause: float
) -> None:
    marts = Marts(empty)
    marts.add_records()
    marts.insert("marts.coin_listings", *(listing("coingecko", f"c{number}", f"c{number}") for number in range(LISTED)))
    publish(marts, 1, coins)
    port = free_port()
    given = {"DATABASE_URL": empty.url("admin"), "KASPARRO_HOME": tmp_path / "home", "ADMIN_API_KEY": KEY}
    with process(tmp_path, **given, API_PORT=port, LOG_FORMAT="json", LOG_LEVEL="warning") as running:
        eventually(lambda: answers(f"http://127.0.0.1:{port}/health/ready"), "the API is ready")
        tally, memory = asyncio.run(load(port, marts, coins, seconds, pause, running.pid))
        assert running.poll() is None
    assert set(tally.statuses) == {200}, tally.statuses
    assert tally.mixed == []
    assert "Traceback" not in (tmp_path / "stderr.log").read_text()
    if seconds > 60:
        write_down(tally, memory, coins, seconds, pause)


def write_down(tally: Tally, memory: list[int], coins: int, seconds: float, pause: float) -> None:
    """Judge the memory, which needs time to be flat, and record the whole."""
    settled = memory[3]  # three versions are kept
    assert max(memory[4:]) <= settled * 1.1, memory
    assert max(memory) <= MEMORY_MB, memory
    taken = sorted(tally.seconds)
    asked = len(taken)
    half, most = taken[asked // 2] * 1000, taken[asked * 99 // 100] * 1000
    record(
        "soak",
        f"{seconds / 60:.0f} minutes, {len(VISITS)} clients on as many connections, {coins:,} coins, and a new\n"
        f"version every {pause:.0f} seconds: pages of coins, hardly two alike, walks by cursor, single coins and\n"
        "quotes out of the warehouse, exports of everything. Clients, API and Postgres shared the machine.\n\n"
        "| | |\n| --- | --- |\n"
        f"| requests | {asked:,}, {asked / seconds:,.0f} a second |\n"
        f"| answered otherwise than with 200 | {asked - tally.statuses[200]} |\n"
        f"| versions seen | {len(tally.versions)} |\n"
        f"| answers that mixed versions | {len(tally.mixed)} |\n"
        f"| half of the answers within, 99 of 100 within | {half:.0f} ms, {most:.0f} ms |\n"
        f"| memory of the API after the fourth version | {settled} MB |\n"
        f"| memory at most, and at the end | {max(memory)} MB, {memory[-1]} MB |",
    )
