"""One published version of the coins, frozen, with everything ready that a request may ask for."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from api.encoding import encode
from api.readmodel import numbers
from api.readmodel.columns import COLUMNS, PLAIN, SORTABLE
from api.readmodel.numbers import Numbers
from api.readmodel.substrings import SubstringIndex

SEPARATOR = b"\x1f"  # JSON text never holds a bare control character


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort the coins: row numbers in that order, and for each of them the rank of its market cap."""

    rows: "array[int]"
    numbers: Numbers
    cap_ranks: Numbers
    place: "array[int]"
    """By row: where in the order it stands."""
    places: Numbers


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The coins of one version. Rows are numbered by rank; every index holds row numbers."""

    version: int | None
    published_at: datetime | None
    sources: tuple[str, ...]
    meta: bytes
    """Version, time and sources as the envelope shows them."""
    rows: tuple[bytes, ...]
    """Each row of the plain view as a JSON object."""
    values: tuple[bytes, ...]
    """Each row's values as JSON texts in the order of COLUMNS, joined by SEPARATOR."""
    orders: Mapping[str, Order]
    """By sort key: a column of SORTABLE, `-` before it to descend."""
    ids: Mapping[str, int]
    symbols: Mapping[str, tuple[int, ...]]
    symbol_parts: SubstringIndex
    name_parts: SubstringIndex
    caps: Sequence[Decimal]
    """The market caps there are, ascending; a cap's rank is its place here."""
    cap_rank: "array[int]"
    cap_ranks: Numbers
    """By row; -1 without a market cap."""


def _orders(rows: Sequence[tuple[Any, ...]], cap_ranks: Numbers) -> dict[str, Order]:
    """Every sort order in both directions: empty values last in both, ties by rank."""
    orders: dict[str, Order] = {}
    for column in SORTABLE:
        values = [row[COLUMNS.index(column)] for row in rows]
        present = [number for number, value in enumerate(values) if value is not None]
        absent = [number for number, value in enumerate(values) if value is None]
        key = values.__getitem__
        if column in ("symbol", "name"):
            folded = [value.casefold() for value in values]
            key = folded.__getitem__
        for name, descending in ((column, False), (f"-{column}", True)):
            ranked = array("i", [*sorted(present, key=key, reverse=descending), *absent])
            place = array("i", bytes(4 * len(ranked)))
            for standing, number in enumerate(ranked):
                place[number] = standing
            order = numbers.over(ranked)
            orders[name] = Order(ranked, order, numbers.take(cap_ranks, order), place, numbers.over(place))
    return orders


def _market_caps(coins: Sequence[tuple[Any, ...]]) -> tuple[list[Decimal], "array[int]"]:
    """The market caps there are, ascending, and each row's rank among them (-1 for a row without)."""
    cap_of: list[Decimal | None] = [coin[COLUMNS.index("market_cap_usd")] for coin in coins]
    ranked = sorted((cap, number) for number, cap in enumerate(cap_of) if cap is not None)
    ranks = array("i", [-1]) * len(coins)
    for rank, (_, number) in enumerate(ranked):
        ranks[number] = rank
    return [cap for cap, _ in ranked], ranks


def _plain_template() -> bytes:
    return b"{" + b",".join(b'"%b":%%b' % name.encode() for name in PLAIN) + b"}"


def _substrings(texts: Sequence[str], previous: SubstringIndex | None) -> SubstringIndex:
    """Names seldom change from version to version, and their index is the dearest part to build."""
    folded = tuple(text.casefold() for text in texts)
    return previous if previous is not None and previous.texts == folded else SubstringIndex(folded)


def build(
    version: int | None,
    published_at: datetime | None,
    coins: Sequence[tuple[Any, ...]],
    previous: Snapshot | None,
) -> Snapshot:
    """Encode, sort and index the coins of a version (values in the order of COLUMNS, sorted by rank)."""
    template = _plain_template()
    rows: list[bytes] = []
    values: list[bytes] = []
    for coin in coins:
        texts = tuple(map(encode, coin))
        rows.append(template % texts[: len(PLAIN)])
        values.append(SEPARATOR.join(texts))
    caps, cap_rank = _market_caps(coins)
    cap_ranks = numbers.over(cap_rank)
    symbols: dict[str, tuple[int, ...]] = {}
    for number, symbol in enumerate(map(itemgetter(COLUMNS.index("symbol")), coins)):
        symbols[symbol.casefold()] = (*symbols.get(symbol.casefold(), ()), number)
    sources = tuple(sorted({source for coin in coins for source in coin[COLUMNS.index("sources")]}))
    return Snapshot(
        version=version,
        published_at=published_at,
        sources=sources,
        meta=encode({"version": version, "published_at": published_at, "sources": sources}),
        rows=tuple(rows),
        values=tuple(values),
        orders=_orders(coins, cap_ranks),
        ids={coin[0]: number for number, coin in enumerate(coins)},
        symbols=symbols,
        symbol_parts=_substrings([coin[1] for coin in coins], previous.symbol_parts if previous else None),
        name_parts=_substrings([coin[2] for coin in coins], previous.name_parts if previous else None),
        caps=caps,
        cap_rank=cap_rank,
        cap_ranks=cap_ranks,
    )


EMPTY = build(None, None, (), None)
