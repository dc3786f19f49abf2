"""Is the system healthy, and if not, why and since when. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from api.health.queries import Failing, SourceState

MISSED_PASSES = 3


def reason(why: str, since: datetime | None, source: str | None = None) -> dict[str, Any]:
    """One reason, as the answer shows it."""
    return {"source": source, "reason": why, "since": since}


def watched(enabled: Iterable[str], states: Mapping[str, SourceState]) -> dict[str, SourceState | None]:
    """The sources to judge: of each enabled kind those that have run (`csv:<file stem>` is one of `csv`), else None."""
    found: dict[str, SourceState | None] = {}
    for kind in enabled:
        members = [source for source in states if source.partition(":")[0] == kind]
        found.update({source: states[source] for source in members} or {kind: None})
    return found


def etl_status(sources: Mapping[str, SourceState | None]) -> dict[str, dict[str, Any]]:
    """Per source, how its newest finished run ended."""
    return {
        source: {
            "status": state.status if state else "never_run",
            "records_processed": state.records_processed if state else 0,
            "finished_at": state.finished_at if state else None,
            "error": state.error if state else None,
        }
        for source, state in sources.items()
    }


def reasons(
    *,
    sources: Mapping[str, SourceState | None],
    version: int | None,
    last_completed_at: datetime | None,
    failing: Failing | None,
    interval: timedelta,
    now: datetime,
) -> list[dict[str, Any]]:
    """Why the data is less than good: nothing is published, passes no longer come, a source fails."""
    found: list[dict[str, Any]] = []
    if failing is not None:
        why = failing.error or "the last run failed"
        said = "nothing new is published" if version is not None else "nothing has been published yet"
        found.append(reason(f"{said}: {why}", last_completed_at or failing.since))
    elif version is None:
        found.append(reason("no pass has completed yet", None))
    if version is not None and last_completed_at is not None and now - last_completed_at > MISSED_PASSES * interval:
        minutes = int((now - last_completed_at).total_seconds() // 60)
        found.append(reason(f"no pass has completed for {minutes} minutes", last_completed_at))
    for source, state in sources.items():
        if state is not None and state.status != "success" and not (failing and state.ended_with_run):
            found.append(
                reason(
                    state.error or f"its last run {state.status}",
                    state.failing_since,
                    source,
                )
            )
    return found
