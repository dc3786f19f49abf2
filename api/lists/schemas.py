"""The envelope that every list comes in."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, Field, WithJsonSchema

Row = TypeVar("Row")
Number = Annotated[Decimal, WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]})]
"""A number with every digit; text with `decimals=string`."""


class Pagination(BaseModel):
    """Where this page is in the whole."""

    limit: int
    offset: int | None = Field(description="null for a page that a cursor led to by the keys of its rows")
    returned: int
    total_items: int
    total_pages: int
    next_cursor: str | None


class Meta(BaseModel):
    """The published version that the rows are of; null before the first."""

    version: int | None
    published_at: datetime | None
    publication: str | None = Field(
        description="Tells the version from another one of its number, as there may be once a backup was restored"
    )
    sources: list[str] | None = None


class ListAnswer(BaseModel, Generic[Row]):
    """A page of a list over the marts."""

    request_id: str
    api_latency_ms: float
    data: list[Row]
    pagination: Pagination
    meta: Meta


class SystemList(BaseModel, Generic[Row]):
    """A page of a list about the system itself."""

    request_id: str
    api_latency_ms: float
    data: list[Row]
    pagination: Pagination


class OneAnswer(BaseModel, Generic[Row]):
    """One thing of the marts."""

    request_id: str
    api_latency_ms: float
    data: Row
    meta: Meta
