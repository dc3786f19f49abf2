"""What `GET /data` refuses, and how: RFC 9457 problems that name the parameter."""

from typing import Any

import pytest

from tests.api.serving import Api

PROBLEM = {"type", "title", "status", "detail", "instance", "request_id"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("foo=1", "foo"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("offset=-1", "offset"),
        ("offset=1000001", "offset"),
        ("sort=volume", "sort"),
        ("sort=published_at", "sort"),
        ("sort=rank&source=rss", "sort"),
        ("sort=price_usd&start_date=2026-01-01", "sort"),
        ("sort=source_count&source=coingecko", "sort"),
        ("symbol=", "symbol"),
        ("symbol=a%00b", "symbol"),
        ("name=" + "x" * 101, "name"),
        ("source=csv:nosuch", "source"),
        ("symbol=BTC&symbol=ETH", "symbol"),
        ("symbol=BTC&ticker=ETH", "ticker"),
        ("source=binance", "source"),
        ("start_date=yesterday", "start_date"),
        ("start_date=2026-13-01", "start_date"),
        ("start_date=2026-02-30T10:00:00Z", "start_date"),
        ("end_date=9999-12-31", "end_date"),
        ("end_date=0001-01-01T00:00:00%2B14:00", "end_date"),
        ("start_date=2026-02-02&end_date=2026-02-01", "start_date"),
        ("start_date=2026-02-02T10:00:00Z&end_date=2026-02-02T09:00:00Z", "start_date"),
        ("min_market_cap=-1", "min_market_cap"),
        ("min_market_cap=NaN", "min_market_cap"),
        ("min_market_cap=1e999999", "min_market_cap"),
        ("min_market_cap=2&max_market_cap=1", "min_market_cap"),
        ("min_market_cap=1&source=rss", "min_market_cap"),
        ("search=x&source=rss", "search"),
        ("fields=price", "fields"),
        ("fields=,", "fields"),
        ("fields=confidence", "fields"),
        ("fields=rank&source=rss", "fields"),
        ("decimals=double", "decimals"),
        ("status=dead", "status"),
        ("priced=yes", "priced"),
        ("status=active&source=rss", "status"),
        ("priced=true&source=rss", "priced"),
        ("min_market_cap=%D9%A3", "min_market_cap"),
        ("limit=%C2%B2", "limit"),
        ("offset=" + "9" * 5000, "offset"),
        ("start_date=%D9%A2026-01-01", "start_date"),
        ("format=xlsx", "format"),
        ("format=csv&fields=price", "fields"),
        ("format=csv&source=coingecko&fields=price", "fields"),
        ("cursor=abc", "cursor"),
        ("cursor=%F0%9F", "cursor"),
        ("cursor=WzFd", "cursor"),
        ("offset=10001&source=coingecko", "offset"),
    ],
)
def test_names_the_parameter(market: Api, query: str, field: str) -> None:
    answer = market.get(f"/data?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) >= PROBLEM
    assert body["status"] == 422
    assert body["request_id"] == answer.headers["x-request-id"]
    assert [error["field"] for error in body["errors"]] == [field]
    assert field in body["detail"]


def test_says_in_words_what_a_text_may_not_hold(market: Api) -> None:
    detail = market.get("/data?symbol=a%00b").json()["detail"]
    assert "control characters" in detail
    assert "pattern" not in detail and "[^" not in detail


def test_names_every_parameter_that_is_wrong(market: Api) -> None:
    errors = market.get("/data?limit=0&offset=-1&what=1").json()["errors"]
    assert {error["field"] for error in errors} == {"limit", "offset", "what"}
    assert {"field": "what", "message": "unknown parameter", "given": "1"} in errors


def cursor_of(api: Api, **parameters: Any) -> str:
    return api.data(limit=1, **parameters)["pagination"]["next_cursor"]


@pytest.mark.parametrize("source", [{}, {"source": "coingecko"}, {"source": "rss"}])
def test_cursor_of_another_query(market: Api, source: dict[str, str]) -> None:
    cursor = cursor_of(market, **source)
    answer = market.get("/data", params={**source, "cursor": cursor, "name": "x"})
    assert answer.status_code == 422
    assert "other filters" in answer.json()["detail"]
    assert market.get("/data", params={**source, "cursor": cursor, "offset": 0}).status_code == 422


def test_cursor_with_a_place_that_is_not_one(market: Api) -> None:
    """Cursors are not signed: whatever a client writes into one is a 422, in every view."""
    from api.data.schemas import DataQuery
    from api.lists import cursor

    places: list[list[Any]] = [
        [],
        ["x"],
        [-1],
        [1.5],
        [None, None, None],
        ["x", "y", "z"],
        ["1", "a\0b", "c"],
        [{}, 1, 2],
    ]
    published = market.get("/data").json()["meta"]["publication"]
    for parameters in ({}, {"source": "coingecko"}, {"start_date": "2026-01-01"}, {"source": "rss"}):
        for place in places:
            forged = cursor.write(DataQuery.model_validate(parameters).walk("/data"), published, place)
            answer = market.get("/data", params={**parameters, "cursor": forged})
            assert answer.status_code == 422, (parameters, place, answer.text)
            assert answer.json()["errors"][0]["field"] == "cursor"


def test_cursor_of_a_version_that_is_gone(market: Api) -> None:
    from api.data.schemas import DataQuery
    from api.lists import cursor

    written = cursor.write(DataQuery.model_validate({}).walk("/data"), "3-1a2b3c4d", [5])
    answer = market.get("/data", params={"cursor": written})
    assert answer.status_code == 410
    assert answer.json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize(
    "attack",
    ["' or 1=1 --", "'; drop table marts.coins; --", "%", "\\", "%s", ":name", "{}", "</script>", "🐙", "\u202e"],
)
def test_odd_text_is_only_text(market: Api, attack: str) -> None:
    for parameters in ({}, {"source": "coingecko"}, {"start_date": "2026-01-01"}):
        for name in ("symbol", "name", "search", "canonical_id"):
            body = market.data(**parameters, **{name: attack})
            assert body["pagination"]["total_items"] == 0
    assert market.data(source="rss", name=attack)["pagination"]["total_items"] in (0, 1)
