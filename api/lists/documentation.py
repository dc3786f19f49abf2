"""What the documentation says of every list."""

from typing import Any

from pydantic import BaseModel

from api import problems
from api.lists.formats import MEDIA_TYPES

BINARY = {"schema": {"type": "string", "format": "binary"}}
TEXT = {"schema": {"type": "string"}}
IN_FORMATS = {
    media_type.partition(";")[0]: BINARY if name in ("parquet", "arrow") else TEXT
    for name, media_type in MEDIA_TYPES.items()
    if name != "json"
}


def of_list(model: type[BaseModel], *, marts: bool = True, **errors: str) -> dict[int | str, dict[str, Any]]:
    """The answers of a list: of the marts, with tags, or of the system. `errors` are further ones, as `_404="why"`."""
    answers: dict[int | str, dict[str, Any]] = {
        200: {"model": model, "description": "A page, or in the other formats the rows", "content": IN_FORMATS},
    }
    if marts:
        answers[304] = {"description": "You have this version already"}
    reasons = {
        406: "None of the formats in Accept is offered",
        422: "A parameter is unknown, malformed, or does not fit the others",
        503: "The warehouse is away, or does not hold this yet",
        **{int(status.strip("_")): reason for status, reason in errors.items()},
    }
    return {**answers, **problems.documented(reasons)}
