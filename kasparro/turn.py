"""Whose turn it is to write: one pass, backfill or maintenance at a time, on whatever machine.

The authority is a session lock in Postgres, which ends with its connection. A lock on a file of the home stands beside
it: should Postgres go away in mid-pass, and the session lock with it, no other pass takes the same working folder.
"""

import fcntl
import os
import secrets
import signal
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import IO, Any, Final, Literal

import psutil
import psycopg2

from kasparro import home
from kasparro.processes import have_ended
from kasparro.settings import Settings
from kasparro.warehouse import PASS_LOCK
from kasparro.warehouse.connect import require_writable

Work = Literal["pass", "backfill", "maintenance", "preview", "restore", "rebuild", "dbt"]

HOLDER = f"""
    select substring(activity.application_name from '^kasparro (.*)$')
    from pg_locks as locks
    inner join pg_stat_activity as activity on locks.pid = activity.pid
    where locks.locktype = 'advisory' and locks.granted and locks.objsubid = 1
        and locks.database = (select oid from pg_database where datname = current_database())
        and locks.classid::bigint = {PASS_LOCK >> 32} and locks.objid::bigint = {PASS_LOCK & 0xFFFFFFFF}
"""  # noqa: S608  # two numbers of our own
"""What holds the session lock, as every role may see it: one of `Work`; no row when it is free."""

STOP_SECONDS = 30
TAKEN_ALONG: Final[list[Any]] = []
"""Open files that nothing may close before the process becomes another program."""


def named(work: str) -> str:
    """The work as it stands in a sentence: `a pass`."""
    return work if work in ("maintenance", "dbt") else f"a {work}"


def claim(connection: Any) -> str | None:
    """Take the session lock for as long as the connection lives; while something has it, take nothing and say what.

    Raises WarehouseError where nothing can be written.
    """
    require_writable(connection)
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", (PASS_LOCK,))
        if cursor.fetchone() == (True,):
            return None
        cursor.execute(HOLDER)
        holder = cursor.fetchone()
    return holder[0] if holder and holder[0] else "pass"


def session(work: Work) -> str:
    """The application name of the connection that holds the lock."""
    return f"kasparro {work}"


@contextmanager
def at_home(settings: Settings, work: Work) -> Generator[tuple[int, str] | None]:
    """Hold this home's turn; while another process has it, hold nothing and give its number and its work."""
    note, busy = _lock(settings, work)
    with note:
        yield busy


def take_along(settings: Settings, warehouse: Mapping[str, Any]) -> tuple[str | None, int]:
    """Take the turn for the program that this process is about to become; `warehouse` is what psycopg2 connects with.

    Both locks lie in files that the program inherits, so they end with it, however it ends. Returns what has the turn
    instead, if anything has; and the key of a second lock of the session, by which SQL can tell that it is still held.
    """
    note, busy = _lock(settings, "dbt")
    if busy:
        note.close()
        return busy[1], 0
    connection = psycopg2.connect(**warehouse, keepalives_idle=30, application_name=session("dbt"))
    connection.autocommit = True
    if holder := claim(connection):
        connection.close()
        note.close()
        return holder, 0
    key = secrets.randbits(62)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (key,))
    for file in (note.fileno(), connection.fileno()):
        os.set_inheritable(file, True)
    TAKEN_ALONG.extend((note, connection))
    return None, key


def _lock(settings: Settings, work: Work) -> tuple[IO[str], tuple[int, str] | None]:
    with home.writing(settings):
        note = (home.folder(settings, "run") / "turn").open("a")
    try:
        fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return note, _noted(note.name)
    note.truncate(0)
    note.write(f"{os.getpid()} {work}\n")
    note.flush()
    return note, None


def holder(settings: Settings) -> tuple[int, str] | None:
    """The process whose turn it is in this home, and its work."""
    path = settings.kasparro_home / "run" / "turn"
    try:
        with path.open("r") as note:
            fcntl.flock(note, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _noted(str(path))
    return None


def end(settings: Settings) -> str | None:
    """End the work of this home, if there is any: asked at first, then by force. Returns which work it was.

    Whatever is ended, the next pass completes it.
    """
    found = holder(settings)
    if found is None:
        return None
    number, work = found
    try:
        process = psutil.Process(number)
        for request in (signal.SIGTERM, signal.SIGKILL):
            process.send_signal(request)
            if have_ended([process], STOP_SECONDS):
                break
    except psutil.NoSuchProcess:
        pass
    return work


def _noted(path: str) -> tuple[int, str]:
    with open(path) as note:  # noqa: PTH123
        number, _, work = note.read().strip().partition(" ")
    return int(number or 0), work or "pass"
