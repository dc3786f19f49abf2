"""Builds and runs the dlt pipeline of a source: state, working folder, destination, indexes."""

import errno
import hashlib
import logging
import math
import shutil
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import dlt
from dlt.common.storages.load_package import PackageStorage
from dlt.common.storages.normalize_storage import NormalizeStorage
from dlt.load.exceptions import LoadClientJobException, LoadClientJobFailed
from dlt.pipeline.exceptions import PipelineStepFailed

from extract import calls as provider_calls
from extract import configuration, injection, raw, renamed
from extract.calls import Calls, seconds_left_in_month
from extract.destination import Raw
from extract.errors import SourceError
from extract.known import Known
from extract.landing import Landing, Past
from extract.plan import Budget
from kasparro.settings import ALL_SOURCES, Settings, SourceName
from kasparro.warehouse import Warehouse

logger = logging.getLogger("extract")
configuration.use()

LABELS: dict[SourceName, str] = {
    "coinpaprika": "CoinPaprika",
    "coingecko": "CoinGecko",
    "csv": "the CSV folder",
    "rss": "the feeds",
}
PACKAGES: dict[SourceName, str] = {
    "coinpaprika": "extract.coinpaprika",
    "coingecko": "extract.coingecko",
    "csv": "extract.csv_files",
    "rss": "extract.rss",
}
READING_SHARE = 0.8
"""Of the time that a run waits for a source: the rest is for landing what came."""

DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
PARTS_OF_A_PACKAGE = (
    PackageStorage.NEW_JOBS_FOLDER,
    PackageStorage.STARTED_JOBS_FOLDER,
    PackageStorage.COMPLETED_JOBS_FOLDER,
    PackageStorage.FAILED_JOBS_FOLDER,
    PackageStorage.SCHEMA_FILE_NAME,
    PackageStorage.LOAD_PACKAGE_STATE_FILE_NAME,
)


@dataclass(frozen=True)
class Extracted:
    """What one source's extraction did: records taken, records rejected, and why; and which parts could not be read.

    `plan` says in words how often what is read, given the calls made this month and the month's budget of them.
    """

    accepted: int
    rejected: int
    reasons: tuple[str, ...]
    problems: tuple[str, ...] = ()
    calls_this_month: int = 0
    calls_budget: int | None = None
    plan: str | None = None

    @property
    def problem(self) -> str | None:
        """What could not be read, in one line; each reason once."""
        return "; ".join(dict.fromkeys(self.problems)) or None


def pipeline_for(name: SourceName, settings: Settings, warehouse: Warehouse) -> dlt.Pipeline:
    """The dlt pipeline of a source. Its working folder belongs to one warehouse: another one starts afresh.

    So does one that a backup was restored to: the folder's checkpoints are of rows that are gone.
    """
    restore = raw.last_restore(warehouse.url("loader"))
    place = hashlib.sha256(f"{warehouse.shown}{restore}".encode()).hexdigest()[:8]
    return dlt.pipeline(
        pipeline_name=name,
        pipelines_dir=str(settings.kasparro_home / "dlt" / place),
        destination=Raw(warehouse.url("loader"), create_indexes=False),  # unique ids would refuse a repeated load
        dataset_name=f"raw_{name}",
        progress=injection.progress(),
    )


def run(
    name: SourceName,
    settings: Settings,
    warehouse: Warehouse,
    *,
    catalogue: bool = False,
    backfill: Past | None = None,
) -> Extracted:
    """Extract one source and land it in its raw schema. With `catalogue`, what is read once a day is read now.

    With `backfill`, only a coin's past is read, as far as it has not landed before: call it once per coin, while no
    pass reads the same source. What a plan refuses is in the result's `problems`.

    Raises SourceError, with one line for the user, when nothing could be read.
    """
    prepare_source(name, settings, warehouse)
    pipeline = pipeline_for(name, settings, warehouse)
    _forget_what_is_overtaken(pipeline, warehouse)
    _load_what_is_left(name, pipeline)
    with (
        closing(Known(warehouse.url("loader"), pipeline.dataset_name)) as known,
        closing(_calls(name, settings, warehouse)) as calls,
    ):
        if refusal := calls.refusal():
            raise SourceError(refusal)
        folder = _spool_folder(pipeline)
        landing = Landing(
            known,
            calls=calls,
            budget=_budget(calls, settings),
            until=math.inf if backfill else time.monotonic() + settings.source_timeout_seconds * READING_SHARE,
            folder=folder,
            catalogue=catalogue,
            backfill=backfill,
            mappings=renamed.approved(name),
        )
        source = _source(name, settings, landing)
        raw.drop_unfinished(warehouse.url("loader"), pipeline.dataset_name, landing.keys)
        with _told(name):
            pipeline.run(source)
        made = calls.standing().calls
    landed = landing.landed
    if landing.plan:
        of_budget = f" of {calls.budget:,}" if calls.budget else ""
        logger.info("%s: %s; %s%s calls made this month", name, landing.plan, f"{made:,}", of_budget)
    if landing.problems and not (landed.accepted or landed.rejected or landing.unchanged):
        raise SourceError("; ".join(landing.problems))
    reasons = tuple(sorted(landed.reasons))
    return Extracted(
        landed.accepted, landed.rejected, reasons, tuple(landing.problems), made, calls.budget or None, landing.plan
    )


def _calls(name: SourceName, settings: Settings, warehouse: Warehouse) -> Calls:
    budget: int = getattr(settings, f"{name}_monthly_calls", 0)
    return Calls(LABELS[name], warehouse.url("loader"), f"raw_{name}", budget, f"{name.upper()}_MONTHLY_CALLS")


def _budget(calls: Calls, settings: Settings) -> Budget:
    return Budget(calls.left(), seconds_left_in_month(datetime.now(UTC)), settings.etl_interval_minutes * 60)


def prepare(settings: Settings, warehouse: Warehouse) -> None:
    """Make sure every source's raw tables and their indexes exist, also of sources that are off or never answered.

    Raises SourceError when they can't be made, as on a full disk.
    """
    for name in ALL_SOURCES:
        prepare_source(name, settings, warehouse)


def prepare_source(name: SourceName, settings: Settings, warehouse: Warehouse) -> None:
    """Make sure a source's raw tables and their indexes exist."""
    pipeline = pipeline_for(name, settings, warehouse)
    landing = Landing(tables_only=True, folder=_spool_folder(pipeline))
    tables = _source(name, settings, landing)
    url = warehouse.url("loader")
    if not raw.is_indexed(url, pipeline.dataset_name, landing.keys):
        with _told(name):
            _load_what_is_left(name, pipeline)
            pipeline.run(tables)
        provider_calls.create(url, pipeline.dataset_name)
        raw.index(url, pipeline.dataset_name, landing.keys)


def _forget_what_is_overtaken(pipeline: dlt.Pipeline, warehouse: Warehouse) -> None:
    """Empty the working folder when a pass of another machine has completed a load since it was left in mid-load.

    That pass has deleted the rows of the unfinished load and read them again: loaded now, they would be there twice.
    """
    left = [*pipeline.list_extracted_load_packages(), *pipeline.list_normalized_load_packages()]
    if left and min(left) < raw.newest_load(warehouse.url("loader"), pipeline.dataset_name):
        pipeline.drop()


def _load_what_is_left(name: SourceName, pipeline: dlt.Pipeline) -> None:
    """Load what an interrupted pass left; with data pending, dlt's `run` would ignore new data.

    Raises SourceError when it can't be loaded now. What never can be is dropped, to be read again.
    """
    _finish_deletions(pipeline)
    if not pipeline.has_pending_data:
        return
    try:
        pipeline.run()
    except PipelineStepFailed as failure:
        error = _in_words(name, failure)
        if pipeline.has_pending_data:
            raise error from failure
        logger.warning("%s: %s", name, error)


def _finish_deletions(pipeline: dlt.Pipeline) -> None:
    """Delete extracted packages that a killed pass was deleting.

    dlt deletes one file by file once it is normalised, or when nothing is in it, and fails ever after on what is left.
    """
    normalised = pipeline.list_normalized_load_packages()
    for load_id in pipeline.list_extracted_load_packages():
        package = Path(pipeline.working_dir) / "normalize" / NormalizeStorage.EXTRACTED_FOLDER / load_id
        if load_id in normalised or not all((package / part).exists() for part in PARTS_OF_A_PACKAGE):
            shutil.rmtree(package)


def _spool_folder(pipeline: dlt.Pipeline) -> Path:
    """Where rows wait to be handed to dlt, emptied of what a killed pass left."""
    folder = Path(pipeline.working_dir) / "spool"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _source(name: SourceName, settings: Settings, landing: Landing) -> Any:
    """The dlt source of a package, and the rejected records of all its resources."""
    source = import_module(PACKAGES[name]).source(settings, landing)
    source.resources.add(landing.rejected())
    return source


@contextmanager
def _told(name: SourceName) -> Generator[None]:
    """Turn what goes wrong in dlt, or in its working folder, into a SourceError that says it in one line."""
    try:
        yield
    except (PipelineStepFailed, OSError) as failure:
        raise _in_words(name, failure) from failure


def _in_words(name: SourceName, failure: BaseException) -> SourceError:
    """What went wrong in dlt, in one line: the SourceError behind it, or why a load failed."""
    chain: list[BaseException] = []
    inner: BaseException | None = failure
    while inner is not None:
        chain.append(inner)
        inner = inner.__cause__ or inner.__context__
    for error in chain:
        if isinstance(error, SourceError):
            return error
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            return SourceError(f"the disk of KASPARRO_HOME is full ({error.strerror}): make room, and run again")
        if isinstance(error, LoadClientJobException):
            dropped = isinstance(error, LoadClientJobFailed)
            outcome = "it is dropped, and read again" if dropped else "the next pass tries it again"
            return SourceError(f"what {LABELS[name]} sent could not be loaded ({_first_line(error)}): {outcome}")
    return SourceError(f"{LABELS[name]} could not be read and loaded ({_first_line(chain[-1])})")


def _first_line(error: BaseException) -> str:
    """What an error says, without where; of a job of dlt, what went wrong in it."""
    inner = error.client_exception if isinstance(error, LoadClientJobException) else error
    return next(iter(str(inner).strip().splitlines()), type(inner).__name__)
