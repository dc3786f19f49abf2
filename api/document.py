"""The OpenAPI document: FastAPI's own, and what it has no words for."""

from threading import Lock
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from api.parameters import definitions
from api.problems import SCHEMA

TAGS = {
    "data": "Coins, quotes and articles in one list",
    "coins": "One coin: its listings, its past, its news, and why it is what it is",
    "changes": "What happened to coins, in order",
    "resolve": "From a source's id, a symbol or a contract to the coin",
    "news": "Articles with the coins they mention",
    "quality": "What providers changed, and how good the links are",
    "runs": "Passes of the pipeline; with the key",
    "etl": "Starting a pass; with the key",
    "stream": "One event for each publication",
    "system": "Health, figures, metrics",
}


class Link(NamedTuple):
    """What of one answer is a parameter of another question."""

    name: str
    of: str
    status: str
    leads_to: str
    parameter: str
    value: str


LINKS = (
    Link("coin", "getData", "200", "getCoin", "canonical_id", "$response.body#/data/0/canonical_id"),
    Link("explanation", "getData", "200", "explainCoin", "canonical_id", "$response.body#/data/0/canonical_id"),
    Link("listings", "getCoin", "200", "listCoinListings", "canonical_id", "$response.body#/data/canonical_id"),
    Link("history", "getCoin", "200", "listCoinHistory", "canonical_id", "$response.body#/data/canonical_id"),
    Link("news", "getCoin", "200", "listCoinNews", "canonical_id", "$response.body#/data/canonical_id"),
    Link("coin", "resolveOne", "200", "getCoin", "canonical_id", "$response.body#/data/matches/0/canonical_id"),
    Link("coin", "listChanges", "200", "getCoin", "canonical_id", "$response.body#/data/0/canonical_id"),
    Link("mentioned", "listNews", "200", "getCoin", "canonical_id", "$response.body#/data/0/coins/0"),
    Link("run", "listRuns", "200", "getRun", "run_id", "$response.body#/data/0/run_id"),
)


def describe(app: FastAPI) -> None:
    """Give the application its document and `/openapi.json`. It is made when it is first asked for.

    That takes half a second, so it is done in a thread: the route is a plain function.
    """
    made = app.openapi
    at_once = Lock()

    def document() -> dict[str, Any]:
        with at_once:
            if app.openapi_schema is None:
                _complete(made())
            return made()

    app.openapi = document

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The document."""
        return JSONResponse(document())


def _complete(found: dict[str, Any]) -> None:
    """Add what errors look like, the links between operations, and the words for the tags."""
    found["tags"] = [{"name": name, "description": words} for name, words in TAGS.items()]
    found["components"]["schemas"] |= {**definitions, **found["components"]["schemas"], "Problem": SCHEMA}
    operations = {each["operationId"]: each for path in found["paths"].values() for each in path.values()}
    for name, operation in operations.items():
        if any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ())):
            _link(operations, Link("next", name, "200", name, "cursor", "$response.body#/pagination/next_cursor"))
    for link in LINKS:
        _link(operations, link)


def _link(operations: dict[str, Any], link: Link) -> None:
    links = operations[link.of]["responses"][link.status].setdefault("links", {})
    links[link.name] = {"operationId": link.leads_to, "parameters": {link.parameter: link.value}}
