"""Refusals, outages and broken answers: retried where that helps, said in one line, and never the end of other data."""

import logging
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from extract import calls, coingecko, coinpaprika
from extract.calls import seconds_left_in_month
from extract.http import Client, RateLimiter, SourceError
from providers.access import Access, Doorkeeper, RetryAfter
from providers.faults import Rule
from providers.faults.answers import EmptyArray, HtmlPage, Refused, RefusedWith200, ServerError, TooManyRequests
from providers.faults.transport import Hang, Oversized, Reset, Slow, Truncated
from providers.generated import GeneratedMarket
from tests.conftest import make_settings
from tests.extract.conftest import Extraction

pytestmark = pytest.mark.usefixtures("impatient")

MARKETS = "/coins/markets"
PASSING = [
    TooManyRequests(retry_after=0),
    TooManyRequests(retry_after=0, form="date"),
    TooManyRequests(form="none", html=True),
    RefusedWith200(),
    ServerError(status=500),
    ServerError(status=503, retry_after=0),
    HtmlPage(),
    Hang(),
    Reset(),
    Reset(share=0.5),
    Truncated(share=0.5),
    Truncated(share=0.5, honest_length=True),
]
LASTING = [
    (TooManyRequests(form="none"), "status 429 (You've exceeded the Rate Limit"),
    (RefusedWith200(), "status 429"),
    (ServerError(status=502), "status 502: it is tried again next pass"),
    (HtmlPage(), "with a web page instead of data: check COINGECKO_BASE_URL"),
    (Truncated(share=0.5, honest_length=True), "with text that is not whole JSON instead of data"),
    (Hang(), "did not answer in time"),
    (Slow(chunk=20, pause=0.1), "did not answer in time"),
    (Reset(), "can't reach CoinGecko at 127.0.0.1"),
    (Truncated(share=0.5), "can't reach CoinGecko"),
    (EmptyArray(), "page 1 of /coins/markets with no coins"),
    (Refused(status=402), "status 402 (This endpoint is not allowed in this plan"),
    (Refused(status=403), "status 403 (invalid API key): without a key CoinGecko answers"),
    (Oversized(padding=30_000_000), "MB for /coins/markets: refused"),
]


def problems_of(extraction: Extraction) -> str:
    """What a pass over CoinGecko says went wrong, whether or not the rest of it landed."""
    try:
        return "; ".join(extraction.run("coingecko").problems)
    except SourceError as error:
        return str(error)


def test_passing_faults_cost_a_retry_each_and_nothing_else(extraction: Extraction) -> None:
    market = extraction.stand_in.market = GeneratedMarket(coins=250 * len(PASSING), seed=3)
    pages = -(-len(market.coingecko_markets()) // 250)
    assert pages >= len(PASSING)
    # every fault on a page of its own: asked once in vain, and once more
    extraction.play(*(Rule(fault=fault, path=MARKETS, nth=2 * at + 1) for at, fault in enumerate(PASSING)))

    extracted = extraction.run("coingecko")

    assert extracted.problems == ()
    assert extraction.count("raw_coingecko.markets") == len(market.coingecko_markets())
    assert len(extraction.asked(MARKETS)) == pages + len(PASSING)


def test_lasting_faults_are_said_in_one_line_and_end_nothing_else(
    extraction: Extraction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.http.ATTEMPTS", 2)
    for fault, words in LASTING:
        extraction.play(Rule(fault=fault, path=MARKETS))
        said = problems_of(extraction)
        assert words in said, fault
        assert "\n" not in said, fault
        extraction.query("update raw_coingecko.provider_calls set paused_until = null, failures = 0")
    assert extraction.count("raw_coingecko.markets") == 0
    assert extraction.count("raw_coingecko.coins_list") > 0, "the other endpoint was read"

    extraction.play()
    assert extraction.run("coingecko").problems == ()
    assert extraction.count("raw_coingecko.markets") == len(extraction.stand_in.market.coingecko_markets())


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_short_wait_that_is_asked_for_is_waited_for(extraction: Extraction, form: RetryAfter) -> None:
    extraction.play(Rule(fault=TooManyRequests(retry_after=2, form=form), path=MARKETS, nth=1))
    client = Client("x", extraction.stand_in.coingecko_url, limiter=RateLimiter(1000), base_url_variable="X")
    started = time.monotonic()

    client.get_json(MARKETS, {"vs_currency": "usd"})

    assert extraction.asked(MARKETS) == [429, 200]
    assert time.monotonic() - started > 0.9, "dates are whole seconds"


@pytest.mark.parametrize("provider", [coingecko, coinpaprika])
def test_a_demo_whose_providers_are_gone_says_how_they_come_back(
    provider: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.http.ATTEMPTS", 1)
    nowhere = {"coingecko_base_url": "http://127.0.0.1:1", "coinpaprika_base_url": "http://127.0.0.1:1"}
    with pytest.raises(SourceError, match="this home is a demo's, whose stand-in providers run while `make demo` does"):
        provider.client(make_settings(tmp_path, invented_market=True, **nowhere)).get_json("/coins", {})
    with pytest.raises(SourceError, match="check the network, or CO"):
        provider.client(make_settings(tmp_path, **nowhere)).get_json("/coins", {})


def test_a_provider_is_left_alone_for_an_hour_at_most() -> None:
    pauses = [calls.pause_after(failures) for failures in (4, 5, 6, 10, 11, 12, 1000)]

    assert [pause and pause.total_seconds() / 60 for pause in pauses] == [None, 1, 2, 32, 60, 60, 60]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_long_wait_that_is_asked_for_is_respected_by_the_next_passes(
    extraction: Extraction, form: RetryAfter
) -> None:
    extraction.play(Rule(fault=TooManyRequests(retry_after=600, form=form), path=MARKETS, nth=1))
    with pytest.raises(SourceError, match="it asks to wait 6"):
        extraction.run("coingecko")
    assert [request.path for request in extraction.stand_in.requests] == [MARKETS], "nothing else is asked, either"
    extraction.lose_working_folder()

    with pytest.raises(SourceError, match=r"CoinGecko is left alone until .* UTC: it answered /coins/markets with"):
        extraction.run("coingecko")
    assert len(extraction.stand_in.requests) == 1

    extraction.query("update raw_coingecko.provider_calls set paused_until = now()")
    assert extraction.run("coingecko").problems == ()


def test_a_provider_that_keeps_failing_is_left_alone_longer_and_longer(
    extraction: Extraction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.http.ATTEMPTS", 1)
    extraction.play(Rule(fault=ServerError()))
    pauses: list[float] = []
    while len(pauses) < 3:
        with suppress(SourceError):
            extraction.run("coingecko")
        pause = "select extract(epoch from paused_until - now()) from raw_coingecko.provider_calls"
        if (seconds := extraction.query(pause)[0][0]) is not None:
            pauses.append(float(seconds))
            extraction.query("update raw_coingecko.provider_calls set paused_until = null")
    asked = len(extraction.stand_in.requests)
    assert [round(pause / 60) for pause in pauses] == [1, 2, 4]
    assert asked >= calls.FAILURES_ALLOWED

    extraction.play()
    assert extraction.run("coingecko").problems == ()
    assert extraction.query("select failures from raw_coingecko.provider_calls") == [(0,)]


def test_what_came_before_a_failure_lands_and_the_next_pass_completes_it(extraction: Extraction) -> None:
    extraction.stand_in.market = GeneratedMarket(coins=600, seed=3)
    coins = len(extraction.stand_in.market.coingecko_markets())
    extraction.play(Rule(fault=ServerError(status=500), path=MARKETS, query={"page": "2"}))

    extracted = extraction.run("coingecko")

    assert extracted.problems == (
        "CoinGecko answered /coins/markets with status 500 (internal server error): it is tried again next pass",
    )
    assert extraction.count("raw_coingecko.markets") == 250
    assert extraction.count("raw_coingecko.departures") == 0

    extraction.play()
    assert extraction.run("coingecko", coingecko_monthly_calls=0).problems == ()
    assert extraction.query("select count(*), count(distinct id) from raw_coingecko.markets") == [(coins, coins)]


def test_a_refused_key_is_said_and_shown_nowhere(extraction: Extraction, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = "CG-a-key-that-nobody-may-see"
    extraction.stand_in.doors = Doorkeeper({"coingecko": Access(api_key="another"), "coinpaprika": Access(api_key="x")})

    with pytest.raises(SourceError, match=r"status 401 \(Invalid API Key\): check its API key and plan") as gecko:
        extraction.run("coingecko", coingecko_api_key=key)
    with pytest.raises(SourceError, match="status 403") as paprika:
        extraction.run("coinpaprika", coinpaprika_api_key=key)

    assert key not in f"{gecko.value}{paprika.value}{caplog.text}"
    assert extraction.asked(MARKETS) == [401], "a refusal is not retried"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Refused(status=403), "status 403"),
        (TooManyRequests(form="none"), "its rate limit is reached"),
    ],
)
def test_who_is_refused_without_a_key_is_told_how_to_get_one(
    fault: Refused | TooManyRequests, said: str, extraction: Extraction
) -> None:
    extraction.play(Rule(fault=fault, provider="coingecko"))

    problems = problems_of(extraction)

    assert said in problems
    assert "get a free demo key" in problems
    assert "set COINGECKO_API_KEY to it and COINGECKO_PLAN=demo" in problems
    assert "\n" not in problems


def test_the_right_key_opens_the_door(extraction: Extraction) -> None:
    extraction.stand_in.doors = Doorkeeper({"coingecko": Access(api_key="CG-mine", plan="pro")})

    extracted = extraction.run("coingecko", coingecko_api_key="CG-mine", coingecko_plan="pro")

    assert extracted.problems == ()
    stored = "select count(*) from raw_coingecko.markets as t where position(%s in t::text) > 0"
    assert extraction.query(stored, "CG-mine") == [(0,)]


def test_a_redirect_is_followed_but_another_host_does_not_learn_the_key(extraction: Extraction) -> None:
    elsewhere = extraction.stand_in

    class Redirecting(BaseHTTPRequestHandler):
        keys: ClassVar[list[str | None]] = []

        def do_GET(self) -> None:
            self.keys.append(self.headers["Authorization"])
            self.send_response(302)
            self.send_header("Location", f"{elsewhere.coinpaprika_url}/coins")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = Client(
            "CoinPaprika",
            f"http://127.0.0.1:{server.server_port}",
            limiter=RateLimiter(1000),
            secrets={"Authorization": "mine"},
            base_url_variable="COINPAPRIKA_BASE_URL",
        )
        coins, _ = client.get_json("/coins")
        server.shutdown()

    assert len(coins) == len(elsewhere.market.coinpaprika_coins())
    assert Redirecting.keys == ["mine"]
    assert ["authorization" in request.headers for request in elsewhere.requests] == [False]


def test_the_budget_is_counted_honestly_and_ends_the_calls(extraction: Extraction) -> None:
    extraction.play(Rule(fault=ServerError(), path=MARKETS, nth=1))
    extracted = extraction.run("coingecko", coingecko_monthly_calls=100)
    assert extracted.calls_this_month == len(extraction.stand_in.requests) == 3, "the retry counts, too"
    assert extracted.calls_budget == 100
    extraction.lose_working_folder()

    with pytest.raises(SourceError, match=r"the month's 3 calls to CoinGecko are spent: .* COINGECKO_MONTHLY_CALLS"):
        extraction.run("coingecko", coingecko_monthly_calls=3)

    assert len(extraction.stand_in.requests) == 3
    extraction.query("update raw_coingecko.provider_calls set month = month - interval '1 month'")
    extraction.run("coingecko", coingecko_monthly_calls=3, catalogue=True)
    assert extraction.query("select calls from raw_coingecko.provider_calls") == [(1,)], "a month later it starts anew"


@pytest.mark.parametrize("nowhere", ["http://127.0.0.1:1", "http://no-such-host.invalid"])
def test_what_never_reached_the_provider_costs_no_call(extraction: Extraction, nowhere: str) -> None:
    with pytest.raises(SourceError, match="can't reach CoinGecko"):
        extraction.run("coingecko", coingecko_base_url=nowhere)

    assert extraction.query("select calls from raw_coingecko.provider_calls") == [(0,)]


def test_a_page_that_is_not_due_is_not_asked_for(extraction: Extraction) -> None:
    extraction.stand_in.market = GeneratedMarket(coins=600, seed=3)
    minutes = int(seconds_left_in_month(datetime.now(UTC)) / 60)
    tight: dict[str, Any] = {"coingecko_monthly_calls": max(minutes, 10), "etl_interval_minutes": 1}  # one a pass
    extracted = extraction.run("coingecko", **tight)
    assert extracted.plan is not None
    assert len(extraction.asked(MARKETS)) == 3
    extraction.play()

    assert extraction.run("coingecko", **tight).problems == ()

    assert extraction.asked(MARKETS) == [], "none is due again so soon"
