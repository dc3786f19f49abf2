"""Headers are matched by name, alias, then similarity, with a stated confidence."""

import pytest

from extract.csv_files.headers import COLUMNS, Mapping, aliases, mapped


def found(mapping: Mapping) -> dict[str, str]:
    return {role: match.header for role, match in mapping.matches.items()}


@pytest.mark.parametrize(
    ("headers", "kind", "expected"),
    [
        (
            ["SNo", "Name", "Symbol", "Date", "High", "Low", "Open", "Close", "Volume", "Marketcap"],
            "ohlcv",
            {
                "name": "Name",
                "symbol": "Symbol",
                "time": "Date",
                "high": "High",
                "low": "Low",
                "open": "Open",
                "close": "Close",
                "volume": "Volume",
                "market_cap": "Marketcap",
            },
        ),
        (
            ["symbol", "price_usd", "market_cap_usd", "volume_24h_usd", "percent_change_24h", "rank", "observed_at"],
            "snapshot",
            {
                "symbol": "symbol",
                "price": "price_usd",
                "market_cap": "market_cap_usd",
                "volume": "volume_24h_usd",
                "percent_change_24h": "percent_change_24h",
                "rank": "rank",
                "time": "observed_at",
            },
        ),
        (
            ["#", "Coin", "Price", "24h %", "7d %", "Mkt Cap", "Volume(24h)"],
            "snapshot",
            {
                "rank": "#",
                "name": "Coin",
                "price": "Price",
                "percent_change_24h": "24h %",
                "market_cap": "Mkt Cap",
                "volume": "Volume(24h)",
            },
        ),
        (
            ["unix", "date", "symbol", "open", "high", "low", "close", "Volume BTC", "Volume USD"],
            "ohlcv",
            {
                "time": "date",
                "symbol": "symbol",
                "open": "open",
                "high": "high",
                "low": "low",
                "close": "close",
                "volume": "Volume USD",
            },
        ),
        (
            ["timeOpen", "timestamp", "name", "priceUsd", "marketCap", "circulatingSupply"],
            "snapshot",
            {
                "time": "timestamp",
                "name": "name",
                "price": "priceUsd",
                "market_cap": "marketCap",
                "circulating_supply": "circulatingSupply",
            },
        ),
        (
            ["ticker", "date", "price", "open", "high", "low"],
            "ohlcv",
            {"symbol": "ticker", "time": "date", "close": "price", "open": "open", "high": "high", "low": "low"},
        ),
    ],
)
def test_known_layouts(headers: list[str], kind: str, expected: dict[str, str]) -> None:
    mapping = mapped(headers)
    assert (mapping.kind, found(mapping)) == (kind, expected)


@pytest.mark.parametrize(
    ("header", "role", "how", "confidence"),
    [
        ("Symbol", "symbol", "name", 1.0),
        ("Ticker", "symbol", "alias", 0.95),
        ("Symbl", "symbol", "similarity", 0.83),
        ("Curent Price", "price", "similarity", 0.92),
        ("marketcapp", "market_cap", "similarity", 0.9),
        ("clsoe", "close", "similarity", 0.8),
    ],
)
def test_each_match_states_how_and_how_sure(header: str, role: str, how: str, confidence: float) -> None:
    match = mapped([header]).matches[role]
    assert (match.how, match.confidence) == (how, confidence)


@pytest.mark.parametrize(
    "header",
    [
        "flow",
        "lower",
        "data",
        "rate",
        "7d %",
        "percent change 7d",
        "volume 30d",
        "open interest",
        "max supply",
        "total supply",
        "volume change 24h",
        "market cap change",
        "market cap change 24h",
        "fully diluted market cap",
        "dominance",
        "id",
        "high 24h",
        "change",
        "",
        "   ",
        "!!!",
    ],
)
def test_other_quantities_are_not_taken_for_ours(header: str) -> None:
    assert not mapped([header]).matches


@pytest.mark.parametrize("header", ["Price (EUR)", "price_btc", "Close GBP", "Market Cap €", "Volume BTC"])
def test_other_currencies_are_left_out_and_said(header: str) -> None:
    mapping = mapped(["symbol", header])
    assert list(mapping.matches) == ["symbol"]
    assert "not in US dollars" in mapping.doubts[0]


def test_of_equal_headers_the_first_is_taken_and_the_other_said() -> None:
    mapping = mapped(["symbol", "price", "price"])
    assert mapping.matches["price"].column == 1
    assert mapping.doubts == (
        'several columns fit price: "price" (column 2) is taken, "price" (column 3) is kept aside',
    )


def test_two_headers_equally_similar_to_a_field_are_left_alone() -> None:
    assert "symbol" not in mapped(["symbl", "symbo"]).matches


@pytest.mark.parametrize(
    ("headers", "missing"),
    [
        (["date", "open", "high", "low", "close"], "a column for the coin (symbol or name)"),
        (["symbol", "volume"], "a column for the price (price, or close)"),
        (["symbol", "close"], "a column for the date"),
        (["a", "b"], "a column for the coin (symbol or name) and a column for the price (price, or close)"),
        ([], "a column for the coin (symbol or name) and a column for the price (price, or close)"),
    ],
)
def test_what_is_missing_is_named(headers: list[str], missing: str) -> None:
    mapping = mapped(headers)
    assert mapping.kind is None and mapping.missing == missing


def test_the_alias_table_gives_no_header_two_meanings() -> None:
    every = [alias for names in aliases().values() for alias in set(names)]
    assert len(every) == len(set(every))
    assert aliases().keys() == COLUMNS["snapshot"].keys() | COLUMNS["ohlcv"].keys()
