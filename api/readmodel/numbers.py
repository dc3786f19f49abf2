"""Sets of row numbers, worked on in bulk by Arrow."""
# Arrow's functions are typed for elements of any kind:
# pyright: reportUnknownMemberType=false

from array import array
from collections.abc import Iterable
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

FEW = 4096  # up to here, sorting the rows found is quicker than walking the whole order
Numbers = pa.Int32Array
# held, for looking them up by name costs more than what they do
_AT_LEAST, _LESS, _AND, _FILTER = map(pc.get_function, ("greater_equal", "less", "and", "array_filter"))


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


def where_between(values: Numbers, keys: Numbers, first: int, last: int) -> Numbers:
    """The values whose key, at the same place, is in [first, last)."""
    low = _AT_LEAST.call([keys, pa.scalar(first, pa.int32())])
    high = _LESS.call([keys, pa.scalar(last, pa.int32())])
    return _FILTER.call([values, _AND.call([low, high])])


def both(some: Numbers, others: Numbers) -> Numbers:
    """The numbers in both, in the order of the first."""
    return pc.filter(some, pc.is_in(some, value_set=others))


def either(some: Numbers, others: Numbers) -> Numbers:
    """The numbers in at least one, each once."""
    return pc.unique(pa.concat_arrays([some, others]))


def page(numbers: Numbers, offset: int, limit: int) -> list[int]:
    """A stretch of the numbers, as Python's own."""
    part = numbers.slice(offset, limit)
    content = part.buffers()[1]
    if content is None or not len(part):
        return []
    return memoryview(content).cast("i")[part.offset : part.offset + len(part)].tolist()


def sorted_by(found: Numbers, places: Numbers, order: Numbers) -> Numbers:
    """The numbers found, in the given order; `places` says where in it each number stands."""
    if len(found) > FEW:
        return both(order, found)
    return take(found, pc.array_sort_indices(take(places, found)))
