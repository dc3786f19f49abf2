"""JSON in and out without losing a digit, and with the literals that JSON does not allow but broken servers send."""

import json
from decimal import Decimal
from typing import Any, cast

import orjson

Row = dict[str, Any]


def loads(text: bytes) -> Any:
    """Read JSON with every non-integer, and every integer beyond 64 bits, as a Decimal."""
    return json.loads(text, parse_float=Decimal, parse_int=_integer)


def dumps(document: object) -> bytes:
    """Write JSON; Decimals in full, including NaN and Infinity as bare literals."""
    return orjson.dumps(document, default=_decimal)


def rows_of(text: bytes) -> list[bytes]:
    """The elements of a JSON array as the text they were written in. Raises ValueError if it is no array of objects."""
    source = text.decode()
    if not source.lstrip().startswith("["):
        raise ValueError("not a JSON array")
    decoder = json.JSONDecoder()
    rows: list[bytes] = []
    at = source.index("[") + 1
    while (begin := source.find("{", at)) >= 0:
        _, at = decoder.raw_decode(source, begin)
        rows.append(source[begin:at].encode())
    return rows


def as_rows(document: Any) -> list[Row]:
    """The rows of an answer that was read: those of an array, or the one object that it is."""
    return cast(list[Row], document) if isinstance(document, list) else [document]


def decimal_of(value: int | Decimal) -> Decimal:
    """A number that `loads` gave, as a Decimal."""
    return Decimal(value)


def in_currency(row: Row, fields: tuple[str, ...], base: Decimal) -> Row:
    """The row with its money fields divided by the USD price of the currency that is asked for."""
    return row | {name: float(decimal_of(row[name]) / base) for name in fields if row.get(name) is not None}


def _integer(digits: str) -> int | Decimal:
    value = int(digits)
    return value if -(2**63) <= value < 2**64 else Decimal(value)


def _decimal(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} is not JSON")
