"""The supervisor over real processes: they stop, they come back, and none is left or taken for another's."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest

from kasparro import processes
from kasparro.settings import REPOSITORY
from kasparro.supervisor import supervised_by
from tests.conftest import make_settings
from tests.kasparro.commands import PATIENCE_SECONDS, environment, eventually

SUPERVISE = """
import json, sys
from kasparro import home, supervisor
from kasparro.settings import load_settings
from kasparro.supervisor import Service, Supervisor, SupervisorError
from kasparro.system import say
services, constants = json.loads(sys.argv[1]), json.loads(sys.argv[2])
home.LOG_BYTES = constants.pop("LOG_BYTES", home.LOG_BYTES)
vars(supervisor).update(constants)
try:
    with (supervising := Supervisor(load_settings(), say)).exclusive():
        for service in services:
            supervising.start(Service(**service))
        say("up")
        supervising.watch()
except KeyboardInterrupt:
    say("interrupted")
except SupervisorError as error:
    say(str(error))
    sys.exit(1)
"""
RUNS = "import time; print('runs', flush=True); time.sleep(3600)"
IGNORES_TERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
# starts a child that leaves its session, outlives its parent and ignores requests
HAS_A_CHILD_THAT_LEFT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {IGNORES_TERM + RUNS!r}], start_new_session=True); "  # noqa: E501


def service(name: str, code: str, **values: Any) -> dict[str, Any]:
    return {"name": name, "command": [sys.executable, "-c", code], **values}


class Run:
    """A supervisor in a process of its own."""

    started: ClassVar[list[subprocess.Popen[str]]] = []

    def __init__(
        self, place: Path, *services: Mapping[str, Any], prefix: tuple[str, ...] = (), **constants: Any
    ) -> None:
        self.home = place
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", SUPERVISE, json.dumps(services), json.dumps(constants)],
            cwd=REPOSITORY,
            env=environment(place) | {"PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(self.process)

    def wait_until_up(self) -> "Run":
        """Wait until the services have been started."""
        assert self.process.stdout
        while line := self.process.stdout.readline():
            if line == "up\n":
                return self
        raise AssertionError("it never came up")

    def log(self, name: str) -> str:
        """What a service has written."""
        path = self.home / "logs" / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def wait_for_starts(self, name: str, count: int = 1) -> None:
        """Wait until a service has been started so often."""
        eventually(lambda: self.log(name).count("runs") >= count, f"{name} starts {count} times")

    def pid(self, name: str) -> int:
        """The process that the supervisor runs as a service."""
        (found,) = (p.pid for p in processes.marked(self.home, name) if p.ppid() == self.process.pid)
        return found

    def end(self, *signals: signal.Signals) -> tuple[int, str]:
        """Send signals and wait for the end; returns the exit status and what was said."""
        for number in signals:
            self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, said


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A home. Whatever a test leaves running in it, or in the demo's beside it, is ended."""
    home = tmp_path / "home"
    yield home
    for supervisor in Run.started:
        supervisor.kill()
        supervisor.wait()
    for each in (home, home / "demo"):
        processes.end(each)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(number: signal.Signals, place: Path) -> None:
    run = Run(place, service("plain", RUNS), service("parent", HAS_A_CHILD_THAT_LEFT + RUNS)).wait_until_up()
    run.wait_for_starts("plain")
    run.wait_for_starts("parent", 2)
    assert len(processes.marked(place)) == 3
    assert run.end(number) == (0, "interrupted\n")
    assert processes.marked(place) == []


def test_what_ignores_the_request_is_ended_by_force(place: Path) -> None:
    run = Run(place, service("stubborn", IGNORES_TERM + RUNS), STOP_SECONDS=0.1).wait_until_up()
    run.wait_for_starts("stubborn")
    assert run.end(signal.SIGTERM)[0] == 0
    assert processes.marked(place) == []


WRITES = """
import time
from kasparro import turn
from kasparro.settings import load_settings
def at_work():
    with turn.at_home(load_settings(), "pass"):
        print("runs", flush=True)
        try:
            time.sleep(3600)
        finally:
            time.sleep(0.5)
            print("recorded", flush=True)
import signal
signal.signal(signal.SIGTERM, signal.default_int_handler)
at_work()
"""


def test_a_run_that_a_service_has_started_is_asked_to_stop_and_waited_for(place: Path) -> None:
    starts = (
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {WRITES!r}]); import time; time.sleep(99)"
    )
    run = Run(place, service("flows", starts)).wait_until_up()
    run.wait_for_starts("flows")
    assert run.end(signal.SIGTERM)[0] == 0
    assert "recorded" in run.log("flows")
    assert processes.marked(place) == []


def test_a_second_signal_waits_for_nobody(place: Path) -> None:
    asked = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True)); "
    stubborn = f"{asked}print('runs', flush=True)\nwhile True: time.sleep(3600)"
    run = Run(place, service("stubborn", stubborn), STOP_SECONDS=10 * PATIENCE_SECONDS).wait_until_up()
    run.wait_for_starts("stubborn")
    run.process.send_signal(signal.SIGINT)
    eventually(lambda: "asked" in run.log("stubborn"), "the service is asked to stop")
    assert run.end(signal.SIGINT)[0] == 0
    assert processes.marked(place) == []


def test_a_run_without_a_hangup_outlives_its_terminal(place: Path) -> None:
    run = Run(place, service("plain", RUNS), prefix=("nohup",)).wait_until_up()
    run.process.send_signal(signal.SIGHUP)
    run.wait_for_starts("plain")
    assert run.process.poll() is None
    assert run.end(signal.SIGTERM)[0] == 0


def test_a_listener_that_left_stops_nothing(place: Path) -> None:
    run = Run(
        place, service("plain", f"{RUNS[: -len('3600)')]}0.1)"), RESTART_PAUSES=[0], SETTLED_SECONDS=0
    ).wait_until_up()
    assert run.process.stdout
    run.process.stdout.close()
    run.wait_for_starts("plain", 5)
    run.process.terminate()
    run.process.wait()
    assert processes.marked(place) == []


def test_a_home_has_one_supervisor(place: Path) -> None:
    settings = make_settings(place)
    assert supervised_by(settings) is None
    first = Run(place).wait_until_up()
    assert supervised_by(settings) == first.process.pid
    status, said = Run(place).end()
    assert status == 1
    there = f"stop it there with Ctrl-C (or here: kill {first.process.pid})"
    assert said.startswith(f"the system is already running in {place}: {there}, or set KASPARRO_HOME")
    assert first.process.poll() is None
    first.end(signal.SIGTERM)
    assert supervised_by(settings) is None


def test_what_a_killed_supervisor_left_is_ended_and_nothing_else(place: Path) -> None:
    killed = Run(place, service("parent", HAS_A_CHILD_THAT_LEFT + RUNS)).wait_until_up()
    beside = Run(place / "demo", service("plain", RUNS)).wait_until_up()
    killed.wait_for_starts("parent", 2)
    left = processes.marked(place)
    killed.process.kill()
    killed.process.wait()
    assert len(left) == 2 and all(map(processes.is_live, left))
    stranger = subprocess.Popen([sys.executable, "-c", RUNS], env={**os.environ, processes.SERVICE: "parent"})
    try:
        second = Run(place, service("plain", RUNS)).wait_until_up()
        assert not any(map(processes.is_live, left))
        assert stranger.poll() is None
        assert len(processes.marked(place / "demo")) == 1
        second.end(signal.SIGTERM)
    finally:
        stranger.kill()
        stranger.wait()
        beside.end(signal.SIGTERM)


def test_a_service_that_crashes_comes_back_while_the_others_go_on(place: Path) -> None:
    run = Run(place, service("steady", RUNS), service("parent", HAS_A_CHILD_THAT_LEFT + RUNS)).wait_until_up()
    run.wait_for_starts("steady")
    run.wait_for_starts("parent", 2)
    steady, crashed, family = run.pid("steady"), run.pid("parent"), processes.marked(place, "parent")
    psutil.Process(crashed).kill()
    run.wait_for_starts("parent", 4)
    assert not any(map(processes.is_live, family)), "its child went with it"
    assert run.pid("steady") == steady
    assert len(processes.marked(place, "parent")) == 2
    said = run.end(signal.SIGTERM)[1]
    assert f"parent ended (exit code -9) and starts again in 0.5 s: see {place}/logs/parent.log" in said


def test_a_service_that_once_ran_is_never_given_up(place: Path) -> None:
    dies = "import sys, time; print('runs', flush=True); time.sleep(0.3); sys.exit(7)"
    run = Run(place, service("frail", dies), RESTART_PAUSES=[0], SETTLED_SECONDS=0, FAILED_STARTS=2).wait_until_up()
    run.wait_for_starts("frail", 4)
    assert run.process.poll() is None
    run.end(signal.SIGTERM)


def test_a_service_that_cannot_start_ends_the_run_and_shows_why(place: Path) -> None:
    fails = "import sys; print('runs', flush=True); sys.exit('the reason, at last')"
    run = Run(place, service("plain", RUNS), service("broken", fails), RESTART_PAUSES=[0])
    status, said = run.end()
    assert status == 1
    last = f"broken can't start (exit code 1); the last lines of {place}/logs/broken.log:\n"
    assert said.partition(last)[2].splitlines()[-1] == "the reason, at last"
    assert run.log("broken").count("runs") == 4
    assert processes.marked(place) == []


def test_what_runs_once_stays_ended_and_says_how(place: Path) -> None:
    pass_ = service("first-pass", "import sys; print('extracted', flush=True); sys.exit(3)", once=True, to_console=True)
    run = Run(place, pass_)
    assert run.process.stdout
    said = [run.process.stdout.readline() for _ in range(3)]
    assert sorted(said) == ["extracted\n", "first-pass ended with exit code 3\n", "up\n"]
    assert run.end(signal.SIGTERM)[1] == "interrupted\n"
    assert run.log("first-pass") == ""


def test_logs_stay_small_and_private(place: Path) -> None:
    (place / "logs").mkdir(parents=True)
    (place / "logs" / "quiet.log").write_text("of an earlier run\n" * 100)
    talks = "import time\nfor n in range(10**9): print('runs', n, flush=True); time.sleep(0.001)"
    run = Run(place, service("talks", talks), service("quiet", RUNS), LOG_BYTES=1000).wait_until_up()
    eventually((place / "logs" / "talks.log.1").exists, "the log is moved aside")
    run.end(signal.SIGTERM)
    assert (place / "logs" / "quiet.log").read_text() == "runs\n"
    assert "of an earlier run" in (place / "logs" / "quiet.log.1").read_text()
    assert (place / "logs" / "talks.log").stat().st_mode & 0o777 == 0o600
