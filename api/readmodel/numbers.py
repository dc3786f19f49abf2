"""Sets of row numbers, worked on in bulk by Arrow."""
# Arrow's functions are typed for elements of any kind:
# pyright: reportUnknownMemberType=false

from array import array
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

FEW = 4096  # up to here, comparing is quicker than laying out every place there is
Numbers = pa.Int32Array
# held, for looking them up by name costs more than what they do
_AT_LEAST, _LESS, _AND, _FILTER, _TAKE, _SORT_INDICES, _SCATTER, _DROP_NULL = map(
    pc.get_function,
    ("greater_equal", "less", "and", "array_filter", "array_take", "array_sort_indices", "scatter", "drop_null"),
)
_UNCHECKED = pc.TakeOptions(boundscheck=False)
_ASCENDING = pc.ArraySortOptions("ascending")
_ScatterOptions: Any = vars(pc)["ScatterOptions"]  # the stubs are of an older Arrow


def over(numbers: "array[int]") -> Numbers:
    """A view of an array of C ints: no copy."""
    view = pa.Int32Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers)])
    return cast(Numbers, view)


def take(values: Numbers, places: Numbers | pa.UInt64Array) -> Numbers:
    """The values at these places, which must be there."""
    return _TAKE.call([values, places], _UNCHECKED)


def where_between(values: Numbers, keys: Numbers, first: int, last: int) -> Numbers:
    """The values whose key, at the same place, is in [first, last)."""
    low = _AT_LEAST.call([keys, pa.scalar(first, pa.int32())])
    high = _LESS.call([keys, pa.scalar(last, pa.int32())])
    return _FILTER.call([values, _AND.call([low, high])])


def ascending(numbers: Numbers, below: int) -> Numbers:
    """The numbers, all different and from 0 to `below`, in order."""
    if len(numbers) <= FEW:
        return take(numbers, _SORT_INDICES.call([numbers], _ASCENDING))
    laid_out = _SCATTER.call([numbers, numbers], _ScatterOptions(max_index=below - 1))
    return _DROP_NULL.call([laid_out])


def page(numbers: Numbers, offset: int, limit: int) -> list[int]:
    """A stretch of the numbers, as Python's own."""
    part = numbers.slice(offset, limit)
    content = part.buffers()[1]
    if content is None or not len(part):
        return []
    return memoryview(content).cast("i")[part.offset : part.offset + len(part)].tolist()
