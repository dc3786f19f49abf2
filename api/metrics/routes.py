"""`GET /metrics`."""

import os
from collections.abc import Iterable

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api import problems
from api.context import Context, context_of
from api.metrics.instruments import REGISTRY
from api.metrics.warehouse import collect
from api.parameters import NoQuery, documented, read_query
from api.responses import NO_STORE

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"
router = APIRouter(tags=["system"])


class _FromWarehouse(Collector):
    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterable[Metric]:
        return collect(self._context)


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    operation_id="getMetrics",
    response_class=Response,
    openapi_extra=documented(NoQuery),
    responses={
        200: {"description": "Prometheus's text format", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems.documented({422: "A parameter is unknown"}),
    },
)
def metrics(request: Request) -> Response:
    """Runs, records, staleness from the warehouse; requests of this API. Blocks on the warehouse."""
    read_query(request, NoQuery)
    own = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # several workers: what all of them counted
        own = CollectorRegistry()
        MultiProcessCollector(own)
    warehouse = CollectorRegistry()
    warehouse.register(_FromWarehouse(context_of(request)))
    return Response(
        generate_latest(own) + generate_latest(warehouse),
        headers=NO_STORE,
        media_type=TEXT_FORMAT,
    )
