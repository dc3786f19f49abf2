"""`GET /news`."""

from fastapi import APIRouter, Request, Response

from api.lists import answer as lists
from api.lists.documentation import of_list
from api.lists.schemas import ListAnswer
from api.moments import window_edge
from api.news import queries
from api.news.schemas import Article, NewsQuery
from api.parameters import documented, read_query

router = APIRouter(tags=["news"])


@router.get(
    "/news",
    summary="Articles",
    operation_id="listNews",
    response_model=None,
    openapi_extra=documented(NewsQuery),
    responses=of_list(ListAnswer[Article]),
)
def news(request: Request) -> Response:
    """Articles of the news feeds, newest first, with the coins that they mention."""
    query = read_query(request, NewsQuery)
    listing = queries.articles(
        start=window_edge(query.start, last=False) if query.start else None,
        end=window_edge(query.end, last=True) if query.end else None,
        canonical_id=query.canonical_id,
        symbol=query.symbol,
        title=query.title,
        feed=query.feed,
        descending=True,
    )
    return lists.of_marts(request, query, listing)
