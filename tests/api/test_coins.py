"""`/coins/{canonical_id}` and what is under it, over a warehouse of this release and over an older one."""

import json
from collections.abc import Generator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api import sample
from tests.api.marts import NOON, Marts, listing
from tests.api.serving import Api, serving
from tests.conftest import own_database

LISTINGS = [
    listing(
        "coingecko", "bitcoin", "btc", price_usd=Decimal("64231.12"), observed_at=NOON - timedelta(minutes=1),
        fetched_at=NOON, is_counted=True, held_back_reason=None,
    ),
    listing(
        "coinpaprika", "btc-bitcoin", "btc", price_usd=Decimal(99999), observed_at=NOON - timedelta(hours=3),
        fetched_at=NOON, is_counted=False, held_back_reason="implausible against coingecko: 1.6 times",
    ),
    listing(
        "csv:mine", "BTC", "btc", price_usd=None, observed_at=None, fetched_at=None, is_counted=False,
        held_back_reason="no price",
    ),
    listing(
        "coingecko", "ethereum", "eth", price_usd=Decimal("3312.4"), observed_at=NOON, fetched_at=NOON,
        is_counted=True, held_back_reason=None,
    ),
]  # fmt: skip


def bucket(hours: int, close: str) -> dict[str, Any]:
    return {
        "canonical_id": "btc", "bucket_at": NOON - timedelta(hours=hours), "open_usd": Decimal(1),
        "high_usd": Decimal("2.50"), "low_usd": Decimal("0.000000000001"), "close_usd": Decimal(close),
        "market_cap_usd": None, "volume_usd": Decimal(7), "quote_count": 12, "sources": ["coingecko"],
    }  # fmt: skip


@pytest.fixture(scope="module")
def api(warehouse: Warehouse, api_settings: Settings) -> Generator[Api]:
    """The API over the sample market with every table of this release."""
    with own_database(warehouse, api_settings) as own:
        marts = Marts(own)
        marts.add_records()
        given = {"given_version": 1, "given_at": NOON, "retired_version": None, "retired_at": None}
        ids = [{"canonical_id": name, "redirects_to": None, **given} for name in ("btc", "eth", "one")]
        merged = {**given, "retired_version": 5, "retired_at": NOON}
        marts.insert("marts.coin_ids", *ids, {"canonical_id": "xbt", "redirects_to": "btc", **merged})
        relation = {"canonical_id": "btc", "related_canonical_id": "one", "relation": "shares_symbol"}
        marts.insert("marts.coin_relations", {**relation, "confidence": Decimal("0.50"), "evidence": "both BTC"})
        deployed = {"chain_id": "eip155:1", "address": "0xabc", "canonical_id": "btc", "sources": ["coingecko"]}
        marts.insert("marts.coin_deployments", {**deployed, "caip19_id": "eip155:1/erc20:0xabc"})
        marts.insert("marts.coin_prices_hourly", *(bucket(hours, f"{hours}.10") for hours in range(30)))
        marts.insert("marts.coin_prices_daily", bucket(12, "64000.5"))
        mention = {"matched_text": "Bitcoin", "confidence": Decimal("0.9")}
        marts.insert("marts.news_mentions", *({"article_id": name, "canonical_id": "btc", **mention} for name in "ab"))
        marts.insert("marts.news_mentions", {"article_id": "a1", "canonical_id": "btc", **mention})
        marts.insert("ops.csv_files", {"source": "csv:mine", "file": "mine.csv", "kind": "ohlcv"})
        marts.publish(7, coins=sample.COINS, listings=LISTINGS, quotes=sample.QUOTES, articles=sample.ARTICLES)
        with serving(api_settings, lambda: own.url("reader")) as api:
            api.wait_for(7)
            yield api


def exact(api: Api, path: str) -> Any:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text, parse_float=Decimal)


def test_one_coin_has_every_column_and_what_belongs_to_it(api: Api) -> None:
    body = exact(api, "/coins/btc")
    coin = body["data"]
    assert (coin["price_usd"], coin["max_supply"], coin["status"]) == (Decimal("64231.12"), 21000000, "active")
    assert coin["updated_at"] == "2026-03-01T11:59:30.125000Z"
    assert coin["relations"][0]["related_canonical_id"] == "one"
    assert coin["relations"][0]["confidence"] == Decimal("0.5")
    assert coin["deployments"][0]["caip19_id"] == "eip155:1/erc20:0xabc"
    assert body["meta"]["version"] == 7
    assert api.get("/coins/huge").text.count("123456789012345678901234567890.123456789") == 1
    text = api.get("/coins/huge?decimals=string").json()["data"]
    assert text["price_usd"] == "123456789012345678901234567890.123456789"
    assert exact(api, "/coins/BTC")["data"] == coin


@pytest.mark.parametrize("under", ["", "/listings", "/history?interval=1h&limit=2", "/news", "/explain"])
def test_a_merged_id_leads_to_the_coin_that_answers_for_it(api: Api, under: str) -> None:
    answer = api.get(f"/coins/xbt{under}")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"/coins/btc{under}"
    assert answer.json()["canonical_id"] == "btc"
    assert api.get(f"/coins/xbt{under}", follow_redirects=True).status_code == 200


@pytest.mark.parametrize("under", ["", "/listings", "/history", "/news", "/explain"])
def test_what_is_no_coin_is_not_found(api: Api, under: str) -> None:
    for name in ("nothing", "' or 1=1 --", "%00", "x" * 5000, "é"):
        answer = api.get(f"/coins/{name}{under}")
        assert answer.status_code == 404, name
        assert answer.headers["content-type"] == "application/problem+json"
    assert api.get(f"/coins/btc{under}?what=1").status_code == 422


def test_coins_are_revalidated_by_version(api: Api) -> None:
    for under in ("", "/listings", "/history", "/news", "/explain"):
        answer = api.get(f"/coins/btc{under}")
        assert answer.headers["etag"].startswith('W/"7-')
        again = api.get(f"/coins/btc{under}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


def test_listings_say_why_they_are_the_coin_and_whether_they_count(api: Api) -> None:
    body = exact(api, "/coins/btc/listings")
    assert [row["source"] for row in body["data"]] == ["coingecko", "coinpaprika", "csv:mine"]
    assert body["pagination"]["total_items"] == 3
    held = body["data"][1]
    assert (held["is_counted"], held["held_back_reason"]) == (False, "implausible against coingecko: 1.6 times")
    assert (held["method"], held["confidence"], held["evidence"]) == ("contract", Decimal("0.98"), "same contract")


def test_history_by_the_hour_the_day_and_quote_by_quote(api: Api) -> None:
    hours = exact(api, "/coins/btc/history?interval=1h&limit=1000")
    assert len(hours["data"]) == 30
    assert hours["data"][0]["bucket_at"] == "2026-03-01T12:00:00Z"
    assert hours["data"][1]["close_usd"] == Decimal("1.1")
    assert '"low_usd":0.000000000001,' in api.get("/coins/btc/history?interval=1h").text
    (day,) = exact(api, "/coins/btc/history")["data"]
    assert (day["close_usd"], day["quote_count"], day["sources"]) == (Decimal("64000.5"), 12, ["coingecko"])
    raw = exact(api, "/coins/btc/history?interval=raw&source=coinpaprika&sort=time&limit=1000")
    assert len(raw["data"]) == raw["pagination"]["total_items"] == 24
    times = [row["observed_at"] for row in raw["data"]]
    assert times == sorted(times)
    assert api.get("/coins/eth/history").json()["data"] == []


def test_history_windows_and_walks(api: Api) -> None:
    window = "start=2026-03-01T08:00:00Z&end=2026-03-01T10:00:00Z"
    rows = exact(api, f"/coins/btc/history?interval=1h&{window}")["data"]
    assert [row["bucket_at"][11:13] for row in rows] == ["10", "09", "08"]
    seen, cursor = list[str](), ""
    while cursor is not None:
        body = exact(api, f"/coins/btc/history?interval=1h&limit=7{f'&cursor={cursor}' if cursor else ''}")
        seen += [row["bucket_at"] for row in body["data"]]
        cursor = body["pagination"]["next_cursor"]
    assert len(seen) == len(set(seen)) == 30
    assert api.get("/coins/btc/history?interval=1h&format=csv").text.count("\r\n") == 31
    first = exact(api, "/coins/btc/history?interval=1h&limit=7")["pagination"]["next_cursor"]
    assert api.get(f"/coins/eth/history?interval=1h&limit=7&cursor={first}").status_code == 422


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("interval=5m", "interval"),
        ("start=yesterday", "start"),
        ("start=2026-02-02&end=2026-02-01", "start"),
        ("source=coingecko", "source"),
        ("interval=raw&source=binance", "source"),
        ("sort=price", "sort"),
        ("limit=0", "limit"),
        ("offset=5", "offset"),
    ],
)
def test_history_refuses_what_it_does_not_know(api: Api, query: str, field: str) -> None:
    answer = api.get(f"/coins/btc/history?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_news_of_a_coin_says_which_words_were_taken_for_it(api: Api) -> None:
    (row,) = exact(api, "/coins/btc/news")["data"]
    assert (row["article_id"], row["matched_text"], row["confidence"]) == ("a1", "Bitcoin", Decimal("0.9"))
    assert row["coins"] == ["btc"]


def test_explain_says_what_each_source_gave_and_what_became_of_it(api: Api) -> None:
    explained = exact(api, "/coins/btc/explain")["data"]
    assert explained["price_usd"] == Decimal("64231.12")
    gecko, paprika, mine = explained["listings"]
    assert (gecko["is_counted"], gecko["weight"], gecko["held_back_reason"]) == (True, 1, None)
    assert gecko["quote"]["price_usd"] == Decimal("64231.12")
    assert gecko["age_seconds"] > 60
    assert gecko["link"] == {"method": "contract", "confidence": Decimal("0.98"), "evidence": "same contract"}
    assert gecko["raw"] == {
        "table": "raw_coingecko.markets", "key": {"id": "bitcoin"}, "fetched_at": "2026-03-01T12:00:00Z",
    }  # fmt: skip
    assert (paprika["weight"], paprika["held_back_reason"]) == (0, "implausible against coingecko: 1.6 times")
    assert paprika["raw"]["table"] == "raw_coinpaprika.tickers"
    assert (mine["age_seconds"], mine["held_back_reason"]) == (None, "no price")
    assert mine["raw"]["table"] == "raw_csv.ohlcv"
    assert mine["raw"]["key"] == {"file": "mine.csv", "symbol": "BTC", "name": "Btc"}


def test_an_older_warehouse_is_told_from_a_fault(market: Api) -> None:
    """Without the newer tables: what needs them is a clear 503, and the rest answers."""
    assert market.get("/coins/btc").json()["data"]["relations"] == []
    assert market.get("/coins/nothing").status_code == 404
    assert market.get("/coins/btc/explain").status_code == 200
    for path in ("/coins/btc/history", "/coins/btc/news", "/changes", "/resolve?contract=eip155:1/erc20:0xabc"):
        answer = market.get(path)
        assert answer.status_code == 503, path
        assert "make elt" in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) > 0
    for path in ("/drift", "/identity/quality", "/identity/review"):
        assert market.get(path).json()["data"] == []
        assert market.get(f"{path}?format=csv").status_code == 200


def test_before_the_first_pass_there_is_no_coin(empty: Warehouse, api_settings: Settings) -> None:
    with serving(api_settings, lambda: empty.url("reader")) as api:
        api.wait_for(None)
        assert api.get("/coins/btc").status_code == 404
        assert "first pass" in api.get("/coins/btc").json()["detail"]
        for path in ("/coins/btc/listings", "/coins/btc/history", "/changes", "/news"):
            body = api.get(path).json()
            assert (body["data"], body["meta"]["version"]) == ([], None)
        assert api.get("/resolve?symbol=btc").status_code == 404
