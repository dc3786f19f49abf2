"""What `GET /health` gives."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class SourceHealth(BaseModel):
    """How a source's newest finished run ended."""

    status: Literal["success", "failed", "crashed", "cancelled", "never_run"]
    records_processed: int
    finished_at: datetime | None
    error: str | None


class Reason(BaseModel):
    """Why the system is not healthy."""

    source: str | None = Field(description="null when it is not about one source")
    reason: str
    since: datetime | None


class HealthAnswer(BaseModel):
    """The answer of `/health`, with status 503 when it is `unhealthy`."""

    status: Literal["healthy", "degraded", "unhealthy"]
    database_connected: bool
    reasons: list[Reason]
    etl_status: dict[str, SourceHealth]
    last_run: dict[str, Any] | None
    version: int | None = Field(description="The version being served")
    published_at: datetime | None
    timestamp: datetime
    request_id: str
    api_latency_ms: float


class LiveAnswer(BaseModel):
    """The answer of `/health/live`."""

    status: Literal["alive"]
    request_id: str
    api_latency_ms: float


class ReadyAnswer(BaseModel):
    """The answer of `/health/ready`."""

    status: Literal["ready", "empty"]
    version: int | None
    request_id: str
    api_latency_ms: float
