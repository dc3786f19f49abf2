"""A read-only copy of a server, which follows it."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from kasparro import database_url
from kasparro.warehouse.account import Account
from kasparro.warehouse.cluster import binaries
from tests.conftest import free_port
from tests.kasparro.commands import eventually


@contextmanager
def standing_by(primary: URL, folder: Path) -> Generator[int]:
    """A standby of the server of a database, made and started; gives its port."""
    place = Path(tempfile.mkdtemp(prefix="kasparro-standby-"))
    place.chmod(0o755)
    data, port = place / "data", free_port()
    account = Account.choose(data, binaries() / "postgres")
    data.mkdir(mode=0o700)
    account.own(place, data)
    copy = [str(binaries() / "pg_basebackup"), "-D", str(data), "-R", "-X", "stream", "-c", "fast", "--no-sync"]
    reached = {name: value for name, value in database_url.variables(primary).items() if name != "PGDATABASE"}
    subprocess.run([*account.prefix, *copy], env=reached, cwd="/", check=True, capture_output=True)
    with (folder / "standby.log").open("wb") as log:
        server = subprocess.Popen(
            [*account.prefix, str(binaries() / "postgres"), "-D", data, "-p", str(port),
             "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"],
            cwd="/", stdout=log, stderr=log,
        )  # fmt: skip
    try:
        eventually(lambda: "ready" in _text(data / "postmaster.pid"), "the standby takes connections")
        yield port
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()
        shutil.rmtree(place)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
