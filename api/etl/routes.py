"""`POST /etl/trigger`, and the two paths that older clients use."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import problems
from api.context import Context, context_of
from api.etl import queries
from api.etl.schemas import Triggered
from api.problems import Problem
from api.responses import system_answer
from api.security import require_admin_key

router = APIRouter(tags=["etl"], dependencies=[Depends(require_admin_key)])


@router.post(
    "/etl/trigger",
    summary="Start a pass",
    status_code=202,
    response_model=None,
    responses={
        202: {"model": Triggered},
        **problems.documented(
            {
                401: "There is no key",
                403: "The key is wrong",
                409: "A pass is running: its id is in `run_id`",
                503: "Prefect can't be reached",
            }
        ),
    },
)
@router.post("/api/etl/trigger", include_in_schema=False, status_code=202)
@router.post("/trigger-etl", include_in_schema=False, status_code=202)
async def trigger(request: Request) -> Response:
    """Start the extract-then-transform deployment in Prefect. Needs the admin key."""
    context = context_of(request)
    async with context.prefect.one_at_a_time:
        running = await run_in_threadpool(_running, context)
        if running is not None:
            raise _already(context, request, running)
        deployment_id = await context.prefect.deployment_id()
        unfinished = await context.prefect.unfinished(deployment_id)
        if unfinished is not None:
            raise _already(context, request, queries.Running(None, unfinished.id))
        run = await context.prefect.create(deployment_id)
    link = _prefect_link(context, request, run.id)
    answer = system_answer(
        request,
        {
            "run_id": run.id,
            "status": run.state,
            "links": {"prefect": link, "health": "/health"},
        },
        202,
    )
    answer.headers["Location"] = link
    return answer


def _running(context: Context) -> queries.Running | None:
    """The pass that holds the warehouse; None also while the warehouse is away, for Prefect decides then."""
    try:
        with context.database.transaction() as connection:
            return queries.running(connection)
    except Problem:
        return None


def _already(context: Context, request: Request, running: queries.Running) -> Problem:
    run_id = running.flow_run_id or running.run_id
    links = {"health": "/health"}
    if running.flow_run_id:
        links["prefect"] = _prefect_link(context, request, running.flow_run_id)
    return Problem(
        409,
        f"A pass is running already{f': {run_id}' if run_id else ''}.",
        extra={"run_id": run_id, "links": links},
    )


def _prefect_link(context: Context, request: Request, run_id: str) -> str:
    return f"{prefect_ui(context, request)}/runs/flow-run/{run_id}"


def prefect_ui(context: Context, request: Request) -> str:
    """Prefect's pages as this client reaches them: on the host it reached us by."""
    host = request.url.hostname or context.settings.api_host
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{context.settings.prefect_port}"
