"""CI runs what a developer runs: the linters, then the README's test command."""

from typing import Any

import pytest
import yaml

from tests.front_door.checkout import REPOSITORY, Checkout

MAKE = """\
#!/bin/sh
echo "$* $KASPARRO_REQUIRE_BROWSER" >>make.log
[ ! -e "$1-fails" ]
"""
WORKFLOW: dict[str, Any] = yaml.safe_load((REPOSITORY / ".github/workflows/ci.yml").read_text())


def prepared(checkout: Checkout) -> Checkout:
    checkout.script(".ci/run", (REPOSITORY / ".ci/run").read_text())
    (checkout.bin / "make").unlink()
    checkout.script("bin/make", MAKE)
    (checkout.bin / "bash").symlink_to("/bin/bash")
    return checkout


def made(checkout: Checkout) -> list[str]:
    return (checkout.folder / "make.log").read_text().splitlines()


def test_it_lints_and_tests_and_wants_a_browser(checkout: Checkout) -> None:
    assert prepared(checkout).run("bash", ".ci/run", CI="true").returncode == 0
    assert made(checkout) == ["lint 1", "test 1"]


def test_outside_ci_a_missing_browser_is_no_failure(checkout: Checkout) -> None:
    assert prepared(checkout).run("bash", ".ci/run").returncode == 0
    assert made(checkout) == ["lint ", "test "]


@pytest.mark.parametrize("failing", ["lint", "test"])
def test_a_failure_is_a_failure(failing: str, checkout: Checkout) -> None:
    prepared(checkout)
    (checkout.folder / f"{failing}-fails").touch()
    assert checkout.run("bash", ".ci/run").returncode != 0


def test_the_workflow_runs_the_same_on_the_oldest_and_newest_python() -> None:
    job = WORKFLOW["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert WORKFLOW["permissions"] == {"contents": "read"}
