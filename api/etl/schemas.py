"""What `POST /etl/trigger` takes and gives."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class TriggerBody(BaseModel):
    """The body, if there is one."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"sources": ["csv"]}]})

    sources: Annotated[list[Literal["coinpaprika", "coingecko", "csv", "rss"]], Field(min_length=1)] | None = Field(
        None, description="Which sources to read; all that are on when it is left out"
    )


class Links(BaseModel):
    """Where to follow the run."""

    run: str = Field(description="What has become of it; with the key")
    prefect: str
    health: str


class Triggered(BaseModel):
    """A pass that was started."""

    run_id: str = Field(description="`/runs/{run_id}` knows it, from now on")
    prefect_flow_run_id: str
    status: str
    links: Links
    request_id: str
    api_latency_ms: float
