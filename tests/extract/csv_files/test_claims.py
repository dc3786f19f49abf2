"""What a file's headers claim is held against its cells: money, coins, volumes; and what nobody can read is no news."""

import io
from datetime import UTC, datetime

import pytest

from extract.csv_files.legibility import Before
from extract.csv_files.loading import Content, load
from extract.csv_files.pairs import pair_of
from extract.records import Origin, Payload
from tests.extract.csv_files.conftest import Typing


def report(content: str, name: str = "mine.csv", before: Before | None = None) -> Payload:
    """What is said of a file."""
    file = Content(io.BytesIO(content.encode()), name, "h", 1, before or Before())
    generator = load(file, {}, Typing(), Origin("r", datetime.now(UTC)))
    try:
        while True:
            next(generator)
    except StopIteration as end:
        return end.value.report


def history(symbol: str, price: float = 16_000, volume: float = 35e9) -> str:
    rows = (f"2022-10-{day:02d},{symbol},{price},{price},{price},{price},{volume:.0f}\n" for day in range(1, 6))
    return "date,symbol,open,high,low,close,volume\n" + "".join(rows)


@pytest.mark.parametrize(
    ("symbol", "price"),
    [
        *((text, 16_000) for text in ("BTC/EUR", "BTC-EUR", "BTC_EUR", "BTC:EUR", "BTCEUR", "XXBTZEUR", "BTCEUR=X")),
        *((text, 16_000) for text in ("BINANCE:BTCEUR", "tBTCEUR", "KRW-BTC", "BTC/TRY", "BTC EUR", "BTC / EUR")),
        *((text, 0.07) for text in ("ETH/BTC", "ETHBTC", "ETH-BTC", "XETHXXBT", "ADABTC")),
    ],
)
def test_a_pair_against_another_currency_is_not_taken_for_dollars(symbol: str, price: float) -> None:
    said = report(history(symbol, price))
    assert (said["status"], said["row_count"], said["doubts"]) == ("withheld", 0, ["other_currency"])
    assert symbol in said["message"]


@pytest.mark.parametrize(
    "symbol", ["BTC", "BTC/USD", "BTC-USD", "BTCUSDT", "XBTUSD", "BTC/USDT:USDT", "WBTC", "UNIBTC"]
)
def test_dollars_are_read_however_their_pair_is_written(symbol: str) -> None:
    said = report(history(symbol))
    assert (said["status"], said["row_count"], said.get("message")) == ("loaded", 5, None)


@pytest.mark.parametrize("symbol", ["BUSD", "PYUSD", "CRVUSD", "FDUSD", "STETH", "AGEUR", "USDT", "USDC.E", "D/ACC"])
def test_a_coin_that_is_spelt_like_a_pair_is_a_coin(symbol: str) -> None:
    pair = pair_of(symbol)
    assert not pair or not pair.is_known
    assert report(history(symbol, 1))["status"] == "loaded"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (history("BTC"), "btceur.csv"),
        (history("BTC"), "BTC-EUR.csv"),
        (history("ETH", 0.07), "Bitstamp_ETHBTC_d.csv"),
        ("symbol,price,currency\nBTC,16000,EUR\nETH,1300,EUR\n", "mine.csv"),
        ("symbol,price,currency\nETH,0.07,BTC\nADA,0.00002,BTC\n", "mine.csv"),
        ("symbol,price,quote\nBTC,16000,Euro\n", "mine.csv"),
        ("symbol,price,pair\nBTC,16000,BTC/EUR\n", "mine.csv"),
        ("date,symbol,close,Volume BTC,Volume EUR\n2022-10-01,BTC,16000,1,16000\n", "mine.csv"),
    ],
)
def test_other_money_is_known_by_columns_and_by_the_name_of_the_file(content: str, name: str) -> None:
    assert report(content, name)["doubts"][0] == "other_currency"


def test_rows_in_dollars_are_taken_from_among_others() -> None:
    said = report("symbol,price\nBTC/USD,16000\nBTC/EUR,16100\nADA/USD,0.4\n")
    assert (said["status"], said["row_count"], said["rejected_count"]) == ("loaded", 2, 1)
    assert '1 of 3 rows could not be used, such as row 2 (not in US dollars, but EUR: "BTC/EUR")' in said["message"]


@pytest.mark.parametrize("name", ["2781", "USD"])
def test_a_name_that_is_none_fuses_no_coins(name: str) -> None:
    rows = f"2022-10-01,{name},19000\n2022-10-02,{name},19000\n"
    said = report("date,name,close\n" + rows)
    assert said["status"] == "unmapped" and f'such as "{name}"' in said["message"]


def test_a_volume_beside_its_worth_counts_coins() -> None:
    rows = "".join(f"2022-10-{day:02d},DOGE,0.32,1000000000,320000000\n" for day in range(1, 6))
    said = report("date,symbol,close,volume,turnover\n" + rows)
    assert said["mapping"]["volume_usd"]["header"] == "turnover"
    assert report(history("DOGEUSDT", 0.32, 1e9))["doubts"] == ["volume_in_coins"]
    assert report(history("SHIB", 0.00001, 1e13))["doubts"] == ["volume_in_coins"]


DAYS = "date,symbol,close\n" + "".join(f"2022-10-{day:02d},DOT,6\n" for day in range(1, 11))


@pytest.mark.parametrize(
    ("content", "doubt", "example"),
    [
        (DAYS.replace("2022-10-", "########"), "rows_unreadable", "########"),
        (DAYS.replace(",6", ",€6"), "column_unreadable", "€6"),
        (DAYS.replace(",6", ",<$0.03"), "column_unreadable", "<$0.03"),
        (DAYS.replace(",6", ",0.0₅92"), "column_unreadable", "0.0₅92"),
        (DAYS.replace(",6", ",5%"), "column_unreadable", "5%"),
        (DAYS.replace(",6", ",N/A"), "prices_missing", "one of 10 rows"),
        (DAYS.replace(",6", ",0"), "prices_missing", "one of 10 rows"),
        ("date,symbol,close\n", "no_rows", "a header and no rows"),
    ],
)
def test_a_content_that_can_not_be_read_is_withheld_with_an_example(content: str, doubt: str, example: str) -> None:
    said = report(content)
    assert (said["status"], said["doubts"]) == ("withheld", [doubt])
    assert example in said["message"]


def test_a_part_that_can_not_be_read_is_counted_and_shown() -> None:
    said = report(DAYS.replace("10,DOT,6", "10,DOT,six").replace("2022-10-01", "soon"))
    assert said["status"] == "loaded"
    assert '1 of 10 rows could not be used, such as row 1 (a date that can\'t be read: "soon")' in said["message"]
    assert '"close" could not be read in 1 of 9 rows, such as row 10: "six"' in said["message"]


def test_what_a_file_said_before_decides_what_it_may_lose() -> None:
    capped = DAYS.replace("close\n", "close,market cap\n").replace(",6\n", ",6,lots\n")
    assert report(capped)["status"] == "loaded"
    assert report(capped, before=Before(10, frozenset({"market_cap"})))["status"] == "withheld"
    cut = DAYS[: DAYS.index(",DOT,6", 90)]
    assert report(cut, before=Before(10))["doubts"][0] == "breaks_off"
    assert "had 100" in report(DAYS, before=Before(100))["message"]
