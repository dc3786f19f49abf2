"""`GET /data`."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import problems
from api.data import listing, plain
from api.data.schemas import DataAnswer, DataQuery, View
from api.lean import LeanRoute
from api.parameters import documented, read_query

router = APIRouter(tags=["data"], route_class=LeanRoute)


@router.get(
    "/data",
    summary="Coins, quotes, articles",
    response_model=None,
    openapi_extra=documented(DataQuery),
    responses={
        200: {"model": DataAnswer},
        304: {"description": "You have this version already"},
        **problems.documented(
            {
                410: "The version that the cursor walks is no longer kept",
                422: "A parameter is unknown, malformed, or does not fit the others",
                503: "The warehouse is away (the plain view is answered all the same)",
            }
        ),
    },
)
async def data(request: Request) -> Response:
    """One row per coin. With `source`: that source's latest quote per coin. With dates: quotes in that window.

    With `source=rss`: news articles. Every page is of one published version of the marts, named in `meta`.
    """
    query = read_query(request, DataQuery)
    if query.view is View.COINS:
        return plain.answer(request, query)
    return await run_in_threadpool(listing.answer, request, query)
