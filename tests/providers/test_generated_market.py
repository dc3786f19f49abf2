"""The invented market: the same for the same seed, moving, and with the flaws of life in about their proportions."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from providers.generated import GeneratedMarket

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def large() -> GeneratedMarket:
    return GeneratedMarket(coins=2000, seed=3, start=START)


def gecko(market: GeneratedMarket) -> dict[str, dict[str, Any]]:
    return {coin: orjson.loads(row) for coin, row in market.coingecko_markets().items()}


def paprika(market: GeneratedMarket) -> dict[str, dict[str, Any]]:
    return {coin: orjson.loads(row) for coin, row in market.coinpaprika_tickers(paid=False).items()}


def everything(market: GeneratedMarket) -> tuple[object, ...]:
    feeds = [market.feed(name) for name in market.feed_names()]
    return (
        market.coingecko_markets(), market.coingecko_list(active=True), market.coinpaprika_tickers(paid=True),
        market.coinpaprika_coins(), market.coinpaprika_contracts(), feeds,
    )  # fmt: skip


def test_seed_and_tick_decide_everything() -> None:
    stepped, leapt, other = (GeneratedMarket(coins=150, seed=seed, start=START) for seed in (1, 1, 2))
    for _ in range(5):
        stepped.advance()
        _ = everything(stepped)
    leapt.advance(5)
    other.advance(5)
    assert everything(stepped) == everything(leapt)
    assert everything(leapt) != everything(other)


def test_most_quotes_move_with_time_and_some_stay(large: GeneratedMarket) -> None:
    before = gecko(large)
    large.advance(5)
    after = gecko(large)
    moved = [coin for coin in before if after[coin]["last_updated"] != before[coin]["last_updated"]]
    assert 0.5 * len(before) < len(moved) < 0.98 * len(before)
    assert all(after[coin]["last_updated"] >= before[coin]["last_updated"] for coin in before)
    assert all(datetime.fromisoformat(row["last_updated"]) <= large.now for row in after.values())
    changes = [
        abs(after[coin]["current_price"] / before[coin]["current_price"] - 1)
        for coin in moved
        if before[coin]["current_price"]
    ]
    assert 0 < sum(changes) / len(changes) < 0.02


def test_a_third_share_their_symbol_but_nobody_bitcoins_or_ethereums(large: GeneratedMarket) -> None:
    symbols = Counter(row["symbol"] for row in gecko(large).values())
    sharing = sum(count for count in symbols.values() if count > 1) / symbols.total()
    assert 0.25 < sharing < 0.42
    assert symbols["btc"] == symbols["eth"] == 1
    assert any(" " in symbol for symbol in symbols)


def test_the_majors_have_their_true_ids_at_both(large: GeneratedMarket) -> None:
    truth = dict(large.truth())
    assert truth["bitcoin"] == "btc-bitcoin"
    assert truth["usd-coin"] == "usdc-usd-coin"
    assert truth["iota"] == "miota-iota"
    assert len(truth) == len(large.truth()) > 1000
    assert set(truth) < set(gecko(large))
    assert paprika(large)["miota-iota"]["symbol"] == "MIOTA"


def test_the_providers_differ_as_in_life(large: GeneratedMarket) -> None:
    left, right = gecko(large), paprika(large)
    pairs = [(left[one], right[two]) for one, two in large.truth() if left[one]["current_price"]]
    hours_apart = [
        abs(datetime.fromisoformat(one["last_updated"]) - datetime.fromisoformat(two["last_updated"])).total_seconds()
        / 3600
        for one, two in pairs
    ]
    fresh = [pair for pair, hours in zip(pairs, hours_apart, strict=True) if hours < 1]
    gaps = [abs(two["quotes"]["USD"]["price"] / one["current_price"] - 1) for one, two in fresh]
    assert 0.06 < 1 - len(fresh) / len(pairs) < 0.14
    assert 0.64 < sum(gap < 0.004 for gap in gaps) / len(pairs) < 0.78
    assert 0.15 < sum(0.01 <= gap < 0.065 for gap in gaps) / len(pairs) < 0.26


def test_both_know_the_tokens_contracts(large: GeneratedMarket) -> None:
    chains = {"eth-ethereum": "ethereum", "bnb-binance-coin": "binance-smart-chain", "sol-solana": "solana"}
    listed = {coin: orjson.loads(row)["platforms"] for coin, row in large.coingecko_list(active=True).items()}
    gecko_of = {two: one for one, two in large.truth()}
    found = [
        (contract["address"], listed[gecko_of[contract["id"]]][chains[platform]])
        for platform, rows in large.coinpaprika_contracts().items()
        if platform in chains
        for contract in map(orjson.loads, rows)
        if contract["id"] in gecko_of
    ]
    assert len(found) > 400
    assert all(one == two or (one.startswith("0x") and one.lower() == two) for one, two in found)
    assert any(one != two for one, two in found)


def test_extremes_of_number() -> None:
    huge = GeneratedMarket(coins=5000, seed=3, start=START)
    rows = gecko(huge).values()
    prices = [row["current_price"] for row in rows if row["current_price"]]
    assert min(prices) < 1e-10
    assert 9_223_372_036_854_775_807 in {row["max_supply"] for row in rows}
    assert 9_223_372_036_854_775_807 in {row["max_supply"] for row in paprika(huge).values()}
    assert any(row["current_price"] is None and row["last_updated"] for row in rows)


@pytest.mark.parametrize("coins", [1, 3, 60])
def test_small_markets_are_markets_too(coins: int) -> None:
    market = GeneratedMarket(coins=coins, start=START)
    assert len(market.coingecko_markets()) == coins
    assert next(iter(market.coinpaprika_tickers(paid=False))) == "btc-bitcoin"


def test_histories_follow_the_providers_own_price(large: GeneratedMarket) -> None:
    coin = large.truth()[200][1]
    asset = large.asset(coin)
    asset.stale = 0
    point = (large.history("coinpaprika", coin, [large.now]) or [])[0]
    quote_age = (large.now - datetime.fromisoformat(paprika(large)[coin]["last_updated"])).total_seconds()
    tolerance = 1e-12 if quote_age < 60 else 0.05
    assert point.price == pytest.approx(paprika(large)[coin]["quotes"]["USD"]["price"], rel=tolerance)
    assert large.history("coinpaprika", "no-such-coin", [large.now]) is None
