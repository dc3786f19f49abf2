"""Nonsense of a provider, through a whole pass: what can't be used is quarantined, and no mart holds what is not so."""

import pytest

from providers.faults.fields import NONSENSE, Nonsense
from providers.generated import GeneratedMarket
from tests.flows.conftest import System
from tests.markets import Spoilt

FIELDS: list[tuple[str, Nonsense]] = [
    ("current_price", "negative"),
    ("current_price", "absurd"),
    ("current_price", "zero"),
    ("current_price", "nan"),
    ("current_price", "huge_integer"),
    ("market_cap", "infinity"),
    ("market_cap_rank", "huge_integer"),
    ("symbol", "null"),
    ("name", "long_text"),
    ("name", "emoji"),
    ("name", "right_to_left"),
    ("name", "markup"),
    ("name", "sql"),
    ("name", "nul"),
    ("last_updated", "future"),
    ("last_updated", "null"),
    ("last_updated", "no_time"),
    ("id", "null"),
    ("symbol", "blank"),
    ("name", "blank"),
]


@pytest.fixture
def market() -> GeneratedMarket:
    return Spoilt([(field, NONSENSE[what]) for field, what in FIELDS], coins=60)


def test_nonsense_is_quarantined_or_left_out_and_the_rest_is_published(system: System, market: GeneratedMarket) -> None:
    outcome = system.run()

    assert outcome.exit_code == 0, outcome.error
    coins = dict(zip(FIELDS, market.coingecko_markets(), strict=False))
    listed = {
        coin: said
        for coin, *said in system.query(
            "select source_coin_id, price_usd, market_cap_usd, is_time_clamped, observed_at <= fetched_at, name "
            "from marts.coin_listings where source = 'coingecko'",
            role="reader",
        )
    }
    assert len(listed) == len(market.coingecko_list(active=True)), "the catalogue has them all"
    for what in ("negative", "zero", "nan"):
        assert listed[coins["current_price", what]][0] is None, what
    assert listed[coins["market_cap", "infinity"]][1] is None
    assert listed[coins["last_updated", "future"]][2:4] == [True, True]
    assert listed[coins["last_updated", "null"]][3] and listed[coins["last_updated", "no_time"]][3]
    assert listed[coins["name", "nul"]][4].startswith("Evil")
    blank = "select count(*) from marts.{} where btrim(symbol) = '' or btrim(name) = ''"
    assert [system.query(blank.format(mart)) for mart in ("coins", "coin_listings")] == [[(0,)], [(0,)]]
    rejected = "select source, table_name, reason from ops.rejected_records"
    assert system.query(rejected, role="reader") == [("coingecko", "markets", "id: missing or blank")]
    held_back = "select source_coin_id from marts.coin_listings where held_back_reason ~ 'own market cap' order by 1"
    assert system.query(held_back) == [("ethereum",), ("tether",)]
    for column, mart in (("price_usd", "coins"), ("high_usd", "coin_prices_hourly"), ("high_usd", "coin_prices_daily")):
        shown = f"select max({column}) < 1e6 and min({column}) > 0 from marts.{mart}"
        assert system.query(shown) == [(True,)], mart
