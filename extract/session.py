"""What a client's calls go through, on dlt's requests client: paced, counted, retried with jitter, ended in time."""

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import requests
from dlt.sources.helpers.requests import Client as RetryingClient
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, wait_exponential, wait_random
from tenacity.stop import stop_base
from tenacity.wait import wait_base
from urllib3 import ProxyManager
from urllib3.exceptions import ConnectTimeoutError

from extract.answers import retry_after
from extract.calls import Counting
from extract.deadline import Connections, Deadline, OutOfTimeError

LONGEST_WAIT_SECONDS = 60.0


class Pace(NamedTuple):
    """How often a call is tried, and how many seconds lie between: growing from `backoff`, and up to `jitter` more."""

    attempts: int
    backoff: float
    jitter: float


class RateLimiter:
    """A token bucket: on average `per_second` calls, at most `burst` at once. Shared by threads."""

    def __init__(self, per_second: float, burst: int = 1) -> None:
        self._interval = 1.0 / per_second
        self._burst = burst
        self._ready_at = time.monotonic() - burst * self._interval
        self._lock = threading.Lock()

    def reserve(self) -> float:
        """Take the next call; returns how many seconds to wait before it is made."""
        with self._lock:
            now = time.monotonic()
            self._ready_at = max(self._ready_at, now - self._burst * self._interval) + self._interval
            return max(self._ready_at - now, 0.0)


class Adapter(HTTPAdapter):
    """Takes a token and counts before every attempt, so that retries are paced and counted like first calls.

    All of it ends with the `deadline` of the call.
    """

    def __init__(self, limiter: RateLimiter, calls: Counting | None) -> None:
        self.deadline = Deadline()
        self.connections = Connections()
        self._limiter = limiter
        self._calls = calls
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As requests does it, with connections that can be shut."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self.connections.pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """As requests does it, with connections that can be shut."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if type(manager) is ProxyManager:  # SOCKS has classes of its own
            manager.pool_classes_by_scheme = self.connections.pools
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send when it is allowed. Raises SourceError when it is not, OutOfTimeError when it is too late."""
        if self._calls:
            self._calls.take()
        try:
            self.deadline.sleep(self._limiter.reserve())
            return super().send(request, *args, **kwargs)
        except (requests.ConnectionError, OutOfTimeError) as error:
            if self._calls and (isinstance(error, OutOfTimeError) or _met_nobody(error)):
                self._calls.give_back()
            raise


class _AsksForTooLong(stop_base):
    """Stop when the provider asks to wait longer than a run should last: retrying earlier would only annoy it.

    Nor is a retry waited for that would come after the call's deadline.
    """

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Read the last answer's `Retry-After`."""
        asked = _asked_to_wait(retry_state) or 0
        return asked > LONGEST_WAIT_SECONDS or retry_state.upcoming_sleep > self._adapter.deadline.left()


class _AsLongAsAsked(wait_base):
    """As long as the last answer's `Retry-After` says, else as `other` says. dlt's own takes any header for a time."""

    def __init__(self, other: wait_base) -> None:
        self._other = other

    def __call__(self, retry_state: RetryCallState) -> float:
        """In seconds."""
        asked = _asked_to_wait(retry_state)
        return self._other(retry_state) if asked is None else min(asked, LONGEST_WAIT_SECONDS)


def _asked_to_wait(retry_state: RetryCallState) -> float | None:
    outcome = retry_state.outcome
    answer = None if outcome is None or outcome.failed else outcome.result()
    return retry_after(answer) if isinstance(answer, requests.Response) else None


def session(
    limiter: RateLimiter,
    calls: Counting | None,
    pace: Pace,
    timeout: tuple[float, float],
    is_retried: Callable[[requests.Response | None, BaseException | None], bool] | None,
) -> tuple[requests.Session, Adapter]:
    """A session that tries again after 429, 5xx, an outage, and what else `is_retried`; and its adapter.

    `timeout` is in seconds: to connect, and from one byte to the next.
    """
    made = RetryingClient(
        request_timeout=timeout,
        raise_for_status=False,
        request_max_attempts=pace.attempts,
        retry_condition=is_retried,
    ).session
    adapter = Adapter(limiter, calls)
    retrying: Any = made.send.retry  # type: ignore[attr-defined]
    grown = wait_exponential(multiplier=pace.backoff, max=LONGEST_WAIT_SECONDS)
    retrying.wait = _AsLongAsAsked(grown) + wait_random(0, pace.jitter)
    retrying.stop = retrying.stop | _AsksForTooLong(adapter)
    for scheme in ("http://", "https://"):
        made.mount(scheme, adapter)
    return made, adapter


def _met_nobody(error: requests.ConnectionError) -> bool:
    """Whether no connection came about: no such name, refused, or no answer to the attempt to connect."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, ConnectTimeoutError)  # of which urllib3's other two are kinds
