"""The commands: all are there, listed, and hand over to what they name with its output, signals and failure."""

import os
import re
import signal
from importlib.util import find_spec

import pytest

from kasparro.__main__ import COMMANDS
from tests.front_door.checkout import REPOSITORY, Checkout

PROMISED = (
    *("run", "test", "test-long", "test-coverage", "demo", "elt", "stop", "dbt", "api", "docs", "lint", "bench"),
    *("help", "url", "psql", "drift", "identity-eval", "identity-preview", "clean", "up", "down", "logs", "build"),
    *("lift-pause", "schedule", "alert-test", "lock", "backfill", "maintenance", "backup", "restore", "rebuild"),
)
MAKEFILE = (REPOSITORY / "Makefile").read_text()

WAITS = """
import os, signal

def stop(number, frame):
    os.write(1, b"stopped cleanly\\n")
    os._exit(0)

signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
os.write(1, b"up\\n")
while True:
    signal.pause()
"""


@pytest.mark.parametrize("command", PROMISED)
def test_every_command_is_there_and_listed(command: str, checkout: Checkout) -> None:
    assert checkout.make("--dry-run", command).returncode == 0
    assert re.search(rf"^  make {command} +\S", checkout.make("help").stdout, re.MULTILINE)


def test_help_lists_nothing_else(checkout: Checkout) -> None:
    listed = re.findall(r"^  make (\S+)", checkout.make("help").stdout, re.MULTILINE)
    assert sorted(listed) == sorted(PROMISED)
    assert checkout.make().stdout == checkout.make("help").stdout


def test_the_readme_names_commands_that_exist_and_no_user_misses_one() -> None:
    readme = (REPOSITORY / "README.md").read_text()
    named = set(re.findall(r"(?:`|^\$? *)make ([a-z-]+)", readme, re.MULTILINE))
    assert named <= set(PROMISED)
    assert set(PROMISED) - {"build", "down", "help", "lock", "logs"} <= named


def test_help_installs_nothing(checkout: Checkout) -> None:
    checkout.make("help")
    assert checkout.installs() == []


@pytest.mark.parametrize("module", sorted(set(re.findall(r"\$\(python\) -m ([\w.]+)", MAKEFILE))))
def test_every_module_that_is_run_exists(module: str) -> None:
    spec = find_spec(module)
    assert spec is not None
    assert not spec.submodule_search_locations or find_spec(f"{module}.__main__")


def test_every_command_of_kasparro_that_is_run_exists() -> None:
    assert set(re.findall(r"-m kasparro ([\w-]+)", MAKEFILE)) <= set(COMMANDS)


@pytest.mark.parametrize("command", ["test", "test-long", "test-coverage", "lint", "bench", "lock"])
def test_developers_commands_install_the_development_lock(command: str, checkout: Checkout) -> None:
    checkout.make(command)
    assert checkout.installs()[:3] == ["venv", "pip installer.txt", "uv dev.txt"]


@pytest.mark.parametrize(
    "command",
    [
        *("run", "demo", "elt", "api", "stop", "dbt", "docs", "url", "psql", "drift", "identity-eval", "clean"),
        *("identity-preview", "backfill", "maintenance", "backup", "restore"),
    ],
)
def test_users_commands_install_no_development_tools(command: str, checkout: Checkout) -> None:
    checkout.make(command)
    assert checkout.installs() == ["venv", "pip installer.txt", "uv run.txt"]


def test_what_a_command_prints_is_all_that_comes_out(checkout: Checkout) -> None:
    checkout.module("kasparro", "print('postgresql://reader@127.0.0.1/kasparro')")
    assert checkout.make("url").stdout == "postgresql://reader@127.0.0.1/kasparro\n"


@pytest.mark.parametrize("command", ["dbt", "psql"])
def test_arguments_arrive_as_they_were_quoted(command: str, checkout: Checkout) -> None:
    checkout.module("kasparro", "import sys; print(sys.argv[1:])")
    result = checkout.make(command, 'ARGS=one --select "coins coin_quotes+"')
    assert result.stdout == f"['{command}', 'one', '--select', 'coins coin_quotes+']\n"


def test_identity_eval_hands_over_the_files(checkout: Checkout) -> None:
    checkout.module("flows/identity_eval", "import sys; print(sys.argv[1:])")
    assert checkout.make("identity-eval", "TRUTH=my pairs.tsv").stdout == "['my pairs.tsv']\n"
    assert checkout.make("identity-eval", "TRUTH=a", "NEGATIVES=b").stdout == "['a', '--negatives', 'b']\n"


@pytest.mark.parametrize(("status", "of_make", "said"), [(0, 0, ""), (1, 2, "Error 1"), (3, 2, "Error 3")])
def test_elt_fails_with_the_status_it_says(status: int, of_make: int, said: str, checkout: Checkout) -> None:
    checkout.module("flows/elt", f"raise SystemExit({status})")
    result = checkout.make("elt")
    assert result.returncode == of_make
    assert said in result.stderr


def test_sigterm_reaches_the_system_and_make_says_nothing(checkout: Checkout) -> None:
    checkout.make("ready")
    checkout.module("kasparro", WAITS)
    with checkout.start("run") as make:
        assert make.stdout
        assert make.stdout.readline() == "up\n"
        make.send_signal(signal.SIGTERM)
        assert make.stdout.read() == "stopped cleanly\n"


def test_ctrl_c_reaches_the_system(checkout: Checkout) -> None:
    checkout.make("ready")
    checkout.module("kasparro", WAITS)
    with checkout.start("run") as make:
        assert make.stdout
        assert make.stdout.readline() == "up\n"
        os.killpg(make.pid, signal.SIGINT)
        # make may add a word of its own when its child ends the moment the signal comes
        assert make.stdout.readline() == "stopped cleanly\n"


def test_what_the_shell_has_for_other_pythons_is_not_handed_on(checkout: Checkout) -> None:
    checkout.make("ready")
    checkout.module("kasparro", "import os; print({n: v for n, v in os.environ.items() if n.startswith('PYTHON')})")
    theirs = {"PYTHONPATH": "/nowhere", "PYTHONWARNINGS": "error", "PYTHONSAFEPATH": "1", "PYTHONHOME": "/nowhere"}
    result = checkout.make("url", **theirs, PYTHONINSPECT="1", PYTHONUTF8="0", PYTHONPLATLIBDIR="nowhere")
    assert result.stdout in ("{'PYTHONUTF8': '1'}\n", "{'PYTHON': '', 'PYTHONUTF8': '1'}\n"), result.stderr
