"""`POST /etl/trigger`, and the two paths that older clients use."""

import re
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import problems
from api.context import Context, context_of
from api.etl import queries
from api.etl.prefect import FlowRun
from api.etl.schemas import TriggerBody, Triggered
from api.parameters import Body, NoQuery, documented, read_body, read_query
from api.problems import Problem, invalid
from api.responses import system_answer
from api.security import require_admin_key

FIT_FOR_A_KEY = re.compile(r"[A-Za-z0-9._:-]{1,100}")
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A request that comes again with the key of an earlier one starts nothing: it gets that run",
    "schema": {"type": "string", "pattern": f"^{FIT_FOR_A_KEY.pattern}$"},
}
router = APIRouter(tags=["etl"], dependencies=[Depends(require_admin_key)])


@router.post(
    "/etl/trigger",
    summary="Start a pass",
    operation_id="triggerPass",
    openapi_extra=documented(NoQuery, IDEMPOTENCY_KEY, body=TriggerBody, body_required=False),
    status_code=202,
    response_model=None,
    responses={
        202: {"model": Triggered},
        **problems.documented(
            {
                401: "There is no key",
                403: "The key is wrong",
                400: "The body can't be read",
                409: "A pass is running, or about to: its id is in `run_id`",
                413: "The body is too large",
                422: "A parameter is unknown, the idempotency key malformed, or the body says something else",
                429: "Too many wrong keys",
                503: "Prefect can't be reached",
            }
        ),
    },
)
@router.post("/api/etl/trigger", include_in_schema=False, status_code=202)
@router.post("/trigger-etl", include_in_schema=False, status_code=202)
async def trigger(request: Request, body: Body) -> Response:
    """Start the extract-then-transform deployment in Prefect, for all sources that are on or for those in the body.

    `GET /runs/{run_id}` then tells what has become of it. Needs the admin key.
    """
    read_query(request, NoQuery)
    context = context_of(request)
    key = _idempotency_key(request)
    parameters = _parameters(context, body)
    async with context.prefect.one_at_a_time:
        known = None if key is None else await context.prefect.created_with(key)
        if known is not None:
            return _started(context, request, known)
        running = await run_in_threadpool(_running, context)
        if running is not None:
            raise _already(context, request, running)
        deployment_id = await context.prefect.deployment_id()
        unfinished = await context.prefect.unfinished(deployment_id)
        if unfinished is not None:
            raise _already(context, request, queries.Running(None, unfinished.id))
        run = await context.prefect.create(deployment_id, key, parameters)
        first = await context.prefect.unfinished(deployment_id)  # another process may have looked as we did
        if first is not None and (first.created, first.id) < (run.created, run.id):
            await context.prefect.give_up(run)
            raise _already(context, request, queries.Running(None, first.id))
        return _started(context, request, run)


def _parameters(context: Context, body: bytes) -> dict[str, Any]:
    """What the flow is asked for. Raises a 422 problem for sources that are not on."""
    asked = read_body(body, TriggerBody) if body.strip() else TriggerBody(sources=None)
    if asked.sources is None:
        return {}
    off = [source for source in asked.sources if source not in context.settings.sources]
    if off:
        raise invalid("sources", f"{', '.join(off)} is off: SOURCES has {', '.join(context.settings.sources)}")
    return {"sources": list(dict.fromkeys(asked.sources))}


def _idempotency_key(request: Request) -> str | None:
    given = request.headers.get("idempotency-key")
    if given is not None and not FIT_FOR_A_KEY.fullmatch(given):
        raise invalid("Idempotency-Key", "expected 1 to 100 letters, digits and the signs . _ : -")
    return given


def _started(context: Context, request: Request, run: FlowRun) -> Response:
    link = _prefect_link(context, request, run.id)
    answer = system_answer(
        request,
        {
            "run_id": run.id,
            "prefect_flow_run_id": run.id,
            "status": run.state,
            "links": {"run": f"/runs/{run.id}", "prefect": link, "health": "/health"},
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
    if run_id:
        links["run"] = f"/runs/{run_id}"
    if running.flow_run_id:
        links["prefect"] = _prefect_link(context, request, running.flow_run_id)
    what = "A pass is running already" if running.work == "pass" else f"Something else is writing: {running.work}"
    return Problem(
        409,
        f"{what}{f': {run_id}' if run_id else ''}. Try again when it has ended.",
        headers={"Retry-After": "30"},
        extra={"run_id": run_id, "prefect_flow_run_id": running.flow_run_id, "links": links},
    )


def _prefect_link(context: Context, request: Request, run_id: str) -> str:
    return f"{prefect_ui(context, request)}/runs/flow-run/{run_id}"


def prefect_ui(context: Context, request: Request) -> str:
    """Prefect's pages as this client reaches them: on the host it reached us by."""
    try:
        host = request.url.hostname or context.settings.api_host
    except ValueError:  # whatever a client calls us
        host = context.settings.api_host
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{context.settings.prefect_port}"
