"""`/resolve`, `/changes`, `/news`: by which consumers follow the ids."""

from collections.abc import Generator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api import sample
from tests.api.marts import NOON, Marts
from tests.api.serving import Api, serving
from tests.conftest import own_database


def link(canonical_id: str, version: int, start: int, end: int | None) -> dict[str, Any]:
    """A link of one listing, from a day to a day."""
    return {
        "source": "coingecko", "source_coin_id": "harmony", "canonical_id": canonical_id, "method": "alone",
        "confidence": Decimal("0.5"), "version": version, "valid_from": NOON + timedelta(days=start),
        "valid_to": None if end is None else NOON + timedelta(days=end),
    }  # fmt: skip


def change(number: int, version: int, kind: str, canonical_id: str, **values: Any) -> dict[str, Any]:
    return {
        "change_id": number, "version": version, "changed_at": NOON + timedelta(days=version), "kind": kind,
        "canonical_id": canonical_id, "other_canonical_id": None, "old_value": None, "new_value": None,
        "detail": None, **values,
    }  # fmt: skip


@pytest.fixture(scope="module")
def api(warehouse: Warehouse, api_settings: Settings) -> Generator[Api]:
    """The API over a market in which `harmony` was a coin of its own once."""
    with own_database(warehouse, api_settings) as own:
        marts = Marts(own)
        marts.add_records()
        marts.insert(
            "marts.coin_ids",
            *(
                {"canonical_id": name, "redirects_to": to, "given_version": 1, "given_at": NOON}
                for name, to in (("btc", None), ("one", None), ("one-harmony", "one"))
            ),
        )
        marts.insert("marts.coin_listing_history", link("one-harmony", 2, 0, 10), link("one", 3, 10, None))
        deployed = {"chain_id": "eip155:1", "address": "0xabc", "canonical_id": "eth", "sources": ["coingecko"]}
        marts.insert(
            "marts.coin_deployments",
            {**deployed, "caip19_id": "eip155:1/erc20:0xabc"},
            {**deployed, "address": "AbC", "canonical_id": "btc", "chain_id": "solana:5",
             "caip19_id": "solana:5/token:AbC"},
        )  # fmt: skip
        marts.insert(
            "marts.coin_changes",
            change(1, 1, "added", "btc", new_value="Bitcoin"),
            change(2, 2, "added", "one-harmony"),
            change(3, 3, "merged", "one-harmony", other_canonical_id="one", detail="same contract"),
            change(4, 5, "renamed", "btc", old_value="Bitcoin Core", new_value="Bitcoin"),
        )
        marts.publish(7, coins=sample.COINS, listings=sample.LISTINGS, articles=sample.ARTICLES)
        with serving(api_settings, lambda: own.url("reader")) as api:
            api.wait_for(7)
            yield api


def matched(api: Api, **question: str) -> list[str]:
    answer = api.get("/resolve", params=question)
    assert answer.status_code == 200, answer.text
    return [match["canonical_id"] for match in answer.json()["data"]["matches"]]


def test_resolves_a_listing_with_its_evidence(api: Api) -> None:
    body = api.get("/resolve?source=coingecko&id=bitcoin").json()
    assert body["meta"]["version"] == 7
    data = body["data"]
    assert (data["canonical_id"], data["query"]) == ("btc", {"source": "coingecko", "id": "bitcoin"})
    (match,) = data["matches"]
    assert (match["symbol"], match["name"], match["rank"]) == ("BTC", "Bitcoin", 1)
    assert (match["method"], match["confidence"], match["evidence"]) == ("contract", 0.98, "same contract")


def test_a_symbol_is_not_an_identity(api: Api) -> None:
    data = api.get("/resolve?symbol=one").json()["data"]
    assert data["canonical_id"] is None
    assert [match["canonical_id"] for match in data["matches"]] == ["one", "one-bigone"]  # the best known first
    assert matched(api, symbol="btc") == ["btc"]


def test_contracts_compare_as_their_chain_does(api: Api) -> None:
    assert matched(api, contract="eip155:1/erc20:0xABC") == ["eth"]
    assert matched(api, contract="solana:5/token:AbC") == ["btc"]
    assert api.get("/resolve", params={"contract": "solana:5/token:abc"}).status_code == 404


def test_an_address_without_its_chain_is_found_on_any(api: Api) -> None:
    assert matched(api, contract="0xABC") == matched(api, contract="0XabC") == ["eth"]
    assert matched(api, contract="AbC") == ["btc"]
    assert api.get("/resolve", params={"contract": "abc"}).status_code == 404


def test_an_id_that_was_merged_answers_for_both(api: Api) -> None:
    (match,) = api.get("/resolve?canonical_id=one-harmony").json()["data"]["matches"]
    assert (match["canonical_id"], match["current_canonical_id"], match["name"]) == ("one-harmony", "one", "Harmony")
    (match,) = api.get("/resolve?canonical_id=ONE").json()["data"]["matches"]
    assert match["current_canonical_id"] == "one"


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [("2026-03-05", "one-harmony"), ("2026-03-01T12:00:00Z", "one-harmony"), ("2026-03-11", "one"),
     ("2026-03-10", "one-harmony"), ("2026-03-11T11:59:59Z", "one-harmony"), ("2026-03-11T12:00:00Z", "one"),
     ("2026-02-28", None)],
)  # fmt: skip
def test_what_was_published_then(api: Api, as_of: str, expected: str | None) -> None:
    answer = api.get("/resolve", params={"source": "coingecko", "id": "harmony", "as_of": as_of})
    if expected is None:
        assert answer.status_code == 404
        return
    (match,) = answer.json()["data"]["matches"]
    assert (match["canonical_id"], match["current_canonical_id"]) == (expected, "one")
    assert match["version"] == (2 if expected == "one-harmony" else 3)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "source"),
        ("source=coingecko", "id"),
        ("id=bitcoin", "source"),
        ("symbol=btc&contract=x", "source"),
        ("symbol=btc&as_of=2026-01-01", "as_of"),
        ("source=coingecko&id=bitcoin&as_of=then", "as_of"),
        ("symbol=a%00", "symbol"),
        ("what=1&symbol=btc", "what"),
    ],
)
def test_refuses_what_is_no_question(api: Api, query: str, field: str) -> None:
    answer = api.get(f"/resolve?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_thousand_at_once_in_their_order(api: Api) -> None:
    queries: list[dict[str, str]] = [
        {"source": "coingecko", "id": "bitcoin"}, {"symbol": "ONE"}, {"source": "coingecko", "id": "nosuch"},
        {"contract": "eip155:1/erc20:0xAbC"}, {"canonical_id": "one-harmony"},
    ]  # fmt: skip
    answer = api.post("/resolve", json={"queries": queries * 200}, headers={"If-None-Match": "*"})
    assert "etag" not in answer.headers and answer.headers["cache-control"] == "no-store"  # no tag tells a body
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert len(data) == 1000
    assert [row["canonical_id"] for row in data[:5]] == ["btc", None, None, "eth", "one-harmony"]
    assert [len(row["matches"]) for row in data[:5]] == [1, 2, 0, 1, 1]
    assert [row["query"] for row in data] == queries * 200
    then = {"queries": [{"source": "coingecko", "id": "harmony"}], "as_of": "2026-03-05"}
    assert api.post("/resolve", json=then).json()["data"][0]["canonical_id"] == "one-harmony"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "queries"),
        ({"queries": []}, "queries"),
        ({"queries": [{"symbol": "x"}] * 1001}, "queries"),
        ({"queries": [{"symbol": "x", "what": 1}]}, "queries.0.what"),
        ({"queries": [{"symbol": 5}]}, "queries.0.symbol"),
        ({"queries": [{"symbol": "x"}, {}]}, "queries.1"),
        ({"queries": [{"symbol": "x"}], "as_of": "2026-01-01"}, "as_of"),
        ([], "body"),
    ],
)
def test_refuses_bodies_that_ask_nothing(api: Api, body: Any, field: str) -> None:
    answer = api.post("/resolve", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith(field)


def test_says_where_a_body_is_no_json(api: Api) -> None:
    answer = api.post("/resolve", content=b'{"queries" 5', headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "body", "message": "is not JSON: Expecting ':' delimiter at position 11"}
    ]


def kinds(api: Api, **query: str) -> list[str]:
    return [row["kind"] for row in api.get("/changes", params=query).json()["data"]]


def test_changes_come_in_order_and_since(api: Api) -> None:
    assert kinds(api) == ["added", "added", "merged", "renamed"]
    assert kinds(api, since="2") == ["merged", "renamed"]
    assert kinds(api, since="7") == []
    assert kinds(api, since=api.get("/changes").json()["meta"]["publication"]) == []
    for restored in ("7-00000000", "99"):
        answer = api.get(f"/changes?since={restored}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (410, "since")
    assert kinds(api, since="2026-03-04T12:00:00Z") == ["renamed"]
    assert kinds(api, kind="merged") == ["merged"]
    assert kinds(api, canonical_id="one") == ["merged"]
    (merged,) = api.get("/changes?kind=merged").json()["data"]
    assert (merged["canonical_id"], merged["other_canonical_id"], merged["version"]) == ("one-harmony", "one", 3)


def test_changes_walk_by_cursor(api: Api) -> None:
    first = api.get("/changes?limit=3").json()
    cursor = first["pagination"]["next_cursor"]
    second = api.get("/changes", params={"limit": 3, "cursor": cursor}).json()
    assert [row["change_id"] for row in first["data"] + second["data"]] == [1, 2, 3, 4]
    assert second["pagination"]["next_cursor"] is None
    newest = api.get("/changes?limit=3&sort=-time").json()
    oldest = api.get("/changes", params={"sort": "-time", "cursor": newest["pagination"]["next_cursor"]}).json()
    assert [row["change_id"] for row in newest["data"] + oldest["data"]] == [4, 3, 2, 1]
    assert api.get("/changes", params={"cursor": cursor, "since": "1"}).status_code == 422


@pytest.mark.parametrize("query", ["since=never", "since=-1", f"since={2**63}", "kind=exploded", "until=3"])
def test_changes_refuse_what_they_do_not_know(api: Api, query: str) -> None:
    answer = api.get(f"/changes?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["a1", "a2", "a3", "a4"]),
        ({"canonical_id": "eth"}, ["a2"]),
        ({"symbol": "btc"}, ["a1", "a2"]),
        ({"title": "NOTHING"}, ["a3"]),
        ({"feed": "feed.example", "start": "2026-03-01T11:30:00Z"}, ["a1"]),
        ({"end": "2026-02-28"}, ["a3"]),
    ],
)
def test_news(api: Api, query: dict[str, str], expected: list[str]) -> None:
    assert [row["article_id"] for row in api.get("/news", params=query).json()["data"]] == expected
