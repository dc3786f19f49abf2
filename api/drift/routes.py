"""`GET /drift`."""

from fastapi import APIRouter, Request, Response

from api.drift.schemas import DriftEvent, DriftQuery
from api.lists import answer as lists
from api.lists.conditions import Conditions
from api.lists.documentation import of_list
from api.lists.schemas import SystemList
from api.parameters import documented, read_query

router = APIRouter(tags=["quality"])


@router.get(
    "/drift",
    summary="What changed in what providers send",
    operation_id="listDrift",
    response_model=None,
    openapi_extra=documented(DriftQuery),
    responses=of_list(SystemList[DriftEvent], marts=False),
)
def drift(request: Request) -> Response:
    """Fields that were added, went missing, changed type or name, and jumps in their content; the newest first."""
    query = read_query(request, DriftQuery)
    conditions = Conditions()
    for name in ("source", "kind", "severity"):
        conditions.equal(f"row_of.{name}", name, getattr(query, name))
    return lists.of_table(request, query, "ops.schema_drift_events", conditions, "last_seen_at", "timestamptz")
