"""Which rows of a snapshot a request asks for, and in which order."""

from bisect import bisect_left, bisect_right
from itertools import islice
from typing import NamedTuple

from api.readmodel import numbers
from api.readmodel.filters import Filters
from api.readmodel.numbers import Numbers
from api.readmodel.snapshot import BLOCK, Order, Snapshot

FEW = 2 * BLOCK


class Page(NamedTuple):
    """A page of a selection: row numbers in order, and how many rows match in all."""

    rows: list[int]
    total: int


def select(snapshot: Snapshot, filters: Filters, sort: str, offset: int, limit: int) -> Page:
    """Find the rows `offset` to `offset + limit` of those that satisfy the filters, in the order of `sort`."""
    order = snapshot.orders[sort]
    ranks = _cap_ranks(snapshot, filters)
    few = snapshot.catalogue.named(filters)
    if few is not None:
        rows = [snapshot.row[coin] for coin in few if snapshot.catalogue.satisfies(coin, filters)]
        if ranks is not None:
            rows = [row for row in rows if ranks[0] <= snapshot.cap_rank[row] < ranks[1]]
        rows.sort(key=order.place.__getitem__)
        return Page(rows[offset : offset + limit], len(rows))
    if filters.name is None and filters.search is None:
        if ranks is None:
            return Page(order.rows[offset : offset + limit].tolist(), len(order.rows))
        return Page(_between(order, *ranks, offset, limit), ranks[1] - ranks[0])
    found = snapshot.selections.of((filters, sort), lambda: _containing(snapshot, filters, order, ranks))
    return Page(numbers.page(found, offset, limit), len(found))


def _between(order: Order, first: int, last: int, offset: int, limit: int) -> list[int]:
    """A page of the rows whose market cap's rank is in [first, last). Only the blocks it is in are looked through."""
    if order.by_cap:  # then they stand side by side
        begin, behind = (first, last) if order.by_cap > 0 else (order.capped - last, order.capped - first)
        return order.rows[begin + offset : min(behind, begin + offset + limit)].tolist()
    start = end = wanted = 0
    for number, block in enumerate(order.cap_blocks):
        count = bisect_left(block, last) - bisect_left(block, first)
        if not wanted and count <= offset:
            offset -= count
            start = end = number + 1
            continue
        wanted += count
        end = number + 1
        if wanted >= offset + limit:
            break
    here, length = start * BLOCK, (end - start) * BLOCK
    if length * (offset + limit) <= FEW * wanted:  # so few are to be walked that going in bulk does not pay
        pairs = zip(order.rows[here : here + length], order.cap_ranks[here : here + length], strict=True)
        return list(islice((row for row, rank in pairs if first <= rank < last), offset, offset + limit))
    rows, ranks = order.numbers.slice(here, length), order.cap_numbers.slice(here, length)
    return numbers.page(numbers.where_between(rows, ranks, first, last), offset, limit)


def _containing(snapshot: Snapshot, filters: Filters, order: Order, ranks: tuple[int, int] | None) -> Numbers:
    """All rows whose texts contain what is asked for, and that satisfy the other filters, in order."""
    found = numbers.take(snapshot.rows_of, snapshot.catalogue.containing(filters))
    if ranks is not None:
        found = numbers.where_between(found, numbers.take(snapshot.cap_ranks, found), *ranks)
    return numbers.sorted_by(found, order.places, order.numbers)


def _cap_ranks(snapshot: Snapshot, filters: Filters) -> tuple[int, int] | None:
    """The ranks [first, last) of the market caps asked for, or None when any will do."""
    low, high = filters.min_market_cap, filters.max_market_cap
    if low is None and high is None:
        return None
    first = 0 if low is None else bisect_left(snapshot.caps, low)
    last = len(snapshot.caps) if high is None else bisect_right(snapshot.caps, high)
    return first, max(first, last)
