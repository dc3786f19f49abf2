"""`GET /runs`, `GET /runs/{run_id}`."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from api import one, problems
from api.context import context_of
from api.lists import answer as lists
from api.lists.documentation import of_list
from api.lists.schemas import SystemList
from api.parameters import NoQuery, documented, read_query
from api.problems import Problem, invalid
from api.runs import queries
from api.runs.schemas import RUN_ID, Run, RunAnswer, RunsQuery
from api.security import require_admin_key

router = APIRouter(tags=["runs"], dependencies=[Depends(require_admin_key)])
KEY = {"_401": "There is no key", "_403": "The key is wrong", "_429": "Too many wrong keys"}


@router.get(
    "/runs",
    summary="Passes",
    operation_id="listRuns",
    response_model=None,
    openapi_extra=documented(RunsQuery),
    responses=of_list(SystemList[Run], marts=False, **KEY),
)
def runs(request: Request) -> Response:
    """Every pass, newest first. Needs the admin key."""
    query = read_query(request, RunsQuery)
    return lists.of_system(request, query, queries.runs(query.status, query.trigger))


@router.get(
    "/runs/{run_id}",
    summary="One pass",
    operation_id="getRun",
    response_model=None,
    openapi_extra=documented(NoQuery, RUN_ID),
    responses={
        200: {"model": RunAnswer},
        **problems.documented(
            {
                401: "There is no key",
                403: "The key is wrong",
                404: "There is no such run",
                422: "The id is malformed",
                429: "Too many wrong keys",
                503: "The warehouse is away",
            }
        ),
    },
)
def one_run(request: Request) -> Response:
    """A pass, each of its sources, and what was odd about it. Needs the admin key."""
    read_query(request, NoQuery)
    run_id = read_run_id(str(request.path_params["run_id"]), "run_id")
    with context_of(request).database.transaction() as connection:
        found = queries.run(connection, run_id)
    if found is None:
        raise Problem(404, f"There is no run {run_id}. /runs lists them.")
    return one.of_system(request, found)


def read_run_id(given: str, field: str) -> str:
    """A run's id as the ledger has it. Raises a 422 problem for what is none."""
    try:
        return str(UUID(given))
    except ValueError:
        raise invalid(field, "expected the id of a run, like 00000000-0000-0000-0000-000000000000") from None
