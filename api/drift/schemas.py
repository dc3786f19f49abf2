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
    kind: str
    severity: str
    first_seen_at: datetime
    last_seen_at: datetime
