"""Starlette's middlewares, each only around the requests it is for: at thousands a second every layer shows."""

from collections.abc import Callable

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

GZIP_LEVEL = 5  # of level 9's gain nearly all, at a third of its time
SMALLEST_GZIP = 1000
LARGEST_BODY = 256 * 1024


class Sometimes:
    """Sends a request through a layer when `applies` says so, else around it."""

    def __init__(self, app: ASGIApp, layer: Callable[[ASGIApp], ASGIApp], applies: Callable[[Scope], bool]) -> None:
        self._app = app
        self._layered = layer(app)
        self._applies = applies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        through = scope["type"] == "http" and self._applies(scope)
        await (self._layered if through else self._app)(scope, receive, send)


def gzip(app: ASGIApp) -> ASGIApp:
    """Compress answers."""
    return GZipMiddleware(app, minimum_size=SMALLEST_GZIP, compresslevel=GZIP_LEVEL)


def takes_gzip(scope: Scope) -> bool:
    """Whether the client asks for compression."""
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])


def cors(app: ASGIApp) -> ASGIApp:
    """Let pages of other origins read: GET only, and never with credentials of the browser's."""
    return CORSMiddleware(
        app,
        allow_origins=["*"],
        allow_methods=["GET"],
        allow_headers=["X-API-Key", "X-Request-ID", "If-None-Match"],
        expose_headers=["ETag", "Link", "RateLimit", "RateLimit-Policy", "Retry-After", "Warning", "X-Request-ID"],
    )


def is_cross_origin_read(scope: Scope) -> bool:
    """Whether a page of another origin may be asking to read."""
    return scope["method"] in ("GET", "OPTIONS") and any(name == b"origin" for name, _ in scope["headers"])


def bounded_body(app: ASGIApp) -> ASGIApp:
    """Refuse large bodies with 413."""
    return RequestBodyLimitMiddleware(app, max_body_size=LARGEST_BODY)


def may_have_body(scope: Scope) -> bool:
    """Whether a body may come."""
    return scope["method"] not in ("GET", "OPTIONS")
