"""Sets of coins as numbers, worked on in bulk by Arrow."""
# Arrow's functions are typed for elements of any kind:
# pyright: reportUnknownMemberType=false

from array import array
from typing import Literal, TypeAlias, cast

import pyarrow as pa
import pyarrow.compute as pc

Numbers = pa.Int32Array
SHORT = 2**16
Ints: TypeAlias = "array[int] | memoryview[int]"
"""Numbers as C ints, to be looked at one by one."""


def over(numbers: Ints) -> Numbers:
    """A view of C ints: no copy."""
    view = pa.Int32Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers)])
    return cast(Numbers, view)


def code(below: int) -> Literal["H", "i"]:
    """The type of array for numbers below a bound: half the room where they are short."""
    return "H" if below <= SHORT else "i"


def sorted_in_groups(numbers: Numbers, groups: Numbers) -> "array[int]":
    """The numbers in the order of the groups they are in, ascending in each."""
    keys = pc.add(pc.shift_left(groups.cast(pa.int64()), 32), numbers.cast(pa.int64()))
    content = numbers.take(pc.array_sort_indices(keys)).buffers()[1]
    ordered = array("i", b"" if content is None else content.to_pybytes())
    return ordered[: len(numbers)]
