"""`python -m flows.alerts`: tell the operator, through ALERT_URL, each thing that goes wrong once, and its end.

Every pass looks at its end; without a pass nobody would, so where it matters that passes stop coming, run this from
cron on another machine. The address is one of Apprise's: `mailto://…`, `slack://…`, `json://host/path` for a webhook.
`python -m flows.alerts test` sends a message that says only that it arrives.
"""

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg2

from flows import drift
from kasparro import alert_url, logs, shell
from kasparro.settings import Settings, SettingsError, load_settings
from kasparro.warehouse import Warehouse, WarehouseError, locate

FAILURES_IN_A_ROW = 3
"""Once is a hiccup, and the next pass is minutes away."""
MISSED_PASSES = 3
LEAST_STALE_MINUTES = 15

# sources whose last runs, as many as it takes, all failed by themselves: what ends with its run is no source's fault
FAILING = """
    select source, min(started_at), (array_agg(error order by started_at desc))[1]
    from (
        select source.*, row_number() over (partition by source.source order by source.started_at desc) as age
        from ops.etl_source_runs as source
        inner join ops.etl_runs as run using (run_id)
        where run.status not in ('running', 'cancelled')
            and (source.status = 'success' or source.error is distinct from run.error)
    ) as recent
    where age <= %(failures)s and split_part(source, ':', 1) = any (%(sources)s)
    group by source
    having count(*) = %(failures)s and bool_and(status <> 'success')
"""
# since when nothing has been published or confirmed, and why: too long ago, or as many runs in a row have failed
STALE = """
    with finished as (
        select * from ops.etl_runs where status not in ('running', 'cancelled') and trigger <> 'backfill'
    ),

    good as (
        select max(started_at) as started_at, max(completed_at) as completed_at
        from finished where status in ('success', 'partial')
    ),

    failed as (
        select
            count(*) as runs, min(finished.started_at) as since,
            (array_agg(finished.error order by finished.started_at desc))[1] as error
        from finished cross join good
        where finished.started_at > coalesce(good.started_at, '-infinity')
    )

    select coalesce(good.completed_at, failed.since) as since, failed.error
    from good cross join failed
    where failed.runs >= %(failures)s
        or coalesce(good.completed_at, failed.since) < now() - make_interval(mins => %(minutes)s)
"""
OPEN = "select kind, subject, message from ops.alerts where closed_at is null"
SAY = "insert into ops.alerts (kind, subject, message) values (%s, %s, %s)"
CLOSE = "update ops.alerts set closed_at = now() where kind = %s and subject = %s and closed_at is null"

logger = logging.getLogger("flows")


class Subject(NamedTuple):
    """What an alert is about: a `source` or `drift` and the source's name, or `data`."""

    kind: str
    name: str


@dataclass(frozen=True)
class News:
    """What has to be said: what is wrong since the last time, and what is over."""

    wrong: Mapping[Subject, str]
    over: Mapping[Subject, str]


def news(was: Mapping[Subject, str], now: Mapping[Subject, str]) -> News:
    """What differs between what was said to be wrong and what is."""
    return News(
        {subject: message for subject, message in now.items() if subject not in was},
        {subject: message for subject, message in was.items() if subject not in now},
    )


def look(settings: Settings, warehouse: Warehouse) -> None:
    """Say what has changed; does nothing while ALERT_URL is unset. What could not be sent is said the next time."""
    if not settings.alert_url:
        return
    with closing(psycopg2.connect(warehouse.url("loader"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("select pg_advisory_lock(hashtext('kasparro alerts'))")  # two that look at once say it once
        cursor.execute(OPEN)
        was = {Subject(kind, name): message for kind, name, message in cursor.fetchall()}
        found = news(was, _wrong(cursor, settings) | _held_back(warehouse))
        for subject, message in found.wrong.items():
            if _send(settings.alert_url, f"Kasparro: {_title(subject)}", message):
                cursor.execute(SAY, (*subject, message))
        for subject in found.over:
            if _send(settings.alert_url, f"Kasparro: {_title(subject)}: over", "It is well again."):
                cursor.execute(CLOSE, subject)


def _wrong(cursor: Any, settings: Settings) -> dict[Subject, str]:
    cursor.execute(FAILING, {"failures": FAILURES_IN_A_ROW, "sources": list(settings.sources)})
    wrong = {
        Subject("source", source): f"{source} failed {FAILURES_IN_A_ROW} times, since {_clock(since)}: {error}"
        for source, since, error in cursor.fetchall()
    }
    minutes = max(MISSED_PASSES * settings.etl_interval_minutes, LEAST_STALE_MINUTES)
    cursor.execute(STALE, {"minutes": minutes, "failures": FAILURES_IN_A_ROW})
    for since, error in cursor.fetchall():
        said = f"nothing has been published or confirmed since {_clock(since)}"
        wrong[Subject("data", "stale")] = f"{said}: {error}" if error else said
    return wrong


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %b %H:%M} UTC"


def _held_back(warehouse: Warehouse) -> dict[Subject, str]:
    reasons = drift.held_back(warehouse)
    return {Subject("drift", source): f"{source} is {reason}" for source, reason in reasons.items()}


def _title(subject: Subject) -> str:
    return {"source": f"{subject.name} fails", "drift": f"{subject.name} is held back"}.get(
        subject.kind, "data is stale"
    )


def _send(url: str, title: str, body: str) -> bool:
    from apprise import Apprise  # a second to import: only who is alerted pays for it

    target = Apprise()
    if not target.add(url):
        logger.warning("ALERT_URL is no address that Apprise knows: mailto://…, slack://…, json://host/path")
        return False
    with shell.asking_proxies():
        is_sent = target.notify(title=title, body=body)
    if not is_sent:
        logger.warning("an alert could not be sent: %s", title)
        return False
    return True


def test(settings: Settings) -> int:
    """Send a test alert. Returns the exit status: 0 once it has been taken, 1 otherwise."""
    if not settings.alert_url:
        print("ALERT_URL is not set, so nobody is told: README.md says what it takes", file=sys.stderr)
        return 1
    if not _send(settings.alert_url, "Kasparro: test", "This is a test: alerts of this system reach you here."):
        print("the test alert was not taken: see above, and check ALERT_URL and the network", file=sys.stderr)
        return 1
    print("the test alert is sent")
    return 0


def main(given: Sequence[str] | None = None) -> int:
    """Look once, or send a test."""
    parser = argparse.ArgumentParser(prog="python -m flows.alerts", description="Tell the operator what goes wrong.")
    parser.add_argument("what", nargs="?", choices=("look", "test"), default="look", help="default: look")
    what = parser.parse_args(given).what
    try:
        settings = load_settings()
        logs.configure(settings)
        alert_url.require_known(settings)
        if what == "test":
            return test(settings)
        look(settings, locate(settings))
    except (SettingsError, WarehouseError) as error:
        print(error, file=sys.stderr)
        return 1
    except psycopg2.OperationalError as error:
        print(f"the warehouse can't be reached: {str(error).strip().splitlines()[-1]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
