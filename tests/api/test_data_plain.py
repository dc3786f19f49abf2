"""`GET /data`, plain view: one row per coin, exact numbers, filters, sorts, pages."""

import json
import re
from decimal import Decimal

import pytest

from tests.api.serving import Api

PLAIN = [
    "canonical_id", "symbol", "name", "rank", "price_usd", "market_cap_usd", "volume_24h_usd", "percent_change_24h",
    "sources", "updated_at",
]  # fmt: skip


def test_envelope_has_the_promised_shape(market: Api) -> None:
    body = market.data(limit=2)
    assert list(body) == ["request_id", "api_latency_ms", "data", "pagination", "meta"]
    assert body["api_latency_ms"] > 0
    cursor = body["pagination"].pop("next_cursor")
    assert isinstance(cursor, str)
    assert body["pagination"] == {"limit": 2, "offset": 0, "returned": 2, "total_items": 9, "total_pages": 5}
    assert body["meta"]["version"] == 7
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", body["meta"]["published_at"])
    assert body["meta"]["sources"] == ["coingecko", "coinpaprika", "csv:mine"]
    assert list(body["data"][0]) == PLAIN


def test_row_carries_the_mart_exactly(market: Api) -> None:
    answer = market.get("/data", params={"canonical_id": "btc"})
    assert json.loads(answer.text, parse_float=Decimal)["data"] == [
        {
            "canonical_id": "btc",
            "symbol": "BTC",
            "name": "Bitcoin",
            "rank": 1,
            "price_usd": Decimal("64231.12"),
            "market_cap_usd": Decimal("1260000000000.5"),
            "volume_24h_usd": 30000000000,
            "percent_change_24h": Decimal("-1.25"),
            "sources": ["coingecko", "coinpaprika"],
            "updated_at": "2026-03-01T11:59:30.125000Z",
        }
    ]


@pytest.mark.parametrize(
    ("canonical_id", "text"),
    [
        ("one-bigone", "0.00000000001234"),
        ("tiny", "0.000000000000000000000001"),
        ("huge", "123456789012345678901234567890.123456789"),
        ("usdt", "1"),
        ("none", "null"),
    ],
)
def test_numbers_have_every_digit_and_no_exponent(market: Api, canonical_id: str, text: str) -> None:
    assert f'"price_usd":{text},' in market.get("/data", params={"canonical_id": canonical_id}).text
    quoted = market.data(canonical_id=canonical_id, decimals="string")["data"][0]["price_usd"]
    assert quoted == (None if text == "null" else text)


def test_names_survive(market: Api) -> None:
    (row,) = market.data(symbol="שלום")["data"]
    assert row["name"] == 'עברית "<b>&amp;</b>" 🚀\u2028'


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"symbol": "one"}, ["one", "one-bigone"]),
        ({"ticker": "ONE"}, ["one", "one-bigone"]),
        ({"symbol": "BTC", "ticker": "btc"}, ["btc"]),
        ({"name": "bit"}, ["btc"]),
        ({"name": "ITCOI"}, ["btc"]),
        ({"name": "e"}, ["eth", "usdt", "huge", "one-bigone", "none"]),
        ({"search": "one"}, ["one", "one-bigone", "none"]),
        ({"search": "ether"}, ["eth", "usdt"]),
        ({"canonical_id": "BTC"}, ["btc"]),
        ({"canonical_id": "nothing"}, []),
        ({"min_market_cap": "150000000"}, ["btc", "eth", "usdt", "huge", "one"]),
        ({"min_market_cap": "150000000.000001"}, ["btc", "eth", "usdt"]),
        ({"max_market_cap": "0"}, ["tiny"]),
        ({"min_market_cap": "1", "max_market_cap": "110000000000"}, ["usdt", "huge", "rtl", "one"]),
        ({"name": "e", "min_market_cap": "150000000"}, ["eth", "usdt", "huge"]),
        ({"symbol": "one", "name": "big"}, ["one-bigone"]),
        ({"symbol": "one", "max_market_cap": "1"}, []),
        ({"priced": "false"}, ["none"]),
        ({"priced": "true", "min_market_cap": "150000000"}, ["btc", "eth", "usdt", "huge", "one"]),
        ({"status": "active", "search": "one"}, ["one", "one-bigone"]),
        ({"status": "delisted"}, ["none"]),
        ({"status": "delisted", "priced": "true"}, []),
        ({"status": "inactive"}, []),
    ],
)
def test_filters(market: Api, filters: dict[str, str], expected: list[str]) -> None:
    body = market.data(**filters)
    assert [row["canonical_id"] for row in body["data"]] == expected
    assert body["pagination"]["total_items"] == len(expected)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("rank", ["btc", "eth", "usdt", "huge", "rtl", "one", "one-bigone", "tiny", "none"]),
        ("-rank", ["one", "rtl", "huge", "usdt", "eth", "btc", "one-bigone", "tiny", "none"]),
        ("-market_cap_usd", ["btc", "eth", "usdt", "huge", "one", "rtl", "tiny", "one-bigone", "none"]),
        ("price_usd", ["tiny", "one-bigone", "one", "usdt", "rtl", "eth", "btc", "huge", "none"]),
        ("symbol", ["btc", "eth", "huge", "none", "one", "one-bigone", "tiny", "usdt", "rtl"]),
        ("canonical_id", ["btc", "eth", "huge", "none", "one", "one-bigone", "rtl", "tiny", "usdt"]),
    ],
)
def test_sorts_put_missing_values_last(market: Api, sort: str, expected: list[str]) -> None:
    assert market.ids(sort=sort, limit=100) == expected


def test_fields_choose_and_order_columns(market: Api) -> None:
    (row,) = market.data(canonical_id="btc", fields="max_supply,symbol,status,total_supply")["data"]
    assert list(row.items()) == [
        ("max_supply", 21000000),
        ("symbol", "BTC"),
        ("status", "active"),
        ("total_supply", None),
    ]


def test_pages_tile_the_whole(market: Api) -> None:
    whole = market.ids(sort="-market_cap_usd", limit=100)
    pages = [market.data(sort="-market_cap_usd", limit=4, offset=offset) for offset in (0, 4, 8, 12)]
    assert [row["canonical_id"] for page in pages for row in page["data"]] == whole
    assert [page["pagination"]["returned"] for page in pages] == [4, 4, 1, 0]
    assert pages[2]["pagination"]["next_cursor"] is None
    assert {page["pagination"]["total_pages"] for page in pages} == {3}


def test_cursor_walks_the_whole(market: Api) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        body = market.data(sort="-price_usd", name="e", limit=2, **cursor)
        seen += [row["canonical_id"] for row in body["data"]]
        if body["pagination"]["next_cursor"] is None:
            break
        cursor = {"cursor": body["pagination"]["next_cursor"]}
    assert seen == market.ids(sort="-price_usd", name="e", limit=100)
