"""CoinGecko's paths, paging, headers, histories and errors."""

from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import requests

from providers.access import Access, Doorkeeper
from providers.generated import GeneratedMarket
from providers.stand_in import StandIn

FIELDS = (
    "id symbol name image current_price market_cap market_cap_rank fully_diluted_valuation total_volume high_24h "
    "low_24h price_change_24h price_change_percentage_24h market_cap_change_24h market_cap_change_percentage_24h "
    "circulating_supply total_supply max_supply ath ath_change_percentage ath_date atl atl_change_percentage atl_date "
    "roi last_updated"
).split()


def get(client: requests.Session, stand_in: StandIn, path: str, **query: object) -> requests.Response:
    given: dict[str, Any] = {"vs_currency": "usd", **query}
    return client.get(stand_in.coingecko_url + path, params=given, timeout=10)


def test_markets_are_paged_from_1_and_end_in_an_empty_array(stand_in: StandIn, client: requests.Session) -> None:
    pages = [get(client, stand_in, "/coins/markets", per_page=100, page=page).json() for page in range(1, 6)]
    assert [len(page) for page in pages] == [100, 100, 100, 20, 0]
    ids = [row["id"] for page in pages for row in page]
    assert len(set(ids)) == 320
    assert list(pages[0][0]) == FIELDS
    caps = [row["market_cap"] for page in pages for row in page if row["market_cap"] is not None]
    assert caps == sorted(caps, reverse=True)


def test_markets_name_page_size_total_and_neighbours(stand_in: StandIn, client: requests.Session) -> None:
    reply = get(client, stand_in, "/coins/markets", per_page=251, page=1)
    assert len(reply.json()) == 250
    assert (reply.headers["Per-Page"], reply.headers["Total"]) == ("250", "320")
    assert client.get(reply.links["next"]["url"], timeout=10).json()[0]["id"] not in {row["id"] for row in reply.json()}
    assert "prev" not in reply.links
    assert len(get(client, stand_in, "/coins/markets").json()) == 100


def test_markets_by_ids_and_in_other_orders(stand_in: StandIn, client: requests.Session) -> None:
    some = get(client, stand_in, "/coins/markets", ids="solana,bitcoin,no-such-coin").json()
    assert [row["id"] for row in some] == ["bitcoin", "solana"]
    by_id = [row["id"] for row in get(client, stand_in, "/coins/markets", order="id_asc", per_page=250).json()]
    assert by_id == sorted(by_id)
    volumes = [row["total_volume"] for row in get(client, stand_in, "/coins/markets", order="volume_desc").json()]
    assert volumes == sorted(volumes, reverse=True)


def test_markets_in_another_currency_keep_their_proportions(stand_in: StandIn, client: requests.Session) -> None:
    usd, btc = (
        get(client, stand_in, "/coins/markets", ids="bitcoin,solana", vs_currency=currency).json()
        for currency in ("usd", "btc")
    )
    assert btc[0]["current_price"] == 1
    assert btc[1]["current_price"] == pytest.approx(usd[1]["current_price"] / usd[0]["current_price"])
    assert btc[1]["circulating_supply"] == usd[1]["circulating_supply"]


@pytest.mark.parametrize(
    ("query", "message"), [({}, "Missing parameter vs_currency"), ({"vs_currency": "xyz"}, "invalid vs_currency")]
)
def test_markets_need_a_currency(
    stand_in: StandIn, client: requests.Session, query: dict[str, str], message: str
) -> None:
    reply = client.get(f"{stand_in.coingecko_url}/coins/markets", params=query, timeout=10)
    assert (reply.status_code, reply.json()) == (422, {"error": message})


def test_list_has_platforms_only_on_request(stand_in: StandIn, client: requests.Session) -> None:
    plain = client.get(f"{stand_in.coingecko_url}/coins/list", timeout=10).json()
    full = client.get(f"{stand_in.coingecko_url}/coins/list?include_platform=true", timeout=10).json()
    assert {"id", "symbol", "name"} == set(plain[0])
    assert len(plain) == len(full) == 320
    tether = next(coin for coin in full if coin["id"] == "tether")
    assert tether["platforms"]["ethereum"] == "0xdac17f958d2ee523a2206206994597c13d831ec7"


def test_unchanged_answers_are_304_until_the_market_moves(
    stand_in: StandIn, client: requests.Session, market: GeneratedMarket
) -> None:
    first = get(client, stand_in, "/coins/markets")
    conditional = {"If-None-Match": first.headers["ETag"]}
    url = f"{stand_in.coingecko_url}/coins/markets?vs_currency=usd"
    again = client.get(url, headers=conditional, timeout=10)
    assert (again.status_code, again.content) == (304, b"")
    market.advance()
    moved = client.get(url, headers=conditional, timeout=10)
    assert moved.status_code == 200
    assert moved.json() != first.json()


def test_history_agrees_with_the_quotes(stand_in: StandIn, client: requests.Session, market: GeneratedMarket) -> None:
    now = get(client, stand_in, "/coins/markets", ids="bitcoin", precision="full").json()[0]["current_price"]
    day = get(client, stand_in, "/coins/bitcoin/market_chart", days=1).json()
    assert set(day) == {"prices", "market_caps", "total_volumes"}
    assert {right[0] - left[0] for left, right in pairwise(day["prices"])} == {300_000}
    assert day["prices"][-1][0] == market.now.timestamp() * 1000
    assert day["prices"][-1][1] == pytest.approx(now, rel=1e-4)
    year = get(client, stand_in, "/coins/bitcoin/market_chart", days=365).json()["prices"]
    assert len(year) == 366
    month = get(client, stand_in, "/coins/bitcoin/market_chart", days=30).json()["prices"]
    daily = dict(year)
    assert all(daily[at] == price for at, price in month if at in daily)


def test_history_of_a_range_and_its_limit(stand_in: StandIn, client: requests.Session, market: GeneratedMarket) -> None:
    end = int(market.now.timestamp())
    hours = get(client, stand_in, "/coins/ethereum/market_chart/range", **{"from": end - 3 * 86400, "to": end}).json()
    assert len(hours["prices"]) == 3 * 24 + 1
    old = get(client, stand_in, "/coins/ethereum/market_chart/range", **{"from": end - 500 * 86400, "to": end})
    assert (old.status_code, old.json()["error"]["status"]["error_code"]) == (401, 10012)
    assert get(client, stand_in, "/coins/ethereum/market_chart/range").status_code == 422
    assert get(client, stand_in, "/coins/ethereum/market_chart").status_code == 422
    assert get(client, stand_in, "/coins/ethereum/market_chart", days="max").status_code == 401


def test_history_in_another_currency(stand_in: StandIn, client: requests.Session) -> None:
    week = {"days": 7, "interval": "daily"}
    ether, bitcoin, ratio = (
        get(client, stand_in, f"/coins/{coin}/market_chart", vs_currency=currency, **week).json()["prices"]
        for coin, currency in (("ethereum", "usd"), ("bitcoin", "usd"), ("ethereum", "btc"))
    )
    assert len(ratio) == 8
    assert all(
        quotient[1] == pytest.approx(one[1] / two[1]) for quotient, one, two in zip(ratio, ether, bitcoin, strict=True)
    )


def test_delisted_coins_are_listed_as_inactive(
    stand_in: StandIn, client: requests.Session, market: GeneratedMarket
) -> None:
    market.delist("monero")
    url = f"{stand_in.coingecko_url}/coins/list"
    assert [coin["id"] for coin in client.get(url, params={"status": "inactive"}, timeout=10).json()] == ["monero"]
    assert "monero" not in {coin["id"] for coin in client.get(url, timeout=10).json()}


def test_head_is_get_without_a_body(stand_in: StandIn, client: requests.Session) -> None:
    reply = client.head(f"{stand_in.coingecko_url}/ping", timeout=10)
    assert (reply.status_code, reply.content) == (200, b"")
    assert client.get(f"{stand_in.coingecko_url}/ping", timeout=10).json()


def test_candles_hold_their_open_and_close(stand_in: StandIn, client: requests.Session) -> None:
    candles = get(client, stand_in, "/coins/solana/ohlc", days=30).json()
    assert {right[0] - left[0] for left, right in pairwise(candles)} == {4 * 3600 * 1000}
    assert all(low <= min(first, last) <= max(first, last) <= high for _, first, high, low, last in candles)
    assert get(client, stand_in, "/coins/solana/ohlc", days=31).status_code == 422


def test_details_of_a_coin(stand_in: StandIn, client: requests.Session) -> None:
    coin = client.get(f"{stand_in.coingecko_url}/coins/tether", timeout=10).json()
    quote = get(client, stand_in, "/coins/markets", ids="tether").json()[0]
    assert coin["market_data"]["current_price"]["usd"] == quote["current_price"]
    assert (coin["symbol"], coin["asset_platform_id"]) == ("usdt", "ethereum")


@pytest.mark.parametrize(
    "path", ["/coins/btc", "/coins/btc/ohlc?vs_currency=usd&days=7", "/coins/no/market_chart?vs_currency=usd&days=1"]
)
def test_an_unknown_coin_is_404(stand_in: StandIn, client: requests.Session, path: str) -> None:
    reply = client.get(stand_in.coingecko_url + path, timeout=10)
    assert (reply.status_code, reply.json()) == (404, {"error": "Could not find coin with the given id"})


def test_ping_and_paths_that_are_none(stand_in: StandIn, client: requests.Session) -> None:
    assert client.get(f"{stand_in.coingecko_url}/ping", timeout=10).json() == {"gecko_says": "(V3) To the Moon!"}
    assert client.get(f"{stand_in.coingecko_url}/nowhere", timeout=10).status_code == 404
    assert client.get(f"{stand_in.base_url}/nowhere", timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"x-cg-demo-api-key": "right"}, 200, None),
        ({}, 401, 10002),
        ({"x-cg-demo-api-key": "wrong"}, 401, 401),
        ({"x-cg-pro-api-key": "right"}, 400, 10010),
    ],
)
def test_keys(
    stand_in: StandIn, client: requests.Session, headers: dict[str, str], status: int, code: int | None
) -> None:
    stand_in.doors = Doorkeeper({"coingecko": Access(api_key="right")})
    reply = client.get(f"{stand_in.coingecko_url}/coins/markets?vs_currency=usd", headers=headers, timeout=10)
    assert reply.status_code == status
    assert code is None or reply.json()["status"]["error_code"] == code


def test_numbers_vary_as_in_life(stand_in: StandIn, client: requests.Session) -> None:
    rows = [row for page in (1, 2) for row in get(client, stand_in, "/coins/markets", per_page=250, page=page).json()]
    prices = [row["current_price"] for row in rows]
    assert {type(price) for price in prices} == {int, float, type(None)}
    assert any(row["market_cap_rank"] is None for row in rows)
    assert any(row["roi"] for row in rows) and any(row["roi"] is None for row in rows)
    assert all(datetime.fromisoformat(row["last_updated"]) for row in rows)
    assert min(Decimal(str(price)) for price in prices if price) < Decimal("0.00001")
    wrapped = next(row for row in rows if row["id"] == "wrapped-bitcoin")
    assert wrapped["market_cap_rank"] is None and wrapped["market_cap"]


def test_a_slash_at_the_end_of_a_path_changes_nothing(stand_in: StandIn, client: requests.Session) -> None:
    for path in ("/coins/bitcoin", "/coins/markets?vs_currency=usd", "/ping"):
        name, mark, query = path.partition("?")
        assert get(client, stand_in, f"{name}/{mark}{query}").json() == get(client, stand_in, path).json()
    followed = requests.get(f"{stand_in.coinpaprika_url}/tickers/", timeout=10)
    assert (followed.status_code, len(followed.history)) == (200, 1)
