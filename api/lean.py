"""The hot path: routes whose endpoint takes the request and gives the response, with nothing to solve in between.

They are FastAPI routes, documented like any other. `Direct` answers them itself, and leaves the rest to FastAPI, whose
stack would cost as much again as the answer.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from api import problems

Endpoint = Callable[[Request], Awaitable[Response]]


class LeanRoute(APIRoute):
    """A GET route of a fixed path. Raises TypeError for an endpoint that takes more than the request."""

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.direct: Endpoint = endpoint
        needs = self.dependant
        if needs.dependencies or needs.path_params or needs.query_params or needs.header_params or needs.body_params:
            raise TypeError(f"{path}: a lean endpoint takes the request and nothing else")


class Direct:
    """Answers the lean routes of an application; everything else goes through the application."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._routes = {route.path: route for route in app.routes if isinstance(route, LeanRoute)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        route = self._routes.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["app"] = self._app
        scope["route"] = route
        request = Request(scope, receive, send)
        try:
            response = await route.direct(request)
        except problems.Problem as problem:
            response = problems.answer(request, problem)
        except RequestValidationError as error:
            response = problems.answer(request, problems.from_validation(error))
        await response(scope, receive, send)
