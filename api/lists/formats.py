"""The formats that a list comes in beside JSON, written a stretch of rows at a time."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from fastapi import Request

from api.encoding import decimal_text, encode, float_text, time_text
from api.lists.arrow import Batches
from api.lists.columns import Column, Kind
from api.lists.decimals import Extents
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

    def __init__(self, columns: tuple[Column, ...], decimals: str) -> None:
        self._text = io.StringIO()
        self._writer = csv.writer(self._text)
        cells = {**_CELLS, Kind.DECIMAL: _float_cell} if decimals == "float" else _CELLS
        self._cells = [cells.get(column.kind, str) for column in columns]
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


def _float_cell(value: Decimal) -> str:
    return float_text(encode(value)).decode() if value.is_finite() else ""


_CELLS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _safe,
    Kind.TEXTS: lambda values: _safe("|".join(values)),
    Kind.DECIMAL: _decimal_cell,
    Kind.BOOLEAN: lambda value: "true" if value else "false",
    Kind.TIME: lambda value: time_text(value) or "",
    Kind.JSON: lambda value: _safe(orjson.dumps(value).decode()),
}


class _Ndjson(Writer):
    def __init__(self, columns: tuple[Column, ...], decimals: str) -> None:
        names = tuple(column.name for column in columns)
        numbers = frozenset(column.name for column in columns if column.kind is Kind.DECIMAL)
        self._row = row_writer(names, names, numbers, decimals)

    def write(self, rows: Rows) -> bytes:
        return b"".join(self._row([encode(value) for value in row]) + b"\n" for row in rows)

    def end(self) -> bytes:
        return b""


class _Arrow(Batches, Writer):
    """Batches of Arrow."""


def writer(name: str, columns: tuple[Column, ...], decimals: str, extents: Extents) -> Writer:
    """A writer of one of the formats, JSON aside. `extents` is asked where the types of columns depend on it."""
    if name == "csv":
        return _Csv(columns, decimals)
    if name == "ndjson":
        return _Ndjson(columns, decimals)
    return _Arrow(columns, decimals, extents() if decimals == "number" else {}, parquet=name == "parquet")
