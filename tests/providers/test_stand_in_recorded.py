"""A folder of recorded responses: served digit for digit, paged, and read anew when told."""

import json
from pathlib import Path

import pytest
import requests

from providers.recorded import RecordedMarket
from providers.server import running

MARKETS = (
    '[{"id":"one","symbol":"o}[","name":"One \\u00fc","current_price":0.00000000001234,"market_cap":1.50e3,'
    '"last_updated":"2021-08-12T19:02:52.474Z","roi":{"times":1.0}},\n'
    ' {"id":"two","symbol":"t","name":"Two","current_price":123456789012345678901234567890,"market_cap":18741512.0,'
    '"last_updated":"2021-08-12T19:04:00.000Z"},'
    '{"id":"three","symbol":"t","name":"Three","current_price":null,"market_cap":null,"last_updated":null}]'
)
TICKERS = (
    '[{"id":"btc-bitcoin","quotes":{"USD":{"price":44456.514304206}},"last_updated":"2021-08-12T19:06:04Z"},'
    '{"id":"max-supply","quotes":{"USD":{"price":1.2e-9}},"max_supply":9223372036854775807}]'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "coingecko/coins/markets.json": MARKETS,
        "coingecko/coins/list.json": '[{"id":"one","symbol":"o","name":"One","platforms":{"ethereum":"0xAB"}}]',
        "coinpaprika/tickers.json": TICKERS,
        "coinpaprika/coins.json": '[{"id":"btc-bitcoin","is_active":true}]',
        "coinpaprika/contracts.json": '["eth-ethereum","eos-eos"]',
        "coinpaprika/contracts/eth-ethereum.json": '[{"address":"0x1b","type":"ERC20","id":"a-b","active":true}]',
        "rss/wire.xml": '<?xml version="1.0"?><rss version="2.0"><channel></channel></rss>',
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_every_number_is_served_as_it_was_written(folder: Path, client: requests.Session) -> None:
    with running(RecordedMarket(folder)) as stand_in:
        page = client.get(f"{stand_in.coingecko_url}/coins/markets?vs_currency=usd&per_page=2&page=1", timeout=10)
        assert page.json() == json.loads(MARKETS)[:2]
        for text in ("0.00000000001234", "1.50e3", "123456789012345678901234567890", "18741512.0", "One \\u00fc"):
            assert text in page.text
        rest = client.get(f"{stand_in.coingecko_url}/coins/markets?vs_currency=usd&per_page=2&page=2", timeout=10)
        assert [row["id"] for row in rest.json()] == ["three"]
        assert rest.headers["Total"] == "3"
        assert client.get(f"{stand_in.coinpaprika_url}/tickers", timeout=10).text == TICKERS.replace(", ", ",")


def test_the_rest_of_the_layout(folder: Path, client: requests.Session) -> None:
    with running(RecordedMarket(folder)) as stand_in:
        listed = client.get(f"{stand_in.coingecko_url}/coins/list?include_platform=true", timeout=10).json()
        assert listed[0]["platforms"] == {"ethereum": "0xAB"}
        assert client.get(f"{stand_in.coinpaprika_url}/contracts", timeout=10).json() == ["eth-ethereum", "eos-eos"]
        assert client.get(f"{stand_in.coinpaprika_url}/contracts/eth-ethereum", timeout=10).json()[0]["id"] == "a-b"
        assert client.get(f"{stand_in.coinpaprika_url}/contracts/eos-eos", timeout=10).json() == []
        assert client.get(stand_in.rss_url("wire"), timeout=10).status_code == 200
        assert client.get(stand_in.rss_url("../coinpaprika/coins"), timeout=10).status_code == 404
        assert stand_in.market.feed_names() == ["wire"]


def test_its_time_is_that_of_the_newest_quote(folder: Path) -> None:
    assert RecordedMarket(folder).now.isoformat() == "2021-08-12T19:06:04+00:00"


def test_files_are_read_anew_when_told(folder: Path, client: requests.Session) -> None:
    market = RecordedMarket(folder)
    with running(market) as stand_in:
        url = f"{stand_in.coinpaprika_url}/tickers"
        assert len(client.get(url, timeout=10).json()) == 2
        (folder / "coinpaprika/tickers.json").write_text("[]")
        market.reload()
        assert client.get(url, timeout=10).json() == []


def test_a_missing_or_broken_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="nowhere"):
        RecordedMarket(tmp_path / "nowhere")
    broken = tmp_path / "coinpaprika/tickers.json"
    broken.parent.mkdir()
    broken.write_text("<html>")
    with pytest.raises(ValueError, match=r"tickers\.json"):
        RecordedMarket(tmp_path)
