"""`GET /identity/quality`, `GET /identity/review`."""

from fastapi import APIRouter, Request, Response

from api.identity.schemas import Doubt, Quality
from api.lists import answer as lists
from api.lists.conditions import Conditions
from api.lists.documentation import of_list
from api.lists.page import Page
from api.lists.schemas import SystemList
from api.parameters import documented, read_query

router = APIRouter(prefix="/identity", tags=["quality"])


@router.get(
    "/quality",
    summary="How good the links are",
    operation_id="listIdentityQuality",
    response_model=None,
    openapi_extra=documented(Page),
    responses=of_list(SystemList[Quality], marts=False),
)
def quality(request: Request) -> Response:
    """Precision and recall against labelled pairs, by method and market-cap band, with their confidence bounds."""
    return lists.of_table(
        request, read_query(request, Page), "ops.identity_quality", Conditions(), "pairs", "bigint"
    )  # fmt: skip


@router.get(
    "/review",
    summary="Links in doubt",
    operation_id="listIdentityReview",
    response_model=None,
    openapi_extra=documented(Page),
    responses=of_list(SystemList[Doubt], marts=False),
)
def review(request: Request) -> Response:
    """Pairs of listings that people should look at, the largest market cap first."""
    return lists.of_table(
        request, read_query(request, Page), "ops.identity_review", Conditions(), "market_cap_usd", "numeric"
    )  # fmt: skip
