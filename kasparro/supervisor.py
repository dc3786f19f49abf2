"""The processes behind `make run`: starts them, keeps them up, and stops all of them again.

Every service and whatever it starts is marked, so that the next start finds and ends what a killed supervisor left
behind. Their output goes to `logs/<service>.log`.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from kasparro import home, ports, processes, turn
from kasparro.settings import REPOSITORY, Settings

STOP_SECONDS = 10.0
TICK_SECONDS = 0.2
RESTART_PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
SETTLED_SECONDS = 30.0  # who has run this long has started; before it, FAILED_STARTS in a row end the run
FAILED_STARTS = 4
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class SupervisorError(Exception):
    """The system can't be started; the message says what to do."""


@dataclass
class Service:
    """One child process. `once` ones end by themselves; the others are started again when they end."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    once: bool = False
    to_console: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    has_settled: bool = False
    early_ends: int = 0
    pauses: int = 0
    due: float | None = None


def require_free_port(port: int, variable: str, what: str, host: str = "127.0.0.1") -> None:
    """Raise SupervisorError, naming the variable to change, when nothing can listen on the port."""
    reason = ports.why_not(host, port)
    if reason:
        host_variable = " or API_HOST" if variable == "API_PORT" else ""
        raise SupervisorError(f"{reason}: set {variable}{host_variable} to another for {what}")


def supervised_by(settings: Settings) -> int | None:
    """The process of the supervisor that runs in this home, 0 while it has not said which; None without one."""
    try:
        with (settings.kasparro_home / "run" / "lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int((settings.kasparro_home / "run" / "lock").read_text() or 0)
    return None


def how_to_stop(process: int) -> str:
    """What a user does to stop a supervisor, whose terminal may be gone."""
    return f"stop it there with Ctrl-C (or here: kill {process})" if process else "stop it there with Ctrl-C"


class Supervisor:
    """Runs services until it is told to stop."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._home = settings.kasparro_home
        self._say = say
        self._services: list[Service] = []
        self._is_busy = False
        self._signals = 0
        self._reason = ""

    @contextmanager
    def exclusive(self) -> Generator[None]:
        """Hold this home for one supervisor, ending what an earlier one left behind; everything stops at the exit.

        The first signal raises KeyboardInterrupt here; one while things are stopping kills what is left.
        """
        with home.writing(self._settings), (home.folder(self._settings, "run") / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                to_stop = how_to_stop(supervised_by(self._settings) or 0)
                raise SupervisorError(
                    f"the system is already running in {self._home}: {to_stop}, "
                    "or set KASPARRO_HOME and the ports to run a second one"
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            left_behind = processes.end(self._home)
            if left_behind:
                self._say(f"ended {left_behind} processes that an earlier run left behind")
            with self._signals_handled():
                try:
                    yield
                finally:
                    self.stop()

    @contextmanager
    def _signals_handled(self) -> Generator[None]:
        def is_ignored(number: signal.Signals) -> bool:  # `nohup make run` is meant to survive its terminal
            return number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN

        before = {number: signal.signal(number, self._on_signal) for number in SIGNALS if not is_ignored(number)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._signals += 1
        if self._signals == 1:
            self._reason = signal.Signals(number).name
            if not self._is_busy:
                raise KeyboardInterrupt(self._reason)

    @contextmanager
    def _undisturbed(self) -> Generator[None]:
        """Between the start of a process and the note of it no signal may come; it counts afterwards."""
        self._is_busy, before = True, self._signals
        try:
            yield
        finally:
            self._is_busy = False
        if before == 0 and self._signals:
            raise KeyboardInterrupt(self._reason)

    def log(self, service: Service) -> Path:
        """Where a service's output goes."""
        return self._home / "logs" / f"{service.name}.log"

    def start(self, service: Service) -> Service:
        """Start a service and note it."""
        log = home.folder(self._settings, "logs") / self.log(service).name
        home.keep_small(log)
        log.touch(mode=0o600)
        with self._undisturbed(), log.open("ab") as output:
            target = None if service.to_console else output
            service.process = subprocess.Popen(
                service.command,
                cwd=REPOSITORY,
                env={**os.environ, **service.environment, **processes.mark(self._home, service.name)},
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=target,
                start_new_session=True,  # a Ctrl-C is for us: we say who stops when
            )
            service.started, service.due = time.monotonic(), None
            if service not in self._services:
                self._services.append(service)
        return service

    def wait_until(self, is_ready: Callable[[], bool], service: Service, seconds: float) -> None:
        """Wait for a service, and look after the others meanwhile. Raises SupervisorError when it takes too long."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            if time.monotonic() > deadline:
                raise SupervisorError(f"{service.name} does not answer after {seconds:.0f} s; {self._tail(service)}")
            self.tend()
            time.sleep(TICK_SECONDS)

    def watch(self, also: Callable[[], None] = lambda: None) -> None:
        """Keep the services up until a signal arrives; `also` is called every time round."""
        while True:
            self.tend()
            also()
            time.sleep(TICK_SECONDS)

    def tend(self) -> None:
        """Look after every service once: what ended is started again, after a pause that grows.

        Raises SupervisorError when a service can't even start.
        """
        for service in list(self._services):
            assert service.process is not None
            if service.due is not None:
                if time.monotonic() >= service.due:
                    self.start(service)
            elif (code := service.process.poll()) is not None:
                self._on_end(service, code)
            elif time.monotonic() - service.started > SETTLED_SECONDS:
                service.has_settled, service.early_ends, service.pauses = True, 0, 0
            home.keep_small(self.log(service))

    def _on_end(self, service: Service, code: int) -> None:
        processes.end(self._home, service.name)  # what it started, and can no longer look after
        if service.once:
            self._services.remove(service)
            if code:
                self._say(f"{service.name} ended with exit code {code}")
            return
        service.early_ends += 1
        if service.early_ends >= FAILED_STARTS and not service.has_settled:
            raise SupervisorError(f"{service.name} can't start (exit code {code}); {self._tail(service)}")
        pause = RESTART_PAUSES[min(service.pauses, len(RESTART_PAUSES) - 1)]
        service.pauses += 1
        service.due = time.monotonic() + pause
        self._say(f"{service.name} ended (exit code {code}) and starts again in {pause:g} s: see {self.log(service)}")

    def stop(self) -> None:
        """Stop all services: asked at first, the stubborn ones and what any has left behind by force.

        A run that one of them has started is asked, too, so that it records that it was stopped.
        """
        self._signals += 1
        alive = [service.process for service in self._services if service.process]
        at_work = self._at_work()
        for process in (*alive, *at_work):
            with suppress(ProcessLookupError, psutil.NoSuchProcess):
                process.send_signal(signal.SIGTERM)
        asked, deadline = self._signals, time.monotonic() + STOP_SECONDS
        while any(process.poll() is None for process in alive) or (at_work and turn.holder(self._settings)):
            if time.monotonic() > deadline or self._signals > asked:
                break
            time.sleep(0.05)
        processes.end(self._home)
        for process in alive:
            process.wait()
        self._services.clear()

    def _at_work(self) -> list[psutil.Process]:
        """The process that writes in this home, if a service has started it and is not it."""
        found = turn.holder(self._settings)
        services = {service.process.pid for service in self._services if service.process}
        if not found or not services or found[0] in services:
            return []
        return [process for process in processes.marked(self._home) if process.pid == found[0]]

    def _tail(self, service: Service) -> str:
        log = self.log(service)
        return f"the last lines of {log}:\n{log_tail(log)}"


def python(*arguments: str) -> list[str]:
    """A command that runs a module of ours with this interpreter."""
    return [sys.executable, "-m", *arguments]


def log_tail(path: Path, lines: int = 8) -> str:
    """The last lines of a log."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""
