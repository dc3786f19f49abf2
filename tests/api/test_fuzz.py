"""The OpenAPI document against the API, by schemathesis: what it promises holds, whatever is asked.

`make test-long` asks 50,000 times and more, and writes what was answered into docs/endurance.md.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from prometheus_client.parser import text_string_to_metric_families
from schemathesis.specs.openapi.checks import (
    ignored_auth,  # pyright: ignore[reportUnknownVariableType]
    positive_data_acceptance,  # pyright: ignore[reportUnknownVariableType]
)

from tests.api.conftest import KEY, LEAKS
from tests.api.endurance import record
from tests.api.serving import Api

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
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
WITH_KEY = ("/runs", "/compare-runs")  # there is where the parameters are read
MOST = 50_000


@pytest.fixture(scope="module")
def document(whole: Api) -> Any:
    """The document as the running API gives it."""
    return schemathesis.openapi.from_url(f"http://127.0.0.1:{whole.port}/openapi.json")


def leaks_nothing(_context: Any, response: Any, case: Any) -> None:
    """No SQL, path or key in an answer, but for what was sent."""
    found = LEAKS.search(response.content.decode("latin-1"))
    sent = f"{unquote_plus(response.request.url)} {case.body}".lower()
    assert found is None or found.group().strip().lower() in sent, found


def settings(examples: int, *, seeded: bool, **more: Any) -> hypothesis.settings:
    """`seeded` ones are the same on every run."""
    return hypothesis.settings(
        max_examples=examples,
        derandomize=seeded,
        deadline=None,
        database=None,
        suppress_health_check=SLOW,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        **more,
    )


def validation(path: str) -> dict[str, Any]:
    """How an answer is checked. What a schema can't say may be refused: dates that are none, another walk's cursor."""
    keyed = path.startswith(WITH_KEY)
    excluded: list[Any] = [positive_data_acceptance, ignored_auth] if keyed else [positive_data_acceptance]
    return {"excluded_checks": excluded, "additional_checks": [leaks_nothing]}


def ask(document: Any, path: str, method: str, examples: int, *, seeded: bool) -> None:
    """Ask an operation what its parameters allow, and what they don't."""
    operation = document[path][method]
    headers = {"X-API-Key": KEY} if path.startswith(WITH_KEY) else {}

    @given(case=operation.as_strategy())
    @settings(examples if operation.query or operation.body else examples // 10, seeded=seeded)
    def check(case: Any) -> None:
        case.call_and_validate(headers=headers, **validation(path))

    check()


def follow(document: Any, examples: int, *, seeded: bool) -> None:
    """Follow the document's links: what one answer says is asked of the next operation."""

    class Walk(document.as_state_machine()):
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": {"X-API-Key": KEY} if case.path.startswith(WITH_KEY) else {}}

        def validate_response(self, response: Any, case: Any, **_options: Any) -> None:
            case.validate_response(response, **validation(case.path))

    Walk.run(settings=settings(examples, seeded=seeded, stateful_step_count=6))


def test_every_operation_is_fuzzed(whole: Api) -> None:
    paths = whole.get("/openapi.json").json()["paths"]
    assert {(path, method.upper()) for path, item in paths.items() for method in item} == {*OPERATIONS, ENDLESS}


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_described(document: Any, path: str, method: str) -> None:
    """No undocumented status or type, bodies that fit their schema, wrong input refused, no way round the key."""
    ask(document, path, method, 100, seeded=True)


def test_links_lead_on(document: Any) -> None:
    follow(document, 4, seeded=True)


def answered(api: Api) -> dict[str, dict[str, int]]:
    """Requests by route and by the first digit of the status."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for family in text_string_to_metric_families(api.get("/metrics").text):
        for sample in family.samples:
            if sample.name == "api_requests_total":
                counts[sample.labels["route"]][f"{sample.labels['status'][0]}xx"] += int(sample.value)
    return counts


@pytest.mark.long
def test_fifty_thousand_requests_find_nothing(document: Any, whole: Api) -> None:
    rounds: list[Callable[[], None]] = [
        lambda path=path, method=method: ask(document, path, method, 3300, seeded=False) for path, method in OPERATIONS
    ]
    for each in (*rounds, lambda: follow(document, 300, seeded=False)):
        each()
    counts = answered(whole)
    total = sum(sum(each.values()) for each in counts.values())
    assert total >= MOST
    assert not any("5xx" in each for each in counts.values()), counts
    kinds = ("2xx", "4xx")
    rows = [f"| {route} | {' | '.join(f'{counts[route][kind]:,}' for kind in kinds)} |" for route in sorted(counts)]
    table = "\n".join(["| route | 2xx | 4xx |", "| --- | --- | --- |", *rows])
    record(
        "fuzz",
        f"{total:,} requests that schemathesis made from the OpenAPI document, following its links. None was answered\n"
        "with a 5xx; every answer was of a status, type and shape that the document promises, and none held SQL, a\n"
        f"path or a key.\n\n{table}",
    )
