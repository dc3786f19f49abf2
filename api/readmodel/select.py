"""Which rows of a snapshot a request asks for, and in which order."""

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
    found = _found_by_text(snapshot, filters)
    low, high = filters.min_market_cap, filters.max_market_cap
    if low is None and high is None:
        if found is None:
            return Page(order.rows[offset : offset + limit].tolist(), len(order.rows))
        rows = numbers.sort_by(found, order.position, order.numbers)
    else:
        first, last = snapshot.cap_range(low, high)
        if found is None:
            rows = numbers.where_between(order.numbers, order.cap_ranks, first, last)
        else:
            found = numbers.where_between(found, numbers.take(snapshot.cap_ranks, found), first, last)
            rows = numbers.sort_by(found, order.position, order.numbers)
    return Page(numbers.page(rows, offset, limit), len(rows))


def _found_by_text(snapshot: Snapshot, filters: Filters) -> Numbers | None:
    """The rows that satisfy the filters on texts, or None when there is no such filter."""
    found: list[Numbers] = []
    if filters.canonical_id is not None:
        number = snapshot.ids.get(filters.canonical_id.casefold())
        found.append(numbers.of([] if number is None else [number]))
    if filters.symbol is not None:
        found.append(numbers.of(snapshot.symbols.get(filters.symbol.casefold(), ())))
    if filters.name is not None:
        found.append(snapshot.name_parts.find(filters.name.casefold()))
    if filters.search is not None:
        piece = filters.search.casefold()
        found.append(numbers.either(snapshot.symbol_parts.find(piece), snapshot.name_parts.find(piece)))
    return reduce(numbers.both, found) if found else None
