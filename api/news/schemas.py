"""What `GET /news` takes and gives."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field, model_validator

from api.lists.page import Page
from api.moments import Moment, window_edge
from api.texts import LongText, Text


class NewsQuery(Page):
    """The parameters of `GET /news`."""

    canonical_id: Text | None = Field(None, description="Articles that mention this coin")
    symbol: Text | None = Field(None, description="Articles that mention a coin of this symbol, any case")
    title: Text | None = Field(None, description="Part of the title, any case")
    feed: LongText | None = Field(None, description="Articles of this feed, by its address")
    start: Moment | None = Field(None, description="Published from here on (ISO 8601; UTC when it has no offset)")
    end: Moment | None = Field(None, description="Published up to here; a date stands for its whole day")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.start and self.end and window_edge(self.start, last=False) >= window_edge(self.end, last=True):
            raise ValueError("start: is after end")
        return self


class Article(BaseModel):
    """A news article, with the canonical ids of the coins it mentions."""

    article_id: str
    title: str
    url: str | None
    summary: str | None
    published_at: datetime | None
    feed: str
    coins: list[str]
