"""The admin key: what it guards, how it is compared, and how often it may be guessed."""

import hmac
import time
from collections import OrderedDict
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import APIKeyHeader
from starlette.types import Scope

from api.clients import client_of
from api.problems import Problem

HEADERS = (b"x-api-key", b"x-scheduler-token")
GUESSES_PER_MINUTE = 100
REMEMBERED_CLIENTS = 10_000
shown_in_docs = APIKeyHeader(name="X-API-Key", scheme_name="Admin key", auto_error=False)


class Keys:
    """Checks the keys that requests carry. With `required`, every path but /health* needs one."""

    def __init__(self, admin_key: str, *, required: bool) -> None:
        self._admin_key = admin_key.encode()
        self._required = required
        self._guesses: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def at_the_door(self, scope: Scope) -> Problem | None:
        """Why a request may not come in at all, or None."""
        path = scope["path"]
        if not self._required or path == "/health" or path.startswith("/health/"):
            return None
        return self.refuse(scope)

    def refuse(self, scope: Scope) -> Problem | None:
        """None with the admin key; a 401 problem without a key, 403 for a wrong one, 429 after too many of those."""
        given = next((value for name, value in scope["headers"] if name in HEADERS), None)
        if not given:
            challenge = {"WWW-Authenticate": 'ApiKey realm="kasparro", header="X-API-Key"'}
            return Problem(401, "This needs the admin key, in the header X-API-Key.", headers=challenge)
        name = client_of(scope)
        used, wait = self._used(name)
        if wait:
            return Problem(429, "Too many wrong keys from this address.", headers={"Retry-After": str(wait)})
        if not hmac.compare_digest(given, self._admin_key):
            self._guesses[name] = (used + 1, time.monotonic())
            return Problem(403, "This is not the admin key.")
        return None

    def _used(self, client: str) -> tuple[float, int]:
        """How many guesses count against a client, and how many seconds it must wait for the next."""
        used, at = self._guesses.pop(client, (0.0, 0.0))
        used = max(0.0, used - (time.monotonic() - at) * GUESSES_PER_MINUTE / 60)
        if used:
            self._guesses[client] = (used, time.monotonic())
        while len(self._guesses) > REMEMBERED_CLIENTS:
            self._guesses.popitem(last=False)
        return used, 0 if used < GUESSES_PER_MINUTE else 1 + int((used - GUESSES_PER_MINUTE) * 60 / GUESSES_PER_MINUTE)


async def require_admin_key(request: Request, _key: Annotated[str | None, Security(shown_in_docs)]) -> None:
    """Dependency of the routes that change something or show the system's inside."""
    keys: Keys = request.app.state.context.keys
    refusal = keys.refuse(request.scope)
    if refusal is not None:
        raise refusal
