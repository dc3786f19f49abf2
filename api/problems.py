"""Errors as `application/problem+json` (RFC 9457): what is wrong, with which parameter, and what to do."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
SCHEMA = {
    "type": "object",
    "description": "What is wrong (RFC 9457); some problems have further members",
    "required": ["type", "title", "status", "detail", "instance", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and what to do"},
        "instance": {"type": "string", "description": "The path asked for"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "One entry per parameter that is wrong",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                    "given": {"type": "string"},
                },
            },
        },
    },
}
SHOWN_INPUT, SHOWN_PATH, SHOWN_ERRORS = 100, 500, 20
IN_WORDS = {
    "extra_forbidden": "unknown parameter",
    "string_pattern_mismatch": "holds characters that can't be in it, such as control characters",
}


class Problem(Exception):
    """An answer that is an error. `errors` name parameters: `[{"field", "message"}]`; `extra` are further members."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


OURS = Problem(500, "Something went wrong on our side. The log has it under this request id.")


def documented(reasons: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """Errors of a route for the documentation: status and when it comes."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": reason, "content": content} for status, reason in reasons.items()}


def invalid(field: str, message: str) -> Problem:
    """A 422 about one parameter."""
    return Problem(422, f"{field}: {message}", errors=[{"field": field, "message": message}])


def render(problem: Problem, path: str, request_id: str) -> Response:
    """The problem as an HTTP answer."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": path[:SHOWN_PATH],
        "request_id": request_id,
        **problem.extra,
    }
    if problem.errors:
        body["errors"] = problem.errors
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(orjson.dumps(body), problem.status, headers, MEDIA_TYPE)


def answer(request: Request, problem: Problem) -> Response:
    """The problem as the answer to a request."""
    return render(problem, request.scope["path"], request.scope["request_id"])


def from_validation(error: RequestValidationError) -> Problem:
    """Pydantic's complaints as a 422, one entry per parameter, in words that name it."""
    errors: list[dict[str, Any]] = []
    complaints = error.errors()
    for complaint in complaints[:SHOWN_ERRORS]:
        place = [str(part) for part in complaint["loc"][1:]]
        message = str(complaint["msg"]).removeprefix("Value error, ")
        message = IN_WORDS.get(complaint["type"], message)
        field, colon, rest = message.partition(": ")
        if (
            not place and colon and complaint["type"] == "value_error"
        ):  # a check over several fields names the one that is wrong
            place, message = [field], rest
        entry: dict[str, Any] = {"field": ".".join(place)[:SHOWN_INPUT] or str(complaint["loc"][0]), "message": message}
        if isinstance(complaint.get("input"), str | int | float):
            entry["given"] = str(complaint["input"])[:SHOWN_INPUT]
        errors.append(entry)
    more = [f"and {len(complaints) - SHOWN_ERRORS} more"] if len(complaints) > SHOWN_ERRORS else []
    detail = "; ".join([*(f"{entry['field']}: {entry['message']}" for entry in errors), *more])
    return Problem(422, detail, errors=errors)


def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return answer(request, error)


def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer(request, from_validation(error))


def on_http(request: Request, error: Exception) -> Response:
    """Starlette's own errors: unknown path, wrong method, body too large."""
    assert isinstance(error, HTTPException)
    path = request.scope["path"][:SHOWN_PATH]
    detail = {
        404: f"There is nothing at {path}. See /docs for what there is.",
        405: f"{request.method} is not possible at {path}.",
    }.get(error.status_code, str(error.detail))
    return answer(request, Problem(error.status_code, detail, headers=error.headers))


def _on_failure(request: Request, _error: Exception) -> Response:
    """A failure of our own: what it was is in the log, where the edge writes it."""
    return answer(request, OURS)


def install(app: FastAPI) -> None:
    """Make every error of the application a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, _on_failure)
