"""A day of changes in a market of real size: 72,000 listings, 20 coins added, 20 gone, one found to be another."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from flows import steps
from kasparro.settings import Settings
from providers.generated import GeneratedMarket
from providers.generated.assets import Asset
from tests.flows.conftest import System
from tests.flows.plans import executed

LISTED = 17_600
GIVEN_UP = 52_000
CHANGES = 20
ROWS_A_LISTING = 25
"""Rows that the largest join of a run may make for each listing. The market joined with itself makes thousands."""


@pytest.fixture
def market() -> GeneratedMarket:
    """A market of the size and shape of a real one."""
    return GeneratedMarket(LISTED, start=datetime.now(UTC) - timedelta(days=1), given_up=GIVEN_UP)


def test_a_day_of_changes_costs_what_changed(system: System, market: GeneratedMarket, settings: Settings) -> None:
    outcome = system.run()
    assert outcome.exit_code == 0, outcome.error
    before = _links(system)
    gone, found = _change(market)

    with executed(system.warehouse, settings.kasparro_home / "logs" / "postgres.log") as statements:
        outcome = steps.run_pass(system.settings, "test", extract_all=partial(steps.extract_all, catalogue=True))
    assert outcome.exit_code == 0, outcome.error

    after = _links(system)
    changes = system.query("select kind, canonical_id, other_canonical_id from marts.coin_changes where version = 2")
    kinds = [kind for kind, *_ in changes]
    assert kinds.count("added") == CHANGES and kinds.count("merged") == 1
    assert {before["coingecko", coin] for coin in gone} <= {coin for kind, coin, _ in changes if kind == "delisted"}
    moved = {listing: (coin, after[listing]) for listing, coin in before.items() if after[listing] != coin}
    assert list(moved.values()) == [(coin, other) for kind, coin, other in changes if kind == "merged"]
    assert after["coingecko", found[0]] == after["coinpaprika", found[1]]

    assert max(each.largest() for each in statements) < ROWS_A_LISTING * len(after)
    assert {"int_coins__merged", "int_listings__matched", "coins"} <= {each.model for each in statements}


def _links(system: System) -> dict[tuple[str, str], str]:
    rows = system.query("select source, source_coin_id, canonical_id from marts.coin_listings")
    return {(source, coin): canonical for source, coin, canonical in rows}


def _change(market: GeneratedMarket) -> tuple[list[str], tuple[str, str]]:
    """Change the market. Returns CoinGecko's ids that go, and the listings of two coins that turn out to be one."""
    quoted = [asset for asset in market.assets if asset.quoted and not asset.is_major]
    single = [asset for asset in quoted if set(asset.listings) == {"coingecko"} and asset.contracts]
    gone = [asset.listings["coingecko"].id for asset in single[100 : 100 + CHANGES]]
    for coin in gone:
        market.delist(coin)
    for number in range(CHANGES):
        market.list_coin(f"Newcomer {number}", f"nc{number}", at="coingecko")
    known = single[0]
    other = next(asset for asset in quoted if set(asset.listings) == {"coinpaprika"} and asset.contracts)
    _reveal(market, known, other)
    market.advance(5)
    return gone, (known.listings["coingecko"].id, other.listings["coinpaprika"].id)


def _reveal(market: GeneratedMarket, known: Asset, other: Asset) -> None:
    """Let CoinPaprika give the other coin the name, the symbol and the contracts of the known one."""
    listing = known.listings["coingecko"]
    other.contracts = dict(known.contracts)
    market.rename(other.listings["coinpaprika"].id, listing.name)
    market.change_symbol(other.listings["coinpaprika"].id, listing.symbol)
