"""Answers to many questions at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.resolve import queries
from api.resolve.schemas import Question


def resolve(connection: Connection, questions: Sequence[Question], moment: datetime | None) -> list[dict[str, Any]]:
    """One answer for each question, in their order; `moment` is the first one after the time asked for."""
    asked = list(enumerate(questions))
    found: queries.Rows = []
    if listed := [(place, each.source, each.id) for place, each in asked if each.source and each.id]:
        found += queries.by_listing(connection, listed, moment)
    if symbols := [(place, each.symbol.lower()) for place, each in asked if each.symbol]:
        found += queries.by_symbol(connection, symbols)
    if contracts := [(place, each.contract) for place, each in asked if each.contract]:
        found += queries.by_contract(connection, contracts)
    if ids := [(place, each.canonical_id.lower()) for place, each in asked if each.canonical_id]:
        found += queries.by_id(connection, ids, moment)
    names = queries.names(connection, [row["current_canonical_id"] for row in found if row["current_canonical_id"]])
    matches: list[list[dict[str, Any]]] = [[] for _ in questions]
    for row in found:
        known = names.get(row["current_canonical_id"], {})
        named = {name: known.get(name) for name in ("symbol", "name", "rank")}
        matches[row.pop("place")].append({"canonical_id": row["canonical_id"], **named, **row})
    return [_answer(question, of) for question, of in zip(questions, matches, strict=True)]


def _answer(question: Question, matches: list[dict[str, Any]]) -> dict[str, Any]:
    matches.sort(key=lambda match: (match["rank"] is None, match["rank"] or 0, match["canonical_id"]))
    query = {name: value for name, value in question if value is not None}
    return {
        "query": query,
        "canonical_id": matches[0]["canonical_id"] if len(matches) == 1 else None,
        "matches": matches,
    }
