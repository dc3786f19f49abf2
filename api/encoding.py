"""JSON text of single values: every digit of a number, times in UTC with Z."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

TIMES = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def decimal_text(value: Decimal) -> str:
    """Write a number with every digit, no exponent and no padding zeros; `null` for NaN and infinity."""
    if not value.is_finite():
        return "null"
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def float_text(text: bytes) -> bytes:
    """The JSON text of a number, rounded to the nearest double; no exponent, as all numbers have none."""
    return text if text == b"null" else decimal_text(Decimal(repr(float(text)))).encode()


def quoted(text: bytes) -> bytes:
    """The JSON text of a number as that of a string."""
    return text if text == b"null" else b'"%b"' % text


def encode(value: Any) -> bytes:
    """The JSON text of one value from the warehouse, or of a structure without decimals in it."""
    if value is None:
        return b"null"
    if type(value) is Decimal:
        return decimal_text(value).encode()
    return orjson.dumps(value, option=TIMES)


def time_text(moment: datetime | None) -> str | None:
    """A time as the API writes it, for structures that are encoded as a whole."""
    return None if moment is None else encode(moment)[1:-1].decode()
