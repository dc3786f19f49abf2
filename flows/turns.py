"""Taking the turn to write, working under it, and noticing when it is lost.

Who stops a run sends SIGTERM: an exception in the main thread, which must find it waiting, not within a statement of
SQL, nor in dbt, which takes any exception for a result like others. So what takes long is done in threads that nobody
waits for once the run is stopped. They end with the process; until then the turn is theirs.
"""

import logging
import secrets
import time
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack, closing, contextmanager
from contextvars import copy_context
from functools import partial
from threading import Lock, Thread
from typing import Any, TypeVar

import psycopg2

from kasparro import home, turn
from kasparro.settings import Settings
from kasparro.turn import Work
from kasparro.warehouse import Warehouse

LOOK_AGAIN_SECONDS = 1.0
logger = logging.getLogger("flows")
Result = TypeVar("Result")


class BusyError(Exception):
    """Something else has the turn: `work` says what, `name` says it to people, `run_id` which pass if that is known."""

    def __init__(self, work: str, run_id: str | None = None) -> None:
        name = "another pass" if work == "pass" else turn.named(work)
        super().__init__(f"{name} is running{f' ({run_id})' if run_id else ''}: let it finish, then start again")
        self.name = name
        self.work = work
        self.run_id = run_id


class StoppedError(Exception):
    """The run was stopped: what it waited for is left alone."""


class TooLongError(Exception):
    """What was waited for takes longer than it may: it is left alone."""


class TurnLostError(Exception):
    """The warehouse ended the connection that held the lock: something else may be writing by now."""

    def __init__(self) -> None:
        super().__init__(
            "the warehouse was restarted, or cut the connection that keeps two passes apart: "
            "this one stops before it publishes, the next one completes its work"
        )


class Turn:
    """The turn that is held; `key` is a second lock of its session, which nobody else knows or holds.

    It is free once nobody works under it any more: neither who took it, nor a thread that outlasts the run.
    """

    def __init__(self, key: int, connection: Any, free: Callable[[], None]) -> None:
        self.key = key
        self._connection = connection
        self._free = free
        self._holders = 1
        self._lock = Lock()

    def enter(self) -> None:
        """Begin to work under the turn."""
        with self._lock:
            self._holders += 1

    def leave(self) -> None:
        """Work under it no longer; who is the last to leave sets it free."""
        with self._lock:
            self._holders -= 1
            is_last = self._holders == 0
        if is_last:
            self._free()

    def work(
        self, do: Callable[[], Result], stopped: Future[None] | None = None, seconds: float | None = None
    ) -> Result:
        """Do something under the turn in a thread that ends with the process; return what it returns, raise as it does.

        What interrupts this thread leaves the other at work. Raises StoppedError, likewise, once `stopped` is done, and
        TooLongError after so many `seconds`.
        """
        outcome: Future[Result] = Future()

        def settle() -> None:
            told: Callable[[], None]
            try:
                told = partial(outcome.set_result, do())
            except BaseException as error:  # noqa: BLE001  # whatever it is: who waits gets it
                told = partial(outcome.set_exception, error)
            try:
                self.leave()  # first: who waits may be the last to leave, and take the next turn at once
            finally:
                told()

        self.enter()
        try:
            Thread(target=copy_context().run, args=(settle,), name="work", daemon=True).start()
        except BaseException:  # there may be no thread to be had
            self.leave()
            raise
        ends: list[Future[Any]] = [outcome, stopped] if stopped else [outcome]
        ended = wait(ends, seconds, return_when=FIRST_COMPLETED).done
        if not outcome.done():
            raise StoppedError if ended else TooLongError
        return outcome.result()

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
    said = ""
    while True:
        try:
            taken = _take(settings, warehouse, work)
            break
        except BusyError as error:
            if time.monotonic() >= deadline:
                raise
            if said != error.work:
                logger.info("waiting: %s is running", error.name)
            said = error.work
            time.sleep(LOOK_AGAIN_SECONDS)
    try:
        with home.writing(settings):
            yield taken
    finally:
        taken.leave()


def _take(settings: Settings, warehouse: Warehouse, work: Work) -> Turn:
    with ExitStack() as stack:
        if busy := stack.enter_context(turn.at_home(settings, work)):
            raise BusyError(busy[1], _running_pass(warehouse))
        connection = psycopg2.connect(warehouse.url("loader"), keepalives_idle=30, application_name=turn.session(work))
        stack.enter_context(closing(connection))
        connection.autocommit = True
        if holder := turn.claim(connection):
            raise BusyError(holder, _running_pass(warehouse))
        with connection.cursor() as cursor:
            key = secrets.randbits(62)
            cursor.execute("select pg_advisory_lock(%s)", (key,))
        return Turn(key, connection, stack.pop_all().close)


def _running_pass(warehouse: Warehouse) -> str | None:
    """The pass that the ledger takes for running."""
    with closing(psycopg2.connect(warehouse.url("loader"))) as connection, connection.cursor() as cursor:
        cursor.execute("select run_id from ops.etl_runs where status = 'running' order by started_at desc")
        running = cursor.fetchone()
    return str(running[0]) if running else None
