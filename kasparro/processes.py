"""The processes of a service, found by a mark in their environment: whoever started them, wherever they moved to.

Whatever a marked process starts inherits the mark; a session of its own or a dead parent makes no difference. A
stranger that got the number of a dead process does not have it.
"""

import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

HOME, SERVICE = "KASPARRO_SUPERVISED_HOME", "KASPARRO_SERVICE"
KILL_SECONDS = 10


def mark(home: Path, service: str) -> dict[str, str]:
    """The variables that mark the processes of a service."""
    return {HOME: str(home.resolve()), SERVICE: service}


def is_live(process: psutil.Process) -> bool:
    """Whether a process still runs; one that has ended and that nobody has waited for does not.

    A killed process looks ended while threads of it still are: until the last one is gone, it holds its ports.
    """
    try:
        return process.is_running() and (process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    except psutil.NoSuchProcess:
        return False


def have_ended(processes: Iterable[psutil.Process], seconds: float) -> bool:
    """Wait for processes, whosever children they are. Returns whether all of them ended in time."""
    deadline = time.monotonic() + seconds
    while any(map(is_live, processes)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def marked(home: Path, service: str | None = None) -> list[psutil.Process]:
    """The live processes of a service, or of all services of a home; never this process itself."""
    place = str(home.resolve())

    def is_meant(environment: Mapping[str, str]) -> bool:
        return environment.get(HOME) == place and service in (None, environment.get(SERVICE))

    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and is_live(process) and is_meant(process.environ()):
                found.append(process)
    return found


def end(home: Path, service: str | None = None) -> int:
    """Kill a service's processes, or all services', and what they start meanwhile. Returns how many there were."""
    ended = 0
    while found := marked(home, service):
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        ended += len(found)
        if not have_ended(found, KILL_SECONDS):
            break
    return ended
