"""What `/runs` takes and gives."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.lists.page import Page
from api.lists.schemas import Number
from api.texts import Text

Status = Literal["running", "success", "partial", "failed", "crashed", "cancelled"]
RUN_ID = {
    "name": "run_id",
    "in": "path",
    "required": True,
    "description": "The run's id, as in /runs and /stats, or that of Prefect's run, as /etl/trigger gives it",
    "schema": {"type": "string", "format": "uuid"},
}


class RunsQuery(Page):
    """The parameters of `GET /runs`."""

    status: Status | None = Field(None, description="Only runs that ended so, or go on")
    trigger: Text | None = Field(None, description="Only runs that were started so, such as `schedule`")


class RunFacts(BaseModel):
    """What is told of every run."""

    run_id: str
    trigger: str
    subject: str | None = Field(description="Of a coin of a backfill: whose past it read; null for a pass")
    completed_at: datetime | None
    duration_seconds: Number | None
    records_processed: int
    version: int | None = Field(description="The version it published, or that was published at its end")
    prefect_flow_run_id: str | None
    error: str | None


class Run(RunFacts):
    """An extract-then-transform pass, or a coin of a backfill."""

    status: Status
    started_at: datetime


class SourceRun(BaseModel):
    """One source in a pass."""

    source: str
    status: str
    records_processed: int
    records_rejected: int
    started_at: datetime
    completed_at: datetime | None
    duration_seconds: Number | None
    calls_this_month: int | None
    calls_budget: int | None
    plan: str | None
    error: str | None


class Anomaly(BaseModel):
    """What was odd about a run."""

    kind: str
    severity: str
    detail: str
    source: str | None = Field(description="null where it concerns the run as a whole")


class RunDetail(RunFacts):
    """A pass with its sources and what was odd about it. Prefect may have one that never began, or not yet."""

    status: Status | Literal["scheduled", "pending", "skipped", "cancelled"]
    started_at: datetime | None = Field(description="null for one that has not begun")
    sources: list[SourceRun]
    anomalies: list[Anomaly]


class RunAnswer(BaseModel):
    """One run."""

    request_id: str
    api_latency_ms: float
    data: RunDetail


class RunsToCompare(BaseModel):
    """The body of `POST /compare-runs`: the second run is judged beside the first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run_id_1: UUID
    run_id_2: UUID


class Values(BaseModel):
    """A column in both runs."""

    run_1: str | int | float | None
    run_2: str | int | float | None


class Differences(BaseModel):
    """What differs, by column: of the runs as a whole, and of each source."""

    run: dict[str, Values]
    sources: dict[str, dict[str, Values]]


class Comparison(BaseModel):
    """Two runs, how they differ, and what of it is unusual."""

    run_1: RunDetail
    run_2: RunDetail
    differences: Differences
    anomalies: list[Anomaly]


class CompareAnswer(Comparison):
    """The answer."""

    request_id: str
    api_latency_ms: float
