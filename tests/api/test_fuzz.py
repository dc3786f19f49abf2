"""The OpenAPI document against the API, by schemathesis: what it promises holds, whatever is asked."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    ignored_auth,  # pyright: ignore[reportUnknownVariableType]
    positive_data_acceptance,  # pyright: ignore[reportUnknownVariableType]
)

from tests.api.conftest import KEY
from tests.api.serving import Api

SEEDED = 1000  # below it the sample is the same on every run
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much]
OPERATIONS = [
    ("/data", "GET"),
    ("/coins/{canonical_id}", "GET"),
    ("/coins/{canonical_id}/explain", "GET"),
    ("/coins/{canonical_id}/listings", "GET"),
    ("/coins/{canonical_id}/history", "GET"),
    ("/coins/{canonical_id}/news", "GET"),
    ("/changes", "GET"),
    ("/resolve", "GET"),
    ("/resolve", "POST"),
    ("/news", "GET"),
    ("/drift", "GET"),
    ("/identity/quality", "GET"),
    ("/identity/review", "GET"),
    ("/runs", "GET"),
    ("/runs/{run_id}", "GET"),
    ("/compare-runs", "POST"),
    ("/stats", "GET"),
    ("/health", "GET"),
    ("/health/live", "GET"),
    ("/health/ready", "GET"),
    ("/metrics", "GET"),
    ("/etl/trigger", "POST"),
]
ENDLESS = ("/stream", "GET")  # its answer has no end to wait for: test_stream.py asks it odd things


@pytest.fixture(scope="module")
def document(whole: Api) -> Any:
    """The document as the running API gives it."""
    return schemathesis.openapi.from_url(f"http://127.0.0.1:{whole.port}/openapi.json")


def test_every_operation_is_fuzzed(whole: Api) -> None:
    paths = whole.get("/openapi.json").json()["paths"]
    assert {(path, method.upper()) for path, item in paths.items() for method in item} == {*OPERATIONS, ENDLESS}


@pytest.mark.parametrize("examples", [100, pytest.param(3000, marks=pytest.mark.long)])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_described(document: Any, path: str, method: str, examples: int) -> None:
    """No undocumented status or type, bodies that fit their schema, wrong input refused, no way round the key.

    What a schema can't say may be refused all the same: dates that are none, a cursor of another query.
    """
    operation = document[path][method]
    sample = examples if operation.query else examples // 10

    @given(case=operation.as_strategy())
    @settings(
        max_examples=sample, derandomize=examples < SEEDED, deadline=None, database=None, suppress_health_check=SLOW
    )
    def check(case: Any) -> None:
        if path.startswith(("/runs", "/compare-runs")):  # behind the key, for there is where the parameters are read
            case.call_and_validate(headers={"X-API-Key": KEY}, excluded_checks=[positive_data_acceptance, ignored_auth])
        else:
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

    check()
