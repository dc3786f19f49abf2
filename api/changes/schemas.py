"""What `GET /changes` takes and gives."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from api.lists.page import Page
from api.moments import window_edge
from api.texts import Text

PUBLICATION = re.compile(r"(\d+)(?:-(?:[0-9a-f]{8}|none))?", re.ASCII)
LARGEST_VERSION = 2**63 - 1
Kind = Literal["added", "merged", "split", "renamed", "symbol_changed", "delisted", "relisted"]


def _since(given: str) -> str:
    try:
        read_since(given)
    except (ValueError, OverflowError):
        expected = "expected a publication, like 42-1a2b3c4d, a version, like 42, or an ISO 8601 time"
        raise ValueError(f"{expected}, like 2026-01-31T18:30:00Z") from None
    return given


def read_since(given: str) -> int | datetime:
    """A version, or a time in UTC. Raises ValueError or OverflowError for what is neither."""
    if found := PUBLICATION.fullmatch(given):
        if int(found[1]) > LARGEST_VERSION:
            raise OverflowError(given)
        return int(found[1])
    return window_edge(given, last=False)


class ChangesQuery(Page):
    """The parameters of `GET /changes`."""

    since: Annotated[str, Field(max_length=40), AfterValidator(_since)] | None = Field(
        None,
        description="What came after this publication (`meta.publication` of the answer before), version, or time "
        "(ISO 8601; UTC when it has no offset). Without it, all there is",
        examples=["42-1a2b3c4d", "42", "2026-01-31T18:30:00Z"],
    )
    kind: Kind | None = Field(None, description="Only changes of this kind")
    canonical_id: Text | None = Field(None, description="Only changes of this coin, or that it took part in")
    sort: Annotated[Literal["time", "-time"], Field(description="`-time` is newest first")] = "time"


class Change(BaseModel):
    """What happened to a coin."""

    change_id: int = Field(description="Ascending: the order of the feed")
    version: int = Field(description="The version that published it")
    changed_at: datetime
    kind: Kind
    canonical_id: str
    other_canonical_id: str | None = Field(description="The coin it was merged into or split from")
    old_value: str | None
    new_value: str | None
    detail: str | None
