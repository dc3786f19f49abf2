"""What `GET /stats` takes and gives."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _rss(given: object) -> object:
    return "rss" if given == "rss_feed" else given


LedgerSource = Annotated[Literal["coinpaprika", "coingecko", "csv", "rss"], BeforeValidator(_rss)]


class StatsQuery(BaseModel):
    """The parameters of `GET /stats`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: LedgerSource | None = Field(None, description="Only this source's runs")
    limit: int = Field(10, ge=1, le=100, description="How many recent runs")


class Totals(BaseModel):
    """Rows in the published marts."""

    coins: int
    listings: int
    quotes: int
    articles: int


class SourceSummary(BaseModel):
    """A source's runs, all of them."""

    total_runs: int
    successful_runs: int
    failed_runs: int
    total_records_processed: int
    average_duration_seconds: float | None
    last_success: datetime | None
    last_failure: datetime | None


class RecentRun(BaseModel):
    """One source in one pass."""

    run_id: str
    source: str
    status: str
    records_processed: int
    duration_seconds: float | None
    started_at: datetime
    completed_at: datetime | None
    error: str | None


class StatsAnswer(BaseModel):
    """The answer."""

    totals: Totals
    summary: dict[str, SourceSummary]
    recent_runs: list[RecentRun]
    request_id: str
    api_latency_ms: float
