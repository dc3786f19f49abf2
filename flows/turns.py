"""Taking the turn to write, and noticing when it is lost."""

import secrets
import time
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2

from kasparro import turn
from kasparro.settings import Settings
from kasparro.turn import Work
from kasparro.warehouse import Warehouse

LOOK_AGAIN_SECONDS = 1.0


class BusyError(Exception):
    """Something else has the turn; `work` says what, `run_id` names the pass if it is one that is known."""

    def __init__(self, work: str, run_id: str | None = None) -> None:
        name = {"pass": "another pass", "maintenance": work}.get(work, f"a {work}")
        super().__init__(f"{name} is running{f' ({run_id})' if run_id else ''}: let it finish, then start again")
        self.work = work
        self.run_id = run_id


class TurnLostError(Exception):
    """The warehouse ended the connection that held the lock: something else may be writing by now."""

    def __init__(self) -> None:
        super().__init__(
            "the warehouse was restarted, or cut the connection that keeps two passes apart: "
            "this one stops before it publishes, the next one completes its work"
        )


@dataclass(frozen=True)
class Turn:
    """The turn that is held; `key` is a second lock of its session, which nobody else knows or holds."""

    key: int
    _connection: Any

    def require(self) -> None:
        """Raise TurnLostError when the turn is lost."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("select 1")
        except psycopg2.Error:
            raise TurnLostError from None


@contextmanager
def take(settings: Settings, warehouse: Warehouse, work: Work, *, patience: float = 0) -> Generator[Turn]:
    """Hold the turn, after waiting for it so many seconds at most. Raises BusyError while something else holds it."""
    deadline = time.monotonic() + patience
    with ExitStack() as stack:
        while True:
            try:
                held = stack.enter_context(_take(settings, warehouse, work))
                break
            except BusyError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(LOOK_AGAIN_SECONDS)
        yield held


@contextmanager
def _take(settings: Settings, warehouse: Warehouse, work: Work) -> Generator[Turn]:
    with turn.at_home(settings, work) as busy:
        if busy:
            raise BusyError(busy[1], _running_pass(warehouse))
        connection = psycopg2.connect(warehouse.url("loader"), keepalives_idle=30, application_name=turn.session(work))
        connection.autocommit = True
        with closing(connection):
            if holder := turn.claim(connection):
                raise BusyError(holder, _running_pass(warehouse))
            with connection.cursor() as cursor:
                key = secrets.randbits(62)
                cursor.execute("select pg_advisory_lock(%s)", (key,))
            yield Turn(key, connection)


def _running_pass(warehouse: Warehouse) -> str | None:
    """The pass that the ledger takes for running."""
    with closing(psycopg2.connect(warehouse.url("loader"))) as connection, connection.cursor() as cursor:
        cursor.execute("select run_id from ops.etl_runs where status = 'running' order by started_at desc")
        running = cursor.fetchone()
    return str(running[0]) if running else None
