"""Which rows of a snapshot a request asks for, and in which order."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from api.readmodel import numbers
from api.readmodel.filters import Filters
from api.readmodel.numbers import Numbers
from api.readmodel.snapshot import BLOCK, Order, Snapshot

FEW = 2 * BLOCK
FEW_COINS = 200  # up to here, going through them one by one is quicker than in bulk


class Page(NamedTuple):
    """A page of a selection: row numbers in order, and how many rows match in all."""

    rows: list[int]
    total: int


def select(snapshot: Snapshot, filters: Filters, sort: str, offset: int, limit: int) -> Page:
    """Find the rows `offset` to `offset + limit` of those that satisfy the filters, in the order of `sort`."""
    order = snapshot.orders[sort]
    ranks = _cap_ranks(snapshot, filters)
    coins = snapshot.catalogue.named(filters)
    if coins is None:
        if filters.name is None and filters.search is None:
            if ranks is None:
                return Page(order.rows[offset : offset + limit].tolist(), len(order.rows))
            return Page(_between(order, *ranks, offset, limit), ranks[1] - ranks[0])
        coins = snapshot.catalogue.containing(filters)
    if len(coins) <= FEW_COINS:
        places = _few_places(snapshot, coins, order, ranks)
        here, total = places[offset : offset + limit], len(places)
    else:
        found = snapshot.selections.of((filters, sort), lambda: _many_places(snapshot, coins, order, ranks))
        here, total = numbers.page(found, offset, limit), len(found)
    return Page([order.rows[place] for place in here], total)


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


def _few_places(snapshot: Snapshot, coins: Sequence[int], order: Order, ranks: tuple[int, int] | None) -> list[int]:
    """Where in the order the coins stand that satisfy the other filters, ascending."""
    if ranks is not None:
        first, last = ranks
        coins = [coin for coin in coins if first <= snapshot.cap_rank[coin] < last]
    return sorted([order.place[coin] for coin in coins])


def _many_places(snapshot: Snapshot, coins: Sequence[int], order: Order, ranks: tuple[int, int] | None) -> Numbers:
    """The same in bulk."""
    found = numbers.over(array("i", coins))
    places = numbers.take(order.places, found)
    if ranks is not None:
        places = numbers.where_between(places, numbers.take(snapshot.cap_ranks, found), *ranks)
    return numbers.ascending(places, len(order.rows))


def _cap_ranks(snapshot: Snapshot, filters: Filters) -> tuple[int, int] | None:
    """The ranks [first, last) of the market caps asked for, or None when any will do."""
    low, high = filters.min_market_cap, filters.max_market_cap
    if low is None and high is None:
        return None
    first = 0 if low is None else bisect_left(snapshot.caps, low)
    last = len(snapshot.caps) if high is None else bisect_right(snapshot.caps, high)
    return first, max(first, last)
