"""What providers send that they should not: a row with null and the original beside it, or a quarantined record."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from extract import pipeline
from extract.coingecko import source
from extract.landing import Landing
from providers.faults import Rule
from providers.faults.answers import EmptyArray
from providers.faults.fields import NONSENSE, DropField, Nonsense, RenameField, RetypeField, SetField
from providers.faults.rows import Duplicates, PageShift
from providers.generated import GeneratedMarket
from providers.market import Rows
from tests.extract.conftest import Extraction
from tests.markets import Spoilt

MARKETS = "/coins/markets"
TYPED: list[tuple[str, Nonsense, Any]] = [
    ("current_price", "negative", Decimal("-1.5")),
    ("current_price", "absurd", Decimal("1e30")),
    ("current_price", "zero", Decimal(0)),
    ("current_price", "huge_integer", Decimal(2**63 + 12345)),
    ("name", "long_text", "x" * 10_000),
    ("name", "emoji", "\N{ROCKET}\N{FULL MOON SYMBOL} Moon \N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET} Coin"),
    ("name", "right_to_left", "\N{RIGHT-TO-LEFT OVERRIDE}عملة\N{POP DIRECTIONAL FORMATTING} ביטקוין"),
    ("name", "markup", "<script>alert('coin')</script>"),
    ("name", "sql", "'; DROP SCHEMA marts CASCADE; --"),
    ("name", "nul", "Evil\\x00Coin"),
    ("last_updated", "future", datetime(2099, 1, 1, tzinfo=UTC)),
    ("symbol", "null", None),
    ("last_updated", "null", None),
]
KEPT_BESIDE: list[tuple[str, Nonsense, Any]] = [
    ("current_price", "nan", "NaN"),
    ("current_price", "infinity", "Infinity"),
    ("current_price", "longer_integer", 123456789012345678901234567890123456789012345678901234567890),
    ("current_price", "text", "not a number"),
    ("current_price", "object", {"value": 1}),
    ("current_price", "list", [1, 2]),
    ("market_cap_rank", "huge_integer", 2**63 + 12345),
    ("market_cap_rank", "nan", "NaN"),
    ("symbol", "blank", ""),
    ("name", "object", {"value": 1}),
    ("last_updated", "no_time", "yesterday"),
    ("last_updated", "blank", ""),
]
UNUSABLE: list[Nonsense] = ["null", "blank", "object", "long_text", "zero"]


def of(extraction: Extraction, column: str, coin: str) -> tuple[Any, Any]:
    """A coin's value in raw, and what stands beside it."""
    statement = f"select {column}, extra::text from raw_coingecko.markets where id = %s"
    ((value, extra),) = extraction.query(statement, coin)
    return value, extra and json.loads(extra, parse_float=Decimal)


def test_what_fits_its_type_lands_as_it_came(extraction: Extraction) -> None:
    market = extraction.stand_in.market = Spoilt([(field, NONSENSE[what]) for field, what, _ in TYPED])

    extracted = extraction.run("coingecko")

    assert extracted.rejected == 0 and extracted.problems == ()
    coins = list(market.coingecko_markets())
    for coin, (field, what, stored) in zip(coins, TYPED, strict=False):
        assert of(extraction, field, coin) == (stored, None), what


def test_what_can_not_be_typed_is_null_and_stays_beside(extraction: Extraction) -> None:
    market = extraction.stand_in.market = Spoilt([(field, NONSENSE[what]) for field, what, _ in KEPT_BESIDE])

    extracted = extraction.run("coingecko")

    assert extracted.rejected == 0 and extracted.problems == ()
    coins = list(market.coingecko_markets())
    for coin, (field, what, original) in zip(coins, KEPT_BESIDE, strict=False):
        assert of(extraction, field, coin) == (None, {field: original}), what


def test_records_without_a_usable_key_are_quarantined(extraction: Extraction) -> None:
    market = extraction.stand_in.market = Spoilt([("id", NONSENSE[what]) for what in UNUSABLE])

    extracted = extraction.run("coingecko")
    extraction.run("coingecko")

    names = [json.loads(row)["name"] for row in market.coingecko_markets().values()][: len(UNUSABLE)]
    assert extracted.rejected == len(UNUSABLE)
    rejected = extraction.query("select table_name, payload->>'name' from raw_coingecko.rejected_records")
    assert sorted(rejected) == sorted(("markets", name) for name in names), "loaded again, it is there once"
    assert {reason for (reason,) in extraction.query("select reason from raw_coingecko.rejected_records")} == {
        "id: missing or blank",
        "id: longer than 500 characters",
    }
    requests = "select count(distinct request_id) from raw_coingecko.{}"
    assert extraction.query(requests.format("rejected_records")) == [(1,)], "each says which answer it was in"
    assert extraction.count("raw_coingecko.markets") == len(market.coingecko_markets()) - len(UNUSABLE)


def test_the_same_nonsense_on_two_pages_is_quarantined_once(extraction: Extraction) -> None:
    class Empty(GeneratedMarket):
        def coingecko_markets(self) -> Rows:
            rows = dict(super().coingecko_markets())
            coins = list(rows)
            return rows | dict.fromkeys((coins[0], coins[1], coins[260]), b"{}")

    extraction.stand_in.market = Empty(coins=300, seed=7)

    extracted = extraction.run("coingecko")

    assert extracted.problems == () and extracted.reasons == ("id: Field required",)
    assert extraction.query("select payload::text from raw_coingecko.rejected_records") == [("{}",)]


def test_drifted_fields_are_recoverable(extraction: Extraction) -> None:
    extraction.play(
        Rule(fault=RenameField(field="current_price", to="price"), path=MARKETS, nth=1),
        Rule(fault=DropField(field="total_volume"), path=MARKETS, nth=1),
    )
    extraction.run("coingecko")
    extraction.play(Rule(fault=RetypeField(field="quotes.USD.price"), path="/tickers"))
    extraction.run("coinpaprika")

    bare = (
        "select count(*) filter (where current_price is null and extra ? 'price'), count(*) from raw_coingecko.markets"
    )
    ((renamed, everything),) = extraction.query(bare)
    assert renamed == everything > 0
    retyped = extraction.query(
        "select usd_price, extra->>'usd_price' from raw_coinpaprika.tickers where id = 'btc-bitcoin'"
    )
    price = json.loads(extraction.stand_in.market.coinpaprika_tickers(False)["btc-bitcoin"])["quotes"]["USD"]["price"]
    assert retyped[0][0] is None
    assert float(retyped[0][1].replace(",", "")) == pytest.approx(price)


def test_a_field_that_nobody_knows_stays(extraction: Extraction) -> None:
    extraction.play(Rule(fault=SetField(field="mood", value={"of": ["the", "day"]}), path=MARKETS))

    extraction.run("coingecko")

    assert extraction.query("select distinct extra from raw_coingecko.markets") == [({"mood": {"of": ["the", "day"]}},)]


def test_texts_of_what_files_are_made_of_land_as_they_came(extraction: Extraction) -> None:
    texts = [
        "a\tb",
        "\t",
        'say "hi"',
        '"',
        "a\nb",
        "a\r\nb\r",
        "a,b;c|d",
        "\\.",
        "\\N",
        "\\t\\",
        " a ",
        "\x1f\x7f",
        "'",
        "\ud83d half a pair",
    ]
    market = extraction.stand_in.market = Spoilt([("name", text) for text in texts])

    extraction.run("coingecko")

    coins = list(market.coingecko_markets())
    landed = [of(extraction, "name", coin) for coin in coins[: len(texts)]]
    assert landed == [(text.replace("\ud83d", "\\ud83d"), None) for text in texts]


def test_decimals_are_exact(extraction: Extraction) -> None:
    texts = ["0.00000000001234", "123456789012345678901234567890", "9223372036854775808", "0.1", "100.10", "1e-20"]
    market = extraction.stand_in.market = Spoilt([("current_price", Decimal(text)) for text in texts])

    extraction.run("coingecko")

    coins = list(market.coingecko_markets())
    stored = [of(extraction, "trim_scale(current_price)", coin) for coin in coins[: len(texts)]]
    assert stored == [(Decimal(text), None) for text in texts]


@pytest.mark.parametrize(
    "fault", [Duplicates(rows=10), PageShift(rows=-10), PageShift(rows=10)], ids=["duplicates", "earlier", "later"]
)
def test_pages_that_shift_while_paging_make_no_duplicates(extraction: Extraction, fault: Any) -> None:
    extraction.stand_in.market = GeneratedMarket(coins=600, seed=3)
    everyone = len(extraction.stand_in.market.coingecko_markets())
    extraction.play(Rule(fault=fault, path=MARKETS, query={"page": "2"}))

    extraction.run("coingecko")

    ((rows, coins),) = extraction.query("select count(*), count(distinct id) from raw_coingecko.markets")
    missed = 10 if isinstance(fault, PageShift) else 0
    assert rows == coins
    assert everyone - missed <= coins <= everyone

    extraction.play()
    extraction.run("coingecko", coingecko_monthly_calls=0)
    assert extraction.query("select count(*), count(distinct id) from raw_coingecko.markets") == [(everyone, everyone)]


def test_an_empty_page_in_the_middle_is_no_end(extraction: Extraction) -> None:
    extraction.stand_in.market = GeneratedMarket(coins=600, seed=3)
    extraction.run("coingecko")
    extraction.play(Rule(fault=EmptyArray(), path=MARKETS, query={"page": "2"}))

    extracted = extraction.run("coingecko", coingecko_monthly_calls=0)

    assert extracted.problems == ("CoinGecko answered page 2 of /coins/markets with no coins: it is asked again",)
    assert extraction.count("raw_coingecko.departures") == 0


def test_an_update_out_of_order_or_without_a_time_is_still_a_row(extraction: Extraction) -> None:
    extraction.run("coingecko")
    for value in ("2020-01-01T00:00:00Z", None, "2099-01-01T00:00:00Z"):
        extraction.play(Rule(fault=SetField(field="last_updated", ids=("bitcoin",), value=value), path=MARKETS))
        extraction.run("coingecko")

    times = extraction.query("select last_updated::text from raw_coingecko.markets where id = 'bitcoin' order by 1")
    assert [time and time[:4] for (time,) in times][-2:] == ["2099", None]
    assert len(times) == 4


def test_of_two_contents_under_one_key_the_later_fetch_counts_also_after_a_change_back(extraction: Extraction) -> None:
    coin = ("bitcoin",)
    for price in (1, 2, 1, 1):
        extraction.play(Rule(fault=SetField(field="current_price", ids=coin, value=price), path=MARKETS))
        extraction.run("coingecko")

    prices = "select current_price::int from raw_coingecko.markets where id = 'bitcoin' order by fetched_at"
    assert extraction.query(prices) == [(1,), (2,), (1,)]


def test_a_stale_answer_after_a_newer_one_adds_nothing(extraction: Extraction, market: GeneratedMarket) -> None:
    old = GeneratedMarket(coins=40, seed=7, start=market.now)
    extraction.run("coingecko")
    market.advance(5)
    extraction.run("coingecko")
    rows = extraction.count("raw_coingecko.markets")

    extraction.stand_in.market = old
    extraction.run("coingecko")

    assert extraction.count("raw_coingecko.markets") == rows, "one row per coin and last_updated"


def test_what_a_killed_load_left_is_completed_by_the_next(extraction: Extraction, market: GeneratedMarket) -> None:
    pipeline.prepare(extraction.settings, extraction.warehouse)
    left = pipeline.pipeline_for("coingecko", extraction.settings, extraction.warehouse)
    left.extract(source(extraction.settings, Landing()))
    left.normalize()
    market.advance(5)

    extraction.run("coingecko")
    extraction.run("coingecko")

    quotes = extraction.query(
        "select count(*), count(distinct (id, last_updated, content_hash)) from raw_coingecko.markets"
    )
    assert quotes[0][0] == quotes[0][1] > len(market.coingecko_markets()), "both moments are there, each once"
