"""Arrow and Parquet, a stretch of rows at a time. A column has one type from start to end, in all pages of a walk."""

import io
from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from api.encoding import decimal_text
from api.lists.columns import Column, Kind
from api.lists.decimals import DIGITS, Extent

Rows = Sequence[Sequence[Any]]
Convert = Callable[[Any], Any]
WHOLE_DIGITS, DECIMAL_PLACES = 38, 38
EXACT = pa.decimal256(WHOLE_DIGITS + DECIMAL_PLACES, DECIMAL_PLACES)
TYPES: Mapping[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.TEXTS: pa.list_(pa.string()),
    Kind.INTEGER: pa.int64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
    Kind.JSON: pa.string(),
}
_WIDE = Context(prec=WHOLE_DIGITS + DECIMAL_PLACES)


class _Sink(io.RawIOBase):
    """Where Arrow's writers write to; emptied after every stretch."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


class Batches:
    """Record batches, as an Arrow stream or as the row groups of a Parquet file.

    `extents` tell the decimal columns' types, where `decimals` is `number`.
    """

    def __init__(
        self, columns: tuple[Column, ...], decimals: str, extents: Mapping[str, Extent], *, parquet: bool
    ) -> None:
        shapes = [_shape(column, decimals, extents) for column in columns]
        self._types = [kind for kind, _ in shapes]
        self._converts = [convert for _, convert in shapes]
        self._schema = pa.schema(list(zip([column.name for column in columns], self._types, strict=True)))
        self._sink = _Sink()
        file = pa.PythonFile(self._sink, mode="w")
        self._writer = (
            pq.ParquetWriter(file, self._schema, compression="zstd")
            if parquet
            else pa.ipc.new_stream(file, self._schema)
        )

    def write(self, rows: Rows) -> bytes:
        """The bytes of some rows; before the first ones those of the head."""
        if rows:
            arrays = [self._array(place, rows) for place in range(len(self._types))]
            self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        return self._sink.take()

    def end(self) -> bytes:
        """What comes after the last row."""
        self._writer.close()
        return self._sink.take()

    def _array(self, place: int, rows: Rows) -> "pa.Array[Any]":
        convert = self._converts[place]
        values = [row[place] for row in rows]
        if convert is not None:
            values = [None if value is None else convert(value) for value in values]
        return pa.array(values, self._types[place])


def _shape(column: Column, decimals: str, extents: Mapping[str, Extent]) -> tuple[pa.DataType, Convert | None]:
    """A column's type, and how its values are made to fit it; None is always null."""
    if column.kind is Kind.JSON:
        return pa.string(), lambda value: orjson.dumps(value).decode()
    if column.kind is not Kind.DECIMAL:
        return TYPES[column.kind], None
    if decimals == "float":
        return pa.float64(), lambda value: float(value) if value.is_finite() else None
    if decimals == "exact":
        return EXACT, _in_exact
    scale = extents[column.name].scale if decimals == "number" else None
    if scale is None:
        return pa.string(), lambda value: decimal_text(value) if value.is_finite() else None
    step = Decimal(1).scaleb(-scale)
    kind = pa.decimal128(DIGITS, scale)
    return kind, lambda value: value.quantize(step, context=_WIDE) if value.is_finite() else None


def _in_exact(value: Decimal) -> Decimal | None:
    """The number, or None for one that no column of 38 digits before and after the point can hold."""
    if not value.is_finite() or value.adjusted() >= WHOLE_DIGITS:
        return None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMAL_PLACES:
        return value.quantize(Decimal(1).scaleb(-DECIMAL_PLACES), context=_WIDE)
    return value
