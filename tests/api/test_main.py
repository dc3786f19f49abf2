"""`python -m api` as a process: it says what is wrong in one line, serves, logs, and stops cleanly."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api import accesslog
from kasparro.warehouse import Warehouse
from tests.api.conftest import KEY
from tests.api.marts import Marts, coin
from tests.api.serving import eventually
from tests.conftest import PASSED_ON, free_port

REPOSITORY = Path(__file__).resolve().parents[2]


def environment(**values: object) -> dict[str, str]:
    """What the process sees: nothing of the developer's settings."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, "PYTHONPATH": str(REPOSITORY), **{name: str(value) for name, value in values.items()}}


@contextmanager
def process(folder: Path, **values: object) -> Generator[subprocess.Popen[str]]:
    """`python -m api` in an empty folder, stopped by its id at the end."""
    log = folder / "stderr.log"
    with log.open("w") as stderr:
        running = subprocess.Popen(
            [sys.executable, "-m", "api"], env=environment(**values), cwd=folder, stderr=stderr, text=True
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def served(empty: Warehouse, tmp_path: Path) -> dict[str, object]:
    """Settings for a process over a database with version 1 in it."""
    Marts(empty).publish(1, coins=[coin("btc")])
    return {
        "DATABASE_URL": empty.url("admin"),
        "KASPARRO_HOME": tmp_path / "home",
        "API_PORT": free_port(),
        "ADMIN_API_KEY": KEY,
        "LOG_FORMAT": "json",
    }


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_serves_logs_and_stops(served: dict[str, object], tmp_path: Path, stop: signal.Signals) -> None:
    with process(tmp_path, **served) as running:
        base = f"http://127.0.0.1:{served['API_PORT']}"
        eventually(lambda: answers(f"{base}/health/ready"), "the API is ready")
        asked = httpx.get(f"{base}/data?symbol=BTC", headers={"X-Request-ID": "my-request"}, trust_env=False)
        assert asked.json()["data"][0]["canonical_id"] == "btc"
        running.send_signal(stop)
        assert running.wait(20) == 0
    lines = (tmp_path / "stderr.log").read_text().splitlines()
    assert lines[0] == f"API on {base}"
    events = [json.loads(line) for line in lines[1:]]
    (request,) = [event for event in events if event.get("request_id") == "my-request"]
    assert (request["logger"], request["method"], request["path"]) == ("api.access", "GET", "/data")
    assert (request["status"], request["query"], request["client"]) == (200, "symbol=BTC", "127.0.0.1")
    assert request["duration_ms"] > 0
    assert "password" not in "\n".join(lines)


def test_several_workers_count_together(served: dict[str, object], tmp_path: Path) -> None:
    with process(tmp_path, **served, API_WORKERS=2) as running:
        base = f"http://127.0.0.1:{served['API_PORT']}"
        eventually(lambda: answers(f"{base}/health/ready"), "the API is ready")
        for _ in range(20):
            assert httpx.get(f"{base}/health/live", trust_env=False).status_code == 200
        text = httpx.get(f"{base}/metrics", trust_env=False).text
        assert 'api_requests_total{method="GET",route="/health/live",status="200"} 20.0' in text
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0


def test_taken_port_is_one_line_that_names_the_setting(served: dict[str, object], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with process(tmp_path, **{**served, "API_PORT": port}) as running:
            assert running.wait(30) == 1
    (line,) = (tmp_path / "stderr.log").read_text().splitlines()
    assert str(port) in line
    assert "API_PORT" in line


def test_wrong_settings_are_named(tmp_path: Path) -> None:
    with process(tmp_path, API_PORT="eighty") as running:
        assert running.wait(30) == 2
    message = (tmp_path / "stderr.log").read_text()
    assert "API_PORT" in message
    assert "Traceback" not in message


def test_answers_while_the_warehouse_is_away(tmp_path: Path) -> None:
    port = free_port()
    away = f"postgresql://nobody:secret-word@127.0.0.1:{free_port()}/none"
    with process(
        tmp_path, DATABASE_URL=away, API_PORT=port, KASPARRO_HOME=tmp_path / "home", LOG_FORMAT="json"
    ) as running:
        base = f"http://127.0.0.1:{port}"
        eventually(lambda: answers(f"{base}/health/live"), "the API lives")
        assert httpx.get(f"{base}/data", trust_env=False).status_code == 503
        assert httpx.get(f"{base}/health", trust_env=False).status_code == 503
        key = (tmp_path / "home" / "keys" / "admin_api_key").read_text().strip()
        half = "x" * (accesslog.LONGEST_PART - 10)
        for query in (f"x_cg_demo_api_key={key}", f"symbol={key}", f"a={half}{key}", f"a=%{ord(key[0]):x}{key[1:]}"):
            httpx.get(f"{base}/data?{query}&note=seen", trust_env=False)
        httpx.get(f"{base}/coins/{key}?token=of-somebody&api%5Fkey=of-another", trust_env=False)
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
    log = (tmp_path / "stderr.log").read_text()
    assert log.count("note=seen") >= 2
    for secret in ("secret-word", key, key[1:], key[:10], "of-somebody", "of-another"):
        assert secret not in log


def test_head_without_end_is_cut_off(served: dict[str, object], tmp_path: Path) -> None:
    with process(tmp_path, **served):
        base = f"http://127.0.0.1:{served['API_PORT']}"
        eventually(lambda: answers(f"{base}/health/live"), "the API lives")
        with socket.create_connection(("127.0.0.1", int(str(served["API_PORT"]))), timeout=20) as connection:
            connection.sendall(b"GET /data HTTP/1.1\r\nHost: x\r\nX-Endless: ")
            sent, answer = 0, b""
            try:
                while sent < 16 * 1024 * 1024:
                    sent += connection.send(b"x" * 65536)
                answer = connection.recv(100)
            except ConnectionError:
                pass
            assert not answer.startswith(b"HTTP/1.1 200")
            assert sent < 16 * 1024 * 1024
        large = httpx.post(f"{base}/etl/trigger", content=b"x" * 250_000, headers={"X-API-Key": "no"}, trust_env=False)
        assert large.status_code == 403
        assert answers(f"{base}/health/live")
