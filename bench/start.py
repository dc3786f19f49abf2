"""`make run` on a machine that has the packages: how long until the API serves a first row."""

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

import requests

from bench.scratch import free_port, providing
from bench.table import Table
from kasparro.settings import REPOSITORY

TITLE = "From `make run` to the first row"
ROUNDS = 3
TARGET_SECONDS = 45
LONGEST_SECONDS = 600


def measure() -> Table:
    """Medians of starts with an empty home, and of the second starts in the same homes."""
    first: list[float] = []
    second: list[float] = []
    with providing() as providers:
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory(prefix="kasparro-bench-") as home:
                environment = {
                    **os.environ,
                    "KASPARRO_HOME": home,
                    "CSV_DIR": str(REPOSITORY / "data"),
                    "COINPAPRIKA_BASE_URL": providers.coinpaprika,
                    "COINGECKO_BASE_URL": providers.coingecko,
                    "RSS_FEEDS": ",".join(providers.feeds),
                    **{name: str(free_port()) for name in ("API_PORT", "PREFECT_PORT", "PG_PORT", "DOCS_PORT")},
                }
                first.append(_until_first_row(environment, Path(home) / "first.log"))
                second.append(_until_first_row(environment, Path(home) / "second.log"))
    notes = (
        "`make run` with packages installed and default settings, but for the stand-in providers' addresses:\n"
        "warehouse, Prefect, a first pass over 1,000 coins of CoinGecko and 2,500 of CoinPaprika at the free plans'\n"
        f"rate limits, API. Until `/data` returns its first row; medians of {ROUNDS} starts."
    )
    rows = [
        ["empty home", f"**{median(first):.1f}** (target ≤ {TARGET_SECONDS})"],
        ["second start in it", f"{median(second):.1f}"],
    ]
    return Table(notes, ["", "seconds"], rows)


def _until_first_row(environment: dict[str, str], log: Path) -> float:
    """Start everything, wait for a row, stop everything; the seconds until the row."""
    started = time.perf_counter()
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", "run"], cwd=REPOSITORY, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        while not _has_row(f"http://127.0.0.1:{environment['API_PORT']}/data?limit=1"):
            assert process.poll() is None, log.read_text()
            assert time.perf_counter() - started < LONGEST_SECONDS, log.read_text()
            time.sleep(0.1)
        return time.perf_counter() - started
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _has_row(url: str) -> bool:
    try:
        return bool(json.loads(requests.get(url, timeout=5).text).get("data"))
    except (requests.RequestException, ValueError):
        return False
