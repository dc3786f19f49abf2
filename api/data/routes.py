"""`GET /data`."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.data import listing, plain
from api.data.schemas import DataAnswer, DataQuery, View
from api.lean import LeanRoute
from api.lists import formats
from api.lists.documentation import of_list
from api.parameters import documented, read_query

router = APIRouter(tags=["data"], route_class=LeanRoute)


@router.get(
    "/data",
    summary="Coins, quotes, articles",
    operation_id="getData",
    response_model=None,
    openapi_extra=documented(DataQuery),
    responses=of_list(DataAnswer, _410="The version that the cursor walks is no longer kept"),
)
async def data(request: Request) -> Response:
    """One row per coin. With `source`: that source's latest quote per coin. With dates: quotes in that window.

    With `source=rss`: news articles. Every page is of one published version of the marts, named in `meta`.
    """
    query = read_query(request, DataQuery)
    if query.view is not View.COINS:
        return await run_in_threadpool(listing.answer, request, query)
    name = formats.wanted(request, query.format)
    if name == "json":
        return plain.answer(request, query, name)
    return await run_in_threadpool(plain.answer, request, query, name)
