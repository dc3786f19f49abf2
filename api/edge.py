"""The outermost layer: every request gets an id, a clock, a log line and a count, and every failure an answer.

One ASGI function instead of a stack of middlewares: at thousands of requests a second each layer shows.
"""

import logging
import re
import time
from collections.abc import Callable
from random import getrandbits

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import accesslog, bounds
from api.limits import RateLimit
from api.metrics.instruments import observe
from api.problems import OURS, Problem, render

SANE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
# for answers that are not pages; the dashboard sets its own
API_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]

log = logging.getLogger("api")
Guard = Callable[[Scope], Problem | None]


class Edge:
    """Wraps `served`, the application in its layers. `limit` and `guard` may refuse a request before it gets in."""

    def __init__(self, served: ASGIApp, app: FastAPI, guard: Guard, limit: RateLimit) -> None:
        self.app = app
        self._served = served
        self._guard = guard
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._served(scope, receive, send)
            return
        scope["started"] = started = time.perf_counter()
        scope["request_id"] = request_id = _request_id(scope)
        method = scope["method"]
        if method == "HEAD":  # routes know GET; the server leaves the body out by its own record of the method
            scope = {**scope, "method": "GET", "only_head": True}
        if len(scope["path"]) > 1 and scope["path"].endswith("/"):
            scope = {**scope, "path": scope["path"].rstrip("/") or "/"}
        status = 0
        limits, refusal = self._limit.take(scope)

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                    *ALWAYS,
                    *limits,
                ]
                if not any(name == API_POLICY[0] for name, _ in headers):
                    headers.append(API_POLICY)
                message = {**message, "headers": headers}
            await send(message)

        try:
            refusal = refusal or bounds.refuse(scope) or self._guard(scope)
            if refusal is not None:
                await render(refusal, scope["path"], request_id)(scope, receive, send_marked)
            else:
                await self._served(scope, receive, send_marked)
        except Exception:
            log.exception("%s %s failed", method, scope["path"], extra={"request_id": request_id})
            if not status:
                await render(OURS, scope["path"], request_id)(scope, receive, send_marked)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "unmatched")
            observe(method, route, status, seconds)
            accesslog.write(scope, method, status, seconds)


def _request_id(scope: Scope) -> str:
    """The caller's X-Request-ID when it is fit for logs and headers, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and SANE_ID.fullmatch(value):
            return value.decode()
    return f"{getrandbits(128):032x}"
