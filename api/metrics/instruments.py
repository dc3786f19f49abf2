"""What the API counts about itself."""

from functools import cache

from prometheus_client import REGISTRY, Counter, Histogram

REQUESTS = Counter("api_requests", "HTTP requests answered", ["method", "route", "status"])
DURATION = Histogram(
    "api_request_duration_seconds",
    "Time from a request's arrival to the end of its answer",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})

__all__ = ["DURATION", "REGISTRY", "REQUESTS", "observe"]


@cache
def _request_counter(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, status)


@cache
def _duration_of(route: str) -> Histogram:
    return DURATION.labels(route)


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request. `route` is the template, so that labels stay few."""
    _request_counter(method if method in METHODS else "other", route, status).inc()
    _duration_of(route).observe(seconds)
