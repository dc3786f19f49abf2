"""Sets of row numbers, worked on in bulk by Arrow. pyarrow has no types of its own: this module is where they are given."""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false, reportUnknownParameterType=false

from array import array
from collections.abc import Iterable
from typing import Protocol, cast

import pyarrow as pa
import pyarrow.compute as pc

FEW = 4096  # up to here, sorting the rows found is quicker than walking the whole order


class Numbers(Protocol):
    """An Arrow array of 32-bit integers."""

    def __len__(self) -> int: ...


def of(numbers: Iterable[int]) -> Numbers:
    """Numbers from Python's own."""
    return cast(Numbers, pa.array(numbers, pa.int32()))


def over(numbers: "array[int]") -> Numbers:
    """A view of an array of C ints: no copy."""
    return cast(Numbers, pa.Int32Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers)]))


def take(values: Numbers, places: Numbers) -> Numbers:
    """The values at these places."""
    return cast(Numbers, pc.take(values, places))


def where_between(values: Numbers, keys: Numbers, first: int, last: int) -> Numbers:
    """The values whose key, at the same place, is in [first, last)."""
    low = pc.greater_equal(keys, pa.scalar(first, pa.int32()))
    return cast(Numbers, pc.filter(values, pc.and_(low, pc.less(keys, pa.scalar(last, pa.int32())))))


def both(some: Numbers, others: Numbers) -> Numbers:
    """The numbers in both, in the order of the first."""
    return cast(Numbers, pc.filter(some, pc.is_in(some, value_set=others)))


def either(some: Numbers, others: Numbers) -> Numbers:
    """The numbers in at least one, each once."""
    return cast(Numbers, pc.unique(pa.concat_arrays([some, others])))


def sort_by(found: Numbers, position: Numbers, order: Numbers) -> Numbers:
    """The numbers found, in the given order; `position` says where in it each number stands."""
    if len(found) <= FEW:
        return take(found, cast(Numbers, pc.array_sort_indices(take(position, found))))
    return both(order, found)


def page(numbers: Numbers, offset: int, limit: int) -> list[int]:
    """A stretch of the numbers, as Python's own."""
    return cast("list[int]", numbers.slice(offset, limit).to_pylist())  # pyright: ignore[reportUnknownMemberType]
