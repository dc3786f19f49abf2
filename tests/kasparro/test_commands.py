"""`python -m kasparro <command>`, as the Makefile calls it."""

import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest

from kasparro import __main__ as commands
from kasparro import processes
from kasparro.settings import REPOSITORY, Settings
from kasparro.warehouse import EmbeddedPostgres, Warehouse, ensure_warehouse
from tests.conftest import free_port, make_settings
from tests.kasparro.commands import PATIENCE_SECONDS, environment, eventually, kasparro
from tests.kasparro.conftest import Server
from tests.kasparro.test_supervisor import RUNS, Run, service


@pytest.fixture
def of_session(settings: Settings, warehouse: Warehouse) -> dict[str, str]:
    """The environment of commands on the session's warehouse."""
    return environment(settings.kasparro_home, PG_PORT=warehouse.admin.port)


def test_every_command_is_told_in_the_help() -> None:
    printed = kasparro(environment(REPOSITORY / ".kasparro"), "-h").stdout
    for name in commands.COMMANDS:
        assert re.search(rf"^    {name}\b", printed, re.MULTILINE)


def test_the_url_is_the_readers(of_session: dict[str, str], warehouse: Warehouse) -> None:
    done = kasparro(of_session, "url")
    assert done.stdout == warehouse.url("reader") + "\n", done.stderr
    with closing(psycopg2.connect(done.stdout.strip())):
        pass


def test_psql_reads_and_keeps_its_password_to_itself(of_session: dict[str, str]) -> None:
    done = kasparro(of_session, "psql", "-Atc", "select current_user", "-c", r"\! tr '\0' ' ' </proc/$PPID/cmdline")
    user, command_line = done.stdout.splitlines()
    assert user == "kasparro_reader_kasparro"
    assert command_line.startswith(str(commands.binaries() / "psql")) and "postgresql:" not in command_line
    assert kasparro(of_session, "psql", "-c", "create table marts.mine ()").returncode == 1


def test_psql_pages_as_the_user_likes(of_session: dict[str, str]) -> None:
    shown = ("psql", "-c", r"\echo :{?X}", "-c", r"\! echo pager: $PSQL_PAGER")
    assert "pager: mine" in kasparro({**of_session, "PSQL_PAGER": "mine"}, *shown).stdout


def test_a_shell_that_sources_the_file_runs_plain_psql_and_dbt(of_session: dict[str, str], settings: Settings) -> None:
    done = kasparro(of_session, "env")
    assert done.stdout == f"source {shlex.quote(str(settings.kasparro_home / 'env'))}\n"
    assert stat.S_IMODE((settings.kasparro_home / "env").stat().st_mode) == 0o600
    script = f". {done.stdout.split(' ', 1)[1].strip()}; psql -Atc 'select current_user'; dbt debug --connection"
    shell = subprocess.run(
        ["sh", "-ec", script],
        cwd="/",
        env={"PATH": f"{commands.binaries()}:/usr/bin:/bin", "HOME": os.environ["HOME"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shell.stdout.startswith("kasparro_reader_kasparro\n"), shell.stderr
    assert "user: kasparro_transformer_kasparro" in shell.stdout
    assert "Connection test: [OK connection ok]" in shell.stdout
    assert shell.returncode == 0


def test_dbts_exit_status_is_the_commands(of_session: dict[str, str]) -> None:
    assert kasparro(of_session, "dbt", "no-such-command").returncode == 2


def test_a_home_with_a_blank_can_be_sourced(tmp_path: Path, postgres18: Server) -> None:
    with postgres18.database() as url:
        variables = environment(tmp_path / "a 'home'", DATABASE_URL=url.render_as_string(hide_password=False))
        done = kasparro(variables, "env")
    sourced = subprocess.run(["sh", "-ec", f"{done.stdout.replace('source', '.')}echo $PGDATABASE"],
                             capture_output=True, text=True, check=True)  # fmt: skip
    assert sourced.stdout == f"{url.database}\n"


@contextmanager
def supervised(home: Path) -> Generator[Run]:
    run = Run(home, service("plain", RUNS)).wait_until_up()
    try:
        yield run
    finally:
        run.process.terminate()
        run.process.wait()


def test_a_running_system_is_neither_stopped_nor_cleaned_under_its_feet(tmp_path: Path) -> None:
    home, beside = tmp_path / "home", tmp_path / "home" / "demo"
    variables = environment(home)
    settings = make_settings(home)
    ensure_warehouse(settings)
    with supervised(home) as run:
        there = f"stop it there with Ctrl-C (or here: kill {run.process.pid})"
        stopped = kasparro(variables, "stop")
        cleaned = kasparro(variables, "clean", "--yes")
        assert (stopped.returncode, cleaned.returncode) == (1, 1)
        assert stopped.stderr == f"the system is running in {home}: {there}, which stops its warehouse, too\n"
        assert cleaned.stderr == f"the system is running in {home}: {there}, then clean\n"
        assert EmbeddedPostgres(settings).running()
    with supervised(beside):
        assert f"the system is running in {beside}" in kasparro(variables, "clean", "--yes").stderr
    assert kasparro(variables, "stop").stdout == "stopped the embedded warehouse\n"
    assert kasparro(variables, "stop").stdout == "the embedded warehouse is not running\n"


def test_clean_asks_and_then_removes_everything(tmp_path: Path) -> None:
    home = tmp_path / "home"
    variables = environment(home)
    assert kasparro(variables, "clean").stdout == f"nothing to remove: {home} does not exist\n"
    embedded = EmbeddedPostgres(make_settings(home))
    embedded.start()
    question = f"Remove {home}, with the embedded warehouse and all its data? [y/N] "
    assert kasparro(variables, "clean", given="n\n").stdout == f"{question}nothing removed\n"
    unanswered = kasparro(variables, "clean")
    assert unanswered.returncode == 1
    assert "nothing removed: nobody answered" in unanswered.stdout
    assert embedded.running()
    assert kasparro(variables, "clean", given="y\n").stdout == f"{question}removed {home}\n"
    assert not home.exists()
    assert embedded.running() is None


@pytest.mark.parametrize("moment", ["postgres/new-*/data/base", "logs/prefect-server.log"])
def test_a_request_to_stop_counts_while_everything_is_starting(moment: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    starting = subprocess.Popen(
        [sys.executable, "-m", "kasparro", "run"],
        cwd=REPOSITORY,
        env=environment(home, SOURCES="csv", CSV_DIR=tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    eventually(lambda: any(home.glob(moment)) or starting.poll() is not None, f"{moment} appears")
    starting.terminate()
    said, _ = starting.communicate(timeout=PATIENCE_SECONDS)
    assert starting.returncode == 0, said
    assert said.endswith("stopping on SIGTERM (once more to stop at once)\nstopped\n")
    assert processes.marked(home) == []
    assert EmbeddedPostgres(make_settings(home)).running() is None


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"API_PORT": "http"}, "Settings are wrong:\n  API_PORT or PORT: expected a whole number, got 'http'\n"),
        ({"API_PORT": 4201, "PREFECT_PORT": 4201},
         "API_PORT and PREFECT_PORT are both 4201: set them to different ports\n"),
        ({"PG_PORT": 4202, "PREFECT_PORT": 4202},
         "PREFECT_PORT and PG_PORT are both 4202: set them to different ports\n"),
        ({"API_HOST": "192.0.2.7", "API_PORT": 4203},
         "192.0.2.7 is no address of this machine: set API_PORT or API_HOST to another for the API\n"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_told_before_anything_starts(
    variables: dict[str, object], message: str, tmp_path: Path
) -> None:
    done = kasparro(environment(tmp_path / "home", **variables), "run")
    assert (done.returncode, done.stderr) == (1, message)
    assert not (tmp_path / "home" / "postgres").exists()


@pytest.mark.parametrize(
    ("variable", "what"),
    [
        ("API_PORT", "API_PORT or API_HOST to another for the API"),
        ("PREFECT_PORT", "PREFECT_PORT to another for Prefect's server"),
        ("PG_PORT", "PG_PORT to a free port for the embedded Postgres"),
    ],
)  # fmt: skip
def test_a_taken_port_is_told_by_its_variable(variable: str, what: str, warehouse: Warehouse, tmp_path: Path) -> None:
    done = kasparro(environment(tmp_path / "home", **{variable: warehouse.admin.port}), "run")
    assert done.returncode == 1
    assert done.stderr == f"port {warehouse.admin.port} is taken by another program: set {what}\n"


def test_docs_need_their_port(warehouse: Warehouse, tmp_path: Path) -> None:
    done = kasparro(environment(tmp_path / "home", DOCS_PORT=warehouse.admin.port), "docs")
    assert done.stderr.endswith("set DOCS_PORT to another for the documentation\n")


def test_real_data_are_not_mixed_with_a_demo(tmp_path: Path) -> None:
    (tmp_path / "demo.env").write_text("DATABASE_URL=''\n")
    done = kasparro(environment(tmp_path), "run")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path} holds a demo with invented prices: `make demo` goes on with it.")


def test_a_demo_is_not_mixed_into_a_warehouse_that_has_seen_runs(tmp_path: Path, postgres18: Server) -> None:
    with postgres18.database() as url:
        settings = make_settings(tmp_path / "real", database_url=url.render_as_string(hide_password=False))
        real = ensure_warehouse(settings)
        with closing(psycopg2.connect(real.url("loader"))) as connection, connection, connection.cursor() as cursor:
            cursor.execute(
                "insert into ops.etl_runs (run_id, trigger, status) values (gen_random_uuid(), 'x', 'failed')"
            )
        done = kasparro(environment(tmp_path / "demo", DATABASE_URL=settings.database_url), "demo")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{real.shown} holds data already, and a demo would mix invented prices into it")
    assert not (tmp_path / "demo" / "demo.env").exists()


def test_an_unreachable_warehouse_is_one_line(tmp_path: Path) -> None:
    port = free_port()
    done = kasparro(environment(tmp_path, DATABASE_URL=f"postgresql://u:secret-pass@127.0.0.1:{port}/d"), "run")
    assert done.returncode == 1
    assert done.stderr == (
        f"can't connect to the warehouse 127.0.0.1:{port}/d: Connection refused: "
        "start the server, or correct host and port in DATABASE_URL\n"
    )
