"""`GET /stats`."""

from fastapi import APIRouter, Request, Response

from api import problems
from api.context import context_of
from api.parameters import documented, read_query
from api.readmodel.queries import latest_publication
from api.responses import system_answer
from api.stats import queries
from api.stats.schemas import StatsAnswer, StatsQuery

router = APIRouter(tags=["system"])
NOTHING = {"coins": 0, "listings": 0, "quotes": 0, "articles": 0}


@router.get(
    "/stats",
    summary="Totals and runs",
    operation_id="getStats",
    response_model=None,
    openapi_extra=documented(StatsQuery),
    responses={
        200: {"model": StatsAnswer},
        **problems.documented({422: "A parameter is unknown or malformed", 503: "The warehouse is away"}),
    },
)
def stats(request: Request) -> Response:
    """Rows in the published marts, a summary of each source's runs, the newest runs, and each source's part in them.

    Blocks on the warehouse.
    """
    query = read_query(request, StatsQuery)
    context = context_of(request)
    with context.database.transaction() as connection:
        publication = latest_publication(connection)
        if publication is None:
            totals = NOTHING
        else:
            totals = context.counts.of((publication.tag, "totals"), lambda: queries.totals(connection))
        summary = queries.summary(connection, query.source)
        runs = queries.runs(connection, query.source, query.limit)
        recent = queries.recent_runs(connection, query.source, query.limit)
    return system_answer(request, {"totals": totals, "summary": summary, "recent_runs": recent, "runs": runs})
