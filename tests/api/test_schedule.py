"""`/health` notices a schedule that stands still: nothing starts though it should, and what Prefect says to that."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from api.health.schedule import Activity, stands_still
from kasparro import turn
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api.marts import Marts
from tests.api.serving import Api

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
INTERVAL = timedelta(minutes=5)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("started", "holder", "up_since", "still_since"),
    [
        (ago(5), None, ago(60), None),
        (ago(15), None, ago(60), None),
        (ago(16), None, ago(1), ago(16)),
        (ago(16), "pass", ago(60), None),
        (ago(90), "backfill", ago(90), None),
        (None, None, ago(14), None),
        (None, None, ago(16), ago(16)),
    ],
)
def test_a_schedule_stands_still_after_three_intervals_in_which_nothing_wrote(
    started: datetime | None, holder: str | None, up_since: datetime, still_since: datetime | None
) -> None:
    found = stands_still(Activity(started, holder), INTERVAL, NOW, up_since)
    assert (found and found["since"]) == still_since
    if found:
        assert found["reason"] == "no run has started for 16 minutes, and one is due every 5"


def test_health_says_since_when_nothing_has_started_and_why(
    api: Api, marts: Marts, empty: Warehouse, api_settings: Settings
) -> None:
    started = datetime.now(UTC) - timedelta(minutes=4 * api_settings.etl_interval_minutes)
    marts.run(started, [{"source": "csv:mine"}])

    def found() -> list[dict[str, str]]:
        body = api.get("/health").json()
        return [each for each in body["reasons"] if each["reason"].startswith("no run has started for ")]

    (still,) = found()
    assert "Prefect can't be reached. Start the system with `make run`" in still["reason"]
    assert datetime.fromisoformat(still["since"]) == started
    with closing(psycopg2.connect(empty.url("loader"), application_name=turn.session("backfill"))) as connection:
        assert turn.claim(connection) is None
        assert found() == []  # a run that is due waits for it, or is left out
    marts.run(datetime.now(UTC), [{"source": "csv:mine"}])
    assert found() == []
