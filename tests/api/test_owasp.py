"""The OWASP API Security Top 10 (2023), item by item, and the limits that go with it."""

import socket
from collections.abc import Generator

import pytest

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api.conftest import KEY, LEAKS
from tests.api.marts import Marts, coin
from tests.api.serving import Api, serving

A_RUN = "/runs/00000000-0000-0000-0000-000000000000"
GUARDED = [
    ("GET", "/runs"), ("GET", A_RUN), ("POST", "/compare-runs"), ("POST", "/etl/trigger"),
    ("POST", "/api/etl/trigger"), ("POST", "/trigger-etl"),
]  # fmt: skip


@pytest.fixture
def limited(empty: Warehouse, api_settings: Settings) -> Generator[Api]:
    """An API that takes five requests in ten minutes or so from one address."""
    Marts(empty).publish(1, coins=[coin("btc")])
    from kasparro.setting_types import Quota

    settings = api_settings.model_copy(update={"api_rate_limit": Quota(5, 3600)})
    with serving(settings, lambda: empty.url("reader")) as api:
        api.wait_for(1)
        yield api


def test_1_objects_are_public_or_behind_the_key(market: Api) -> None:
    """Broken object level authorization: no id opens what its list does not, whatever the id."""
    runs = market.get("/stats").json()["recent_runs"]
    for run_id in {run["run_id"] for run in runs}:
        assert market.get(f"/runs/{run_id}").status_code == 401
        assert market.get(f"/runs/{run_id}", headers={"X-API-Key": "guess"}).status_code == 403


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_2_the_key_can_not_be_gone_round(market: Api, method: str, path: str) -> None:
    """Broken authentication: only the header counts, whole; the query, cookies and other headers do not."""
    assert market.request(method, path).status_code == 401
    attempts: list[dict[str, str]] = [
        {"Authorization": f"Bearer {KEY}"}, {"Cookie": f"X-API-Key={KEY}"}, {"X-Api-Key": KEY[:-1]},
        {"X-API-Key": KEY.upper()}, {"X-API-Key": f"{KEY}, {KEY}"}, {"X-Original-URL": path, "X-HTTP-Method": "GET"},
    ]  # fmt: skip
    for headers in attempts:
        assert market.request(method, path, headers=headers).status_code in (401, 403), headers
    assert market.request(method, f"{path}?X-API-Key={KEY}").status_code == 401
    assert market.request(method, f"{path}/").status_code == 401


def test_3_only_published_columns_are_shown_and_nothing_is_set(market: Api) -> None:
    """Broken object property level authorization: `fields` knows the mart's columns only; bodies take no others."""
    for fields in ("ctid", "xmin", "canonical_id,tableoid", "count(*)", "price_usd;drop", "*"):
        assert market.get("/data", params={"fields": fields}).status_code == 422
        assert market.get("/data", params={"fields": fields, "source": "coingecko"}).status_code == 422
    body = {"queries": [{"symbol": "btc"}], "admin": True}
    assert market.post("/resolve", json=body).json()["errors"][0]["message"] == "unknown parameter"


def test_4_resources_are_bounded(market: Api) -> None:
    """Unrestricted resource consumption: pages, offsets, bodies, heads, texts, queries in one request."""
    for query in ("limit=1001", "offset=1000001", "name=" + "x" * 101, "fields=" + "a" * 501, "cursor=" + "a" * 1001):
        assert market.get(f"/data?{query}").status_code == 422
    assert market.post("/resolve", content=b" " * 300_000).status_code == 413
    assert market.post("/resolve", json={"queries": [{"symbol": "x"}] * 1001}).status_code == 422
    nested = b'{"queries":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    assert market.post("/resolve", content=nested, headers={"Content-Type": "application/json"}).status_code == 400


def test_4_rate_is_bounded_and_told(limited: Api) -> None:
    answers = [limited.get("/data") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers[:5]] == [
        f'"client";r={left}' for left in (4, 3, 2, 1, 0)
    ]
    refused = answers[-1]
    assert refused.headers["ratelimit-policy"] == '"client";q=5;w=3600'
    assert 0 < int(refused.headers["retry-after"]) <= 720
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["x-request-id"] == refused.json()["request_id"]
    other = limited.get("/data", headers={"X-Forwarded-For": "198.51.100.7"})  # a proxy on this machine speaks for it
    assert other.status_code == 200
    assert limited.get("/health/live").status_code == 429


def test_4_unset_the_limit_is_for_other_machines(market: Api) -> None:
    assert "ratelimit" not in market.get("/data").headers
    first = market.get("/data", headers={"X-Forwarded-For": "2001:db8::1"})
    assert first.headers["ratelimit-policy"] == '"client";q=6000;w=60'
    second = market.get("/data", headers={"X-Forwarded-For": "2001:db8::2"})  # of the same network
    assert int(second.headers["ratelimit"].partition("r=")[2].partition(";")[0]) <= 5999


def test_5_functions_that_act_need_the_key_and_their_method(market: Api) -> None:
    """Broken function level authorization: every operation of the document that is not a read is guarded."""
    document = market.get("/openapi.json").json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "get" and path != "/resolve":  # which reads
                assert operation["security"], path
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert market.request(method, "/etl/trigger", headers={"X-API-Key": KEY}).status_code == 405


def test_6_a_pass_can_not_be_started_twice(market: Api) -> None:
    """Unrestricted access to sensitive business flows: one at a time, by the key only; test_trigger.py proves it."""
    assert market.post("/etl/trigger").status_code == 401


def test_7_nothing_that_is_sent_makes_the_server_ask_anywhere(market: Api) -> None:
    """Server side request forgery: no parameter is an address; one that listens hears nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.2)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        for path in ("/data", "/data?source=rss", "/news", "/resolve", "/changes", "/drift"):
            for name in ("symbol", "source", "name", "feed", "title", "contract", "canonical_id", "since", "url"):
                market.get(path, params={name: url}, headers={"X-Forwarded-Host": url, "Referer": url})
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize(
    "path",
    ["/data", "/data?limit=0", "/nothing", "/health", "/docs", "/coins/nothing", "/resolve?what=1", "/openapi.json"],
)
def test_8_answers_carry_safe_headers_and_tell_nothing_of_the_inside(market: Api, path: str) -> None:
    """Security misconfiguration."""
    answer = market.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert not {"server", "x-powered-by", "set-cookie"} & set(answer.headers)
    if path not in ("/docs", "/openapi.json"):
        assert not LEAKS.search(answer.text), LEAKS.search(answer.text)
    assert market.request("TRACE", path).status_code in (404, 405)


def test_9_every_address_is_in_the_document(market: Api) -> None:
    """Improper inventory management: what answers is documented, an alias of it, or the pages themselves."""
    from importlib import import_module
    from pathlib import Path

    from fastapi.routing import APIRoute

    import api

    folders = [path.parent.name for path in Path(api.__file__).parent.glob("*/routes.py")]
    routes = [route for folder in folders for route in import_module(f"api.{folder}.routes").router.routes]
    there = {route.path for route in routes if isinstance(route, APIRoute)}
    documented = set(market.get("/openapi.json").json()["paths"])
    assert documented <= there
    pages = {"/", "/docs", "/dashboard/{name}"}
    assert there - documented == {"/api/etl/trigger", "/trigger-etl"} | pages


def test_10_what_others_send_is_only_text(market: Api) -> None:
    """Unsafe consumption of APIs: markup and controls in names and headlines come out as JSON text, never as markup."""
    answer = market.get("/news")
    assert answer.headers["content-type"] == "application/json"
    assert "<script>" in answer.json()["data"][0]["title"]
    assert market.get("/data?format=csv&source=rss").headers["content-disposition"].startswith("attachment")
