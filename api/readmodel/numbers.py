"""Sets of row numbers, worked on in bulk by Arrow."""
# Arrow's functions are typed for elements of any kind:
# pyright: reportUnknownMemberType=false

from array import array
from collections.abc import Iterable
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

MARGIN = 256
SHALLOW = 2000  # up to here, picking the first of the rows found is quicker than walking the whole order
Numbers = pa.Int32Array


def of(numbers: Iterable[int]) -> Numbers:
    """Numbers from Python's own."""
    return pa.array(numbers, pa.int32())


def over(numbers: "array[int]") -> Numbers:
    """A view of an array of C ints: no copy."""
    view = pa.Int32Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers)])
    return cast(Numbers, view)


def take(values: Numbers, places: Numbers | pa.UInt64Array) -> Numbers:
    """The values at these places."""
    return pc.take(values, places)


def where_between(values: Numbers, keys: Numbers, first: int, last: int | None) -> Numbers:
    """The values whose key, at the same place, is in [first, last); no `last` means no upper end."""
    wanted = pc.greater_equal(keys, pa.scalar(first, pa.int32()))
    if last is not None:
        wanted = pc.and_(wanted, pc.less(keys, pa.scalar(last, pa.int32())))
    return pc.filter(values, wanted)


def both(some: Numbers, others: Numbers) -> Numbers:
    """The numbers in both, in the order of the first."""
    return pc.filter(some, pc.is_in(some, value_set=others))


def either(some: Numbers, others: Numbers) -> Numbers:
    """The numbers in at least one, each once."""
    return pc.unique(pa.concat_arrays([some, others]))


def page(numbers: Numbers, offset: int, limit: int) -> list[int]:
    """A stretch of the numbers, as Python's own."""
    return cast("list[int]", numbers.slice(offset, limit).to_pylist())


def sorted_page(found: Numbers, position: Numbers, order: Numbers, offset: int, limit: int) -> list[int]:
    """A stretch of the numbers found, in the given order; `position` says where in it each number stands."""
    if offset + limit > SHALLOW:
        return page(both(order, found), offset, limit)
    first = pc.select_k_unstable(take(position, found), offset + limit, [("", "ascending")])
    return page(take(found, first), offset, limit)


def page_between(
    values: Numbers, keys: Numbers, first: int, last: int | None, total: int, offset: int, limit: int
) -> list[int]:
    """A stretch of the values whose key is in [first, last): there are `total`. Looks no further than it must."""
    found: list[int] = []
    start, length = 0, len(values)
    while start < length and len(found) < limit and offset < total:
        wanted = offset + limit - len(found)
        end = start + wanted * length // total * 5 // 4 + MARGIN
        part = where_between(values[start:end], keys[start:end], first, last)
        found += page(part, offset, limit - len(found))
        offset = max(0, offset - len(part))
        start = end
    return found
