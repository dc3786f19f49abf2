"""`GET /resolve`, `POST /resolve`."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from api import one, problems
from api.parameters import Body, NoQuery, documented, read_body, read_query
from api.problems import Problem
from api.readmodel.queries import Publication
from api.resolve.answers import resolve
from api.resolve.schemas import BulkAnswer, Questions, ResolveAnswer, ResolveQuery, moment_of

router = APIRouter(prefix="/resolve", tags=["resolve"])


@router.get(
    "",
    summary="Which coin is it?",
    operation_id="resolveOne",
    response_model=None,
    openapi_extra=documented(ResolveQuery),
    responses={
        200: {"model": ResolveAnswer},
        304: {"description": "You have this version already"},
        **problems.documented(
            {
                404: "No coin answers to it",
                422: "A parameter is unknown or malformed, or the question is not one",
                503: "The warehouse is away, or does not hold this yet",
            }
        ),
    },
)
def resolve_one(request: Request) -> Response:
    """The canonical coin behind a source's id, a symbol, a contract, or an id of ours that was merged.

    `canonical_id` is null where several coins answer: a symbol is not an identity. They are all in `matches`.
    """
    query = read_query(request, ResolveQuery)

    def find(connection: Connection, _publication: Publication) -> dict[str, Any]:
        (answer,) = resolve(connection, [query], moment_of(query.as_of))
        if not answer["matches"]:
            when = f" as published at {query.as_of}" if query.as_of else ""
            raise Problem(404, f"No coin answers to this{when}.")
        return answer

    return one.of_marts(request, find)


@router.post(
    "",
    summary="Which coins are they?",
    operation_id="resolveMany",
    response_model=None,
    openapi_extra=documented(NoQuery, body=Questions),
    responses={
        200: {"model": BulkAnswer},
        **problems.documented(
            {
                400: "The body is no JSON that can be read",
                404: "Nothing is published yet",
                413: "The body is too large",
                422: "The body is malformed",
                503: "The warehouse is away, or does not hold this yet",
            }
        ),
    },
)
def resolve_many(request: Request, body: Body) -> Response:
    """Up to 1,000 questions, answered in their order from one published version; one without an answer has no match."""
    read_query(request, NoQuery)
    questions = read_body(body, Questions)
    moment = moment_of(questions.as_of)
    return one.of_marts(request, lambda connection, _: resolve(connection, questions.queries, moment))
