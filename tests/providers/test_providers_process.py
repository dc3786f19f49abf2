"""`python -m providers` as a process of its own: its first line, its control paths, its end."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def process(*arguments: str) -> Generator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The process, and the base URLs that it printed."""
    command = [sys.executable, "-m", "providers", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        try:
            assert running.stdout
            yield running, json.loads(running.stdout.readline())
        finally:
            running.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_cleanly(number: signal.Signals) -> None:
    with process("--coins", "30") as (running, urls):
        assert len(requests.get(f"{urls['coingecko']}/coins/markets?vs_currency=usd", timeout=10).json()) == 30
        assert requests.get(f"{urls['coinpaprika']}/tickers/btc-bitcoin", timeout=10).ok
        assert [requests.get(url, timeout=10).status_code for url in urls["rss"]] == [200, 200, 200]
        running.send_signal(number)
        output, errors = running.communicate(timeout=20)
        assert (running.returncode, output, errors) == (0, "", "")


def test_its_market_moves_by_itself() -> None:
    with process("--coins", "20", "--speed", "600") as (_, urls):
        quote = f"{urls['coingecko']}/coins/markets?vs_currency=usd&ids=bitcoin"
        seen = {requests.get(quote, timeout=10).json()[0]["last_updated"]}
        deadline = time.monotonic() + 30
        while len(seen) < 3 and time.monotonic() < deadline:
            seen.add(requests.get(quote, timeout=10).json()[0]["last_updated"])
        assert len(seen) >= 3


def test_a_supervisor_moves_it(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text('{"events": [{"tick": 2, "do": "rename", "with": ["bitcoin", "Renamed"]}]}')
    with process("--coins", "20", "--speed", "0", "--start", "2026-03-01T00:00", "--faults", str(plan)) as (_, urls):
        base = urls["coingecko"].removesuffix("/coingecko/api/v3")
        quote = f"{urls['coingecko']}/coins/markets?vs_currency=usd&ids=bitcoin"
        before = requests.get(quote, timeout=10).json()[0]
        assert before["last_updated"].startswith("2026-03-01T00:00")
        assert requests.post(f"{base}/control/advance?minutes=3", timeout=10).json() == {"tick": 3}
        after = requests.get(quote, timeout=10).json()[0]
        assert (after["name"], after["last_updated"] > before["last_updated"]) == ("Renamed", True)
        broken = {"rules": [{"fault": {"kind": "server_error"}}]}
        assert requests.put(f"{base}/control/plan", json=broken, timeout=10).json() == {"rules": 1}
        assert requests.get(quote, timeout=10).status_code == 503
        assert requests.put(f"{base}/control/plan", data="{", timeout=10).status_code == 400
        assert requests.post(f"{base}/control/advance?minutes=x", timeout=10).status_code == 400
        assert requests.post(f"{base}/control/nothing", timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--folder", "/no/such/folder"], "no/such/folder"), (["--faults", "/no/such/plan.json"], "plan.json")],
)
def test_wrong_arguments_end_it_with_a_reason(arguments: list[str], said: str) -> None:
    command = [sys.executable, "-m", "providers", "--port", "0", "--coins", "5", *arguments]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=60, check=False)
    assert (done.returncode, said in done.stderr, done.stdout) == (2, True, "")
