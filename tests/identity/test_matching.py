"""Which listings of the cases are one coin, how coins relate, and what is put up for review."""

import random
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.flows.conftest import System
from tests.identity.cases import whole_market
from tests.identity.conftest import publish

LINKS = (
    "select source, source_coin_id, canonical_id, method, confidence, evidence from marts.coin_listings order by 1, 2"
)


def coin_of(published: System, source: str, source_coin_id: str) -> str:
    """The canonical id that a listing is published with."""
    rows = published.query(
        "select canonical_id from marts.coin_listings where source = %s and source_coin_id = %s", source, source_coin_id
    )
    return rows[0][0]


def test_look_alikes_stand_alone(published: System) -> None:
    alone = {row[1] for row in published.query(LINKS) if row[3] == "alone"}

    assert {"batcat", "binance-peg-ethereum", "bridged-usdc-polygon", "terra-luna-2", "theta-fuel", "mask-b"} <= alone


def test_a_repetition_joins_its_coin_by_the_contract(published: System) -> None:
    rows = {row[1]: row for row in published.query(LINKS)}

    assert {rows[name][2] for name in ("mask-a", "mask-a-2", "msk-masque")} == {rows["mask-a"][2]}
    assert rows["mask-a-2"][3] in ("contract", "override")
    assert rows["mask-a"][3] in ("contract", "override")
    assert rows["mask-b"][2] != rows["mask-a"][2]
    fused = "select fused_coins from ops.identity_quality where truth = 'seed' and fused_coins is not null"
    assert published.query(fused) == [(0,)]


def test_dollar_signs_and_blanks_are_no_difference(published: System) -> None:
    assert coin_of(published, "coingecko", "king-of-all") == coin_of(published, "coinpaprika", "king-king")


def test_rows_of_a_file_are_resolved_by_the_same_rules(published: System) -> None:
    rows = {row[1]: row[2:5] for row in published.query(LINKS) if row[0] == "csv:mine"}

    assert rows["miota-iota"] == ("iota", "symbol_and_name", Decimal("0.97"))
    assert rows["kcs-kucoin-shares"] == ("kcs", "symbol_and_id", Decimal("0.95"))
    assert rows["sol-sol"] == ("sol", "quote", Decimal("0.75"))
    assert {name for name, row in rows.items() if row[1] == "alone"} == {"ada-ada", "doge-dogecoin", "hot-hot-sauce"}


def test_a_contract_of_a_pegged_coin_does_not_move_the_coin(published: System) -> None:
    assert coin_of(published, "coingecko", "litecoin") == coin_of(published, "coinpaprika", "ltc-litecoin") == "ltc"
    assert coin_of(published, "coingecko", "litecoin-bep2") != "ltc"


def test_migrations_and_wrapped_coins_are_relations(published: System) -> None:
    found = set(
        published.query("select canonical_id, relation, related_canonical_id from marts.coin_relations", role="reader")
    )

    coin = {name: coin_of(published, "coingecko", name) for name in ("binance-peg-ethereum", "polygon-ecosystem-token")}
    assert ("wbtc", "wraps", "btc") in found
    assert (coin["binance-peg-ethereum"], "bridges", "eth") in found
    assert (coin["polygon-ecosystem-token"], "succeeds", "matic") in found
    assert ("btc-batcat", "shares_symbol", "btc") in found
    assert not [row for row in found if row[0] == "btc"]


def test_deployments_have_caip19_ids_and_both_sources(published: System) -> None:
    rows = published.query(
        "select canonical_id, caip19_id, sources, other_canonical_ids from marts.coin_deployments "
        "where address = '0x2260fac5e5542a773aa44fbcfedf7c193bc2c599'",
        role="reader",
    )

    caip19 = "eip155:1/erc20:0x2260fac5e5542a773aa44fbcfedf7c193bc2c599"
    assert rows == [("wbtc", caip19, ["coingecko", "coinpaprika"], [])]


def test_the_review_ranks_doubts_and_gives_the_row_to_paste(published: System) -> None:
    rows = published.query(
        "select coingecko_id, kind, row_if_same, row_if_different from ops.identity_review order by place",
        role="reader",
    )

    pegged = next(row for row in rows if row[0] == "litecoin-bep2")
    assert pegged[2] == "coingecko,litecoin-bep2,same,coinpaprika,ltc-litecoin-peg,"
    assert pegged[3] == "coingecko,litecoin-bep2,different,coinpaprika,ltc-litecoin-peg,"
    assert not [row for row in rows if row[0] == "bitcoin"]


def test_the_order_of_rows_changes_nothing(
    published: System, warehouse: Warehouse, settings: Settings, tmp_path: Path
) -> None:
    def state(system: System) -> list[list[tuple[Any, ...]]]:
        relations = "select * from marts.coin_relations order by 1, 2, 4"
        deployments = "select * from marts.coin_deployments order by 1, 2"
        return [system.query(statement) for statement in (LINKS, relations, deployments)]

    shuffled = whole_market()
    random.Random(5).shuffle(shuffled)
    with ExitStack() as stack:
        other = publish(stack, warehouse, settings, tmp_path, shuffled)
        assert state(other) == state(published)
