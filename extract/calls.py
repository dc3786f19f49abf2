"""What a source's provider has been asked this month, and until when it is to be left alone: kept in the warehouse.

One row in `raw_<source>.provider_calls`, written at every attempt, so that it is true after a kill, a lost working
folder, and on whatever machine the next pass runs.
"""

import threading
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import psycopg2
from psycopg2 import sql

from extract.errors import SourceError

TABLE = "provider_calls"
FAILURES_ALLOWED = 5
SHORTEST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_ASKED_PAUSE = timedelta(days=1)
"""Whatever a provider asks for: a `Retry-After` of ten years is a mistake of its own."""

CREATE = """
    create table if not exists {table} (
        only_row boolean primary key default true check (only_row),
        month date not null default date_trunc('month', now() at time zone 'utc'),
        calls bigint not null default 0,
        failures integer not null default 0,
        paused_until timestamptz,
        pause_reason text
    );
    insert into {table} default values on conflict do nothing
"""
LIFT = """
    alter table {table} add column if not exists lifted_at timestamptz;
    update {table} set lifted_at = now(), paused_until = null, pause_reason = null, failures = 0
"""
TAKE = """
    update {table} set month = %(month)s, calls = case when month = %(month)s then calls else 0 end + 1
    where (paused_until is null or paused_until <= %(now)s)
    and (%(budget)s = 0 or month <> %(month)s or calls < %(budget)s)
    returning calls
"""


@dataclass(frozen=True)
class Standing:
    """Where a source stands: calls made this month, failures in a row, and a pause with its reason, if there is one."""

    calls: int
    failures: int
    paused_until: datetime | None
    pause_reason: str | None


class Counting(Protocol):
    """What a client tells of the calls it makes."""

    def take(self) -> None:
        """Count a call that is about to be made. Raises SourceError when it must not be."""

    def give_back(self) -> None:
        """Uncount a call that never reached the server."""

    def pause(self, until: datetime, reason: str) -> None:
        """Make no call before `until`."""

    def succeeded(self) -> None:
        """Note that the server answers."""

    def failed(self) -> None:
        """Note that the server can't be reached or is broken."""


class Calls:
    """Counts a source's calls against its budget (0 = none), and refuses them while it is paused. Shared by threads."""

    def __init__(self, label: str, url: str, schema: str, budget: int, variable: str) -> None:
        self.budget = budget
        self._label = label
        self._variable = variable
        self._table = sql.Identifier(schema, TABLE)
        self._lock = threading.Lock()
        self._connection = psycopg2.connect(url, application_name="kasparro calls")
        self._connection.autocommit = True
        with self._connection.cursor() as cursor:  # not by libpq's options, which poolers refuse
            cursor.execute("set synchronous_commit = off")
        latest = datetime.now(UTC) + LONGEST_ASKED_PAUSE
        self._run("update {table} set paused_until = %s where paused_until > %s", (latest, latest))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def standing(self) -> Standing:
        """Where the source stands now."""
        statement = (
            "select case when month = %s then calls else 0 end, failures, paused_until, pause_reason from {table}"
        )
        rows = self._run(statement, (_month(),))
        return Standing(*rows[0])

    def lifted_at(self) -> datetime | None:
        """When the pauses noted until then were lifted by hand, if ever."""
        ((lifted,),) = self._run("select to_jsonb(counted) ->> 'lifted_at' from {table} as counted", ())
        return datetime.fromisoformat(lifted) if lifted else None

    def left(self) -> int | None:
        """How many calls the month's budget still has; None without a budget."""
        return max(self.budget - self.standing().calls, 0) if self.budget else None

    def take(self) -> None:
        """Count a call that is about to be made. Raises SourceError when it must not be."""
        if not self._run(TAKE, {"month": _month(), "now": datetime.now(UTC), "budget": self.budget}):
            raise SourceError(self.refusal() or f"{self._label} may not be called now")

    def give_back(self) -> None:
        """Uncount a call that never reached the provider."""
        self._run("update {table} set calls = greatest(calls - 1, 0)", ())

    def pause(self, until: datetime, reason: str) -> None:
        """Make no call before `until`, in this pass or any other."""
        statement = "update {table} set paused_until = greatest(paused_until, %s), pause_reason = %s"
        self._run(statement, (until, reason))

    def succeeded(self) -> None:
        """Note that the provider answers."""
        self._run("update {table} set failures = 0, paused_until = null where failures > 0", ())

    def failed(self) -> None:
        """Note that the provider can't be reached or is broken. After several times in a row it is left alone."""
        ((failures,),) = self._run("update {table} set failures = failures + 1 returning failures", ())
        if pause := pause_after(failures):
            self.pause(datetime.now(UTC) + pause, f"it failed {failures} times in a row")

    def refusal(self) -> str | None:
        """Why no call may be made now, or None when one may."""
        standing = self.standing()
        until = standing.paused_until
        if until and until > datetime.now(UTC):
            return told_pause(self._label, until, standing.pause_reason)
        if self.budget and standing.calls >= self.budget:
            return (
                f"the month's {self.budget:,} calls to {self._label} are spent: it is read again next month, "
                f"or raise {self._variable} if your plan has more"
            )
        return None

    def _run(self, statement: str, values: Any) -> list[Any]:
        with self._lock, self._connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(table=self._table), values)
            return cursor.fetchall() if cursor.description else []


def create(url: str, schema: str) -> None:
    """Make the table, if it is not there."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL(CREATE).format(table=sql.Identifier(schema, TABLE)))


def lift(url: str, schema: str) -> datetime | None:
    """Lift every pause of a source, also those of its feeds; returns until when it itself was paused, if it was."""
    table = sql.Identifier(schema, TABLE)
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("select max(paused_until) from {table} where paused_until > now()").format(table=table))
        ((until,),) = cursor.fetchall()
        cursor.execute(sql.SQL(LIFT).format(table=table))
    return until


def told_pause(label: str, until: datetime, reason: object) -> str:
    """Why no call is made, and what to do."""
    return f"{label} is left alone until {until:%d %b %H:%M} UTC: {reason} (`make lift-pause` asks again at once)"


def pause_after(failures: int) -> timedelta | None:
    """How long to leave a server alone that failed so many times in a row; None while that is few."""
    if failures < FAILURES_ALLOWED:
        return None
    return min(SHORTEST_PAUSE * 2 ** min(failures - FAILURES_ALLOWED, 10), LONGEST_PAUSE)


def seconds_left_in_month(now: datetime) -> float:
    """Until the next month begins, in UTC."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return ((first + timedelta(days=32)).replace(day=1) - now).total_seconds()


def _month() -> Any:
    return datetime.now(UTC).date().replace(day=1)
