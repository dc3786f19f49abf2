"""The processes of a service, found by a mark in their environment: whoever started them, wherever they moved to.

Whatever a marked process starts inherits the mark; a session of its own or a dead parent makes no difference. A
stranger that got the number of a dead process does not have it.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

HOME, SERVICE = "KASPARRO_SUPERVISED_HOME", "KASPARRO_SERVICE"
KILL_SECONDS = 10


def mark(home: Path, service: str) -> dict[str, str]:
    """The variables that mark the processes of a service."""
    return {HOME: str(home.resolve()), SERVICE: service}


def marked(home: Path, service: str | None = None) -> list[psutil.Process]:
    """The live processes of a service, or of all services of a home; never this process itself."""
    place = str(home.resolve())

    def is_meant(environment: Mapping[str, str]) -> bool:
        return environment.get(HOME) == place and service in (None, environment.get(SERVICE))

    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.is_running() and is_meant(process.environ()):
                found.append(process)
    return found


def end(home: Path, service: str | None = None) -> int:
    """Kill a service's processes, or all services', and what they start meanwhile. Returns how many there were."""
    ended = 0
    while found := marked(home, service):
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _, alive = psutil.wait_procs(found, timeout=KILL_SECONDS)
        ended += len(found) - len(alive)
        if alive:
            break
    return ended
