"""What may befall a coin, as both providers then show it."""

from typing import Any

import orjson
import pytest

from providers.generated import GeneratedMarket


def listed(market: GeneratedMarket, active: bool = True) -> dict[str, dict[str, Any]]:
    return {coin: orjson.loads(row) for coin, row in market.coingecko_list(active).items()}


def coins(market: GeneratedMarket) -> dict[str, dict[str, Any]]:
    return {coin: orjson.loads(row) for coin, row in market.coinpaprika_coins().items()}


def test_rename_and_change_of_symbol(market: GeneratedMarket) -> None:
    market.rename("near", "NEAR Chain")
    market.change_symbol("near-near-protocol", "Nr")
    market.rename("okb", "Only Here", at="coinpaprika")
    assert (listed(market)["near"]["name"], listed(market)["near"]["symbol"]) == ("NEAR Chain", "nr")
    assert (coins(market)["near-near-protocol"]["name"], coins(market)["near-near-protocol"]["symbol"]) == (
        "NEAR Chain",
        "NR",
    )
    assert (listed(market)["okb"]["name"], coins(market)["okb-okb"]["name"]) == ("OKB", "Only Here")


def test_delist_and_relist(market: GeneratedMarket) -> None:
    market.delist("monero")
    assert "monero" not in market.coingecko_markets() and "monero" not in listed(market)
    assert listed(market, active=False).keys() == {"monero"}
    assert "xmr-monero" not in market.coinpaprika_tickers(paid=False)
    assert (coins(market)["xmr-monero"]["is_active"], coins(market)["xmr-monero"]["rank"]) == (False, 0)
    market.relist("monero", at="coingecko")
    assert "monero" in market.coingecko_markets()
    assert "xmr-monero" not in market.coinpaprika_tickers(paid=False)


def test_migration_leaves_the_old_coin_beside_its_successor(market: GeneratedMarket) -> None:
    rows = {coin: orjson.loads(row) for coin, row in market.coingecko_markets().items()}
    volume = rows["matic-network"]["total_volume"]
    market.migrate("matic-network", "POL (ex-MATIC)", "pol")
    rows = {coin: orjson.loads(row) for coin, row in market.coingecko_markets().items()}
    old, new = rows["matic-network"], rows["pol-ex-matic"]
    assert new["current_price"] == old["current_price"]
    assert old["total_volume"] < volume / 10
    assert listed(market)["pol-ex-matic"]["platforms"] != listed(market)["matic-network"]["platforms"]
    assert {"matic-polygon", "pol-pol-ex-matic"} < set(market.coinpaprika_tickers(paid=False))
    assert ("pol-ex-matic", "pol-pol-ex-matic") in market.truth()


def test_split_moves_a_contract_to_a_new_coin_at_coingecko_only(market: GeneratedMarket) -> None:
    address = listed(market)["usd-coin"]["platforms"]["polygon-pos"]
    before = len(market.coinpaprika_coins())
    market.split("usd-coin", "polygon-pos")
    part = listed(market)["usdc-polygon-pos"]
    assert part == {
        "id": "usdc-polygon-pos",
        "symbol": "usdc",
        "name": "USDC (Polygon-Pos)",
        "platforms": {"polygon-pos": address},
    }
    assert "polygon-pos" not in listed(market)["usd-coin"]["platforms"]
    assert len(market.coinpaprika_coins()) == before


def test_a_provider_gives_another_id(market: GeneratedMarket) -> None:
    market.change_id("aave-new", "aave-aave", at="coinpaprika")
    assert "aave-aave" in market.coinpaprika_tickers(paid=False)
    assert "aave-new" not in coins(market)
    assert ("aave", "aave-aave") in market.truth()
    with pytest.raises(KeyError, match="aave-new"):
        market.rename("aave-new", "Aave")


def test_a_new_listing_and_a_jump_in_price(market: GeneratedMarket) -> None:
    coin = market.list_coin("Fresh Coin", "frsh", price=2.0)
    assert coins(market)["frsh-fresh-coin"]["is_new"]
    assert coin.contracts["ethereum"] in market.coinpaprika_contracts()["eth-ethereum"][-1].decode()
    before = orjson.loads(market.coingecko_markets()["fresh-coin"])["current_price"]
    market.reprice("fresh-coin", 3.0, at="coingecko")
    after = orjson.loads(market.coingecko_markets()["fresh-coin"])["current_price"]
    ticker = orjson.loads(market.coinpaprika_tickers(paid=False)["frsh-fresh-coin"])
    assert after == pytest.approx(3 * before, rel=0.01)
    assert ticker["quotes"]["USD"]["price"] == pytest.approx(before, rel=0.01)


def test_an_amount_that_64_bits_do_not_hold_is_still_answered(market: GeneratedMarket) -> None:
    market.reprice("bitcoin", 1e10)
    assert orjson.loads(market.coingecko_markets()["bitcoin"])["market_cap"] > 2**64
    assert orjson.loads(market.coinpaprika_tickers(paid=False)["btc-bitcoin"])["quotes"]["USD"]["market_cap"] > 2**64


def test_events_come_at_their_tick(market: GeneratedMarket) -> None:
    market.at(3, market.rename, "near", "Later")
    market.advance(2)
    assert listed(market)["near"]["name"] == "NEAR Protocol"
    with pytest.raises(ValueError, match="passed"):
        market.at(2, market.rename, "near", "Never")
    market.advance(4)
    assert listed(market)["near"]["name"] == "Later"
