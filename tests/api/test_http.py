"""What every answer has: ids, tags, compression, cross-origin rules, problems for what is not there."""

import contextlib
import re
import socket
from collections.abc import Iterator

import pytest

from api import protocol
from tests.api.conftest import KEY
from tests.api.serving import Api

MARTS = ["/data", "/data?source=coingecko", "/data?start_date=2026-01-01", "/data?source=rss"]
SYSTEM = ["/health", "/health/live", "/health/ready", "/stats", "/metrics"]


@pytest.mark.parametrize("path", [*MARTS, *SYSTEM, "/", "/openapi.json", "/nothing", "/data?limit=0"])
def test_every_answer_has_an_id_and_safe_headers(market: Api, path: str) -> None:
    first, second = market.get(path), market.get(path)
    assert re.fullmatch(r"[0-9a-f]{32}", first.headers["x-request-id"])
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert first.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in first.headers["content-security-policy"]
    assert "server" not in first.headers


@pytest.mark.parametrize("given", ["abc-1.2:3_4", "x" * 64])
def test_callers_sane_id_is_kept(market: Api, given: str) -> None:
    answer = market.get("/data", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] == given == answer.json()["request_id"]


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", '"><script>', "a\tb"])
def test_callers_odd_id_is_not(market: Api, given: str) -> None:
    assert market.get("/data", headers={"X-Request-ID": given}).headers["x-request-id"] != given


@pytest.mark.parametrize("path", MARTS)
def test_marts_are_revalidated_by_version(market: Api, path: str) -> None:
    answer = market.get(path)
    tag = answer.headers["etag"]
    assert re.fullmatch(r'W/"7-[\w-]+"', tag)
    assert answer.headers["cache-control"] == "public, max-age=0, must-revalidate"
    assert {"Accept", "Accept-Encoding"} <= {part.strip() for part in answer.headers["vary"].split(",")}
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = market.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert market.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert market.get(f"{path}{'&' if '?' in path else '?'}limit=5").headers["etag"] != tag


@pytest.mark.parametrize("path", SYSTEM)
def test_system_is_never_stored(market: Api, path: str) -> None:
    answer = market.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/data?fields=canonical_id,name,status,first_seen_at&limit=100", "/openapi.json", "/stats"]
)
def test_compression_on_request(market: Api, path: str) -> None:
    plain = market.get(path, headers={"Accept-Encoding": "identity"})
    packed = market.get(path, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert packed.json().keys() == plain.json().keys()


@pytest.mark.parametrize(
    ("given", "packed"),
    [
        ("gzip", True), ("GZIP", True), ("GZip;Q=0.5", True), ("x-gzip", True), ("*", True), ("br, gzip", True),
        ("gzip;q=0", False), ("gzip; q=0.0", False), ("gzip;q=0, *", False), ("*;q=0", False), ("identity", False),
        ("gzip;q=0.1, identity", False), ("gzip;q=\u00b2", False), ("not-gzip", False), ("gzipped", False), ("", False),
        ("br;q=1, identity;q=0.5, *;q=0.6", True),
    ],
)  # fmt: skip
def test_weights_and_case_of_encodings_count(market: Api, given: str, packed: bool) -> None:
    answer = market.get("/openapi.json", headers=[(b"Accept-Encoding", given.encode("latin-1"))])
    assert (answer.headers.get("content-encoding") == "gzip") is packed
    assert answer.json()["openapi"]


def test_other_origins_may_read_and_nothing_else(market: Api) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    assert market.get("/data", headers=origin).headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in market.get("/data", headers=origin).headers
    asked = {**origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "X-API-Key"}
    assert market.options("/data", headers=asked).status_code == 200
    write = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "X-API-Key"}
    refused = market.options("/etl/trigger", headers=write)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
    assert "GET" in refused.json()["detail"]
    assert "access-control-allow-origin" not in market.post("/etl/trigger", headers=origin).headers


@pytest.mark.parametrize("path", ["/data?limit=3", "/health", "/", "/stats"])
def test_head_is_get_without_a_body(market: Api, path: str) -> None:
    answer = market.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("DELETE", "/data", 405), ("PUT", "/", 405)]
)
def test_what_is_not_there_is_a_problem(market: Api, method: str, path: str, status: int) -> None:
    answer = market.request(method, path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["instance"] == path


def test_trailing_slash_is_the_same_place(market: Api) -> None:
    assert market.get("/data/?limit=3").json()["data"] == market.get("/data?limit=3").json()["data"]
    assert market.get("/health/live/").status_code == 200
    assert market.get("/data/", headers={"Host": "evil.example"}).status_code == 200
    assert market.get("/nothing/").status_code == 404


def test_large_bodies_are_refused(market: Api) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 64 * 1024

    for path in ("/etl/trigger", "/resolve", "/compare-runs", "/data"):
        answer = market.post(path, content=b"x" * 300 * 1024, headers={"X-API-Key": KEY})
        assert (answer.status_code, answer.json()["status"]) == (413, 413)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert int(answer.headers["content-length"]) == len(answer.content)
    assert market.post("/nothing", content=chunks()).status_code in (404, 413)


def test_idle_connections_starve_nobody(market: Api) -> None:
    """500 that say nothing, or begin to and stop."""
    with contextlib.ExitStack() as held:
        for number in range(500):
            idle = held.enter_context(socket.create_connection(("127.0.0.1", market.port)))
            if number % 2:
                idle.sendall(b"GET /data HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        for path in MARTS + SYSTEM:
            assert market.get(path).status_code == 200


@pytest.mark.parametrize(
    "said",
    [b"", b"GET /data HTTP/1.1\r\nX-Slow: ", b"POST /resolve HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"],
)
def test_a_request_that_does_not_come_to_an_end_is_let_go(
    market: Api, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    """Whether it is the first on its connection or a later one; or else a few thousand would keep everyone out."""
    whole = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    monkeypatch.setattr(protocol, "PATIENCE_SECONDS", 0.2)
    for before in (b"", whole) if said else (b"",):
        with socket.create_connection(("127.0.0.1", market.port), timeout=20) as slow:
            slow.sendall(before + said)
            received = b"".join(iter(lambda: slow.recv(4096), b""))
            assert received.count(b"HTTP/1.1 200") == (1 if before else 0)


def test_failures_of_our_own_are_problems_without_details(market: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("api.data.plain.select", fail)
    monkeypatch.setattr("api.stats.queries.summary", fail)
    for path in ("/data", "/stats"):
        answer = market.get(path)
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["x-request-id"] == answer.json()["request_id"]
        assert "hunter2" not in answer.text
