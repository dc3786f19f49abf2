"""One published version of the coins, frozen, with everything ready that a request may ask for."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from api.encoding import encode
from api.lists.columns import Column, Kind
from api.memory import Memory
from api.readmodel import numbers
from api.readmodel.catalogue import Catalogue, catalogue
from api.readmodel.columns import COLUMNS, PLAIN, SORTABLE, TYPED
from api.readmodel.numbers import Numbers

SELECTIONS = 100
BLOCK = 256


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort the coins: row numbers in that order, and for each of them the rank of its market cap."""

    rows: "array[int]"
    numbers: Numbers
    cap_ranks: "array[int]"
    cap_numbers: Numbers
    capped: int
    """How many rows have a market cap."""
    by_cap: int
    """1 where the order is that of market caps, -1 where it is the reverse, else 0."""
    cap_blocks: Sequence["array[int]"]
    """The ranks of each BLOCK of rows, ascending: how many lie in a range is two lookups."""
    place: "array[int]"
    """By the catalogue's number: where in the order the coin stands."""
    places: Numbers


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The coins of one version. Rows are numbered by rank."""

    version: int | None
    published_at: datetime | None
    meta: bytes
    """Version, time and sources as the envelope shows them."""
    rows: tuple[bytes, ...]
    """Each row of the plain view as a JSON object."""
    texts: Mapping[str, tuple[bytes, ...]]
    """By column: each row's value as JSON text."""
    orders: Mapping[str, Order]
    """By sort key: a column of SORTABLE, `-` before it to descend."""
    catalogue: Catalogue
    row: "array[int]"
    """By the catalogue's number: the coin's row here."""
    selections: Memory[Numbers]
    """What filters found before, as places in an order, for the pages that follow."""
    caps: Sequence[Decimal]
    """The market caps there are, ascending; a cap's rank is its place here."""
    cap_rank: "array[int]"
    """By the catalogue's number; -1 without a market cap."""
    cap_ranks: Numbers

    def coin(self, canonical_id: str) -> dict[str, Any] | None:
        """All columns of a coin."""
        number = self.catalogue.ids.get(canonical_id)
        if number is None:
            return None
        return dict(zip(COLUMNS, self.read(self.row[number]), strict=True))

    def read(self, number: int) -> list[Any]:
        """A row's values as Postgres gave them, in the order of COLUMNS."""
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
        self._places = {name: COLUMNS.index(name) for name in (*SORTABLE, "sources")}
        self.values: dict[str, list[Any]] = {name: [] for name in self._places}

    def add(self, coin: tuple[Any, ...]) -> None:
        for name, place in self._places.items():
            self.values[name].append(coin[place])


def _orders(columns: _Columns, row: "array[int]", cap_rank: "array[int]") -> dict[str, Order]:
    """Every sort order in both directions: empty values last in both, ties by rank."""
    orders: dict[str, Order] = {}
    for column in SORTABLE:
        values = columns.values[column]
        if column in ("symbol", "name"):
            values = [value.casefold() for value in values]
        present = [number for number, value in enumerate(values) if value is not None]
        absent = [number for number, value in enumerate(values) if value is None]
        for name, descending in ((column, False), (f"-{column}", True)):
            ranked = array("i", [*sorted(present, key=values.__getitem__, reverse=descending), *absent])
            standing = array("i", bytes(4 * len(ranked)))
            for place, number in enumerate(ranked):
                standing[number] = place
            places = array("i", map(standing.__getitem__, row))
            ranks = array("i", map(cap_rank.__getitem__, ranked))
            blocks = [array("i", sorted(ranks[start : start + BLOCK])) for start in range(0, len(ranks), BLOCK)]
            capped = sum(1 for rank in ranks if rank >= 0)
            orders[name] = Order(
                rows=ranked,
                numbers=numbers.over(ranked),
                cap_ranks=ranks,
                cap_numbers=numbers.over(ranks),
                capped=capped,
                by_cap=_direction(ranks[:capped].tolist()),
                cap_blocks=blocks,
                place=places,
                places=numbers.over(places),
            )
    return orders


def _direction(ranks: Sequence[int]) -> int:
    """1 for 0, 1, 2, ..., -1 for the reverse, else 0."""
    ascending = range(len(ranks))
    return 1 if ranks == list(ascending) else -1 if ranks == list(reversed(ascending)) else 0


def _market_caps(caps: Sequence[Decimal | None]) -> tuple[list[Decimal], "array[int]"]:
    """The market caps there are, ascending, and each row's rank among them (-1 for a row without)."""
    ranked = sorted((cap, number) for number, cap in enumerate(caps) if cap is not None)
    ranks = array("i", [-1]) * len(caps)
    for rank, (_, number) in enumerate(ranked):
        ranks[number] = rank
    return [cap for cap, _ in ranked], ranks


def build(
    version: int | None, published_at: datetime | None, coins: Iterable[tuple[Any, ...]], previous: Snapshot | None
) -> Snapshot:
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
    caps, cap_rank = _market_caps(columns.values["market_cap_usd"])
    ids = columns.values["canonical_id"]
    row = array("i", sorted(range(len(ids)), key=ids.__getitem__))
    cap_rank_of = array("i", map(cap_rank.__getitem__, row))
    identity = [[columns.values[name][number] for number in row] for name in ("canonical_id", "symbol", "name")]
    sources = tuple(sorted({source for each in columns.values["sources"] for source in each}))
    return Snapshot(
        version=version,
        published_at=published_at,
        meta=encode({"version": version, "published_at": published_at, "sources": sources}),
        rows=tuple(rows),
        texts={name: tuple(column) for name, column in zip(COLUMNS, texts, strict=True)},
        orders=_orders(columns, row, cap_rank),
        catalogue=catalogue(*identity, known=previous.catalogue if previous else None),
        row=row,
        selections=Memory(SELECTIONS),
        caps=caps,
        cap_rank=cap_rank_of,
        cap_ranks=numbers.over(cap_rank_of),
    )


def _kept_before(previous: Snapshot | None) -> dict[bytes, bytes]:
    """The texts of the version before that seldom change: both versions can hold the same ones."""
    if previous is None:
        return {}
    return {text: text for name in ("canonical_id", "symbol", "name", "rank") for text in previous.texts[name]}


EMPTY = build(None, None, (), None)
