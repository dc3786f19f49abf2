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
    limit: int = Field(10, ge=1, le=100, description="How many runs, and how many of sources")


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
    """One source in one run."""

    run_id: str
    source: str
    status: str
    records_processed: int
    duration_seconds: float | None
    started_at: datetime
    completed_at: datetime | None
    error: str | None
    run_status: str = Field(description="How the run as a whole ended: `failed` when it has published nothing")
    run_error: str | None


class WholeRun(BaseModel):
    """A run as a whole: its sources may succeed, and the run fail for what came after, such as an audit."""

    run_id: str
    trigger: str
    status: str
    records_processed: int | None
    version: int | None = Field(description="What it published; null if it published nothing")
    duration_seconds: float | None
    started_at: datetime
    completed_at: datetime | None
    error: str | None = Field(description="Why it failed, or what went wrong in it")


class StatsAnswer(BaseModel):
    """The answer."""

    totals: Totals
    summary: dict[str, SourceSummary]
    recent_runs: list[RecentRun]
    runs: list[WholeRun]
    request_id: str
    api_latency_ms: float
