"""One HTTP client per source, on dlt's requests client: paced, retried with jitter, bounded, plain about failures."""

import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from dlt.sources.helpers.requests import Client as RetryingClient
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, wait_random
from tenacity.stop import stop_base

from extract.records import Origin, loads

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
ATTEMPTS = 4
LONGEST_WAIT_SECONDS = 60.0
LARGEST_BODY_BYTES = 64 * 1024 * 1024
USER_AGENT = "kasparro/0.1 (+https://github.com/kasparro/kasparro)"


class SourceError(Exception):
    """A source could not be read. The message is one line: what happened and what to do; it holds no key."""


class RateLimiter:
    """A token bucket: on average `per_second` calls, at most `burst` at once. Shared by threads."""

    def __init__(self, per_second: float, burst: int = 1) -> None:
        self._interval = 1.0 / per_second
        self._burst = burst
        self._ready_at = time.monotonic() - burst * self._interval
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Block until the next call may be made."""
        with self._lock:
            now = time.monotonic()
            self._ready_at = max(self._ready_at, now - self._burst * self._interval) + self._interval
            pause = self._ready_at - now
        if pause > 0:
            time.sleep(pause)


@dataclass(frozen=True)
class Answer:
    """A provider's answer: parsed JSON (or the bytes), headers, and its origin for the rows made of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    origin: Origin

    def json(self) -> Any:
        """The body as JSON with exact numbers. Raises ValueError when it is not."""
        return loads(self.body)


class _PacedAdapter(HTTPAdapter):
    """Takes a token before every attempt, so that retries are paced like first calls."""

    def __init__(self, limiter: RateLimiter) -> None:
        super().__init__()
        self._limiter = limiter

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Wait for a token, then send."""
        self._limiter.wait()
        return super().send(request, *args, **kwargs)


class _TooLarge(Exception):
    pass


def _read_bounded(response: requests.Response, *_: object, **__: object) -> None:
    """Response hook: read the body inside the retried call, and no more of it than we want to hold."""
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_content(256 * 1024):
        size += len(chunk)
        if size > LARGEST_BODY_BYTES:
            response.close()
            raise _TooLarge
        chunks.append(chunk)
    response._content = b"".join(chunks)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _is_broken_json(response: requests.Response | None, _: BaseException | None) -> bool:
    """Retry a 200 whose body is not JSON: cut short, or a page of a proxy in between."""
    if response is None or response.status_code != 200 or not getattr(response, "wants_json", True):
        return False
    try:
        loads(response.content)
    except ValueError:
        return True
    return False


class _AsksForTooLong(stop_base):
    """Stop when the provider asks to wait longer than a pass should last: retrying earlier would only annoy it."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Read `Retry-After`, in seconds, of the last answer."""
        outcome = retry_state.outcome
        answer = None if outcome is None or outcome.failed else outcome.result()
        asked = str(answer.headers.get("Retry-After", "")) if isinstance(answer, requests.Response) else ""
        return asked.isdigit() and float(asked) > LONGEST_WAIT_SECONDS


class Client:
    """GETs from one provider. `label` names it in messages; `base_url_variable` is the setting to look at."""

    def __init__(
        self,
        label: str,
        base_url: str,
        *,
        limiter: RateLimiter,
        headers: Mapping[str, str] | None = None,
        base_url_variable: str,
        json: bool = True,
    ) -> None:
        self.label = label
        self.base_url = base_url
        self._variable = base_url_variable
        self.requests_made = 0
        client = RetryingClient(
            request_timeout=(CONNECT_SECONDS, READ_SECONDS),
            raise_for_status=False,
            request_max_attempts=ATTEMPTS,
            request_backoff_factor=0.5,
            request_max_retry_delay=LONGEST_WAIT_SECONDS,
            retry_condition=_is_broken_json if json else None,
        )
        self._session = client.session
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **(headers or {})})
        self._session.hooks["response"] = [_read_bounded]
        retrying: Any = self._session.send.retry  # type: ignore[attr-defined]
        retrying.wait = retrying.wait + wait_random(0, 0.5)
        retrying.stop = retrying.stop | _AsksForTooLong()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _PacedAdapter(limiter))

    def get(self, path: str, params: Mapping[str, str | int] | None = None, **headers: str) -> Answer:
        """GET `base_url + path`.

        Returns the answer for 200 and 304. Raises SourceError for everything else, after the retries.
        """
        request_id = uuid.uuid4().hex
        try:
            response = self._session.get(self.base_url + path, params=params, headers=headers, stream=True)
        except requests.Timeout:
            raise SourceError(
                f"{self.label} did not answer in time ({self._host}): it is tried again next pass"
            ) from None
        except _TooLarge:
            raise SourceError(
                f"{self.label} sent more than {LARGEST_BODY_BYTES >> 20} MB for {path}: refused"
            ) from None
        except requests.RequestException as error:
            raise SourceError(
                f"can't reach {self.label} at {self._host} ({_short(error)}): check the network, or {self._variable}"
            ) from None
        self.requests_made += 1
        self._raise_for(response, path)
        return Answer(response.status_code, response.headers, response.content, Origin(request_id, datetime.now(UTC)))

    def get_json(self, path: str, params: Mapping[str, str | int] | None = None) -> tuple[Any, Origin]:
        """GET and parse JSON. Raises SourceError also when the body is not JSON."""
        answer = self.get(path, params)
        return self.parsed(answer, path), answer.origin

    def parsed(self, answer: Answer, path: str) -> Any:
        """An answer's JSON. Raises SourceError when it is none."""
        try:
            return answer.json()
        except ValueError:
            kind = "a web page" if answer.body.lstrip()[:1] == b"<" else "text that is not whole JSON"
            raise SourceError(
                f"{self.label} answered {path} with {kind} instead of data: check {self._variable}"
            ) from None

    @property
    def _host(self) -> str:
        return urlsplit(self.base_url).netloc

    def _raise_for(self, response: requests.Response, path: str) -> None:
        status = response.status_code
        if status in (200, 304):
            return
        retry_after = response.headers.get("Retry-After")
        advice = {
            401: "check its API key",
            402: "the plan does not include this",
            403: "check its API key and plan",
            404: f"check {self._variable}",
            429: f"its rate limit is reached{f', it asks to wait {retry_after} s' if retry_after else ''}: "
            "lower the rate limit setting, or use a key",
        }.get(status, "it is tried again next pass")
        raise SourceError(f"{self.label} answered {path} with status {status}: {advice}")


def _short(error: requests.RequestException) -> str:
    """The innermost reason of a requests error, in a few words."""
    text = str(error)
    for words in ("Connection refused", "Name or service not known", "Temporary failure in name resolution",
                  "Network is unreachable", "certificate verify failed", "Connection reset"):  # fmt: skip
        if words in text:
            return words.lower()
    return type(error).__name__
