"""What `GET /drift` takes and gives."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from api.lists.page import Page
from api.texts import Text


class DriftQuery(Page):
    """The parameters of `GET /drift`."""

    source: Text | None = Field(None, description="Only this source's fields")
    kind: Text | None = Field(None, description="Only changes of this kind, such as `added` or `renamed`")
    severity: Text | None = Field(None, description="Only changes of this severity")


class DriftEvent(BaseModel):
    """A detected change; every column of `ops.schema_drift_events`."""

    model_config = ConfigDict(extra="allow")

    source: str
    field: str
    kind: str
    severity: str
    status: str | None = Field(description="`open` until it is accepted or over")
    evidence: str | None
    example: str | None
    suggested_mapping: str | None = Field(description="The line that approves it, if there is one to suggest")
    first_seen_at: datetime
    last_seen_at: datetime
