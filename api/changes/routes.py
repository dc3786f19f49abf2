"""`GET /changes`."""

from fastapi import APIRouter, Request, Response

from api.changes import queries
from api.changes.schemas import Change, ChangesQuery, read_since
from api.lists import answer as lists
from api.lists.documentation import of_list
from api.lists.schemas import ListAnswer
from api.parameters import documented, read_query

router = APIRouter(tags=["changes"])


@router.get(
    "/changes",
    summary="What happened to coins",
    operation_id="listChanges",
    response_model=None,
    openapi_extra=documented(ChangesQuery),
    responses=of_list(ListAnswer[Change], _410="The publication is not of this warehouse: a backup was restored"),
)
def changes(request: Request) -> Response:
    """Coins added, merged, split, renamed, delisted: the feed by which a copy of the ids stays right.

    Oldest first, unless sorted otherwise. Follow `next_cursor` to the end; from then on ask with `since` of the last
    answer's `meta.publication`. Where a backup was restored that does not have it, the answer is 410: read all again.
    """
    query = read_query(request, ChangesQuery)
    after = None if query.since is None else read_since(query.since)
    latest = query.sort == "-time"
    listing = queries.changes(after=after, kind=query.kind, canonical_id=query.canonical_id, latest=latest)
    since = query.since if isinstance(after, int) else None
    return lists.of_marts(request, query, listing, since=since)
