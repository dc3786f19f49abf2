"""One pass, step by step, with plain functions; Prefect's flow runs the same steps as tasks."""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import psycopg2

from extract import pipeline
from extract.http import SourceError
from extract.pipeline import Extracted
from flows import alerts, drift, transform
from flows.ledger import Ledger, RunStatus, describe, open_run
from flows.transform import NodeResult, TransformError, Watch
from flows.turns import BusyError, TooLongError
from kasparro import failures as injected
from kasparro.anomalies import Anomaly
from kasparro.environment import write_shell_file
from kasparro.settings import Settings, SourceName
from kasparro.warehouse import Warehouse, ensure_warehouse

logger = logging.getLogger("flows")


@dataclass(frozen=True)
class Outcome:
    """How a pass ended."""

    run_id: str
    status: RunStatus
    version: int | None
    failures: Mapping[str, str] = field(default_factory=dict[str, str])
    error: str | None = None
    nodes: tuple[NodeResult, ...] = ()
    is_new: bool = False

    @property
    def publication(self) -> str:
        """What became of the marts, in words."""
        return f"published version {self.version}" if self.is_new else f"nothing new: version {self.version} stays"

    @property
    def exit_code(self) -> int:
        """0 all sources good, 3 some failed and the rest was published, 1 nothing published."""
        return {"success": 0, "partial": 3}.get(self.status, 1)


ExtractAll = Callable[[Settings, Warehouse, Ledger], dict[str, str]]
Build = Callable[[Settings, Warehouse, Ledger], tuple[NodeResult, ...]]


def extract_source(
    name: SourceName, settings: Settings, warehouse: Warehouse, ledger: Ledger, *, catalogue: bool = False
) -> Extracted:
    """Extract one source and record it. With `catalogue`, what is read once a day is read now.

    Raises SourceError, also when only a part could be read (what came has landed), or what dlt raised; recorded before.
    Raises TurnLostError, and reads nothing, when another pass may be at work.
    """
    ledger.turn.require()
    ledger.start_source(name)
    try:
        extracted = pipeline.run(name, settings, warehouse, catalogue=catalogue)
    except Exception as error:
        ledger.fail_source(name, describe(error))
        raise
    ledger.finish_source(name, extracted)
    rejected = f", {extracted.rejected:,} quarantined: {extracted.reasons[0]}" if extracted.rejected else ""
    logger.info("%s: %s records%s", name, f"{extracted.accepted:,}", rejected)
    if extracted.problem:
        raise SourceError(extracted.problem)
    return extracted


def extract_in_time(
    name: SourceName,
    settings: Settings,
    warehouse: Warehouse,
    ledger: Ledger,
    *,
    catalogue: bool = False,
    stopped: Future[None] | None = None,
) -> Extracted:
    """As `extract_source`, for so many seconds at most as a run waits for a source.

    Raises SourceError after them, and StoppedError once the run is `stopped`. What the source is at goes on until the
    process ends: no model reads a load before it is whole.
    """
    seconds = settings.source_timeout_seconds
    extract = partial(extract_source, name, settings, warehouse, ledger, catalogue=catalogue)
    try:
        return ledger.turn.work(extract, stopped, seconds)
    except TooLongError:
        message = f"not read and landed within {seconds} s: the run goes on without it; or raise SOURCE_TIMEOUT_SECONDS"
        ledger.fail_source(name, message)
        raise SourceError(message) from None


def extract_all(settings: Settings, warehouse: Warehouse, ledger: Ledger, *, catalogue: bool = False) -> dict[str, str]:
    """Extract every enabled source, side by side; one that fails or is late stops no other.

    Returns source → what went wrong.
    """

    def attempt(name: SourceName) -> str | None:
        ledger.turn.enter()  # a stopped pass leaves before its threads do
        try:
            extract_in_time(name, settings, warehouse, ledger, catalogue=catalogue)
        except Exception as error:  # noqa: BLE001  # whatever it was: the other sources go on, the ledger says it
            return report_failure(name, error)
        finally:
            ledger.turn.leave()
        return None

    pool = ThreadPoolExecutor(len(settings.sources), thread_name_prefix="extract")
    try:
        messages = dict(zip(settings.sources, pool.map(attempt, settings.sources), strict=True))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # who stops a pass does not wait for its providers
    return {name: message for name, message in messages.items() if message}


def report_failure(name: str, error: BaseException) -> str:
    """Log a source's failure in one line and return it; the trace goes to the debug log."""
    message = describe(error)
    logger.warning("%s failed: %s", name, message)
    logger.debug("%s", name, exc_info=error)
    return message


def build(
    settings: Settings, warehouse: Warehouse, ledger: Ledger, watch: Watch | None = None
) -> tuple[NodeResult, ...]:
    """Transform and publish. Raises TransformError, and TurnLostError when another pass may be at work."""
    turn = ledger.turn
    turn.require()
    return turn.work(
        lambda: transform.build(settings, warehouse, watch or Watch(), run_id=ledger.run_id, turn=turn.key)
    )


def run_pass(
    settings: Settings,
    trigger: str,
    *,
    sources: Sequence[SourceName] | None = None,
    flow_run_id: str | None = None,
    patience: float = 0,
    extract_all: ExtractAll = extract_all,
    build: Build = build,
) -> Outcome:
    """Run one extract-then-transform pass from start to end, and record it. With `sources`, only these are read.

    Waits `patience` seconds for its turn. Raises WarehouseError when there is no warehouse, BusyError when another pass
    is at work, TurnLostError when it loses its turn.
    """
    if sources:
        settings = settings.model_copy(update={"sources": list(sources)})
    injected.arm(settings)
    warehouse = ensure_warehouse(settings)
    write_shell_file(settings, warehouse)
    try:
        with open_run(settings, warehouse, trigger, flow_run_id, sources=sources, patience=patience) as ledger:
            outcome = _run(settings, warehouse, ledger, extract_all, build)
            ledger.finish(outcome.status, version=outcome.version, error=outcome.error)
            ledger.note_results(outcome.nodes)
            for anomaly in ledger.note_anomalies():
                _report_anomaly(anomaly)
    except BusyError:
        raise
    except Exception:
        _tell(settings, warehouse)
        raise
    _tell(settings, warehouse)
    return outcome


def _report_anomaly(anomaly: Anomaly) -> None:
    """Log what nothing else says: how a run or a source ended, and why, has been logged when it did."""
    if anomaly.kind not in ("status_change", "new_error"):
        logger.log(logging.INFO if anomaly.severity == "info" else logging.WARNING, "%s", anomaly.detail)


def _tell(settings: Settings, warehouse: Warehouse) -> None:
    """Look for what the operator has to be told; a pass ends as it does, also when that can't be done."""
    try:
        alerts.look(settings, warehouse)
    except psycopg2.Error as error:
        logger.warning("who wants to be told is not told this time: %s", describe(error))


def _run(settings: Settings, warehouse: Warehouse, ledger: Ledger, extract_all: ExtractAll, build: Build) -> Outcome:
    logger.info("extracting %s", ", ".join(settings.sources))
    try:
        ledger.turn.work(lambda: pipeline.prepare(settings, warehouse))
    except SourceError as error:
        return Outcome(ledger.run_id, "failed", None, {}, f"nothing could be landed: {error}")
    failures = extract_all(settings, warehouse, ledger)
    ledger.turn.require()
    if len(failures) == len(settings.sources) and not ledger.has_landed():
        error = "no source could be read: nothing new is published"
        return Outcome(ledger.run_id, "failed", None, failures, error)
    nodes: tuple[NodeResult, ...] = ()
    if ledger.turn.work(lambda: transform.is_needed(warehouse)):
        logger.info("transforming: dbt build, audits, publication")
        try:
            nodes = build(settings, warehouse, ledger)
        except TransformError as error:
            ledger.turn.require()
            message = f"nothing is published, the last good version stays: {error}"
            return Outcome(ledger.run_id, "failed", None, failures, message, error.nodes)
    else:
        logger.info("transforming: nothing has changed since the last build, nothing is to do")
    version = ledger.published_version()
    if version is None:
        return Outcome(ledger.run_id, "failed", None, failures, "dbt ended without publishing", nodes)
    for name, reason in drift.held_back(warehouse).items():
        logger.warning("%s is %s", name, reason)
        failures[name] = f"{failures[name]}; {reason}" if name in failures else reason
        ledger.fail_source(name, failures[name])
    error = "; ".join(f"{name}: {message}" for name, message in failures.items()) or None
    status: RunStatus = "partial" if failures else "success"
    return Outcome(ledger.run_id, status, version, failures, error, nodes, ledger.has_published())
