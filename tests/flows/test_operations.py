"""Every command of docs/operations.md does what it says there, one after the other, in an installation of its own."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kasparro.settings import REPOSITORY
from kasparro.warehouse import EmbeddedPostgres
from providers.generated import GeneratedMarket
from providers.server import running
from tests.flows.installation import Installation

FENCED = re.MULTILINE | re.DOTALL
PAGE = (REPOSITORY / "docs" / "operations.md").read_text()
COMMANDS = [
    line.partition("  #")[0].strip()
    for block in re.findall(r"^```\n(.*?)^```$", PAGE, FENCED)
    for line in block.splitlines()
]
IN_THE_TEXT = re.findall(
    r"`((?:make|curl|\.venv/bin/python) [^`]*)`", re.sub(r"^```\n.*?^```$", "", PAGE, flags=FENCED)
)
ELSEWHERE = {
    "make run": "front_door/test_system.py",
    "make api": "api/test_main.py",
    "make alert-test": "flows/test_alerts.py",
    "make dbt": "dbt_project/test_analyst.py",
    "curl http://127.0.0.1:8000/health": "api/test_system.py",
    ".venv/bin/python -m flows.schedule status": "flows/test_prefect.py",
    ".venv/bin/python -m flows.schedule pause": "flows/test_prefect.py",
    ".venv/bin/python -m flows.schedule resume": "flows/test_prefect.py",
    ".venv/bin/python -m flows.serve": "flows/test_prefect.py",
    ".venv/bin/python -m kasparro prefect-server 0.0.0.0": "flows/test_prefect.py",
}
"""What is run by other tests, since it stays in the foreground or needs what does."""
PATIENCE_SECONDS = 300


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An installation over a small market."""
    with running(GeneratedMarket(coins=20, seed=3)) as stand_in:
        installation = Installation(tmp_path / "home", stand_in)
        yield installation
        EmbeddedPostgres(installation.settings).stop()


def recipe(command: str) -> str:
    """What make runs for a command, its virtual environment being there."""
    made = subprocess.run(
        ["make", "--dry-run", *shlex.split(command)[1:]], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return made.stdout.splitlines()[-1].removeprefix("exec ")


def as_run_here(command: str, folder: Path) -> str:
    """The command for this installation: its home, its folder of backups, and nobody to ask."""
    parts = [recipe(part) if part.startswith("make ") else part for part in command.split(" && ")]
    line = " && ".join(parts).replace("/backups/", f"{folder}/").replace(".kasparro/", f"{folder}/home/")
    return line.replace("kasparro restore ", "kasparro restore --yes ").replace(".venv/bin/python", "python")


def test_every_command_of_the_text_is_run_by_a_test() -> None:
    assert set(IN_THE_TEXT) <= {*COMMANDS, *ELSEWHERE}
    for command, test in ELSEWHERE.items():
        assert command in PAGE
        assert (REPOSITORY / "tests" / test).exists()


def test_every_command_does_what_it_says(installation: Installation, tmp_path: Path) -> None:
    commands = [command for command in COMMANDS if command not in ELSEWHERE]
    assert len(commands) >= 10
    said: dict[str, str] = {}
    for command in commands:
        if command == "make stop":
            continue  # once the rest is done
        done = subprocess.run(
            ["sh", "-ec", as_run_here(command, tmp_path)],
            cwd=REPOSITORY,
            env={**installation.environment, "PATH": f"{REPOSITORY}/.venv/bin:/usr/bin:/bin", "LOG_FORMAT": "console"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        said[command] = done.stdout + done.stderr
        assert done.returncode == 0 or (done.returncode == 3 and "backfill" in command), f"{command}\n{said[command]}"
    everything = "\n".join(said.values())
    assert "published version 1" in everything
    assert "records landed; the next pass publishes them" in everything
    assert "kasparro.dump (" in everything
    assert "the next pass goes on from there" in everything
    assert "stopped the embedded warehouse" in everything
