"""`GET /health`, `/health/live`, `/health/ready`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
from anyio import to_thread
from fastapi import APIRouter, Request, Response

from api import problems
from api.context import Context, context_of
from api.database import WarehouseGone
from api.health import judge, queries, schedule
from api.health.schemas import HealthAnswer, LiveAnswer, ReadyAnswer
from api.parameters import NoQuery, documented, read_query
from api.problems import Problem
from api.readmodel.queries import latest_publication
from api.responses import system_answer

PATIENCE_SECONDS = 5.0
UNKNOWN_PARAMETER = problems.documented({422: "A parameter is unknown"})
router = APIRouter(tags=["system"])


@router.get(
    "/health",
    summary="Is the data good?",
    operation_id="getHealth",
    response_model=None,
    openapi_extra=documented(NoQuery),
    responses={
        200: {"model": HealthAnswer},
        503: {"model": HealthAnswer, "description": "The warehouse is gone"},
        **UNKNOWN_PARAMETER,
    },
)
async def health(request: Request) -> Response:
    """`healthy`, `degraded` with which source, why and since when, or 503 `unhealthy` when the warehouse is gone."""
    read_query(request, NoQuery)
    context = context_of(request)
    try:
        outage = context.keeper.outage
        if outage is not None and not outage.reachable:
            raise WarehouseGone(outage.reason)
        with anyio.fail_after(PATIENCE_SECONDS):
            body, still = await to_thread.run_sync(_look, context, abandon_on_cancel=True)
    except (Problem, TimeoutError) as error:
        why = error.reason if isinstance(error, WarehouseGone) else "it does not answer in time"
        return system_answer(request, _unhealthy(context, why), 503)
    if still is not None:
        body["status"] = "degraded"
        body["reasons"].append(await schedule.explained(still, context.prefect))
    return system_answer(request, body)


@router.get(
    "/health/live",
    summary="Does the process live?",
    operation_id="getLiveness",
    response_model=None,
    responses={200: {"model": LiveAnswer}, **UNKNOWN_PARAMETER},
)
async def live(request: Request) -> Response:
    """200 as long as the process answers at all."""
    read_query(request, NoQuery)
    return system_answer(request, {"status": "alive"})


@router.get(
    "/health/ready",
    summary="Can it serve?",
    operation_id="getReadiness",
    response_model=None,
    responses={
        200: {"model": ReadyAnswer},
        503: {"model": ReadyAnswer, "description": "No version in memory yet"},
        **UNKNOWN_PARAMETER,
    },
)
async def ready(request: Request) -> Response:
    """200 while a version can be served, also when the warehouse is gone."""
    read_query(request, NoQuery)
    version = context_of(request).keeper.current.version
    return system_answer(
        request,
        {"status": "ready" if version is not None else "empty", "version": version},
        200 if version else 503,
    )


def _look(context: Context) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Read the ledger and judge; beside it, why the schedule stands still if it does. Blocks on the warehouse."""
    snapshot, outage, settings = (
        context.keeper.current,
        context.keeper.outage,
        context.settings,
    )
    now = datetime.now(UTC)
    with context.database.transaction() as connection:
        sources = judge.watched(settings.sources, queries.sources(connection))
        last_run = queries.last_run(connection)
        last_completed_at = queries.last_completed_at(connection)
        failing = queries.failing(connection)
        publication = latest_publication(connection)
        activity = schedule.activity(connection)
    interval = timedelta(minutes=settings.etl_interval_minutes)
    reasons = judge.reasons(
        sources=sources,
        version=publication.version if publication else None,
        last_completed_at=last_completed_at,
        failing=failing,
        interval=interval,
        now=now,
    )
    if outage is not None:
        reasons.append(judge.reason(f"the published marts can't be read: {outage.reason}", outage.since))
    body = {
        "status": "degraded" if reasons else "healthy",
        "database_connected": True,
        "reasons": reasons,
        "etl_status": judge.etl_status(sources),
        "last_run": last_run,
        "version": snapshot.version,
        "published_at": snapshot.published_at,
        "timestamp": now,
    }
    return body, schedule.stands_still(activity, interval, now)


def _unhealthy(context: Context, why: str) -> dict[str, Any]:
    snapshot, outage = context.keeper.current, context.keeper.outage
    since = outage.since if outage else None
    return {
        "status": "unhealthy",
        "database_connected": False,
        "reasons": [judge.reason(f"the warehouse does not answer: {why}", since)],
        "etl_status": {},
        "last_run": None,
        "version": snapshot.version,
        "published_at": snapshot.published_at,
        "timestamp": datetime.now(UTC),
    }
