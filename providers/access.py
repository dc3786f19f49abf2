"""Who may ask, and how often: API keys and rate limits, each refusal in the provider's shape. Off unless configured."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from providers.messages import Answer, Body, ProviderName, Request, answer

RetryAfter = Literal["seconds", "date", "none"]

CLOUDFLARE_1015 = (
    b'<!DOCTYPE html>\n<html lang="en-US">\n<head><title>Access denied | Cloudflare restricts access</title></head>\n'
    b"<body><h1><span>Error</span> <span>1015</span></h1><h2>You are being rate limited</h2>\n"
    b"<p>The owner of this website has banned you temporarily from accessing this website.</p></body>\n</html>\n"
)
COINGECKO_429 = {
    "status": {
        "error_code": 429,
        "error_message": "You've exceeded the Rate Limit. Please visit https://www.coingecko.com/en/api/pricing to "
        "subscribe to our API plans for higher rate limits.",
    }
}
COINPAPRIKA_429 = {"error": "you have reached maximum request limit"}


class Access(BaseModel):
    """One provider's door. Without a key or a limit it is open.

    `plan` says which CoinGecko base this is, and so which header carries its key. A CoinPaprika with a key is the paid
    one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: str | None = None
    plan: Literal["demo", "pro"] = "demo"
    per_minute: float | None = Field(default=None, gt=0)
    retry_after: RetryAfter = "seconds"


Doors = Mapping[ProviderName, Access]


def too_many_requests(provider: ProviderName, wait: float, form: RetryAfter, html: bool = False) -> Answer:
    """The provider's 429, to be retried after `wait` seconds; as Cloudflare's page when `html`."""
    headers = {"Cache-Control": "no-cache"} | retry_after(wait, form)
    if html or provider == "rss":
        return Answer(429, Body(CLOUDFLARE_1015), "text/html; charset=UTF-8", headers)
    refusal = answer(429, COINGECKO_429 if provider == "coingecko" else COINPAPRIKA_429)
    return Answer(429, refusal.body, headers=headers)


def retry_after(wait: float, form: RetryAfter) -> dict[str, str]:
    """The Retry-After header in seconds or as an HTTP date, rounded up; nothing for `none`."""
    seconds = -int(-wait // 1)
    if form == "date":
        at = datetime.now(UTC) + timedelta(seconds=seconds + 1)
        return {"Retry-After": format_datetime(at.replace(microsecond=0), usegmt=True)}
    return {"Retry-After": str(seconds)} if form == "seconds" else {}


@dataclass
class Doorkeeper:
    """Checks keys, and counts each provider's requests of the last minute."""

    doors: Doors
    clock: Callable[[], float] = time.monotonic
    _served: dict[ProviderName, deque[float]] = field(default_factory=dict[ProviderName, deque[float]])

    def refusal(self, request: Request) -> Answer | None:
        """Why this request is turned away, or None when it may pass."""
        door = self.doors.get(request.provider)
        if door is None:
            return None
        return _key_refusal(request, door) or self._rate_refusal(request, door)

    def is_paid(self, provider: ProviderName) -> bool:
        """Whether requests that pass this door are a paying customer's."""
        door = self.doors.get(provider)
        return bool(door and door.api_key)

    def _rate_refusal(self, request: Request, door: Access) -> Answer | None:
        if door.per_minute is None:
            return None
        now = self.clock()
        served = self._served.setdefault(request.provider, deque())
        while served and served[0] <= now - 60:
            served.popleft()
        if len(served) >= door.per_minute:
            return too_many_requests(request.provider, served[0] + 60 - now, door.retry_after)
        served.append(now)
        return None


def _key_refusal(request: Request, door: Access) -> Answer | None:
    if door.api_key is None:
        return None
    if request.provider == "coinpaprika":
        known = request.headers.get("authorization") == door.api_key
        return None if known else answer(403, {"error": "invalid API key"})
    return _coingecko_key_refusal(request, door) if request.provider == "coingecko" else None


def _coingecko_key_refusal(request: Request, door: Access) -> Answer | None:
    """CoinGecko's codes: 10002 no key, 10010 and 10011 a key on the wrong base, 401 for a wrong one."""
    given = {
        plan: request.headers.get(f"x-cg-{plan}-api-key") or request.query.get(f"x_cg_{plan}_api_key")
        for plan in ("demo", "pro")
    }
    other = "pro" if door.plan == "demo" else "demo"
    if given[door.plan] == door.api_key:
        return None
    if given[door.plan]:
        return _coingecko_status(401, 401, "Invalid API Key")
    if given[other]:
        code, roots = (
            (10010, "api.coingecko.com to pro-api") if other == "pro" else (10011, "pro-api.coingecko.com to api")
        )
        message = f"If you are using {other.title()} API key, please change your root URL from {roots}.coingecko.com"
        return _coingecko_status(400, code, message)
    return _coingecko_status(401, 10002, "API Key Missing")


def _coingecko_status(status: int, code: int, message: str) -> Answer:
    return answer(status, {"status": {"error_code": code, "error_message": message}})
