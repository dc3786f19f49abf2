"""`GET /runs`, `GET /runs/{run_id}`, `POST /compare-runs`."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import one, problems
from api.context import Context, context_of
from api.lists import answer as lists
from api.lists.documentation import of_list
from api.lists.schemas import SystemList
from api.parameters import Body, NoQuery, documented, read_body, read_query
from api.problems import Problem, invalid
from api.runs import queries
from api.runs.compare import compare
from api.runs.schemas import RUN_ID, CompareAnswer, Run, RunAnswer, RunsQuery, RunsToCompare
from api.security import require_admin_key

router = APIRouter(tags=["runs"], dependencies=[Depends(require_admin_key)])
OUTSIDE_THE_LEDGER = {
    "SCHEDULED": "scheduled", "COMPLETED": "skipped", "FAILED": "failed", "CRASHED": "crashed",
    "CANCELLED": "cancelled", "CANCELLING": "cancelled",
}  # fmt: skip
"""By Prefect's type of state: what a pass is that has not come to the ledger."""
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
async def one_run(request: Request) -> Response:
    """A pass, each of its sources, and what was odd about it, by its id or by that of Prefect's run.

    One that Prefect has, and that has not begun, is told, too. Needs the admin key.
    """
    read_query(request, NoQuery)
    run_id = read_run_id(str(request.path_params["run_id"]), "run_id")
    context = context_of(request)
    found = await run_in_threadpool(_in_ledger, context, run_id) or await _in_prefect(context, run_id)
    if found is None:
        raise Problem(404, f"There is no run {run_id}. /runs lists them.")
    return one.of_system(request, found)


def _in_ledger(context: Context, run_id: str) -> dict[str, Any] | None:
    with context.database.transaction() as connection:
        return queries.run(connection, run_id)


async def _in_prefect(context: Context, run_id: str) -> dict[str, Any] | None:
    """A pass that is not in the ledger; None also while Prefect is away, for it need not run."""
    try:
        run = await context.prefect.pass_with(run_id)
    except Problem:
        return None
    return None if run is None else queries.not_begun(run.id, OUTSIDE_THE_LEDGER.get(run.type, "pending"), run.message)


@router.post(
    "/compare-runs",
    summary="How two passes differ",
    operation_id="compareRuns",
    response_model=None,
    openapi_extra=documented(NoQuery, body=RunsToCompare),
    responses={
        200: {"model": CompareAnswer},
        **problems.documented(
            {
                400: "The body is no JSON that can be read",
                401: "There is no key",
                403: "The key is wrong",
                404: "There is no such run",
                413: "The body is too large",
                422: "The body is malformed",
                429: "Too many wrong keys",
                503: "The warehouse is away",
            }
        ),
    },
)
def compare_two(request: Request, body: Body) -> Response:
    """Both runs, their differences, and what is unusual about the second beside the first. Needs the admin key."""
    read_query(request, NoQuery)
    asked = read_body(body, RunsToCompare)
    with context_of(request).database.transaction() as connection:
        found = {str(run_id): queries.run(connection, str(run_id)) for run_id in (asked.run_id_1, asked.run_id_2)}
    for run_id, run in found.items():
        if run is None:
            raise Problem(404, f"There is no run {run_id}. /runs lists them.")
    first, second = found[str(asked.run_id_1)], found[str(asked.run_id_2)]
    assert first is not None
    assert second is not None
    return one.flat(request, compare(first, second))


def read_run_id(given: str, field: str) -> str:
    """A run's id as the ledger has it. Raises a 422 problem for what is none."""
    try:
        return str(UUID(given))
    except ValueError:
        raise invalid(field, "expected the id of a run, like 00000000-0000-0000-0000-000000000000") from None
