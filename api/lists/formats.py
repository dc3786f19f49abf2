"""The formats that a list comes in beside JSON, written a stretch of rows at a time."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import Request

from api.encoding import decimal_text, encode, time_text
from api.lists.columns import Column, Kind
from api.negotiation import preferences
from api.problems import Problem
from api.responses import given_header
from api.rows import row_writer

Rows = Sequence[Sequence[Any]]
JSON = "application/json"
MEDIA_TYPES = {
    "json": JSON,
    "csv": "text/csv; charset=utf-8; header=present",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
BY_MEDIA_TYPE = {media_type.partition(";")[0]: name for name, media_type in MEDIA_TYPES.items()} | {
    "application/ndjson": "ndjson",
    "application/problem+json": "json",
}
IN_GENERAL = {
    "application/*": ("json", "ndjson", "parquet", "arrow"),
    "text/*": ("csv",),
    "*/*": ("json", "csv", "ndjson", "parquet", "arrow"),
}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
WHOLE_DIGITS, DECIMAL_PLACES = 38, 38
EXACT = pa.decimal256(WHOLE_DIGITS + DECIMAL_PLACES, DECIMAL_PLACES)
ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.TEXTS: pa.list_(pa.string()),
    Kind.INTEGER: pa.int64(),
    Kind.DECIMAL: EXACT,
    Kind.BOOLEAN: pa.bool_(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
    Kind.JSON: pa.string(),
}


def wanted(request: Request, given: str | None) -> str:
    """The name of the format to answer in: the one given, else the best of `Accept`.

    Raises a 406 problem when there is none that the client takes.
    """
    return given or _accepted(given_header(request, b"accept") or b"*/*")


@lru_cache(maxsize=1024)
def _accepted(accept: bytes) -> str:
    wanted = preferences(accept)
    taken = {BY_MEDIA_TYPE[name] for name, weight in wanted.items() if name in BY_MEDIA_TYPE and weight}
    refused = {BY_MEDIA_TYPE[name] for name in wanted if name in BY_MEDIA_TYPE} - taken
    best, best_weight = None, 0.0
    for name, weight in wanted.items():
        offered = (BY_MEDIA_TYPE[name],) if name in BY_MEDIA_TYPE else IN_GENERAL.get(name, ())
        possible = next((each for each in offered if each not in refused), None)
        if possible is not None and weight > best_weight:
            best, best_weight = possible, weight
    if best is None:
        there_are = ", ".join(media_type.partition(";")[0] for media_type in MEDIA_TYPES.values())
        raise Problem(406, f"This comes as {there_are}: ask for one of these in Accept, or with format=.")
    return best


class Writer(ABC):
    """Turns rows, with values as Postgres gives them, into bytes."""

    @abstractmethod
    def write(self, rows: Rows) -> bytes:
        """The bytes of some rows; before the first ones those of the head."""

    @abstractmethod
    def end(self) -> bytes:
        """What comes after the last row, and the head where there were none."""


class _Csv(Writer):
    """Text that a spreadsheet would run as a formula gets an apostrophe before it."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self._text = io.StringIO()
        self._writer = csv.writer(self._text)
        self._cells = [_CELLS.get(column.kind, str) for column in columns]
        self._writer.writerow(column.name for column in columns)

    def write(self, rows: Rows) -> bytes:
        cells = self._cells
        self._writer.writerows(
            ["" if value is None else cell(value) for cell, value in zip(cells, row, strict=True)] for row in rows
        )
        return self.end()

    def end(self) -> bytes:
        written = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return written.encode()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _decimal_cell(value: Decimal) -> str:
    return decimal_text(value) if value.is_finite() else ""


_CELLS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _safe,
    Kind.TEXTS: lambda values: _safe("|".join(values)),
    Kind.DECIMAL: _decimal_cell,
    Kind.BOOLEAN: lambda value: "true" if value else "false",
    Kind.TIME: lambda value: time_text(value) or "",
    Kind.JSON: lambda value: _safe(orjson.dumps(value).decode()),
}


class _Ndjson(Writer):
    def __init__(self, columns: tuple[Column, ...], *, as_strings: bool) -> None:
        names = tuple(column.name for column in columns)
        decimals = frozenset(column.name for column in columns if column.kind is Kind.DECIMAL)
        self._row = row_writer(names, names, decimals, as_strings)

    def write(self, rows: Rows) -> bytes:
        return b"".join(self._row([encode(value) for value in row]) + b"\n" for row in rows)

    def end(self) -> bytes:
        return b""


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


class _Arrow(Writer):
    """Record batches, as an Arrow stream or as the row groups of a Parquet file."""

    def __init__(self, columns: tuple[Column, ...], *, as_strings: bool, parquet: bool) -> None:
        self._columns = columns
        self._as_strings = as_strings
        text = {Kind.DECIMAL: pa.string()} if as_strings else {}
        types: dict[Kind, pa.DataType] = {**ARROW_TYPES, **text}
        self._types = [types[column.kind] for column in columns]
        self._schema = pa.schema(list(zip([column.name for column in columns], self._types, strict=True)))
        self._sink = _Sink()
        file = pa.PythonFile(self._sink, mode="w")
        self._writer = (
            pq.ParquetWriter(file, self._schema, compression="zstd")
            if parquet
            else pa.ipc.new_stream(file, self._schema)
        )

    def write(self, rows: Rows) -> bytes:
        if rows:
            arrays = [self._array(column, place, rows) for place, column in enumerate(self._columns)]
            self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        return self._sink.take()

    def end(self) -> bytes:
        self._writer.close()
        return self._sink.take()

    def _array(self, column: Column, place: int, rows: Rows) -> "pa.Array[Any]":
        values: list[Any] = [row[place] for row in rows]
        if column.kind is Kind.DECIMAL:
            values = [_text_or_none(value) for value in values] if self._as_strings else list(map(_fitting, values))
        elif column.kind is Kind.JSON:
            values = [None if value is None else orjson.dumps(value).decode() for value in values]
        return pa.array(values, self._types[place])


def _text_or_none(value: Decimal | None) -> str | None:
    return None if value is None or not value.is_finite() else decimal_text(value)


def _fitting(value: Decimal | None) -> Decimal | None:
    """The number, or None for one that no column of 38 digits before and after the point can hold."""
    if value is None or not value.is_finite() or value.adjusted() >= WHOLE_DIGITS:
        return None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMAL_PLACES:
        return value.quantize(_SMALLEST, context=_WIDE)
    return value


_SMALLEST = Decimal(1).scaleb(-DECIMAL_PLACES)
_WIDE = Context(prec=WHOLE_DIGITS + DECIMAL_PLACES)


def writer(name: str, columns: tuple[Column, ...], *, as_strings: bool) -> Writer:
    """A writer of one of the formats, JSON aside. `as_strings` writes decimals as text."""
    if name == "csv":
        return _Csv(columns)
    if name == "ndjson":
        return _Ndjson(columns, as_strings=as_strings)
    return _Arrow(columns, as_strings=as_strings, parquet=name == "parquet")
