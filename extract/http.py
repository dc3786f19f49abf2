"""One HTTP client per source, on dlt's requests client: paced, counted, retried with jitter, plain about faults.

What a provider says is taken seriously: a long `Retry-After` ends the pass's calls and those of the next passes until
then; a plan's or key's refusal is not retried.
"""

import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from dlt.sources.helpers.requests import Client as RetryingClient
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, wait_random
from tenacity.stop import stop_base
from urllib3.exceptions import ConnectTimeoutError

from extract.answers import LARGEST_BODY_BYTES, TooLarge, is_broken_json, read_bounded, retry_after
from extract.calls import Counting
from extract.errors import RefusedError, SourceError
from extract.records import Origin, as_object, loads

__all__ = ["Answer", "Client", "RateLimiter", "SourceError"]

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
ATTEMPTS = 4
BACKOFF_SECONDS = 0.5
JITTER_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0
MOST_REDIRECTS = 5
LONGEST_QUOTE = 200
USER_AGENT = "kasparro/0.1 (+https://github.com/kasparro/kasparro)"


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


class _Adapter(HTTPAdapter):
    """Takes a token and counts before every attempt, so that retries are paced and counted like first calls."""

    def __init__(self, limiter: RateLimiter, calls: Counting | None) -> None:
        super().__init__()
        self._limiter = limiter
        self._calls = calls

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send when it is allowed. Raises SourceError when it is not."""
        if self._calls:
            self._calls.take()
        self._limiter.wait()
        try:
            return super().send(request, *args, **kwargs)
        except requests.ConnectionError as error:
            if self._calls and _met_nobody(error):
                self._calls.give_back()
            raise


class _AsksForTooLong(stop_base):
    """Stop when the provider asks to wait longer than a pass should last: retrying earlier would only annoy it."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Read the last answer's `Retry-After`."""
        outcome = retry_state.outcome
        answer = None if outcome is None or outcome.failed else outcome.result()
        return isinstance(answer, requests.Response) and (retry_after(answer) or 0) > LONGEST_WAIT_SECONDS


class Client:
    """GETs from one provider. `label` names it in messages; `base_url_variable` is the setting to look at.

    `is_stand_in` says that it is one of a demo's own, which runs while the demo does. `secrets` are headers that only
    the provider's own host gets, and whose values no message shows. `without_key` says how to come by a key, where
    there is none and the provider may want one. Once the provider could not be reached, the client does not try again.
    """

    def __init__(
        self,
        label: str,
        base_url: str,
        *,
        limiter: RateLimiter,
        headers: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        base_url_variable: str,
        is_stand_in: bool = False,
        json: bool = True,
        without_key: str | None = None,
        calls: Counting | None = None,
    ) -> None:
        self.label = label
        self.base_url = base_url
        self._variable = base_url_variable
        self._if_gone = f"check the network, or {base_url_variable}"
        if is_stand_in:
            self._if_gone = "this home is a demo's, whose stand-in providers run while `make demo` does"
        self._secrets = dict(secrets or {})
        self._without_key = without_key
        self._calls = calls
        self._unreachable: str | None = None
        client = RetryingClient(
            request_timeout=(CONNECT_SECONDS, READ_SECONDS),
            raise_for_status=False,
            request_max_attempts=ATTEMPTS,
            request_backoff_factor=BACKOFF_SECONDS,
            request_max_retry_delay=LONGEST_WAIT_SECONDS,
            retry_condition=is_broken_json if json else None,
        )
        self._session = client.session
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **(headers or {})})
        self._session.hooks["response"] = [read_bounded]
        retrying: Any = self._session.send.retry  # type: ignore[attr-defined]
        retrying.wait = retrying.wait + wait_random(0, JITTER_SECONDS)
        retrying.stop = retrying.stop | _AsksForTooLong()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(limiter, calls))

    def get(self, path: str, params: Mapping[str, str | int] | None = None, **headers: str) -> Answer:
        """GET `base_url + path`.

        Returns the answer for 200 and 304. Raises SourceError for everything else, after the retries.
        """
        if self._unreachable:
            raise SourceError(self._unreachable)
        request_id = uuid.uuid4().hex
        try:
            response = self._followed(self.base_url + path, params, headers)
        except requests.Timeout:
            raise self._gone(
                f"{self.label} did not answer in time ({self._host}): it is tried again next pass"
            ) from None
        except TooLarge:
            raise SourceError(
                f"{self.label} sent more than {LARGEST_BODY_BYTES >> 20} MB for {path}: refused"
            ) from None
        except requests.RequestException as error:
            raise self._gone(f"can't reach {self.label} at {self._host} ({_short(error)}): {self._if_gone}") from None
        self._raise_for(response, path)
        if self._calls:
            self._calls.succeeded()
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

    def _followed(
        self, url: str, params: Mapping[str, str | int] | None, headers: Mapping[str, str]
    ) -> requests.Response:
        """The answer after redirects; each of them is a call like any other, and only our host learns our keys."""
        for _ in range(MOST_REDIRECTS + 1):
            ours = urlsplit(url)[:2] == urlsplit(self.base_url)[:2]
            sent: Any = {**headers, **self._secrets} if ours else {**headers, "Authorization": None}
            response = self._session.get(url, params=params, headers=sent, stream=True, allow_redirects=False)
            if not response.is_redirect:
                return response
            url, params = urljoin(url, response.headers["Location"]), None
            if urlsplit(url).scheme not in ("http", "https"):
                raise requests.exceptions.InvalidSchema("redirected to something else than http")
        raise requests.TooManyRedirects

    def _raise_for(self, response: requests.Response, path: str) -> None:
        status = response.status_code
        if status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
            return
        wait = retry_after(response)
        if self._calls:
            if wait:
                reason = f"it answered {path} with status {status} and asked to wait"
                self._calls.pause(datetime.now(UTC) + timedelta(seconds=wait), reason)
            if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                self._calls.failed()
        advice = {
            401: self._without_key or "check its API key and plan",
            402: "the plan does not include this",
            403: self._without_key or "check its API key and plan",
            404: f"check {self._variable}",
            429: f"its rate limit is reached{f', it asks to wait {wait:.0f} s' if wait else ''}: "
            + (self._without_key or "lower the rate limit setting, or use a key"),
        }.get(status, "it is tried again next pass")
        refused = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN)
        failure = RefusedError if refused else SourceError
        raise failure(f"{self.label} answered {path} with status {status}{self._quoted(response)}: {advice}")

    def _quoted(self, response: requests.Response) -> str:
        """What the provider says of a refusal, if it says it in JSON, without our keys."""
        try:
            said = as_object(loads(response.content)) or {}
        except ValueError:
            return ""
        status = as_object(said.get("status")) or as_object((as_object(said.get("error")) or {}).get("status")) or {}
        words = said.get("error") if isinstance(said.get("error"), str) else status.get("error_message")
        if not isinstance(words, str):
            return ""
        for secret in self._secrets.values():
            words = words.replace(secret, "***")
        words = " ".join(words.split())
        return f" ({words[:LONGEST_QUOTE]}{'…' if len(words) > LONGEST_QUOTE else ''})"

    def _gone(self, message: str) -> SourceError:
        self._unreachable = message
        if self._calls:
            self._calls.failed()
        return SourceError(message)


def _met_nobody(error: requests.ConnectionError) -> bool:
    """Whether no connection came about: no such name, refused, or no answer to the attempt to connect."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, ConnectTimeoutError)  # of which urllib3's other two are kinds


def _short(error: requests.RequestException) -> str:
    """The innermost reason of a requests error, in a few words."""
    text = str(error)
    for words in ("Connection refused", "Name or service not known", "Temporary failure in name resolution",
                  "Network is unreachable", "certificate verify failed", "Connection reset"):  # fmt: skip
        if words in text:
            return words.lower()
    return type(error).__name__
