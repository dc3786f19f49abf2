"""CoinPaprika's paths, quotes, plans, histories and errors."""

import pytest
import requests

from providers.access import Access, Doorkeeper
from providers.generated import GeneratedMarket
from providers.stand_in import StandIn


def get(client: requests.Session, stand_in: StandIn, path: str, **query: str | int) -> requests.Response:
    return client.get(stand_in.coinpaprika_url + path, params=query, timeout=10, allow_redirects=False)


def test_tickers_of_the_free_plan(stand_in: StandIn, client: requests.Session) -> None:
    rows = get(client, stand_in, "/tickers").json()
    assert len(rows) == 320 * 3 // 5
    bitcoin = next(row for row in rows if row["id"] == "btc-bitcoin")
    assert (bitcoin["symbol"], bitcoin["name"], bitcoin["rank"]) == ("BTC", "Bitcoin", 1)
    assert "circulating_supply" not in bitcoin
    assert set(bitcoin["quotes"]) == {"USD"}
    assert sorted(row["rank"] for row in rows) == list(range(1, len(rows) + 1))
    assert [row["rank"] for row in rows] != list(range(1, len(rows) + 1))


def test_zero_stands_for_unknown_and_nothing_but_the_high_is_null(stand_in: StandIn, client: requests.Session) -> None:
    rows = get(client, stand_in, "/tickers").json()
    assert any(row["max_supply"] == 0 for row in rows)
    unknown = sum(row["quotes"]["USD"]["market_cap"] == 0 for row in rows)
    assert 0.1 < unknown / len(rows) < 0.4
    assert all(value is not None for row in rows for name, value in row.items() if name != "quotes")
    usd = [row["quotes"]["USD"] for row in rows]
    assert {name for quote in usd for name, value in quote.items() if value is None} == {
        "ath_price", "ath_date", "percent_from_price_ath",
    }  # fmt: skip


def test_quotes_in_other_currencies(stand_in: StandIn, client: requests.Session) -> None:
    row = get(client, stand_in, "/tickers/eth-ethereum", quotes="USD,BTC").json()
    assert list(row["quotes"]) == ["USD", "BTC"]
    bitcoin = get(client, stand_in, "/tickers/btc-bitcoin").json()["quotes"]["USD"]["price"]
    assert row["quotes"]["BTC"]["price"] == pytest.approx(row["quotes"]["USD"]["price"] / bitcoin)
    assert row["quotes"]["BTC"]["percent_change_24h"] == row["quotes"]["USD"]["percent_change_24h"]
    both = get(client, stand_in, "/tickers", quotes="usd,btc").json()
    assert all(set(each["quotes"]) == {"USD", "BTC"} for each in both)
    assert get(client, stand_in, "/tickers", quotes="USD,XYZ").status_code == 400
    assert get(client, stand_in, "/tickers", quotes="USD,BTC,ETH,USD").status_code == 400


def test_a_key_opens_the_paid_plan(stand_in: StandIn, client: requests.Session, market: GeneratedMarket) -> None:
    stand_in.doors = Doorkeeper({"coinpaprika": Access(api_key="right")})
    refused = get(client, stand_in, "/tickers")
    assert (refused.status_code, refused.json()) == (403, {"error": "invalid API key"})
    client.headers["Authorization"] = "right"
    assert get(client, stand_in, "/tickers/btc-bitcoin").json()["circulating_supply"] == 19_950_000
    start = int(market.now.timestamp()) - 10 * 86400
    assert len(get(client, stand_in, "/coins/btc-bitcoin/ohlcv/historical", start=start, limit=5).json()) == 5


def test_the_catalogue_holds_more_than_is_traded(stand_in: StandIn, client: requests.Session) -> None:
    coins = get(client, stand_in, "/coins").json()
    assert set(coins[0]) == {"id", "name", "symbol", "rank", "is_new", "is_active", "type"}
    active = {coin["id"] for coin in coins if coin["is_active"]}
    assert active == {row["id"] for row in get(client, stand_in, "/tickers").json()}
    assert len(coins) > 1.5 * len(active)
    assert all(coin["rank"] == 0 for coin in coins if not coin["is_active"])


def test_contracts_by_platform(stand_in: StandIn, client: requests.Session) -> None:
    platforms = get(client, stand_in, "/contracts").json()
    assert "eth-ethereum" in platforms and "eos-eos" in platforms
    rows = get(client, stand_in, "/contracts/eth-ethereum").json()
    assert set(rows[0]) == {"address", "type", "id", "active"}
    assert {row["id"]: row["address"] for row in rows}["usdt-tether"] == "0xdac17f958d2ee523a2206206994597c13d831ec7"
    assert get(client, stand_in, "/contracts/eos-eos").json() == []
    assert get(client, stand_in, "/contracts/no-such-platform").json() == []
    coin = get(client, stand_in, "/coins/usdt-tether").json()
    assert {contract["platform"] for contract in coin["contracts"]} == {"eth-ethereum", "trx-tron"}
    moved = get(client, stand_in, "/contracts/eth-ethereum/0xDAC17F958D2EE523A2206206994597C13D831EC7")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/v1/tickers/usdt-tether")


def test_errors(stand_in: StandIn, client: requests.Session) -> None:
    for path in ("/coins/BTC", "/tickers/BTC", "/tickers/BTC/historical?start=2026-02-28&interval=1d"):
        reply = get(client, stand_in, path)
        assert (reply.status_code, reply.json()) == (404, {"error": "id not found"})
    slash = get(client, stand_in, "/tickers/")
    assert (slash.status_code, slash.headers["Location"]) == (301, "/v1/tickers")
    assert slash.headers["Content-Type"].startswith("text/html")


def test_histories_of_the_free_plan(stand_in: StandIn, client: requests.Session) -> None:
    path = "/tickers/btc-bitcoin/historical"
    ticks = get(client, stand_in, path, start="2026-01-01", end="2026-02-01", interval="1d").json()
    assert len(ticks) == 32
    assert ticks[0]["timestamp"] == "2026-01-01T00:00:00Z"
    assert set(ticks[0]) == {"timestamp", "price", "volume_24h", "market_cap"}
    assert len(get(client, stand_in, path, start="2026-01-01", interval="1d", limit=3).json()) == 3
    assert get(client, stand_in, path, start="2024-01-01", interval="1d").status_code == 402
    assert get(client, stand_in, path, start="2026-02-01", interval="1h").status_code == 402
    assert get(client, stand_in, path, interval="1d").status_code == 400
    assert get(client, stand_in, path, start="2026-01-01", interval="2d").status_code == 400
    assert get(client, stand_in, path, start="2026-01-01", interval="1d", quote="eur").status_code == 400
    ratios = get(
        client, stand_in, path.replace("btc-bitcoin", "eth-ethereum"), start="2026-01-01", interval="1d", quote="btc"
    )
    assert 0 < ratios.json()[0]["price"] < 1
    old = get(client, stand_in, "/coins/btc-bitcoin/ohlcv/historical", start="2026-01-01")
    assert old.status_code == 402
    assert old.json()["error"].startswith("Getting historical OHLCV data before 2026-02-28 12:00:00")
    assert get(client, stand_in, "/coins/btc-bitcoin/ohlcv/historical", start="2026-03-01").json()[0]["open"] > 0


def test_last_modified_follows_the_content(
    stand_in: StandIn, client: requests.Session, market: GeneratedMarket
) -> None:
    url = f"{stand_in.coinpaprika_url}/contracts/eth-ethereum"
    since = {"If-Modified-Since": client.get(url, timeout=10).headers["Last-Modified"]}
    assert client.get(url, headers=since, timeout=10).status_code == 304
    market.advance(10)
    assert client.get(url, headers=since, timeout=10).status_code == 304
    market.delist("usdt-tether")
    assert client.get(url, headers=since, timeout=10).status_code == 200
