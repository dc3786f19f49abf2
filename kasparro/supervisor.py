"""The processes behind `make run`: starts them, keeps them up, and stops all of them again.

Every service runs in a session of its own and is noted in `run/services.json`, so that the next start finds and ends
what a killed supervisor left behind. Their output goes to `logs/<service>.log`.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from kasparro.settings import REPOSITORY, Settings

STOP_SECONDS = 20.0
RESTART_PAUSES = (1.0, 5.0, 15.0, 30.0)


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
    restarts: int = 0


def require_free_port(port: int, variable: str, what: str, host: str = "127.0.0.1") -> None:
    """Raise SupervisorError, naming the variable to change, when somebody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise SupervisorError(
                f"port {port} is taken by another program: set {variable} to a free port for {what}"
            ) from None


def wait_for_port(port: int, still_running: Callable[[], bool], seconds: float) -> bool:
    """Wait until something answers on 127.0.0.1:port; False when time is up or the process is gone."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and still_running():
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


class Supervisor:
    """Runs services until it is told to stop."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._folder = settings.kasparro_home / "run"
        self._logs = settings.kasparro_home / "logs"
        self._say = say
        self._services: list[Service] = []
        self._stopping = False

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold this home for one supervisor, ending what an earlier one left behind; everything stops at the exit."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise SupervisorError(
                    "the system is already running from this KASPARRO_HOME: stop it there with Ctrl-C, "
                    "or set KASPARRO_HOME and the ports to run a second one"
                ) from None
            self._end_leftovers()
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, self._on_signal)
            try:
                yield
            finally:
                self.stop()

    def _on_signal(self, number: int, _: object) -> None:
        if not self._stopping:
            self._stopping = True
            raise KeyboardInterrupt(signal.Signals(number).name)

    def start(self, service: Service) -> Service:
        """Start a service and note it."""
        output = None if service.to_console else (self._logs / f"{service.name}.log").open("ab")
        service.process = subprocess.Popen(
            service.command,
            cwd=REPOSITORY,
            env={**os.environ, **service.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        if output is not None:
            output.close()
        if service not in self._services:
            self._services.append(service)
        self._note()
        return service

    def watch(self) -> None:
        """Keep the services up until a signal arrives. A service that keeps dying is started again ever more slowly."""
        while True:
            for service in list(self._services):
                code = service.process.poll() if service.process else None
                if code is None:
                    continue
                if service.once:
                    self._services.remove(service)
                    continue
                pause = RESTART_PAUSES[min(service.restarts, len(RESTART_PAUSES) - 1)]
                service.restarts += 1
                self._say(
                    f"{service.name} ended (exit code {code}): it is started again in {pause:.0f} s, "
                    f"see {self._logs / service.name}.log"
                )
                time.sleep(pause)
                self.start(service)
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop the services in the reverse order of their start, the stubborn ones by force."""
        self._stopping = True
        processes = [service.process for service in reversed(self._services) if service.process]
        for process in processes:
            _signal_session(process.pid, signal.SIGTERM, leader_only=True)
        deadline = time.monotonic() + STOP_SECONDS
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
            _signal_session(process.pid, signal.SIGKILL)
            process.wait()
        self._services.clear()
        (self._folder / "services.json").unlink(missing_ok=True)

    def _note(self) -> None:
        noted = [
            {
                "name": service.name,
                "pid": service.process.pid,
                "started": psutil.Process(service.process.pid).create_time(),
            }
            for service in self._services
            if service.process and service.process.poll() is None
        ]
        path = self._folder / "services.json"
        scratch = path.with_suffix(".new")
        scratch.write_text(json.dumps(noted))
        scratch.replace(path)

    def _end_leftovers(self) -> None:
        """End the services of a supervisor that was killed. A pid that meanwhile belongs to another is left alone."""
        try:
            noted = json.loads((self._folder / "services.json").read_text())
        except (OSError, ValueError):
            return
        for entry in noted:
            leader = entry["pid"]
            try:
                is_ours = abs(psutil.Process(leader).create_time() - entry["started"]) < 1
            except psutil.NoSuchProcess:
                is_ours = bool(_session_members(leader))
            if is_ours:
                self._say(f"ending {entry['name']}, left behind by an earlier run")
                _signal_session(leader, signal.SIGKILL)
                psutil.wait_procs(_living(_session_members(leader)), timeout=STOP_SECONDS)


def _session_members(leader: int) -> list[int]:
    """The processes of a session, whose leader may be gone."""
    members: list[int] = []
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == leader:
                members.append(pid)
        except OSError:
            continue
    return members


def _living(pids: Sequence[int]) -> list[psutil.Process]:
    """The processes that still run; one that nobody has waited for no longer does."""
    living: list[psutil.Process] = []
    for pid in pids:
        try:
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE:
                living.append(process)
        except psutil.NoSuchProcess:
            continue
    return living


def _signal_session(leader: int, number: signal.Signals, *, leader_only: bool = False) -> None:
    for pid in [leader] if leader_only else _session_members(leader):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def python(*arguments: str) -> list[str]:
    """A command that runs a module of ours with this interpreter."""
    return [sys.executable, "-m", *arguments]


def log_tail(path: Path, lines: int = 5) -> str:
    """The last lines of a log."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""
