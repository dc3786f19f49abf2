"""Starlette's middlewares, each only around the requests it is for: at thousands a second every layer shows."""

from collections.abc import Callable

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import negotiation
from api.problems import Problem, render

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


class InProblems:
    """Around a layer that refuses requests in plain text of its own: its errors become problems with `detail`."""

    def __init__(self, app: ASGIApp, detail: str) -> None:
        self._app = app
        self._detail = detail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        refused: int | None = None
        kept: dict[str, str] = {}

        async def send_problem(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] >= 400:
                kept.update({name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]})
                if kept.pop("content-type", "").startswith("text/plain"):
                    kept.pop("content-length", None)
                    refused = message["status"]
            if refused is None:
                await send(message)
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                problem = Problem(refused, self._detail, headers=kept)
                await render(problem, scope["path"], scope["request_id"])(scope, receive, send)

        await self._app(scope, receive, send_problem)


def gzip(app: ASGIApp) -> ASGIApp:
    """Compress answers. Starlette's own middleware looks for the letters `gzip`: `takes_gzip` reads the header."""

    async def compressed(scope: Scope, receive: Receive, send: Send) -> None:
        await GZipResponder(app, SMALLEST_GZIP, GZIP_LEVEL)(scope, receive, send)

    return compressed


def takes_gzip(scope: Scope) -> bool:
    """Whether the client asks for compression."""
    given = [value for name, value in scope["headers"] if name == b"accept-encoding"]
    return bool(given) and negotiation.takes_gzip(b",".join(given))


def cors(app: ASGIApp) -> ASGIApp:
    """Let pages of other origins read: GET only, and never with credentials of the browser's."""
    layer = CORSMiddleware(
        app,
        allow_origins=["*"],
        allow_methods=["GET"],
        allow_headers=["X-API-Key", "X-Request-ID", "If-None-Match"],
        expose_headers=["ETag", "Link", "RateLimit", "RateLimit-Policy", "Retry-After", "Warning", "X-Request-ID"],
    )
    return InProblems(layer, "Pages of other origins may read: with GET, and no other headers than those allowed.")


def is_cross_origin_read(scope: Scope) -> bool:
    """Whether a page of another origin may be asking to read."""
    return scope["method"] in ("GET", "OPTIONS") and any(name == b"origin" for name, _ in scope["headers"])


def bounded_body(app: ASGIApp) -> ASGIApp:
    """Refuse large bodies with 413."""
    return InProblems(
        RequestBodyLimitMiddleware(app, max_body_size=LARGEST_BODY),
        f"The body is too large: {LARGEST_BODY} bytes are possible.",
    )


def may_have_body(scope: Scope) -> bool:
    """Whether a body may come."""
    return scope["method"] not in ("GET", "OPTIONS")
