"""What `/coins/{canonical_id}` takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.data.schemas import CoinRow, QuoteSource
from api.lists.decimals import Decimals
from api.lists.page import Page
from api.lists.schemas import Number, OneAnswer
from api.moments import Moment, window_edge
from api.parameters import NoQuery

CANONICAL_ID = {
    "name": "canonical_id",
    "in": "path",
    "required": True,
    "description": "The coin's stable id, such as `btc`. One that was merged into another answers with a 308",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "example": "btc",
}


class OneQuery(NoQuery):
    """The parameters of one coin."""

    decimals: Decimals = "number"


class HistoryQuery(Page):
    """The parameters of a coin's history."""

    interval: Literal["raw", "1h", "1d"] = Field(
        "1d", description="Every quote, or prices by the hour or the day (UTC)"
    )
    source: QuoteSource | None = Field(None, description="Only this source's quotes; with `interval=raw`")
    start: Moment | None = Field(
        None, description="From here on (ISO 8601; UTC when it has no offset)", examples=["2026-01-01"]
    )
    end: Moment | None = Field(None, description="Up to here; a date stands for its whole day", examples=["2026-01-31"])
    sort: Annotated[Literal["time", "-time"], Field(description="`-time` is newest first")] = "-time"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.start and self.end and window_edge(self.start, last=False) >= window_edge(self.end, last=True):
            raise ValueError("start: is after end")
        if self.source is not None and self.interval != "raw":
            raise ValueError("source: prices by the hour or the day are of all sources; ask with interval=raw")
        return self


class Relation(BaseModel):
    """How it is related to another coin."""

    related_canonical_id: str
    relation: Literal["wraps", "bridges", "succeeds", "shares_symbol"]
    confidence: Number | None
    evidence: str | None


class Deployment(BaseModel):
    """A contract of the coin."""

    chain_id: str = Field(description="CAIP-2")
    address: str
    caip19_id: str | None
    sources: list[str]


class CoinDetail(CoinRow):
    """A coin with all its columns, and what belongs to it."""

    relations: list[Relation] | None = Field(description="null while the warehouse is away")
    deployments: list[Deployment] | None = Field(description="null while the warehouse is away")


class ListingRow(BaseModel):
    """The coin as one source lists it, and why it is this coin."""

    model_config = ConfigDict(extra="allow")

    source: str
    source_coin_id: str
    method: str
    confidence: Number
    evidence: str
    price_usd: Number | None
    is_counted: bool | None
    held_back_reason: str | None


class PriceRow(BaseModel):
    """A quote (`interval=raw`), or the prices of an hour or a day."""

    model_config = ConfigDict(extra="allow")

    observed_at: datetime | None = None
    bucket_at: datetime | None = None
    price_usd: Number | None = None
    open_usd: Number | None = None
    high_usd: Number | None = None
    low_usd: Number | None = None
    close_usd: Number | None = None


class Mention(BaseModel):
    """An article that mentions the coin, and by which words."""

    model_config = ConfigDict(extra="allow")

    article_id: str
    title: str
    url: str | None
    published_at: datetime | None
    matched_text: str | None
    confidence: Number | None


class ExplainedListing(BaseModel):
    """One source's part in the coin."""

    source: str
    source_coin_id: str
    quote: dict[str, Any]
    age_seconds: int | None = Field(description="When the version was published")
    is_counted: bool
    weight: float = Field(description="Its part among the quotes that count")
    held_back_reason: str | None
    link: dict[str, Any] = Field(description="`method`, `confidence` and `evidence` of its being this coin")
    raw: dict[str, Any] = Field(description="`table`, `key` and `fetched_at` of the row it came in")


class Explained(BaseModel):
    """Why this number, why this coin."""

    canonical_id: str
    price_usd: Number | None
    market_cap_usd: Number | None
    consensus: str | None
    price_spread_pct: Number | None
    source_count: int
    sources: list[str]
    as_of: datetime
    listings: list[ExplainedListing]


CoinAnswer = OneAnswer[CoinDetail]
ExplainAnswer = OneAnswer[Explained]
