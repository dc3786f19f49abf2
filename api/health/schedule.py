"""Does the schedule stand still: nothing has started for several intervals, though something should have, and why."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from api.etl.prefect import Prefect
from api.health.judge import reason
from kasparro.turn import HOLDER

MISSED_RUNS = 3
UP_SINCE = datetime.now(UTC)
LAST_STARTED = text("select max(started_at) from ops.etl_runs where trigger <> 'backfill'")


class Activity(NamedTuple):
    """When the newest run began, and what holds the write lock, which is what a due run would wait for."""

    last_started_at: datetime | None
    holder: str | None


def activity(connection: Connection) -> Activity:
    """What goes on in the warehouse."""
    return Activity(connection.execute(LAST_STARTED).scalar(), connection.execute(text(HOLDER)).scalar())


def stands_still(
    seen: Activity, interval: timedelta, now: datetime, up_since: datetime = UP_SINCE
) -> dict[str, Any] | None:
    """The reason, when no run has begun for three intervals and nothing writes; of a first run, since we are up."""
    since = seen.last_started_at or up_since
    if seen.holder is not None or now - since <= MISSED_RUNS * interval:
        return None
    silent, due = (int(length.total_seconds() // 60) for length in (now - since, interval))
    return reason(f"no run has started for {silent} minutes, and one is due every {due}", since)


async def explained(found: dict[str, Any], prefect: Prefect) -> dict[str, Any]:
    """The reason with what Prefect says about its schedule."""
    return {**found, "reason": f"{found['reason']}: {await prefect.standing()}"}
