"""Which requests a plan picks, and faults that answer in the provider's place or spoil the connection."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from providers.access import Access, Doorkeeper
from providers.faults import Plan, Rule
from providers.faults.answers import EmptyArray, HtmlPage, Refused, RefusedWith200, ServerError, TooManyRequests
from providers.faults.transport import Hang, Oversized, Reset, Slow, Truncated
from providers.generated import GeneratedMarket
from providers.scenario import Scenario
from providers.server import running
from providers.stand_in import StandIn

OK, LIMITED = 200, 429


def markets(client: requests.Session, stand_in: StandIn, page: int = 1, timeout: float = 10) -> requests.Response:
    query: dict[str, str | int] = {"vs_currency": "usd", "page": page}
    return client.get(f"{stand_in.coingecko_url}/coins/markets", params=query, timeout=timeout)


def statuses(client: requests.Session, stand_in: StandIn, *rules: Rule, times: int = 6) -> list[int]:
    stand_in.faults = Plan(rules)
    return [markets(client, stand_in).status_code for _ in range(times)]


def test_rules_pick_by_count(stand_in: StandIn, client: requests.Session) -> None:
    limited = TooManyRequests()
    assert statuses(client, stand_in, Rule(fault=limited, nth=3)) == [OK, OK, LIMITED, OK, OK, OK]
    assert statuses(client, stand_in, Rule(fault=limited, first=2, last=3)) == [OK, LIMITED, LIMITED, OK, OK, OK]
    assert statuses(client, stand_in, Rule(fault=limited, first=5)) == [OK, OK, OK, OK, LIMITED, LIMITED]


def test_rules_pick_by_provider_path_and_query(stand_in: StandIn, client: requests.Session) -> None:
    stand_in.faults = Plan(
        [
            Rule(fault=ServerError(), provider="coinpaprika"),
            Rule(fault=TooManyRequests(), path="/coins/markets", query={"page": "2"}),
            Rule(fault=EmptyArray(), path="/coins/*"),
        ]
    )
    assert markets(client, stand_in, page=2).status_code == LIMITED
    assert markets(client, stand_in, page=1).json() == []
    assert client.get(f"{stand_in.coingecko_url}/ping", timeout=10).ok
    assert client.get(f"{stand_in.coinpaprika_url}/coins", timeout=10).status_code == 503


def test_chance_is_the_same_for_the_same_seed(stand_in: StandIn, client: requests.Session) -> None:
    rule = Rule(fault=TooManyRequests(), probability=0.5)
    runs = [statuses(client, stand_in, rule, times=40) for _ in range(2)]
    assert runs[0] == runs[1]
    assert 8 < runs[0].count(LIMITED) < 32


def test_a_plan_reads_from_json(stand_in: StandIn, client: requests.Session) -> None:
    document = {
        "seed": 5,
        "rules": [
            {
                "provider": "coingecko",
                "path": "/coins/markets",
                "nth": 1,
                "fault": {"kind": "server_error", "status": 502},
            }
        ],
        "doors": {"coinpaprika": {"per_minute": 1}},
        "events": [{"tick": 1, "do": "rename", "with": ["near", "Near"]}],
    }
    Scenario.model_validate_json(json.dumps(document)).apply(stand_in)
    assert markets(client, stand_in).status_code == 502
    assert markets(client, stand_in).ok
    codes = [client.get(f"{stand_in.coinpaprika_url}/contracts", timeout=10).status_code for _ in range(2)]
    assert codes == [OK, LIMITED]


@pytest.mark.parametrize(
    "document",
    [
        '{"rules": [{"fault": {"kind": "no_such_fault"}}]}',
        '{"rules": [{"fault": {"kind": "hang", "typo": 1}}]}',
        '{"events": [{"tick": 1, "do": "rename", "with": ["bitcoin"]}]}',
        '{"events": [{"tick": 1, "do": "explode", "with": []}]}',
    ],
)
def test_a_wrong_plan_is_refused(stand_in: StandIn, document: str) -> None:
    with pytest.raises(ValueError, match=r"no_such_fault|typo|name|explode"):
        Scenario.model_validate_json(document).apply(stand_in)


@pytest.mark.parametrize("form", ["seconds", "date", "none"])
def test_429_names_its_time_in_each_form(stand_in: StandIn, client: requests.Session, form: str) -> None:
    stand_in.faults = Plan(
        [Rule.model_validate({"fault": {"kind": "too_many_requests", "retry_after": 90, "form": form}})]
    )
    reply = markets(client, stand_in)
    assert (reply.status_code, reply.json()["status"]["error_code"]) == (LIMITED, LIMITED)
    header = reply.headers.get("Retry-After")
    if form == "date":
        wait = parsedate_to_datetime(header or "") - datetime.now(UTC)
        assert timedelta(seconds=60) < wait < timedelta(seconds=120)
    else:
        assert header == {"seconds": "90", "none": None}[form]


def test_each_provider_refuses_in_its_own_shape(stand_in: StandIn, client: requests.Session) -> None:
    stand_in.faults = Plan(
        [
            Rule(fault=TooManyRequests(), path="/ping"),
            Rule(fault=TooManyRequests(html=True), path="/coins/*"),
            Rule(fault=TooManyRequests()),
        ]
    )
    assert (
        "exceeded the Rate Limit"
        in client.get(f"{stand_in.coingecko_url}/ping", timeout=10).json()["status"]["error_message"]
    )
    page = markets(client, stand_in)
    assert page.headers["Content-Type"].startswith("text/html") and "1015" in page.text
    assert client.get(f"{stand_in.coinpaprika_url}/tickers", timeout=10).json() == {
        "error": "you have reached maximum request limit"
    }


def test_answers_that_are_none(stand_in: StandIn, client: requests.Session) -> None:
    faults = [
        ServerError(status=500),
        ServerError(status=520, retry_after=3),
        Refused(),
        Refused(status=403),
        HtmlPage(),
        RefusedWith200(),
        EmptyArray(),
    ]
    stand_in.faults = Plan([Rule(fault=fault, nth=number) for number, fault in enumerate(faults, 1)])
    replies = [markets(client, stand_in) for _ in faults]
    assert [reply.status_code for reply in replies] == [500, 520, 402, 403, 200, 200, 200]
    assert replies[1].headers["Retry-After"] == "3"
    assert replies[4].text.startswith("<!DOCTYPE html>")
    assert replies[5].json()["status"]["error_code"] == LIMITED
    assert replies[6].json() == []


def test_rate_limit_of_a_door(stand_in: StandIn, client: requests.Session) -> None:
    now = [1000.0]
    stand_in.doors = Doorkeeper({"coingecko": Access(per_minute=3)}, clock=lambda: now[0])
    assert [markets(client, stand_in).status_code for _ in range(4)] == [OK, OK, OK, LIMITED]
    now[0] += 20.5
    refused = markets(client, stand_in)
    assert (refused.status_code, refused.headers["Retry-After"]) == (LIMITED, "40")
    now[0] += 40
    assert markets(client, stand_in).ok


def test_a_reset_and_a_hang_leave_other_clients_alone(stand_in: StandIn, client: requests.Session) -> None:
    stand_in.faults = Plan([Rule(fault=Reset(), nth=1), Rule(fault=Reset(share=0.5), nth=2), Rule(fault=Hang(), nth=3)])
    with pytest.raises(requests.ConnectionError):
        markets(client, stand_in)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="reset"):
        markets(client, stand_in)
    with pytest.raises(requests.ReadTimeout):
        markets(client, stand_in, timeout=0.3)
    assert markets(client, stand_in).ok
    assert [served.status for served in stand_in.requests] == [0, 0, 0, 200]


def test_truncated_bodies(stand_in: StandIn, client: requests.Session) -> None:
    stand_in.faults = Plan(
        [Rule(fault=Truncated(), nth=1), Rule(fault=Truncated(share=0.9, honest_length=True), nth=2)]
    )
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        markets(client, stand_in)
    broken = markets(client, stand_in)
    assert broken.ok
    with pytest.raises(requests.exceptions.JSONDecodeError):
        broken.json()


def test_slow_answers_are_whole_in_the_end(stand_in: StandIn, client: requests.Session) -> None:
    stand_in.faults = Plan(
        [Rule(fault=Slow(delay=0.05, chunk=4000, pause=0.001), nth=1), Rule(fault=Slow(delay=30), nth=2)]
    )
    assert len(markets(client, stand_in).json()) == 100
    with pytest.raises(requests.ReadTimeout):
        markets(client, stand_in, timeout=0.2)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_oversized_is_valid_and_large(stand_in: StandIn, client: requests.Session, encoding: str) -> None:
    stand_in.faults = Plan([Rule(fault=Oversized(padding=3_000_000))])
    client.headers["Accept-Encoding"] = encoding
    reply = markets(client, stand_in)
    assert len(reply.content) > 3_000_000
    assert len(reply.json()) == 100


def test_stopping_does_not_wait_for_what_hangs() -> None:
    with (
        requests.Session() as client,
        running(GeneratedMarket(coins=3), Plan([Rule(fault=Slow(chunk=10, pause=3600))])) as stand_in,
    ):
        reply = client.get(f"{stand_in.coinpaprika_url}/tickers", stream=True, timeout=10)
        assert reply.ok
    with pytest.raises(requests.ConnectionError):
        client.get(f"{stand_in.coinpaprika_url}/tickers", timeout=10)


def test_requests_are_noted_in_order(stand_in: StandIn, client: requests.Session) -> None:
    client.get(f"{stand_in.coinpaprika_url}/tickers?quotes=USD", headers={"X-Test": "1"}, timeout=10)
    client.get(stand_in.rss_url("tape"), timeout=10)
    first, second = stand_in.requests
    assert (first.provider, first.path, first.query, first.status) == (
        "coinpaprika",
        "/tickers",
        {"quotes": "USD"},
        200,
    )
    assert first.headers["x-test"] == "1"
    assert (second.provider, second.path) == ("rss", "/tape")


def test_answers_are_compressed_on_request(stand_in: StandIn, client: requests.Session) -> None:
    packed = markets(client, stand_in)
    client.headers["Accept-Encoding"] = "identity"
    plain = markets(client, stand_in)
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 2
