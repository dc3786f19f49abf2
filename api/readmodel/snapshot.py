"""One published version of the coins, frozen, with everything ready that a request may ask for."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from api.encoding import encode
from api.lists.columns import Column, Kind
from api.lists.decimals import Extent, extent
from api.memory import Memory
from api.readmodel.catalogue import Names, catalogue
from api.readmodel.columns import COLUMNS, DECIMALS, PLAIN, SORTABLE, TYPED
from api.readmodel.filters import Texts
from api.readmodel.numbers import Ints, code
from api.readmodel.queries import NOTHING, Publication, meta_of

BLOCK = 256
FEW = 250  # so many coins are looked at or sorted each time they are asked for
FOUND = 500_000  # numbers, of four bytes each
ORDERED = 2_500_000  # numbers, of two bytes each up to 65,536 coins


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort the coins."""

    coins: "array[int]"
    """Their numbers in that order."""
    place: "array[int]"
    """By number: where in the order the coin stands."""
    blocks: Sequence["array[int]"]
    """The numbers of each BLOCK of coins, ascending: how many lie in a range is two lookups."""


class State(NamedTuple):
    """What a coin is, beside its numbers."""

    status: str | None
    priced: bool


class States:
    """The states that there are, few, and by number which of them each coin is in."""

    def __init__(self, of_coins: Sequence[State]) -> None:
        self._kinds = {state: kind for kind, state in enumerate(dict.fromkeys(of_coins))}
        self._of = bytes([self._kinds[state] for state in of_coins])
        self._found: Memory[array[int]] = Memory(FOUND, weigh=len)

    def wanted(self, status: str | None, priced: bool | None) -> bytes | None:
        """The kinds that satisfy the filters; None when there is no filter."""
        if status is None and priced is None:
            return None
        kinds = self._kinds.items()
        return bytes([kind for state, kind in kinds if status in (None, state[0]) and priced in (None, state[1])])

    def among(self, coins: Iterable[int], wanted: bytes) -> list[int]:
        """Those of the coins that are of a kind wanted, in the order given."""
        of = self._of
        return [coin for coin in coins if of[coin] in wanted]

    def holding(self, texts: Texts, found: "Ints | None", wanted: bytes) -> Sequence[int]:
        """Those of the coins found by texts (None: all there are) that are of a kind wanted, ascending as they came."""
        if found is not None and len(found) <= FEW:
            return self.among(found, wanted)
        coins = range(len(self._of)) if found is None else found
        return self._found.of((texts, wanted), lambda: array("i", self.among(coins, wanted)))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The coins of one version, numbered by market cap: the largest first, those without one last.

    So the coins of a range of market caps are a range of numbers.
    """

    version: int | None
    published_at: datetime | None
    tag: str
    """Tells the version from another one of its number, as there may be after a restore."""
    meta: bytes
    """Version, time and sources as the envelope shows them."""
    rows: tuple[bytes, ...]
    """Each coin's row of the plain view as a JSON object."""
    texts: Mapping[str, tuple[bytes, ...]]
    """By column: each coin's value as JSON text."""
    orders: Mapping[str, Order]
    """By sort key: a column of SORTABLE, `-` before it to descend."""
    names: Names
    states: States
    caps: Sequence[Decimal]
    """The market caps there are, ascending."""
    ordered: "Memory[array[int]]"
    """By texts, kinds and sort key: the coins that have them, in that order."""

    def coin(self, canonical_id: str) -> dict[str, Any] | None:
        """All columns of a coin."""
        number = self.names.coin(canonical_id)
        return None if number is None else dict(zip(COLUMNS, self.read(number), strict=True))

    def extents(self) -> dict[str, Extent]:
        """How many digits the numbers of each column have, over all coins."""
        return {name: extent(self.texts[name]) for name in DECIMALS}

    def read(self, number: int) -> list[Any]:
        """A coin's values as Postgres gave them, in the order of COLUMNS."""
        return [_value(column, self.texts[column.name][number]) for column in TYPED]


def _value(column: Column, text: bytes) -> Any:
    if text == b"null":
        return None
    if column.kind is Kind.DECIMAL:
        return Decimal(text.decode())
    value = orjson.loads(text)
    return datetime.fromisoformat(value) if column.kind is Kind.TIME else value


class _Columns:
    """What is sorted and searched by, column by column, gathered while the rows are written."""

    def __init__(self) -> None:
        self._places = {name: COLUMNS.index(name) for name in (*SORTABLE, "sources", "status")}
        self.values: dict[str, list[Any]] = {name: [] for name in self._places}

    def add(self, coin: tuple[Any, ...]) -> None:
        for name, place in self._places.items():
            self.values[name].append(coin[place])


def _orders(columns: _Columns, number: "array[int]") -> dict[str, Order]:
    """Every sort order in both directions, ties as the coins came, by rank.

    Empty values are last in both, and of them those last that are not traded: most of a market's coins are like that.
    """
    orders: dict[str, Order] = {}
    traded = [
        status == "active" and price is not None
        for status, price in zip(columns.values["status"], columns.values["price_usd"], strict=True)
    ]
    kind = code(len(number))
    for column in SORTABLE:
        values = columns.values[column]
        if column in ("symbol", "name"):
            values = [value.casefold() for value in values]
        present = [coming for coming, value in enumerate(values) if value is not None]
        absent = [coming for coming, value in enumerate(values) if value is None]
        absent.sort(key=traded.__getitem__, reverse=True)
        for name, descending in ((column, False), (f"-{column}", True)):
            ranked = [*sorted(present, key=values.__getitem__, reverse=descending), *absent]
            coins = array(kind, map(number.__getitem__, ranked))
            place = array(kind, coins)
            for standing, coin in enumerate(coins):
                place[coin] = standing
            blocks = [array(kind, sorted(coins[start : start + BLOCK])) for start in range(0, len(coins), BLOCK)]
            orders[name] = Order(coins, place, blocks)
    return orders


def build(publication: Publication | None, coins: Iterable[tuple[Any, ...]], previous: Snapshot | None) -> Snapshot:
    """Encode, sort and index the coins of a version (values in the order of COLUMNS, sorted by rank)."""
    template = b"{" + b",".join(b'"%b":%%b' % name.encode() for name in PLAIN) + b"}"
    rows: list[bytes] = []
    texts: tuple[list[bytes], ...] = tuple([] for _ in COLUMNS)
    seen = _kept_before(previous)  # what many coins share is kept once
    columns = _Columns()
    for coin in coins:
        values = tuple(map(encode, coin))
        rows.append(template % values[: len(PLAIN)])
        for column, value in zip(texts, values, strict=True):
            kept = seen.get(value)
            if kept is None:  # a copy that fits: the encoder's own is as large as its buffer
                kept = bytes(memoryview(value))
                seen[kept] = kept
            column.append(kept)
        columns.add(coin)
    caps = columns.values["market_cap_usd"]
    capped = [coming for coming, cap in enumerate(caps) if cap is not None]
    uncapped = [coming for coming, cap in enumerate(caps) if cap is None]
    by_cap = [*sorted(capped, key=caps.__getitem__, reverse=True), *uncapped]
    number = array("i", bytes(4 * len(by_cap)))
    for new, coming in enumerate(by_cap):
        number[coming] = new
    ids = columns.values["canonical_id"]
    by_id = sorted(range(len(ids)), key=ids.__getitem__)
    identity = [[columns.values[name][coming] for coming in by_id] for name in ("canonical_id", "symbol", "name")]
    known = catalogue(*identity, known=previous.names.catalogue if previous else None)
    statuses, prices = columns.values["status"], columns.values["price_usd"]
    states = [State(statuses[coming], prices[coming] is not None) for coming in by_cap]
    sources = tuple(sorted({source for each in columns.values["sources"] for source in each}))
    meta = meta_of(publication)
    return Snapshot(
        version=meta["version"],
        published_at=meta["published_at"],
        tag=publication.tag if publication else NOTHING,
        meta=encode({**meta, "sources": sources}),
        rows=tuple([rows[coming] for coming in by_cap]),
        texts={name: tuple([column[coming] for coming in by_cap]) for name, column in zip(COLUMNS, texts, strict=True)},
        orders=_orders(columns, number),
        names=Names(known, array("i", map(number.__getitem__, by_id))),
        states=States(states),
        caps=[caps[coming] for coming in reversed(by_cap[: len(capped)])],
        ordered=Memory(ORDERED, weigh=len),
    )


def _kept_before(previous: Snapshot | None) -> dict[bytes, bytes]:
    """The texts of the version before that seldom change: both versions can hold the same ones."""
    if previous is None:
        return {}
    return {text: text for name in ("canonical_id", "symbol", "name", "rank") for text in previous.texts[name]}


EMPTY = build(None, (), None)
