"""All SQL of `/resolve`. Each statement answers many questions; `place` says which question a row answers."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from api.database import exists

CAIP19 = re.compile(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}/[-a-z0-9]{3,8}:")
"""How the id of a token begins, up to its address (chain, then kind of asset)."""
LINK = """
    link.method, link.confidence, link.evidence"""
NO_LINK = "null as method, null::numeric as confidence, null as evidence, null::bigint as version"
ASKED = "unnest(cast(:places as integer[]), cast(:texts as text[])) as asked (place, text)"

BY_LISTING = text(f"""
    select asked.place, link.canonical_id, link.canonical_id as current_canonical_id, {LINK}, null::bigint as version
    from unnest(cast(:places as integer[]), cast(:sources as text[]), cast(:ids as text[])) as asked (place, source, id)
    inner join marts.coin_listings as link on link.source = asked.source and link.source_coin_id = asked.id
""")  # noqa: S608  constants
BY_LISTING_THEN = text("""
    select
        asked.place,
        link.canonical_id,
        coalesce(ids.redirects_to, link.canonical_id) as current_canonical_id,
        link.method,
        link.confidence,
        null as evidence,
        link.version
    from unnest(cast(:places as integer[]), cast(:sources as text[]), cast(:ids as text[])) as asked (place, source, id)
    inner join marts.coin_listing_history as link on link.source = asked.source and link.source_coin_id = asked.id
    left join marts.coin_ids as ids on ids.canonical_id = link.canonical_id
    where link.valid_from < :moment and (link.valid_to is null or link.valid_to >= :moment)
""")
BY_SYMBOL = text(f"""
    select asked.place, coin.canonical_id, coin.canonical_id as current_canonical_id, {NO_LINK}
    from {ASKED}
    inner join marts.coins as coin on lower(coin.symbol) = asked.text
""")  # noqa: S608  constants
# addresses of EVM chains are the same in any case, those of other chains are not; an underscore may come unencoded
BY_CONTRACT = text(f"""
    select asked.place, deployed.canonical_id, deployed.canonical_id as current_canonical_id, {NO_LINK}
    from {ASKED}
    inner join marts.coin_deployments as deployed on deployed.caip19_id = any(
        array[
            asked.text, replace(asked.text, '_', '%5F'),
            case when starts_with(asked.text, 'eip155:') then lower(asked.text) end
        ]
    )
""")  # noqa: S608  constants
BY_ADDRESS = text(f"""
    select distinct asked.place, deployed.canonical_id, deployed.canonical_id as current_canonical_id, {NO_LINK}
    from {ASKED}
    inner join marts.coin_deployments as deployed on deployed.address = any(
        array[asked.text, case when starts_with(lower(asked.text), '0x') then lower(asked.text) end]
    )
""")  # noqa: S608  constants
BY_ID = text(f"""
    select asked.place, asked.text as canonical_id, coin.canonical_id as current_canonical_id, {NO_LINK}
    from {ASKED}
    inner join marts.coins as coin on coin.canonical_id = asked.text
""")  # noqa: S608  constants
BY_ID_EVER = text(f"""
    select
        asked.place,
        asked.text as canonical_id,
        coalesce(ids.redirects_to, ids.canonical_id) as current_canonical_id,
        {NO_LINK}
    from {ASKED}
    inner join marts.coin_ids as ids on ids.canonical_id = asked.text
    where cast(:moment as timestamptz) is null or ids.given_at < :moment
""")  # noqa: S608  constants
COINS = text("select canonical_id, symbol, name, rank from marts.coins where canonical_id = any(:ids)")

Rows = list[dict[str, Any]]


def by_listing(connection: Connection, asked: Sequence[tuple[int, str, str]], moment: datetime | None) -> Rows:
    """The coins of listings: now, or as they were published before a moment."""
    places, sources, ids = ([each[part] for each in asked] for part in range(3))
    values = {"places": places, "sources": sources, "ids": ids}
    if moment is None:
        return _rows(connection, BY_LISTING, values)
    return _rows(connection, BY_LISTING_THEN, {**values, "moment": moment})


def by_symbol(connection: Connection, asked: Sequence[tuple[int, str]]) -> Rows:
    """Every coin that has the symbol."""
    return _rows(connection, BY_SYMBOL, _texts(asked))


def by_contract(connection: Connection, asked: Sequence[tuple[int, str]]) -> Rows:
    """The coin that is deployed there; for an address without its chain, those that are on any."""
    on_chain = [each for each in asked if CAIP19.match(each[1])]
    anywhere = [each for each in asked if not CAIP19.match(each[1])]
    found = _rows(connection, BY_CONTRACT, _texts(on_chain)) if on_chain else []
    return found + (_rows(connection, BY_ADDRESS, _texts(anywhere)) if anywhere else [])


def by_id(connection: Connection, asked: Sequence[tuple[int, str]], moment: datetime | None) -> Rows:
    """The coin of an id, also of one that was merged into another, if it had been given before the moment."""
    if moment is None and not exists(connection, "marts.coin_ids"):
        return _rows(connection, BY_ID, _texts(asked))
    return _rows(connection, BY_ID_EVER, {**_texts(asked), "moment": moment})


def names(connection: Connection, ids: Sequence[str]) -> Mapping[str, dict[str, Any]]:
    """Symbol, name and rank of live coins, by id."""
    return {row["canonical_id"]: dict(row) for row in connection.execute(COINS, {"ids": list(ids)}).mappings()}


def _texts(asked: Sequence[tuple[int, str]]) -> dict[str, Any]:
    return {"places": [place for place, _ in asked], "texts": [content for _, content in asked]}


def _rows(connection: Connection, statement: Any, values: dict[str, Any]) -> Rows:
    return [dict(row) for row in connection.execute(statement, values).mappings()]
