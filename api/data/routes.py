"""`GET /data`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.data import listing, plain
from api.data.schemas import DataAnswer, DataQuery, View
from api.problems import refuse_repeated

router = APIRouter(tags=["data"])


@router.get(
    "/data",
    summary="Coins, quotes, articles",
    response_model=None,
    responses={
        200: {"model": DataAnswer},
        304: {"description": "You have this version already"},
    },
)
async def data(request: Request, query: Annotated[DataQuery, Query()]) -> Response:
    """One row per coin. With `source`: that source's latest quote per coin. With dates: quotes in that window.

    With `source=rss`: news articles. Every page is of one published version of the marts, named in `meta`.
    """
    refuse_repeated(request)
    if query.view is View.COINS:
        return plain.answer(request, query)
    return await run_in_threadpool(listing.answer, request, query)
