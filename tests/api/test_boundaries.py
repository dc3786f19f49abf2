"""What no request may do, whoever sends it: make the server work for long before it is looked at, or fail within."""

import json
import socket
from typing import Any

import pytest

from api import bounds
from api.clients import THIS_MACHINE, named
from api.negotiation import preferences
from tests.api.conftest import KEY
from tests.api.serving import Api

PATHS = ["/data", "/data?source=coingecko", "/coins/btc", "/stats", "/health", "/stream", "/nothing", "/openapi.json"]
ODD = [r'"\ud800"', r'"\udfff\ud800"', r'"a\u0000b"', '"\x7f"', "NaN", "Infinity", "-Infinity", "1e999", "9" * 5000]


def raw(api: Api, head: bytes) -> bytes:
    """The answer to bytes that no client library would send."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=20) as connection:
        connection.sendall(head)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def is_problem(answer: Any, status: int) -> bool:
    kind = answer.headers["content-type"]
    return (answer.status_code, answer.json()["status"], kind) == (status, status, "application/problem+json")


@pytest.mark.parametrize("path", PATHS)
def test_heads_are_bounded_on_every_path(market: Api, path: str) -> None:
    both = "&" if "?" in path else "?"
    assert is_problem(market.get(f"{path}{both}x={'y' * bounds.LARGEST_TARGET}"), 414)
    assert is_problem(market.get(f"{path}{both}" + "&".join(f"p{number}=1" for number in range(200))), 422)
    assert is_problem(market.get(f"{path}{both}" + "&" * 200), 422)
    assert is_problem(market.get(path, headers={"Accept": "text/csv," * 5000}), 431)
    assert is_problem(market.get(path, headers=[("If-None-Match", '"x"')] * 200), 431)
    assert is_problem(market.get(path, headers={"Cookie": "a=b;" * 20000}), 431)


def test_a_long_path_is_told_in_part(market: Api) -> None:
    answer = market.get(f"/{'x' * 5000}")
    assert is_problem(answer, 404)
    assert len(answer.content) < 2500


def test_a_parameter_given_twice_is_found_among_many(market: Api) -> None:
    answer = market.get("/data?" + "&".join(f"p{number}=1" for number in range(98)) + "&p97=2")
    assert answer.json()["errors"] == [{"field": "p97", "message": "is given more than once"}]


def test_of_many_mistakes_the_first_are_told(market: Api) -> None:
    body = {"queries": [{f"f{number}": number} for number in range(900)]}
    answer = market.post("/resolve", json=body)
    assert is_problem(answer, 422)
    assert len(answer.json()["errors"]) == 20
    assert "more" in answer.json()["detail"]
    assert is_problem(market.post("/resolve", content=b"[" + b"1," * 100_000 + b"1]"), 422)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/resolve", '{"queries": [{"symbol": %s}]}'), ("/resolve", '{"queries": [{"source": "coingecko", "id": %s}]}'),
        ("/resolve", '{"queries": [{"symbol": "x"}], "as_of": %s}'), ("/resolve", '{"queries": %s}'),
        ("/resolve", "%s"),
        ("/compare-runs", '{"run_id_1": %s, "run_id_2": "x"}'), ("/etl/trigger", '{"sources": [%s]}'),
        ("/etl/trigger", '{"sources": %s}'), ("/resolve", '{"queries": [{"symbol": "x", "y": %s}]}'),
    ],
)  # fmt: skip
def test_what_utf8_and_postgres_can_not_hold_is_refused(market: Api, path: str, form: str, odd: str) -> None:
    answer = market.post(path, content=form % odd, headers={"X-API-Key": KEY})
    assert is_problem(answer, 422), answer.text
    json.dumps(answer.json(), ensure_ascii=False).encode()


def test_keys_of_a_body_may_be_odd_too(market: Api) -> None:
    for key in (r"\ud800", r"\u0000", "x" * 10_000):
        assert is_problem(market.post("/resolve", content=f'{{"{key}": 1}}'), 422)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"\xff\xfe{}", 400),
        (b'"\xed\xa0\x80"', 400),
        (b"[" * 2000, 400),
        (b"{" * 3, 422),
        (b"\xef\xbb\xbf{}", 422),
    ],
)
def test_bodies_that_are_no_json(market: Api, body: bytes, status: int) -> None:
    assert is_problem(market.post("/resolve", content=body), status)


@pytest.mark.parametrize("weight", ["²", "٣", "", "nan", "inf", "1e999", "-1", "1_0", "0x1", "9" * 5000, "½"])
def test_odd_weights_in_headers_are_none(whole: Api, weight: str) -> None:
    for path in ("/", "/data", "/data?source=rss", "/docs", "/changes"):
        for name in ("Accept", "Accept-Encoding"):
            value = f"text/html;q={weight}, gzip;q={weight}, */*;q=0.1".encode()
            assert whole.get(path, headers=[(name.encode(), value)]).status_code in (200, 406)
    assert preferences(f"a;q={weight}".encode())["a"] == 0


@pytest.mark.parametrize("host", ["[", "[::1", "a]b", "x:y:z", "%", "\u00df", "a b", "", "[::1]:8000", "[v1.x]"])
def test_a_host_may_be_anything(whole: Api, host: str) -> None:
    for path in ("/", "/data?limit=1", "/data?limit=0", "/nothing", "/coins/x", "/changes?limit=1&format=csv"):
        assert whole.get(path, headers=[(b"Host", host.encode("latin-1"))]).status_code < 500, path


@pytest.mark.parametrize("name", ["%ED%A0%80", "%FF", "%00", "%F0%9F%90%99", "a%0D%0Ab", "%D7%A9", "..", "%2F"])
def test_paths_may_hold_anything(whole: Api, name: str) -> None:
    for path in (f"/coins/{name}", f"/coins/{name}/listings?limit=1&format=csv", f"/runs/{name}", f"/dashboard/{name}"):
        assert whole.get(path, headers={"X-API-Key": KEY}).status_code < 500, path
    for query in ("symbol", "name", "fields", "cursor", "start_date", "sort", "format", "decimals", "since", "x"):
        for path in ("/data", "/data?source=coingecko", "/changes", "/news", "/resolve"):
            assert whole.get(f"{path}{'&' if '?' in path else '?'}{query}={name}").status_code < 500, (path, query)


@pytest.mark.parametrize(
    "head",
    [
        b"NONSENSE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /x HTTP/1.1\r\nX: " + b"y" * 600_000,
    ],
)  # fmt: skip
def test_what_the_server_itself_refuses_is_a_problem_too(market: Api, head: bytes) -> None:
    answer = raw(market, head)
    first, _, body = answer.partition(b"\r\n\r\n")
    assert first.split(b" ", 2)[1] in (b"400", b"414"), first
    assert b"content-type: application/problem+json" in first.lower()
    assert set(json.loads(body)) >= {"type", "title", "status", "detail", "instance", "request_id"}


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("127.0.0.1", THIS_MACHINE), ("::1", THIS_MACHINE), ("::ffff:127.0.0.1", THIS_MACHINE),
        ("::ffff:203.0.113.9", "203.0.113.9"), ("::ffff:cb00:7109", "203.0.113.9"), ("203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::/64"), ("2001:0DB8:0:0::2", "2001:db8::/64"),
        ("2001:db8:0:1::2", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"), ("no address", "no address"),
    ],
)  # fmt: skip
def test_one_client_is_counted_as_one(address: str, client: str) -> None:
    assert named(address) == client


def test_wrong_keys_of_one_network_count_together(market: Api) -> None:
    """An IPv6 client has more addresses than can be counted."""

    def guess(network: str, host: int, key: str = "guess") -> int:
        headers = {"X-API-Key": key, "X-Forwarded-For": f"2001:db8:77:{network}::{host:x}"}
        return market.get("/runs", headers=headers).status_code

    statuses = [guess("1", host) for host in range(1, 131)]  # some are forgiven while they are asked
    assert statuses[:50] == [403] * 50
    assert 429 in statuses
    assert guess("2", 1, KEY) == 200
