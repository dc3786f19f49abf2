"""One HTTP client per source, on dlt's requests client: paced, counted, retried with jitter, plain about faults.

What a provider says is taken seriously: a long `Retry-After` ends the run's calls and those of the next runs until
then, for a day at most; a plan's or key's refusal is not retried. Whatever else it sends is a SourceError, too, and
comes within the call's limit.
"""

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import psycopg2
import requests

from extract import configuration
from extract.answers import (
    LARGEST_BODY_BYTES,
    TooLarge,
    is_broken_json,
    read_bounded,
    refusal_inside,
    refused,
    retry_after,
    words_of_wait,
)
from extract.calls import LONGEST_ASKED_PAUSE, Counting
from extract.deadline import Deadline, OutOfTimeError
from extract.errors import RefusedError, SourceError
from extract.records import Origin, loads
from extract.session import Pace, RateLimiter, session
from kasparro.shell import proxies_for

configuration.use()

__all__ = ["Answer", "Client", "RateLimiter", "SourceError"]

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
CALL_SECONDS = 120.0
"""A call with all that belongs to it: looking up the name, connecting, redirects, the whole answer, retries."""

ATTEMPTS = 4
BACKOFF_SECONDS = 0.5
JITTER_SECONDS = 0.5
MOST_REDIRECTS = 5
LONGEST_QUOTE = 200
USER_AGENT = "kasparro/0.1 (+https://github.com/kasparro/kasparro)"


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


class Client:
    """GETs from one provider. `label` names it in messages; `base_url_variable` is the setting to look at.

    `is_stand_in` says that it is one of a demo's own, which runs while the demo does. `secrets` are headers that only
    the provider's own host gets, and whose values no message shows. `without_key` says how to come by a key, where
    there is none and the provider may want one. Once the provider could not be reached, the client does not try again.
    A call lasts `seconds` (CALL_SECONDS) at most, and none goes on after `until`, a moment of `time.monotonic()` at
    which its source's time is over.
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
        seconds: float | None = None,
        until: float = math.inf,
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
        self._seconds = CALL_SECONDS if seconds is None else seconds
        self._until = until
        pace = Pace(ATTEMPTS, BACKOFF_SECONDS, JITTER_SECONDS)
        retried = is_broken_json if json else None
        self._session, self._adapter = session(limiter, calls, pace, (CONNECT_SECONDS, READ_SECONDS), retried)
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **(headers or {})})
        self._session.hooks["response"] = [read_bounded, *([refusal_inside] if json else [])]
        self._session.auth = lambda request: request  # else requests looks for a login in the user's ~/.netrc

    def get(self, path: str, params: Mapping[str, str | int] | None = None, **headers: str) -> Answer:
        """GET `base_url + path`.

        Returns the answer for 200 and 304. Raises SourceError for everything else, after the retries.
        """
        if self._unreachable:
            raise SourceError(self._unreachable)
        request_id = uuid.uuid4().hex
        try:
            response = self._in_time(self.base_url + path, params, headers)
            self._raise_for(response, path)
        except (SourceError, psycopg2.Error):
            raise
        except requests.Timeout:
            raise self._gone(
                f"{self.label} did not answer in time ({self._host}): it is tried again next pass"
            ) from None
        except TooLarge:
            raise SourceError(
                f"{self.label} sent more than {LARGEST_BODY_BYTES >> 20} MB for {path}: refused"
            ) from None
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            raise self._gone(f"can't reach {self.label} at {self._host} ({_short(error)}): {self._if_gone}") from None
        except Exception as error:  # whatever a server sends, it is its own error and nobody else's
            raise self._failed(
                f"{self.label} answered {path} with something that can't be followed or read ({_short(error)}): "
                f"check {self._variable}"
            ) from error
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

    def _in_time(self, url: str, *request: Any) -> requests.Response:
        """The answer after redirects. Raises SourceError when it is not whole within the call's limit."""
        deadline = self._adapter.deadline = Deadline(self._seconds, self._until)
        try:
            return deadline.call(partial(self._followed, url, *request))
        except OutOfTimeError as error:
            self._adapter.connections.shut()
            if not error.of_source:
                raise self._gone(
                    f"{self.label} did not answer in time ({self._host}): its answer was not whole after "
                    f"{self._seconds:.0f} s, it is tried again next run"
                ) from None
            self._unreachable = (
                f"{self.label} took more time than a run waits for a source: what had come is kept, the rest is read "
                "next run, or raise SOURCE_TIMEOUT_SECONDS"
            )
            raise SourceError(self._unreachable) from None

    def _followed(
        self, url: str, params: Mapping[str, str | int] | None, headers: Mapping[str, str]
    ) -> requests.Response:
        """The answer after redirects; each of them is a call like any other, and only our host learns our keys."""
        for _ in range(MOST_REDIRECTS + 1):
            ours = urlsplit(url)[:2] == urlsplit(self.base_url)[:2]
            sent: Any = {**headers, **self._secrets} if ours else {**headers, "Authorization": None}
            response = self._session.get(
                url, params=params, headers=sent, proxies=proxies_for(url), stream=True, allow_redirects=False
            )
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
                reason = f"it answered {path} with status {status} and asked to wait {words_of_wait(wait)}"
                self._calls.pause(datetime.now(UTC) + min(timedelta(seconds=wait), LONGEST_ASKED_PAUSE), reason)
            if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                self._calls.failed()
        advice = {
            401: self._without_key or "check its API key and plan",
            402: "the plan does not include this",
            403: self._without_key or "check its API key and plan",
            404: f"check {self._variable}",
            429: f"its rate limit is reached{f', it asks to wait {words_of_wait(wait)}' if wait else ''}: "
            + (self._without_key or "lower the rate limit setting, or use a key"),
        }.get(status, "it is tried again next pass")
        by_plan = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN)
        failure = RefusedError if by_plan else SourceError
        raise failure(f"{self.label} answered {path} with status {status}{self._quoted(response)}: {advice}")

    def _quoted(self, response: requests.Response) -> str:
        """What the provider says of a refusal, if it says it in JSON, without our keys."""
        try:
            found = refused(loads(response.content))
        except ValueError:
            return ""
        words = found[1] if found else None
        if not words:
            return ""
        for secret in self._secrets.values():
            words = words.replace(secret, "***")
        words = " ".join(words.split())
        return f" ({words[:LONGEST_QUOTE]}{'…' if len(words) > LONGEST_QUOTE else ''})"

    def _gone(self, message: str) -> SourceError:
        self._unreachable = message
        return self._failed(message)

    def _failed(self, message: str) -> SourceError:
        if self._calls:
            self._calls.failed()
        return SourceError(message)


def _short(error: Exception) -> str:
    """The innermost reason of an error, in a few words."""
    text = str(error)
    for words in ("Connection refused", "Name or service not known", "Temporary failure in name resolution",
                  "Network is unreachable", "certificate verify failed", "Connection reset"):  # fmt: skip
        if words in text:
            return words.lower()
    return type(error).__name__
