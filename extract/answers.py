"""What comes back from a provider, before it is believed: bounded in size, and judged."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from extract.calls import LONGEST_ASKED_PAUSE
from extract.plan import duration
from extract.records import as_object, loads

LARGEST_BODY_BYTES = 64 * 1024 * 1024
LARGEST_REFUSAL_BYTES = 64 * 1024
BLOCK_BYTES = 64 * 1024
LONGEST_WAIT_TOLD = 1e11
"""In seconds: 3,000 years."""

VALIDATORS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
VALIDATOR = re.compile(r"[!-~](?:[ -~]{0,998}[!-~])?")


class TooLarge(Exception):
    """A body of more bytes than we want to hold."""


def read_bounded(response: requests.Response, *_: object, **__: object) -> None:
    """Response hook: read the body inside the retried call, and no more of it than we want to."""
    body = bytearray()
    try:
        while block := response.raw.read1(BLOCK_BYTES, decode_content=True):
            body += block
            if len(body) > LARGEST_BODY_BYTES:
                response.close()
                raise TooLarge
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from error
    except (HTTPError, OSError) as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    response._content = bytes(body)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def refusal_inside(response: requests.Response, *_: object, **__: object) -> None:
    """Response hook: a refusal that comes with status 200 gets the status that it names."""
    body = response.content
    if response.status_code != HTTPStatus.OK or len(body) > LARGEST_REFUSAL_BYTES or not body.lstrip().startswith(b"{"):
        return
    try:
        found = refused(loads(body))
    except ValueError:
        return
    if found:
        response.status_code = found[0]


def refused(said: object) -> tuple[int, str | None] | None:
    """The HTTP status and the words of a refusal in JSON, or None when it is none.

    As CoinGecko (`{"status": {"error_code", "error_message"}}`, that under `error`, too, `{"error": "words"}`) and
    others (`{"error": {"code", "message"}}`) write it. A code that is no HTTP error counts as 400, zero as no refusal.
    """
    fields = as_object(said) or {}
    error = fields.get("error")
    inner = as_object(error) or {}
    status = as_object(fields.get("status")) or as_object(inner.get("status")) or {}
    code = next(
        (code for code in (status.get("error_code"), inner.get("code"), fields.get("error_code")) if code), None
    )
    if not (code or error):
        return None
    words = (error, status.get("error_message"), inner.get("message"), fields.get("error_message"))
    return _status_of(code), next((text for text in words if isinstance(text, str)), None)


def _status_of(code: Any) -> int:
    """The HTTP error that a provider's code means; CoinGecko's 10002 and its like are no statuses."""
    known = re.fullmatch(r"[45][0-9]{2}", str(code), re.ASCII)
    return int(code) if known and int(code) in HTTPStatus.__members__.values() else HTTPStatus.BAD_REQUEST


def is_broken_json(response: requests.Response | None, _: BaseException | None) -> bool:
    """Retry a 200 whose body is not JSON: cut short, or a page of a proxy in between."""
    if response is None or response.status_code != HTTPStatus.OK:
        return False
    try:
        loads(response.content)
    except ValueError:
        return True
    return False


def retry_after(response: requests.Response) -> float | None:
    """How many seconds the provider asks to wait, whether it says seconds or a date; None when it says neither."""
    text = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+", text):
        return min(float(text), LONGEST_WAIT_TOLD)
    try:
        at = parsedate_to_datetime(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return max((at - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def words_of_wait(seconds: float) -> str:
    """How long a provider asks to wait, and how much of that is heeded."""
    if seconds <= LONGEST_ASKED_PAUSE.total_seconds():
        return f"{seconds:.0f} s"
    return f"{duration(seconds)}, of which {duration(LONGEST_ASKED_PAUSE.total_seconds())} are heeded"


def validators(headers: Mapping[str, str]) -> dict[str, str]:
    """The validators of an answer that can be sent back; one that is no header's text would spoil the next request."""
    return {name: value for name in VALIDATORS if VALIDATOR.fullmatch(value := headers.get(name) or "")}


def conditions(validators: Mapping[str, str]) -> dict[str, str]:
    """The request headers that ask only for what is new since an answer with these `validators`."""
    return {VALIDATORS[name]: value for name, value in validators.items() if VALIDATOR.fullmatch(value)}
