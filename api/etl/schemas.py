"""What `POST /etl/trigger` gives."""

from pydantic import BaseModel


class Links(BaseModel):
    """Where to follow the run."""

    prefect: str
    health: str


class Triggered(BaseModel):
    """A pass that was started."""

    run_id: str
    status: str
    links: Links
    request_id: str
    api_latency_ms: float
