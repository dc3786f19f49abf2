"""The pass as a Prefect flow: the steps of `flows.steps` as tasks, what each did as artifacts."""

from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import get_run_context
from prefect.states import Completed, Failed

from extract.http import SourceError
from flows import steps
from flows.ledger import Ledger
from flows.steps import Outcome
from flows.transform import NodeResult, TransformError
from flows.turns import BusyError
from kasparro.settings import Settings, SourceName, load_settings
from kasparro.warehouse import Warehouse

PASS_TIMEOUT_SECONDS = 30 * 60


def _is_worth_retrying(_task: object, _run: object, state: State) -> bool:
    """The HTTP client has already retried what a provider may answer better a moment later; the database has not."""
    return not isinstance(state.result(raise_on_failure=False), SourceError)


@task(
    name="extract",
    task_run_name="extract {name}",
    retries=2,
    retry_delay_seconds=[5, 20],
    retry_jitter_factor=0.5,
    retry_condition_fn=_is_worth_retrying,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def extract_task(name: SourceName, settings: Settings, warehouse: Warehouse, ledger: Ledger) -> int:
    """Extract one source; returns the number of records taken."""
    return steps.extract_source(name, settings, warehouse, ledger).accepted


@task(name="transform", task_run_name="dbt build", cache_policy=NO_CACHE, persist_result=False)
def transform_task(settings: Settings, warehouse: Warehouse, ledger: Ledger) -> tuple[NodeResult, ...]:
    """Build, audit and publish; every dbt node is a row of the artifact `dbt-nodes`."""
    try:
        nodes = steps.build(settings, warehouse, ledger)
    except TransformError as error:
        _show_nodes(error.nodes)
        raise
    _show_nodes(nodes)
    return nodes


def _extract_with_tasks(settings: Settings, warehouse: Warehouse, ledger: Ledger) -> dict[str, str]:
    """Every enabled source as a task of its own, side by side."""
    futures = {name: extract_task.submit(name, settings, warehouse, ledger) for name in settings.sources}
    failures: dict[str, str] = {}
    for name, future in futures.items():
        result: object = future.result(raise_on_failure=False)
        if not future.state.is_completed():
            error = result if isinstance(result, BaseException) else RuntimeError(future.state.message or "ended early")
            failures[name] = steps.report_failure(name, error)
    return failures


@flow(name="elt", timeout_seconds=PASS_TIMEOUT_SECONDS, persist_result=False)
def elt(sources: list[SourceName] | None = None) -> State:
    """One pass: extract every source, then build, audit and publish the marts.

    Args:
        sources: Which sources to read; all that are on when left empty.
    """
    log = get_run_logger()
    settings = load_settings()
    if sources:
        settings = settings.model_copy(update={"sources": sources})
    flow_run: Any = getattr(get_run_context(), "flow_run", None)
    trigger = "schedule" if flow_run is not None and flow_run.auto_scheduled else "prefect"
    try:
        outcome = steps.run_pass(
            settings,
            trigger,
            flow_run_id=str(flow_run.id) if flow_run is not None else None,
            extract_all=_extract_with_tasks,
            build=transform_task,
        )
    except BusyError as error:
        log.info("%s", error)
        return Completed(name="Skipped", message=str(error))
    _show_outcome(outcome)
    if outcome.status == "failed":
        return Failed(message=outcome.error)
    if outcome.status == "partial":
        return Completed(name="Partial", message=f"version {outcome.version} is published without: {outcome.error}")
    return Completed(message=f"version {outcome.version} is published")


def _show_nodes(nodes: tuple[NodeResult, ...]) -> None:
    rows = [
        {
            "node": node.name,
            "kind": node.kind,
            "layer": node.layer,
            "status": node.status,
            "seconds": round(node.seconds, 2),
            "message": node.message,
        }
        for node in nodes
    ]
    create_table_artifact(table=rows, key="dbt-nodes", description="Every model and audit of this run's `dbt build`")


def _show_outcome(outcome: Outcome) -> None:
    failures = "".join(f"- **{name}**: {message}\n" for name, message in outcome.failures.items())
    facts = f"# {outcome.status}\n\nRun `{outcome.run_id}`, version {outcome.version or '–'}\n"
    ending = "" if outcome.status == "partial" else outcome.error or ""
    create_markdown_artifact(key="pass", description="How the pass ended", markdown=f"{facts}\n{failures}\n{ending}\n")
