"""Which rows of a snapshot a request asks for, and in which order."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import NamedTuple

from api.readmodel import numbers
from api.readmodel.numbers import Numbers
from api.readmodel.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Filters:
    """What a coin must satisfy: all that is set. Texts are compared without regard to case."""

    canonical_id: str | None = None
    symbol: str | None = None
    name: str | None = None
    search: str | None = None
    min_market_cap: Decimal | None = None
    max_market_cap: Decimal | None = None


class Page(NamedTuple):
    """A page of a selection: row numbers in order, and how many rows match in all."""

    rows: list[int]
    total: int


def select(snapshot: Snapshot, filters: Filters, sort: str, offset: int, limit: int) -> Page:
    """Find the rows `offset` to `offset + limit` of those that satisfy the filters, in the order of `sort`."""
    order = snapshot.orders[sort]
    ranks = _cap_ranks(snapshot, filters)
    few = _named(snapshot, filters)
    if few is not None:
        rows = [number for number in few if _satisfies(snapshot, number, filters, ranks)]
        rows.sort(key=order.place.__getitem__)
        return Page(rows[offset : offset + limit], len(rows))
    found = _containing(snapshot, filters)
    if found is not None:
        if ranks is not None:
            found = numbers.where_between(found, numbers.take(snapshot.cap_ranks, found), *ranks)
        return Page(numbers.sorted_page(found, order.places, order.numbers, offset, limit), len(found))
    if ranks is not None:
        first, last = ranks
        total = last - first
        end = last if last < len(snapshot.caps) else None
        rows = numbers.page_between(order.numbers, order.cap_ranks, first, end, total, offset, limit)
        return Page(rows, total)
    return Page(order.rows[offset : offset + limit].tolist(), len(order.rows))


def _cap_ranks(snapshot: Snapshot, filters: Filters) -> tuple[int, int] | None:
    """The ranks [first, last) of the market caps asked for, or None when any will do."""
    low, high = filters.min_market_cap, filters.max_market_cap
    if low is None and high is None:
        return None
    first = 0 if low is None else bisect_left(snapshot.caps, low)
    last = len(snapshot.caps) if high is None else bisect_right(snapshot.caps, high)
    return first, max(first, last)


def _named(snapshot: Snapshot, filters: Filters) -> Sequence[int] | None:
    """The few rows that an exact name leaves, or None when there is no such filter."""
    if filters.canonical_id is not None:
        number = snapshot.ids.get(filters.canonical_id.casefold())
        return () if number is None else (number,)
    if filters.symbol is not None:
        return snapshot.symbols.get(filters.symbol.casefold(), ())
    return None


def _satisfies(snapshot: Snapshot, number: int, filters: Filters, ranks: tuple[int, int] | None) -> bool:
    """Whether a row satisfies all filters; the one way to ask, for rows that are few."""
    symbol, name = snapshot.symbol_parts.texts[number], snapshot.name_parts.texts[number]
    if filters.symbol is not None and filters.symbol.casefold() != symbol:
        return False
    if filters.name is not None and filters.name.casefold() not in name:
        return False
    if filters.search is not None:
        piece = filters.search.casefold()
        if piece not in symbol and piece not in name:
            return False
    return ranks is None or ranks[0] <= snapshot.cap_rank[number] < ranks[1]


def _containing(snapshot: Snapshot, filters: Filters) -> Numbers | None:
    """The rows whose texts contain what is asked for, or None when there is no such filter."""
    found: list[Numbers] = []
    if filters.name is not None:
        found.append(snapshot.name_parts.find(filters.name.casefold()))
    if filters.search is not None:
        piece = filters.search.casefold()
        found.append(numbers.either(snapshot.symbol_parts.find(piece), snapshot.name_parts.find(piece)))
    return reduce(numbers.both, found) if found else None
