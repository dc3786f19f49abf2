"""The locks: exact, hashed, of one mind, made from pyproject.toml, and tied to no package index."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.front_door.checkout import REPOSITORY, Checkout

FOLDER = REPOSITORY / "deploy/requirements"
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
NAMES = ("installer", "run", "dev")


def pins(name: str) -> dict[str, set[str]]:
    """Package to versions; platforms may differ in theirs."""
    found: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==([^ ;]+)", (FOLDER / f"{name}.txt").read_text(), re.MULTILINE):
        found.setdefault(package, set()).add(version)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_pin_has_hashes_and_nothing_names_an_index(name: str) -> None:
    entries = re.split(r"(?<!\\)\n", (FOLDER / f"{name}.txt").read_text().strip())
    assert entries
    for entry in entries:
        assert re.fullmatch(r"[\w.-]+==[^\s;]+( ; [^\\]+)?( \\\n +--hash=sha256:[0-9a-f]{64})+", entry), entry[:200]


def test_development_runs_what_users_run() -> None:
    users, developers = pins("run"), pins("dev")
    assert {package: developers.get(package) for package in users} == users


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("run", PROJECT["project"]["dependencies"]),
        ("dev", PROJECT["dependency-groups"]["dev"]),
        ("installer", PROJECT["dependency-groups"]["installer"]),
    ],
)
def test_the_lock_holds_what_the_project_asks_for(name: str, wanted: list[str]) -> None:
    locked = pins(name)
    for requirement in map(Requirement, wanted):
        versions = locked.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement.name} is not locked: make lock"
        assert all(map(requirement.specifier.contains, versions)), f"{requirement} is locked at {versions}: make lock"


@pytest.mark.parametrize("name", NAMES)
def test_uv_takes_the_lock_as_the_project_configures_it(name: str, tmp_path: Path) -> None:
    """It refuses a constraint of pyproject.toml beside hashes, before it asks any index."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    uv = Path(sys.executable).parent / "uv"
    install = [uv, "pip", "install", "--dry-run", "--offline", "--require-hashes", "--python", tmp_path / "bin/python"]
    command = [*install, "-r", FOLDER / f"{name}.txt"]
    told = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert "--require-hashes" not in told.stderr


def test_make_lock_makes_each_lock_anew_without_an_index(checkout: Checkout) -> None:
    checkout.script("bin/uv", '#!/bin/sh\necho "uv $*" >>installs.log\n')
    assert checkout.make("lock").returncode == 0
    compiled = [line for line in checkout.installs() if line.startswith("uv pip compile")]
    assert len(compiled) == len(NAMES)
    for name, line in zip(NAMES, compiled, strict=True):
        assert f"--output-file deploy/requirements/{name}.txt" in line
        assert {"--universal", "--generate-hashes", "--no-emit-index-url"} <= set(line.split())
