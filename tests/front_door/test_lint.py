"""The linters: all of them run, one that fails fails the whole, and the rules that guard the tree really bite."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.front_door.checkout import REPOSITORY, Checkout

LINTERS = ("ruff", "basedpyright", "lint-imports", "sqlfluff", "dbt", "dbt-bouncer")
PACKAGES = ("api", "extract", "flows", "kasparro", "providers")
BIN = Path(sys.executable).parent


@pytest.fixture
def linters(checkout: Checkout) -> Checkout:
    """The checkout with linters that only note their calls, and fail where a file says so."""
    checkout.make("ready-dev")
    for name in LINTERS:
        script = f'#!/bin/sh\necho "{name} $1" >>lint.log\n[ ! -e {name}-fails ]\n'
        checkout.script(f".venv/bin/{name}", script)
    (checkout.bin / "mktemp").symlink_to(shutil.which("mktemp") or "")
    return checkout


def ran(checkout: Checkout) -> list[str]:
    return (checkout.folder / "lint.log").read_text().splitlines()


def test_all_linters_run(linters: Checkout) -> None:
    result = linters.make("lint")
    assert result.returncode == 0, result.stdout + result.stderr
    expected = ["ruff check", "ruff format", "basedpyright ", "lint-imports --no-logo"]
    assert ran(linters) == [*expected, "sqlfluff lint", "dbt --quiet", "dbt-bouncer run"]


@pytest.mark.parametrize("failing", LINTERS)
def test_one_that_fails_stops_no_other_and_fails_the_whole(failing: str, linters: Checkout) -> None:
    (linters.folder / f"{failing}-fails").touch()
    result = linters.make("lint")
    assert result.returncode != 0
    assert "Failed: " in result.stdout
    assert {line.split()[0] for line in ran(linters)} >= set(LINTERS) - ({"dbt-bouncer"} if failing == "dbt" else set())


@pytest.mark.parametrize("line", ["--index-url https://packages.example.org/simple", "x @ https://example.org/x.whl"])
def test_a_lock_that_names_a_host_fails(line: str, linters: Checkout) -> None:
    with (linters.folder / "deploy/requirements/run.txt").open("a") as lock:
        lock.write(f"{line}\n")
    result = linters.make("lint")
    assert result.returncode != 0
    assert "Failed: Locks" in result.stdout


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the packages and of the linters' settings."""
    for package in PACKAGES:
        shutil.copytree(REPOSITORY / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "lint-imports"), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_an_import_that_points_upwards_or_sideways_fails(sources: Path) -> None:
    assert lint_imports(sources).returncode == 0
    with (sources / "api/wrong.py").open("w") as module:
        module.write("import dlt\nimport extract.records\n")
    with (sources / "kasparro/wrong.py").open("w") as module:
        module.write("import fastapi\nimport flows.elt\n")
    result = lint_imports(sources)
    assert result.returncode != 0
    assert result.stdout.count(" BROKEN") >= 3


@pytest.mark.parametrize(
    ("path", "code", "rule"),
    [
        ("extract/wrong.py", '"""A module."""\n\nimport os\n\nNAME = os.getenv("NAME")\n', "TID251"),
        ("extract/wrong.py", '"""A module."""\n\nfrom .records import land\n\n__all__ = ["land"]\n', "TID252"),
        ("api/wrong.py", '"""A module."""\n\nprint("hello")\n', "T201"),
        ("api/wrong.py", '"""A module."""\n\n\ndef public() -> None:\n    ...\n', "D103"),
        ("tests/test_wrong.py", "from unittest import mock\n\n__all__ = ['mock']\n", "TID251"),
    ],
)
def test_a_house_rule_is_a_lint(path: str, code: str, rule: str) -> None:
    command = [str(BIN / "ruff"), "check", "--output-format", "concise", "--stdin-filename", path, "-"]
    result = subprocess.run(command, cwd=REPOSITORY, input=code, capture_output=True, text=True, check=False)
    assert rule in result.stdout
