"""The flows that Prefect runs: the steps of `flows.steps` and its neighbours as tasks, what each did as artifacts."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import date
from functools import partial
from typing import Any

import psycopg2
from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import get_run_context
from prefect.states import Cancelled, Completed, Failed
from tenacity import RetryCallState, retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from extract.errors import SourceError
from extract.pipeline import Extracted
from flows import artifacts, backfill, ledger, maintenance, steps
from flows.backfill import HistorySource
from flows.layers import LayerWatch, layer_task
from flows.ledger import Ledger
from flows.steps import Outcome
from flows.transform import LAYERS, NodeResult, TransformError
from flows.turns import BusyError, StoppedError, TurnLostError
from kasparro import logs
from kasparro.settings import Settings, SourceName, load_settings
from kasparro.warehouse import Warehouse, WarehouseError, ensure_warehouse, locate

PASS_TIMEOUT_SECONDS = 30 * 60
BACKFILL_TIMEOUT_SECONDS = 24 * 60 * 60
MAINTENANCE_TIMEOUT_SECONDS = 60 * 60
PATIENCE_SECONDS = 15 * 60
TRANSIENT = (TurnLostError, WarehouseError, psycopg2.OperationalError)


def _is_worth_retrying(_task: object, _run: object, state: State) -> bool:
    """The HTTP client has already retried what a provider may answer better a moment later; the database has not."""
    return not isinstance(state.result(raise_on_failure=False), SourceError | TurnLostError | BusyError)


def _say_again(attempt: RetryCallState) -> None:
    error = attempt.outcome.exception() if attempt.outcome else None
    get_run_logger().warning("%s (attempt %d: it is tried again)", error, attempt.attempt_number)


again_when_transient = retry(
    retry=retry_if_exception_type(TRANSIENT),
    wait=wait_random_exponential(multiplier=5, max=60),
    stop=stop_after_attempt(3),
    before_sleep=_say_again,
    reraise=True,
)

source_task: Any = partial(
    task,
    retries=2,
    retry_delay_seconds=[5, 20],
    retry_jitter_factor=0.5,
    retry_condition_fn=_is_worth_retrying,
    cache_policy=NO_CACHE,
    persist_result=False,
)


@source_task(name="extract", task_run_name="extract {name}")
def extract_task(
    name: SourceName,
    settings: Settings,
    warehouse: Warehouse,
    ledger: Ledger,
    stopped: Future[None],
    *,
    catalogue: bool,
) -> int | State:
    """Extract one source; returns the number of records taken.

    Once the run is `stopped`, or the source's time is over, it waits no longer.
    """
    try:
        return steps.extract_in_time(name, settings, warehouse, ledger, catalogue=catalogue, stopped=stopped).accepted
    except StoppedError:
        return Cancelled(message="the run was stopped")


def _extract_with_tasks(settings: Settings, warehouse: Warehouse, ledger: Ledger, *, catalogue: bool) -> dict[str, str]:
    """Every enabled source as a task of its own, side by side."""
    stopped: Future[None] = Future()
    failures: dict[str, str] = {}
    try:
        futures = {
            name: extract_task.submit(name, settings, warehouse, ledger, stopped, catalogue=catalogue)
            for name in settings.sources
        }
        for name, future in futures.items():
            result: object = future.result(raise_on_failure=False)
            if not future.state.is_completed():
                ended_early = RuntimeError(future.state.message or "ended early")
                error = result if isinstance(result, BaseException) else ended_early
                failures[name] = steps.report_failure(name, error)
    finally:
        stopped.set_result(None)  # who stops a pass does not wait for its providers
    return failures


def _build_with_tasks(settings: Settings, warehouse: Warehouse, ledger: Ledger) -> tuple[NodeResult, ...]:
    """One dbt build; a task for each layer, and every node a row of the artifact `dbt-nodes`."""
    watch = LayerWatch()
    layers = [layer_task.submit(layer, watch) for layer in LAYERS]
    try:
        nodes = steps.build(settings, warehouse, ledger, watch)
    except TransformError as error:
        artifacts.show_nodes(error.nodes)
        raise
    finally:
        watch.close()
        for layer in layers:
            layer.wait()
    artifacts.show_nodes(nodes)
    return nodes


def _run_pass(sources: list[SourceName] | None, *, catalogue: bool, patience: float) -> State:
    """A pass with tasks, tried again after a transient error of the database."""
    settings = _settings()
    flow_run: Any = getattr(get_run_context(), "flow_run", None)
    trigger = "catalogue" if catalogue else "prefect"
    if flow_run is not None and flow_run.auto_scheduled and not catalogue:
        trigger = "schedule"
    a_pass: Callable[..., Outcome] = again_when_transient(steps.run_pass)
    try:
        outcome = a_pass(
            settings,
            trigger,
            sources=sources,
            flow_run_id=str(flow_run.id) if flow_run is not None else None,
            patience=patience,
            extract_all=partial(_extract_with_tasks, catalogue=catalogue),
            build=_build_with_tasks,
        )
    except BusyError as error:
        get_run_logger().info("%s", error)
        return Completed(name="Skipped", message=str(error))
    artifacts.show_pass(outcome, locate(settings))
    if outcome.status == "failed":
        return Failed(message=outcome.error)
    if outcome.status == "partial":
        return Completed(name="Partial", message=f"{outcome.publication}, without {outcome.error}")
    return Completed(message=outcome.publication)


def _settings() -> Settings:
    settings = load_settings()
    logs.set_level(settings)  # Prefect hands our lines to its server, and leaves their level at that of libraries
    return settings


def _close_cancelled(_flow: object, flow_run: Any, _state: object) -> None:
    """Record in the ledger what a cancelled run could not: its process had to be killed."""
    ledger.close(locate(load_settings()), str(flow_run.id), "cancelled", ledger.STOPPED)


def _close_crashed(_flow: object, flow_run: Any, _state: object) -> None:
    """Record in the ledger that the process of a run has died."""
    ledger.close(locate(load_settings()), str(flow_run.id), "crashed", ledger.KILLED)


HOOKS: Any = {"on_cancellation": [_close_cancelled], "on_crashed": [_close_crashed]}


@flow(name="elt", timeout_seconds=PASS_TIMEOUT_SECONDS, persist_result=False, **HOOKS)
def elt(sources: list[SourceName] | None = None) -> State:
    """One pass: extract every source, then build, audit and publish the marts.

    Skipped while another pass, a backfill of a coin or maintenance writes.

    Args:
        sources: Which sources to read; all that are on when left empty.
    """
    return _run_pass(sources, catalogue=False, patience=0)


@flow(name="catalogue", timeout_seconds=PASS_TIMEOUT_SECONDS + PATIENCE_SECONDS, persist_result=False, **HOOKS)
def catalogue(sources: list[SourceName] | None = None) -> State:
    """A pass that reads the catalogues, too: which coins and contracts there are, which other passes read once a day.

    Waits up to 15 minutes for what is writing.

    Args:
        sources: Which sources to read; all that are on when left empty.
    """
    return _run_pass(sources, catalogue=True, patience=PATIENCE_SECONDS)


@source_task(name="past", task_run_name="{unit.source} {unit.coin}")
def past_task(
    unit: backfill.Unit, asked: backfill.Request, settings: Settings, warehouse: Warehouse, calls: backfill.Calls
) -> Extracted:
    """Land what has not landed of a coin's past."""
    task_run: Any = getattr(get_run_context(), "task_run", None)
    flow_run_id = str(task_run.flow_run_id) if task_run is not None else None
    return backfill.read(unit, asked, settings, warehouse, calls, flow_run_id=flow_run_id)


@flow(name="backfill", timeout_seconds=BACKFILL_TIMEOUT_SECONDS, persist_result=False, **HOOKS)
def backfill_flow(
    coins: list[str],
    start: date,
    end: date | None = None,
    sources: list[HistorySource] | None = None,
) -> State:
    """The past of coins, as far as it has not landed before; the next pass publishes it.

    Run it again with the same parameters to go on where it was stopped. Half of the month's calls are left for passes.

    Args:
        coins: Coins by their canonical_id (`btc`), or as a source calls them (`coingecko:bitcoin`).
        start: The first day.
        end: The last day; today when left empty.
        sources: Which sources to read; CoinGecko and CoinPaprika when left empty.
    """
    try:
        asked = backfill.request(coins, start, end, sources or backfill.SOURCES)
        settings = _settings()
        warehouse = ensure_warehouse(settings)
        outcome = backfill.run(asked, settings, warehouse, past_task)
    except (backfill.BackfillError, BusyError) as error:
        return Failed(message=str(error))
    facts = {"records landed": f"{outcome.records:,}", "coins read": outcome.done, **outcome.problems}
    artifacts.show_report("backfill", f"Backfill from {start}", facts)
    said = f"{outcome.records:,} records landed"
    if outcome.exit_code == 1:
        return Failed(message="; ".join(outcome.problems.values()))
    if outcome.problems:
        return Completed(name="Partial", message=f"{said}; {'; '.join(outcome.problems.values())}")
    return Completed(message=said)


@flow(name="maintenance", timeout_seconds=MAINTENANCE_TIMEOUT_SECONDS, persist_result=False)
def maintenance_flow() -> State:
    """Remove what is older than the retention settings allow, and tidy up after passes.

    Waits up to 15 minutes for what is writing.
    """
    settings = _settings()
    run: Callable[..., maintenance.Report] = again_when_transient(maintenance.run)
    try:
        report = run(settings, ensure_warehouse(settings), patience=PATIENCE_SECONDS)
    except BusyError as error:
        return Failed(message=str(error))
    artifacts.show_report("maintenance", "Maintenance", report.facts)
    return Completed(message=report.summary)
