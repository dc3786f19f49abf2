"""What a scheduled pass costs: a process of its own, on a market that has not moved, and on one that has."""

import os
import resource
import subprocess
import sys
from statistics import median

from bench.scratch import Scratch, scratch
from bench.table import Table
from kasparro.settings import REPOSITORY

TITLE = "What a scheduled pass costs"
COINS = 2_000
ROUNDS = 3
TARGET_SECONDS = 15


def measure() -> Table:
    """Medians of CPU of whole processes, and of Postgres meanwhile."""
    with scratch(COINS) as system:
        environment = {**os.environ, **_environment(system)}
        _a_pass(system, environment)
        moved: list[tuple[float, float]] = []
        unmoved: list[tuple[float, float]] = []
        for _ in range(ROUNDS):
            system.advance()
            moved.append(_a_pass(system, environment))
            unmoved.append(_a_pass(system, environment))
    notes = (
        f"CPU of `python -m flows.elt` on a market of {COINS:,} coins, from start to end, all threads; and of\n"
        f"Postgres meanwhile. Medians of {ROUNDS} passes of each kind, turn by turn."
    )
    rows = [
        _row("**nothing has changed**", unmoved, f" (target ≤ {TARGET_SECONDS})"),
        _row("every price is new", moved, ""),
    ]
    return Table(notes, ["", "the process, s", "Postgres, s", "together, s"], rows)


def _row(name: str, spent: list[tuple[float, float]], target: str) -> list[str]:
    ours, theirs = (median(values) for values in zip(*spent, strict=True))
    return [name, f"{ours:.1f}", f"{theirs:.1f}", f"**{ours + theirs:.1f}**{target}"]


def _a_pass(system: Scratch, environment: dict[str, str]) -> tuple[float, float]:
    """CPU seconds of a pass in a process of its own, and of Postgres; what this process itself takes is none of it."""
    before, postgres = _children(), system.postgres_cpu_seconds()
    subprocess.run(
        [sys.executable, "-m", "flows.elt"], cwd=REPOSITORY, env=environment, check=True, stderr=subprocess.DEVNULL
    )
    return _children() - before, system.postgres_cpu_seconds() - postgres


def _children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _environment(system: Scratch) -> dict[str, str]:
    settings = system.settings
    return {
        "KASPARRO_HOME": str(settings.kasparro_home),
        "PG_PORT": str(settings.pg_port),
        "CSV_DIR": str(settings.csv_dir),
        "COINPAPRIKA_BASE_URL": settings.coinpaprika_base_url or "",
        "COINGECKO_BASE_URL": settings.coingecko_base_url or "",
        "RSS_FEEDS": ",".join(settings.rss_feeds),
        "COINGECKO_MAX_COINS": "0",
        **{f"{name}_RATE_LIMIT": "1000/s" for name in ("COINPAPRIKA", "COINGECKO", "RSS")},
        **{f"{name}_MONTHLY_CALLS": "0" for name in ("COINPAPRIKA", "COINGECKO")},
    }
