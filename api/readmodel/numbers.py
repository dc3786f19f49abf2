"""Sets of coins as numbers, worked on in bulk by Arrow."""
# Arrow's functions are typed for elements of any kind:
# pyright: reportUnknownMemberType=false

from array import array
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, cast

import pyarrow as pa
import pyarrow.compute as pc

Numbers = pa.Int32Array
Ints: TypeAlias = "array[int] | memoryview[int]"
"""Numbers as C ints, to be looked at one by one."""
# held, for looking them up by name costs more than what they do
_TAKE, _PARTITION, _SORT, _ADD, _SHIFT = map(
    pc.get_function, ("array_take", "partition_nth_indices", "array_sort_indices", "add", "shift_left")
)
_UNCHECKED = pc.TakeOptions(boundscheck=False)
_ASCENDING = pc.ArraySortOptions("ascending")


def over(numbers: Ints) -> Numbers:
    """A view of C ints: no copy."""
    view = pa.Int32Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers)])
    return cast(Numbers, view)


def take(values: Numbers, places: Numbers | pa.UInt64Array) -> Numbers:
    """The values at these places, which must be there."""
    return _TAKE.call([values, places], _UNCHECKED)


def sorted_in_groups(numbers: Numbers, groups: Numbers) -> Numbers:
    """The numbers in the order of the groups they are in, ascending in each."""
    keys = _ADD.call([_SHIFT.call([groups.cast(pa.int64()), pa.scalar(32, pa.int64())]), numbers.cast(pa.int64())])
    return take(numbers, _SORT.call([keys], _ASCENDING))


def view(numbers: Any, code: Literal["i", "Q"] = "i") -> "memoryview[int]":
    """The numbers, to be looked at one by one; `code` is their type as `struct` has it."""
    content = numbers.buffers()[1]
    if content is None:
        return memoryview(b"").cast(code)
    return memoryview(content).cast(code)[numbers.offset : numbers.offset + len(numbers)]


def marked(numbers: Sequence[int], size: int) -> bytes:
    """A byte for each number below `size`: 1 for those given, else 0."""
    marks = bytearray(size)
    for number in numbers:
        marks[number] = 1
    return bytes(marks)


def smallest(numbers: Numbers, offset: int, limit: int) -> list[int]:
    """The numbers that would be in [offset, offset + limit) if all of them, each a different one, were sorted.

    They are not: parting them at both ends of the page takes no longer for a page far behind.
    """
    end = min(offset + limit, len(numbers))
    if offset >= end:
        return []
    if end < len(numbers):
        before = _parted(numbers, end).slice(0, end)
        if not offset:
            return sorted(_picked(numbers, before))
        numbers = take(numbers, before)
    return sorted(_picked(numbers, _parted(numbers, offset).slice(offset)) if offset else view(numbers))


def _parted(numbers: Numbers, place: int) -> pa.UInt64Array:
    """The numbers' places, those of the `place` smallest ones first."""
    return _PARTITION.call([numbers], pc.PartitionNthOptions(place))


def _picked(numbers: Numbers, places: pa.UInt64Array) -> list[int]:
    """What `take` gives, as Python's own; quicker for a page."""
    values = view(numbers)
    return [values[place] for place in view(places, "Q")]
