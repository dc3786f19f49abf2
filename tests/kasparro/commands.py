"""Running programs as a user does: in a process, with nothing of the developer's settings."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from kasparro.settings import REPOSITORY, Settings
from tests.conftest import PASSED_ON, free_port

PATIENCE_SECONDS = 60


def environment(home: Path, **variables: object) -> dict[str, str]:
    """A user's environment: an own home, free ports; every other setting unset, whatever the checkout's `.env` says."""
    given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    given |= {name.upper(): "" for name in Settings.model_fields}
    given |= {name: str(free_port()) for name in ("API_PORT", "PREFECT_PORT", "PG_PORT", "DOCS_PORT")}
    return {**given, "KASPARRO_HOME": str(home), **{name: str(value) for name, value in variables.items()}}


def kasparro(environment: Mapping[str, str], *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "kasparro", *arguments],
        cwd=REPOSITORY,
        env=dict(environment),
        input=given,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def python(code: str, environment: Mapping[str, str], *prefix: str) -> subprocess.CompletedProcess[str]:
    """Run a piece of Python over this checkout, behind a command prefix."""
    return subprocess.run(
        [*prefix, sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={**environment, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def eventually(is_so: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)
