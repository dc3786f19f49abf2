"""`GET /data` with a source or dates: latest quotes, quotes in a window, articles, all from SQL."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.api.serving import Api

ADDED = ["source", "source_coin_id", "observed_at", "ingested_at", "confidence"]


def keys(body: Any) -> list[tuple[str, str]]:
    return [(row["source_coin_id"], row["observed_at"]) for row in body["data"]]


def walk(api: Api, **parameters: Any) -> list[Any]:
    """All rows, page by page along the cursors."""
    rows: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        body = api.data(**parameters, **cursor)
        rows += body["data"]
        following = body["pagination"]["next_cursor"]
        if following is None:
            return rows
        cursor = {"cursor": following}


def test_latest_quote_per_coin_of_a_source(market: Api) -> None:
    answer = market.get("/data", params={"source": "coingecko"})
    body = json.loads(answer.text, parse_float=Decimal)
    assert [row["canonical_id"] for row in body["data"]] == ["btc", "eth", "one"]
    assert body["pagination"]["total_items"] == 3
    assert (body["meta"]["version"], body["meta"]["sources"]) == (7, ["coingecko"])
    assert set(body["meta"]) == {"version", "publication", "published_at", "sources"}
    row = body["data"][2]
    assert list(row)[-5:] == ADDED
    assert row["price_usd"] == Decimal("0.0123")
    assert row["confidence"] == Decimal("0.7")
    assert row["sources"] == ["coingecko"]
    assert (row["observed_at"], row["ingested_at"]) == ("2026-03-01T11:55:00Z", "2026-03-01T11:55:20Z")


def test_csv_means_every_file(market: Api) -> None:
    assert [row["source"] for row in market.data(source="csv", sort="-price_usd")["data"]] == ["csv:other", "csv:mine"]
    assert market.ids(source="csv:mine") == ["one-bigone"]
    assert market.data(source="csv")["meta"]["sources"] == ["csv:mine", "csv:other"]


def test_a_file_that_is_no_source_is_told_from_one_without_quotes(market: Api) -> None:
    answer = market.get("/data", params={"source": "csv:nosuch"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "source"
    for known in ("coingecko", "coinpaprika", "csv", "csv:mine", "csv:other", "rss"):
        assert f" {known}" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"symbol": "eth"}, ["eth"]),
        ({"name": "COIN"}, ["btc"]),
        ({"search": "on"}, ["one"]),
        ({"min_market_cap": "400000000000"}, ["btc", "eth"]),
        ({"max_market_cap": "400000000000"}, ["eth"]),
        ({"sort": "-rank"}, ["one", "eth", "btc"]),
        ({"sort": "price_usd"}, ["one", "eth", "btc"]),
        ({"sort": "-market_cap_usd"}, ["btc", "eth", "one"]),
        ({"sort": "observed_at"}, ["one", "btc", "eth"]),
        ({"status": "active", "priced": "true"}, ["btc", "eth", "one"]),
        ({"status": "delisted"}, []),
        ({"priced": "false"}, []),
    ],
)
def test_latest_quotes_filter_and_sort(market: Api, filters: dict[str, str], expected: list[str]) -> None:
    assert market.ids(source="coingecko", **filters) == expected


@pytest.mark.parametrize("sort", ["rank", "-rank", "-market_cap_usd", "market_cap_usd", "name", "-observed_at"])
def test_latest_quotes_walk_by_key(market: Api, sort: str) -> None:
    whole = market.data(source="coingecko", sort=sort, limit=100)["data"]
    assert walk(market, source="coingecko", sort=sort, limit=1) == whole


def test_window_is_newest_first_and_counts_right(market: Api) -> None:
    body = market.data(start_date="2026-03-01T10:00:00Z", end_date="2026-03-01T12:00:00Z", limit=3)
    assert body["pagination"]["total_items"] == 8  # three hours of two sources of bitcoin, ether, harmony
    assert keys(body) == [
        ("bitcoin", "2026-03-01T12:00:00Z"),
        ("ethereum", "2026-03-01T12:00:00Z"),
        ("btc-bitcoin", "2026-03-01T12:00:00Z"),
    ]
    assert list(body["data"][0])[-5:] == ADDED


@pytest.mark.parametrize(
    ("window", "count"),
    [
        ({"start_date": "2026-03-01", "end_date": "2026-03-01"}, 13),  # a date stands for its whole day
        ({"start_date": "2026-03-01T11:00:00Z"}, 2),
        ({"start_date": "2026-03-01T12:00:00+01:00"}, 2),  # the same moment, the plus unescaped or not
        ({"end_date": "2026-02-27T13:00:00Z"}, 1),
        ({"end_date": "2026-02-27T12:59:59.999999Z"}, 0),
        ({"start_date": "2026-03-02"}, 0),
        ({"start_date": "0001-01-01", "end_date": "9999-12-30"}, 48),
    ],
)
def test_window_edges(market: Api, window: dict[str, str], count: int) -> None:
    assert market.data(source="coingecko", symbol="btc", **window)["pagination"]["total_items"] == count


def test_window_walks_by_key(market: Api) -> None:
    window = {"start_date": "2026-02-20", "end_date": "2026-03-01"}
    whole = market.data(**window, limit=1000)
    rows = walk(market, **window, limit=7)
    assert rows == whole["data"]
    assert len(rows) == whole["pagination"]["total_items"] == 48 + 24 + 3
    observed = [row["observed_at"] for row in rows]
    assert observed == sorted(observed, reverse=True)
    oldest_first = walk(market, **window, limit=7, sort="observed_at")
    assert sorted(map(str, oldest_first)) == sorted(map(str, rows))


def test_window_of_a_coin_is_every_source(market: Api) -> None:
    rows = market.data(canonical_id="btc", start_date="2026-01-01", limit=1000)["data"]
    assert {row["source"] for row in rows} == {"coingecko", "coinpaprika", "csv:other"}


def test_fields_and_strings_apply_to_quotes(market: Api) -> None:
    (row,) = market.data(source="csv:mine", fields="price_usd,source,rank", decimals="string")["data"]
    assert row == {"price_usd": "0.00000000001234", "source": "csv:mine", "rank": None}


@pytest.mark.parametrize("source", ["rss", "rss_feed"])
def test_articles(market: Api, source: str) -> None:
    body = market.data(source=source)
    assert [row["title"] for row in body["data"]] == [
        "Bitcoin <script>alert(1)</script>",
        "Ether and bitcoin",
        "Nothing in particular",
        "Undated",
    ]
    assert list(body["data"][0]) == ["title", "url", "summary", "published_at", "feed", "coins"]
    assert body["meta"]["sources"] == ["rss"]
    assert walk(market, source=source, limit=1) == body["data"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"symbol": "ETH"}, ["a2"]),
        ({"canonical_id": "btc"}, ["a1", "a2"]),
        ({"name": "ether"}, ["a2"]),
        ({"start_date": "2026-03-01T11:30:00Z"}, ["a1"]),
        ({"end_date": "2026-02-28"}, ["a3"]),
        ({"sort": "published_at"}, ["a3", "a2", "a1", "a4"]),
    ],
)
def test_article_filters(market: Api, filters: dict[str, str], expected: list[str]) -> None:
    rows = market.data(source="rss", **filters)["data"]
    assert [row["url"].rpartition("/")[2] for row in rows] == expected
