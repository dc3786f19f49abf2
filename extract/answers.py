"""What comes back from a provider, before it is believed: bounded in size and time, and judged."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from extract.records import loads

BODY_SECONDS = 120.0
LARGEST_BODY_BYTES = 64 * 1024 * 1024
BLOCK_BYTES = 64 * 1024


class TooLarge(Exception):
    """A body of more bytes than we want to hold."""


def read_bounded(response: requests.Response, *_: object, **__: object) -> None:
    """Response hook: read the body inside the retried call, no more of it and no longer than we want to.

    CoinGecko's refusal that comes with status 200 gets the status that it names.
    """
    deadline = time.monotonic() + BODY_SECONDS
    body = bytearray()
    try:
        while block := response.raw.read1(BLOCK_BYTES, decode_content=True):
            body += block
            if len(body) > LARGEST_BODY_BYTES:
                response.close()
                raise TooLarge
            if time.monotonic() > deadline:
                response.close()
                raise requests.ReadTimeout("the body took too long")
    except requests.Timeout:
        raise  # it is an OSError, too
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from error
    except (HTTPError, OSError) as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    response._content = bytes(body)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    if response.status_code == HTTPStatus.OK and body.startswith(b'{"status":{"error_code"'):
        response.status_code = _code_inside(bytes(body))


def _code_inside(body: bytes) -> int:
    try:
        code = loads(body)["status"]["error_code"]
    except (ValueError, KeyError, TypeError):
        return HTTPStatus.OK
    return code if isinstance(code, int) and code in HTTPStatus.__members__.values() else HTTPStatus.BAD_REQUEST


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
    if text.isdigit():
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
