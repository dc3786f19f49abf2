"""The lists of all coins and contracts: read once a day, whole, and comparable with what was known before."""

import json
from typing import Any

import pytest

from providers.faults import Rule
from providers.faults.answers import EmptyArray, Refused
from providers.faults.rows import FewerRows
from providers.generated import GeneratedMarket
from tests.extract.conftest import Extraction

CURRENT = """
    select {columns} from {table} as listed
    where fetched_at = (select max(fetched_at) from {table} where id = listed.id)
    and not exists (
        select from raw_{source}.departures
        where table_name = '{name}' and key = listed.id and departed_at >= listed.fetched_at
    )
"""


def rows_of(texts: Any) -> dict[str, Any]:
    return {row["id"]: row for row in map(json.loads, texts)}


def present(extraction: Extraction, source: str, name: str) -> set[str]:
    statement = CURRENT.format(columns="id", table=f"raw_{source}.{name}", name=name, source=source)
    return {coin for (coin,) in extraction.query(statement)}


def test_every_coin_and_contract_lands(extraction: Extraction, market: GeneratedMarket) -> None:
    extraction.run("coinpaprika")
    extraction.run("coingecko")

    coins = extraction.query("select id, name, symbol, is_active from raw_coinpaprika.coins")
    expected = rows_of(market.coinpaprika_coins().values())
    assert {row[0]: row[1:] for row in coins} == {
        coin: (row["name"], row["symbol"], row["is_active"]) for coin, row in expected.items()
    }
    listed = extraction.query("select id, platforms from raw_coingecko.coins_list")
    assert dict(listed) == {
        coin: row["platforms"] for coin, row in rows_of(market.coingecko_list(active=True).values()).items()
    }
    contracts = extraction.query("select platform, address, id from raw_coinpaprika.contracts")
    assert set(contracts) == {
        (platform, row["address"], row["id"])
        for platform, rows in market.coinpaprika_contracts().items()
        for row in map(json.loads, rows)
    }
    assert len(contracts) > 0


def test_catalogues_are_read_once_a_day_and_on_demand(extraction: Extraction) -> None:
    for _ in range(2):
        extraction.run("coinpaprika")
        extraction.run("coingecko")
    assert extraction.asked("/coins") == [200]
    assert extraction.asked("/coins/list") == [200]

    extraction.run("coinpaprika", catalogue=True)
    extraction.run("coingecko", catalogue=True)

    assert extraction.asked("/coins") == [200, 304], "what is unchanged is not sent again"
    assert extraction.asked("/coins/list") == [200, 304]
    assert extraction.asked("/contracts") == [200, 304]


def test_the_checkpoint_survives_a_lost_working_folder(extraction: Extraction) -> None:
    extraction.run("coinpaprika")
    extraction.lose_working_folder()
    extraction.play()

    extraction.run("coinpaprika")

    assert extraction.asked("/coins") == []
    assert extraction.asked("/tickers") == [304]


@pytest.mark.parametrize(("source", "name"), [("coingecko", "coins_list"), ("coingecko", "markets")])
def test_who_left_and_who_came_back_can_be_told(extraction: Extraction, source: Any, name: str) -> None:
    extraction.run(source, catalogue=True)
    everyone = present(extraction, source, name)
    path = "/coins/list" if name == "coins_list" else "/coins/markets"

    extraction.play(Rule(fault=FewerRows(share=0.5), path=path))
    extraction.run(source, catalogue=True)
    left = everyone - present(extraction, source, name)
    departures = extraction.count(f"raw_{source}.departures")
    extraction.run(source, catalogue=True)

    assert len(left) == pytest.approx(len(everyone) / 2, abs=1)
    assert extraction.count(f"raw_{source}.departures") == departures == len(left), "a departure is said once"

    extraction.play()
    extraction.run(source, catalogue=True)

    assert present(extraction, source, name) == everyone


def test_a_platform_that_is_refused_stops_no_other(extraction: Extraction, market: GeneratedMarket) -> None:
    refused = next(platform for platform, rows in market.coinpaprika_contracts().items() if rows)
    extraction.play(Rule(fault=Refused(status=402), path=f"/contracts/{refused}"))

    extracted = extraction.run("coinpaprika")
    again = extraction.run("coinpaprika")

    platforms = {name for (name,) in extraction.query("select distinct platform from raw_coinpaprika.contracts")}
    assert platforms == {name for name, rows in market.coinpaprika_contracts().items() if rows} - {refused}
    (said,) = extracted.problems
    assert said.startswith(f"CoinPaprika answered /contracts/{refused} with status 402 (This endpoint is not allowed")
    assert extraction.asked(f"/contracts/{refused}") == [402], "not retried, and not asked again in the next pass"
    assert again.problems == ()


def test_an_answer_without_anything_is_asked_for_again_and_nobody_has_left(extraction: Extraction) -> None:
    extraction.run("coinpaprika")
    tables = ("tickers", "coins", "contracts", "departures")
    before = {table: extraction.count(f"raw_coinpaprika.{table}") for table in tables}
    extraction.play(Rule(fault=EmptyArray(), path="/tickers"), Rule(fault=EmptyArray(), path="/coins"))

    extracted = extraction.run("coinpaprika", catalogue=True)

    said = "CoinPaprika answered {} with nothing: what is known stays, it is asked again"
    assert set(extracted.problems) == {said.format("/tickers"), said.format("/coins")}
    assert {table: extraction.count(f"raw_coinpaprika.{table}") for table in tables} == before


@pytest.mark.parametrize("passes", [3, pytest.param(20, marks=pytest.mark.long)])
def test_passes_over_an_unchanged_market_add_nothing(extraction: Extraction, passes: int) -> None:
    extraction.run("coingecko")
    extraction.run("coinpaprika")
    tables = [f"raw_coingecko.{name}" for name in ("markets", "coins_list", "fetches", "departures")]
    tables += [f"raw_coinpaprika.{name}" for name in ("tickers", "coins", "contracts", "fetches", "departures")]
    before = {table: extraction.count(table) for table in tables}
    extraction.play()

    for _ in range(passes):
        extraction.run("coingecko")
        extraction.run("coinpaprika")

    assert {table: extraction.count(table) for table in tables} == before
    assert {request.path for request in extraction.stand_in.requests} == {"/coins/markets", "/tickers"}
    assert extraction.asked("/tickers") == [304] * passes
    assert extraction.asked("/coins/markets") == [200] * passes
