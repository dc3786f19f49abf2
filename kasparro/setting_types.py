"""What a setting's text is read as: rates, lists, addresses."""

import re
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*(s|sec|second|min|minute|m|h|hour))?", re.IGNORECASE)
ADDRESS_BEGINS = re.compile(r",\s*(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
HTTP_ADDRESS = re.compile(r"https?://[^/\s]+(/\S*)?")


def parse_rate(value: str | float) -> float:
    """Read `10/s`, `30/min`, `500/h` or a bare number per minute.

    Returns calls per second. Raises ValueError for anything else, and for zero.
    """
    match = RATE.fullmatch(str(value).strip())
    if not match or float(match[1]) <= 0:
        raise ValueError("expected a rate like 10/s, 30/min or a number of calls per minute")
    seconds = {"s": 1, "h": 3600}.get((match[2] or "min")[0].lower(), 60)
    return float(match[1]) / seconds


class Quota(NamedTuple):
    """So many requests in so many seconds."""

    requests: int
    seconds: int


def parse_quota(value: object) -> object:
    """Read `100/s`, `6000/min` or a bare number per minute. Raises ValueError for anything else, and for zero."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d{1,9})\s*(?:/\s*(s|sec|second|min|minute|m|h|hour))?", value.strip(), re.IGNORECASE)
    if not match or int(match[1]) == 0:
        raise ValueError("expected a number of requests like 100/s, 6000/min, or a bare number per minute")
    return Quota(int(match[1]), {"s": 1, "h": 3600}.get((match[2] or "min")[0].lower(), 60))


def _split(value: object) -> object:
    """Comma-separated text to a list, blanks dropped; lists pass through."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _split_addresses(value: object) -> object:
    """As `_split`, but a comma may be part of an address: the next one begins with a scheme as https://."""
    if not isinstance(value, str):
        return value
    return [part.strip(" \t\r\n,") for part in ADDRESS_BEGINS.split(value) if part.strip(" \t\r\n,")]


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _http_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_one = bool(HTTP_ADDRESS.fullmatch(value) and parts.hostname and parts.port != 0)
    except ValueError:  # brackets that are no IPv6 address, a port beyond 65535
        is_one = False
    if not is_one:
        raise ValueError("expected an http:// or https:// address")
    return value.rstrip("/")


Port = Annotated[int, Field(ge=1, le=65535)]
Rate = Annotated[float, BeforeValidator(parse_rate)]
QuotaSetting = Annotated[Quota | None, NoDecode, BeforeValidator(parse_quota)]
HttpAddress = Annotated[str, AfterValidator(_http_address)]
Secret = Annotated[str | None, Field(repr=False)]  # settings may be printed, by a debugger or by Prefect
AddressList = (NoDecode, BeforeValidator(_split_addresses))
CommaSeparated = (NoDecode, BeforeValidator(_split))
LowerCase = BeforeValidator(_lower)
