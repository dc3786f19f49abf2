"""Whatever a server sends, and however slowly, it is a SourceError within the call's limit, and nobody else's."""

import socket
import threading
import time
from typing import Any

import pytest

from extract import calls, coingecko
from extract.answers import refused
from extract.deadline import Deadline, OutOfTimeError
from extract.endpoint import array, note
from extract.http import Client, RateLimiter, SourceError
from providers.generated import GeneratedMarket
from tests.extract.conftest import Extraction
from tests.extract.nasty import SLOW, Script, answering, dripping, nasty, saying
from tests.kasparro.commands import eventually

pytestmark = pytest.mark.usefixtures("impatient")

SECONDS = 0.3
PACKED = ("Content-Type: application/json", "Content-Encoding: gzip")


def client(url: str, **how: Any) -> Client:
    how = {"seconds": SECONDS, "limiter": RateLimiter(1000), "base_url_variable": "X_BASE_URL", **how}
    return Client("Somebody", url, **how)


@pytest.mark.parametrize("slow", SLOW)
def test_a_server_that_drips_is_left_alone_at_the_limit(slow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extract.http.READ_SECONDS", 30)
    with nasty(SLOW[slow]) as server:
        with pytest.raises(SourceError, match="did not answer in time"):
            client(server.url).get("/x")
        assert server.asked == 1
        eventually(lambda: server.open == 0, "the connection is shut, not left to drip")


def test_every_redirect_and_retry_is_within_one_limit() -> None:
    with nasty(lambda: iter([])) as server:
        slow = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /again\r\nX-Slow: "
        server.script = lambda: iter([slow, *[b"x"] * 6, b"\r\n\r\n"])
        with pytest.raises(SourceError, match="did not answer in time"):
            client(server.url).get("/x")
        server.script = answering(b"{}", status="500 Oops")
        with pytest.raises(SourceError, match=r"status 500|did not answer in time"):
            client(server.url, seconds=0.02).get("/x")


def test_a_proxy_that_drips_is_left_alone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with nasty(dripping(b"HTTP/1.1 200 ")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(SourceError, match="did not answer in time"):
            client("https://provider.example").get("/x")
        eventually(lambda: proxy.open == 0, "the connection is shut")


def test_a_name_that_takes_long_to_look_up_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def look_up(*_: object, **__: object) -> None:
        over.wait()

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(SourceError, match="did not answer in time"):
        client("http://slow-to-look-up.example").get("/x")
    over.set()


def test_our_own_pace_is_not_the_provider_s_time_but_its_source_s() -> None:
    with nasty(answering(b"[]", "Content-Type: application/json")) as server:
        paced = client(server.url, limiter=RateLimiter(2), seconds=0.2)
        assert [paced.get_json("/x")[0] for _ in range(3)] == [[], [], []]
        late = client(server.url, limiter=RateLimiter(0.1), until=time.monotonic() + 1)
        late.get("/x")
        with pytest.raises(SourceError, match=r"more time than a run waits for a source.*SOURCE_TIMEOUT_SECONDS"):
            late.get("/x")
        assert server.asked == 4, "what would be too late is not asked"


def test_a_call_gives_back_what_it_returns_and_raises() -> None:
    assert Deadline(5).call(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        Deadline(5).call(lambda: 1 // 0)
    with pytest.raises(OutOfTimeError):
        Deadline(0).call(lambda: time.sleep(0.1))


UNREADABLE: dict[str, Script] = {
    **{
        f"redirect to {where!r}": answering(b"", f"Location: {where}", status="302 Found")
        for where in (
            "http://[::1", "http://[", "http://h:99999/", "http://h:x/", "//[", "http://", "http:///x", "file:///etc/x",
            "http://" + "a" * 70 + ".example/", "http://ex\u00e4mple..x/", "http://\u00b2/", "\u00b2:\u00b2", "/\x01",
        )
    },
    "redirects for ever": answering(b"", "Location: /x", status="301 Moved"),
    "a redirect without an address": answering(b"", status="302 Found"),
    **{
        f"Retry-After {wait!r}": answering(b"", f"Retry-After: {wait}", status="429 Too Many")
        for wait in (
            "99999999999999", "9" * 5000, "\u00b2", "-1", "1e9", "Fri, 31 Dec 9999 23:59:59 GMT", "0 0 0",
            "Fri, 99 Dec 2026 99:99:99 +9999", "Mon, 01 Jan 99999999999 00:00:00 GMT", "soon",
        )
    },
    "lengths that differ": answering(b"[]", "Content-Length: 2", "Content-Length: 9"),
    "no length": answering(b"<", "Content-Length: \u00b2"),
    "a negative length": answering(b"<", "Content-Length: -5"),
    "a chunk of no size": saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\xb2\r\n"),
    "a huge chunk": saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n"),
    "early hints for ever": dripping(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "no status": saying(b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n"),
    "status 999": saying(b"HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n"),
    "another protocol": saying(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "a long line": saying(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"),
    "many headers": saying(b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000 + b"\r\n"),
    "what is not packed": answering(b"not gzip", *PACKED),
    "packed again and again": answering(b"x", "Content-Encoding: " + ", ".join(["gzip"] * 50)),
    "what is nested deep": answering(b"[" * 200_000, "Content-Type: application/json"),
    "a number of many digits": answering(b"[" + b"9" * 10_000 + b"]", "Content-Type: application/json"),
    "a strange charset": answering(b"\xff", "Content-Type: application/json; charset=\u00b2"),
    "a refusal nested deep": answering(b'{"error":' * 9_000, status="400 Bad"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_can_not_be_read_or_followed_is_the_source_s_error(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extract.http.ATTEMPTS", 2)
    with nasty(UNREADABLE[what]) as server, pytest.raises(SourceError) as failure:
        client(server.url, seconds=5).get_json("/x")
    assert "\n" not in str(failure.value) and len(str(failure.value)) < 400


@pytest.mark.parametrize(
    "header", ["ETag: \u00b2", "ETag: " + "x" * 9_000, "Last-Modified: \u00b2", "Last-Modified: \x01"]
)
def test_a_validator_that_can_not_be_sent_back_is_not_kept(header: str) -> None:
    with nasty(answering(b"[]", header)) as server:
        last: dict[str, Any] = {"validators": {"ETag": "a\r\n b"}}  # as an earlier release kept it
        answer, _ = array(client(server.url, seconds=5), "/x", {}, last)
        note(last, answer)
        assert last["validators"] == {}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"status":{"error_code":429,"error_message":"slow down"}}', 429),
        (b' \n{ "timestamp": 1, "status" : { "error_message": "slow down", "error_code" : 429 } }', 429),
        (b'{"error":{"status":{"error_code":"429","error_message":"slow down"}}}', 429),
        (b'{"error": {"code": 503, "message": "slow down"}}', 503),
        (b'{"status": {"error_code": 10002, "error_message": "slow down"}}', 400),
        (b'\t{"error": "slow down"}', 400),
        (b'{"error_code": 401, "error_message": "slow down"}', 401),
    ],
)
def test_a_refusal_with_status_200_is_one(body: bytes, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extract.http.ATTEMPTS", 1)
    with nasty(answering(body)) as server, pytest.raises(SourceError, match=rf"status {status} \(slow down\)"):
        client(server.url, seconds=5).get_json("/x")


@pytest.mark.parametrize(
    "said", [{"prices": []}, {"status": {"error_code": 0, "error_message": None}}, {"error": None}, [], "x", None, 7]
)
def test_what_is_no_refusal_is_taken(said: object) -> None:
    assert refused(said) is None


def test_a_provider_that_knows_no_pages_is_not_paged_for_ever(extraction: Extraction) -> None:
    market = GeneratedMarket(coins=250, seed=3)
    page = b"[" + b",".join(list(market.coingecko_markets().values())[:250]) + b"]"
    for more in ((), ("Total: 999999999",), ("Total: \u00b2",), ("Total: " + "9" * 5000,)):
        with nasty(answering(page, *more)) as server:
            told = extraction.run("coingecko", coingecko_base_url=server.url).problems
            assert any("with coins of the pages before only" in problem for problem in told), told
            assert server.asked <= 3, "two pages, and the catalogue"
    assert extraction.query("select count(distinct id) from raw_coingecko.markets") == [(250,)]
    assert coingecko.MOST_PAGES <= 1000


def test_a_wait_of_ten_years_is_heeded_for_a_day_and_can_be_lifted(extraction: Extraction) -> None:
    told = r"asks to wait 3,650 d, of which 24 h are heeded"
    asks = answering(b"", "Retry-After: 315360000", status="429 Too Many")
    with nasty(asks) as server, pytest.raises(SourceError, match=told):
        extraction.run("coingecko", coingecko_base_url=server.url)
    pause = "select paused_until - now() between '23 hours' and '24 hours' from raw_coingecko.provider_calls"
    assert extraction.query(pause) == [(True,)]
    extraction.query("update raw_coingecko.provider_calls set paused_until = now() + interval '10 years'")
    with pytest.raises(SourceError, match=r"left alone until .*`make lift-pause` asks again at once"):
        extraction.run("coingecko")
    assert extraction.query(pause) == [(True,)], "also one that an earlier release noted"
    lifted = calls.lift(extraction.warehouse.url("loader"), "raw_coingecko")
    assert lifted is not None
    assert extraction.run("coingecko").problems == ()
