"""The admin key: what it guards, and how it is compared."""

import hmac
from collections.abc import Callable
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import APIKeyHeader
from starlette.types import Scope

from api.context import context_of
from api.problems import Problem

HEADERS = (b"x-api-key", b"x-scheduler-token")


def refuse_key(scope: Scope, admin_key: str) -> Problem | None:
    """None when the request carries the admin key; a 401 problem without a key, a 403 for the wrong one."""
    given = next((value for name, value in scope["headers"] if name in HEADERS), None)
    if not given:
        return Problem(
            401,
            "This needs the admin key, in the header X-API-Key.",
            headers={"WWW-Authenticate": 'ApiKey realm="kasparro", header="X-API-Key"'},
        )
    if not hmac.compare_digest(given, admin_key.encode()):
        return Problem(403, "This is not the admin key.")
    return None


shown_in_docs = APIKeyHeader(name="X-API-Key", scheme_name="Admin key", auto_error=False)


async def require_admin_key(request: Request, _key: Annotated[str | None, Security(shown_in_docs)]) -> None:
    """Dependency of the routes that change something or show the system's inside."""
    refusal = refuse_key(request.scope, context_of(request).admin_key)
    if refusal is not None:
        raise refusal


def guard(admin_key: str, *, require_key: bool) -> Callable[[Scope], Problem | None]:
    """The check at the door: with `API_REQUIRE_KEY` nothing but /health* is answered without the key."""

    def check(scope: Scope) -> Problem | None:
        path = scope["path"]
        if not require_key or path == "/health" or path.startswith("/health/"):
            return None
        return refuse_key(scope, admin_key)

    return check
