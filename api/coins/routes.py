"""`/coins/{canonical_id}` and what is under it."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from api import one, problems
from api.coins import queries
from api.coins.explain import explain
from api.coins.schemas import (
    CANONICAL_ID,
    CoinAnswer,
    ExplainAnswer,
    HistoryQuery,
    ListingRow,
    Mention,
    OneQuery,
    PriceRow,
)
from api.context import context_of
from api.database import WarehouseGone
from api.lists import answer as lists
from api.lists.documentation import of_list
from api.lists.page import Page
from api.lists.schemas import ListAnswer
from api.moments import window_edge
from api.parameters import documented, read_query
from api.problems import Problem
from api.readmodel.queries import Publication
from api.responses import marts_headers

router = APIRouter(prefix="/coins/{canonical_id}", tags=["coins"])
LONGEST_ID = 200
UNKNOWN = "There is no such coin"
MERGED = {308: {"description": "The coin was merged into the one at `Location`"}}
ERRORS = {
    **MERGED,
    304: {"description": "You have this version already"},
    **problems.documented({404: UNKNOWN, 422: "A parameter is unknown or malformed", 503: "The warehouse is away"}),
}


class Merged(Problem):
    """The way to the coin that answers for an id."""

    def __init__(self, request: Request, old: str, new: str) -> None:
        prefix, _, rest = str(request.scope["path"]).partition(f"/coins/{old}")
        given: str = request.scope["query_string"].decode("latin-1")
        headers = {"Location": quote(f"{prefix}/coins/{new}{rest}") + (f"?{given}" if given else "")}
        super().__init__(308, f"{old} was merged into {new}.", headers=headers, extra={"canonical_id": new})


def coin_of(request: Request, connection: Connection, canonical_id: str) -> dict[str, Any]:
    """The coin. Raises a 404 problem, or Merged where another coin answers for it."""
    coin = queries.coin(connection, canonical_id.lower())
    if coin is not None:
        return coin
    successor = queries.redirect(connection, canonical_id.lower())
    if successor is not None:
        raise Merged(request, canonical_id, successor)
    raise _unknown(canonical_id)


@router.get(
    "",
    summary="One coin",
    operation_id="getCoin",
    response_model=None,
    openapi_extra=documented(OneQuery, CANONICAL_ID),
    responses={200: {"model": CoinAnswer}, **ERRORS},
)
def one_coin(request: Request) -> Response:
    """All that is published of a coin: every column of `coins`, its relations to others, its contracts."""
    query, canonical_id = read_query(request, OneQuery), _asked_for(request)

    def find(connection: Connection, _publication: Publication) -> dict[str, Any]:
        coin = coin_of(request, connection, canonical_id)
        own = str(coin["canonical_id"])
        found = {"relations": queries.related(connection, own), "deployments": queries.deployments(connection, own)}
        return {**coin, **found}

    try:
        return one.of_marts(request, find, query.decimals)
    except WarehouseGone:
        return _from_memory(request, canonical_id, query.decimals)


def _from_memory(request: Request, canonical_id: str, decimals: str) -> Response:
    """The coin as it was last published. Raises WarehouseGone for an id that only the warehouse may know."""
    keeper = context_of(request).keeper
    snapshot, outage = keeper.current, keeper.outage
    coin = snapshot.coin(canonical_id.lower())
    if coin is None:
        raise WarehouseGone(outage.reason if outage else "it was lost just now")
    content = one.body(
        request,
        {**coin, "relations": None, "deployments": None},
        {"version": snapshot.version, "published_at": snapshot.published_at, "publication": snapshot.tag},
        decimals,
    )
    headers = {**marts_headers(request, snapshot.tag, outage), "Warning": '110 kasparro "Response is Stale"'}
    return Response(content, headers=headers, media_type="application/json")


@router.get(
    "/explain",
    summary="Why this number, why this coin",
    operation_id="explainCoin",
    response_model=None,
    openapi_extra=documented(OneQuery, CANONICAL_ID),
    responses={200: {"model": ExplainAnswer}, **ERRORS},
)
def explanation(request: Request) -> Response:
    """Each source's quote, its age, its weight or why it is held back; the link's evidence; the raw row's key."""
    query, canonical_id = read_query(request, OneQuery), _asked_for(request)

    def find(connection: Connection, publication: Publication) -> dict[str, Any]:
        coin = coin_of(request, connection, canonical_id)
        listings = queries.listings(connection, str(coin["canonical_id"]))
        files = queries.csv_files(
            connection, [each["source"] for each in listings if each["source"].startswith("csv:")]
        )
        return explain(coin, listings, files, publication.published_at)

    return one.of_marts(request, find, query.decimals)


@router.get(
    "/listings",
    summary="A coin as each source lists it",
    operation_id="listCoinListings",
    response_model=None,
    openapi_extra=documented(Page, CANONICAL_ID),
    responses={**of_list(ListAnswer[ListingRow], _404=UNKNOWN), **MERGED},
)
def listings(request: Request) -> Response:
    """Which listings are this coin, by which method, with which confidence, and whether their quotes count."""
    query, canonical_id = read_query(request, Page), _asked_for(request)
    return lists.of_marts(
        request, query, queries.listing_list(canonical_id.lower()), sources=_sources(request, canonical_id),
        one_version=True,
    )  # fmt: skip


@router.get(
    "/history",
    summary="A coin's prices over time",
    operation_id="listCoinHistory",
    response_model=None,
    openapi_extra=documented(HistoryQuery, CANONICAL_ID),
    responses={**of_list(ListAnswer[PriceRow], _404=UNKNOWN), **MERGED},
)
def history(request: Request) -> Response:
    """Every quote (`raw`), or open, high, low, close by the hour or the day."""
    query, canonical_id = read_query(request, HistoryQuery), _asked_for(request)
    listing = queries.history(
        canonical_id.lower(),
        query.interval,
        query.source,
        window_edge(query.start, last=False) if query.start else None,
        window_edge(query.end, last=True) if query.end else None,
        latest=query.sort == "-time",
    )
    return lists.of_marts(request, query, listing, sources=_sources(request, canonical_id))


@router.get(
    "/news",
    summary="Articles that mention a coin",
    operation_id="listCoinNews",
    response_model=None,
    openapi_extra=documented(Page, CANONICAL_ID),
    responses={**of_list(ListAnswer[Mention], _404=UNKNOWN), **MERGED},
)
def news(request: Request) -> Response:
    """Newest first, with the words that were taken for the coin."""
    query, canonical_id = read_query(request, Page), _asked_for(request)
    return lists.of_marts(request, query, queries.news(canonical_id.lower()), sources=_sources(request, canonical_id))


def _asked_for(request: Request) -> str:
    """The id in the path. Raises a 404 problem for what can't be one."""
    given = str(request.path_params["canonical_id"])
    if "\0" in given or len(given) > LONGEST_ID:
        raise _unknown(given)
    return given


def _unknown(given: str) -> Problem:
    return Problem(404, f"There is no coin {given[:100]!r}. /resolve finds coins by symbol, source or contract.")


def _sources(request: Request, canonical_id: str) -> lists.Sources:
    """The sources of the coin; where there is no such coin, the way on."""

    def sources(connection: Connection, _publication: Publication) -> tuple[str, ...]:
        return tuple(coin_of(request, connection, canonical_id)["sources"])

    return sources
