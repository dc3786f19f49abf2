"""Servers that the user runs: PostgreSQL 15, as distributions bring it, and the embedded 18 taken for a foreign one."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import URL

from kasparro.database_url import text
from kasparro.warehouse import LOGIN_ROLES, EmbeddedPostgres
from kasparro.warehouse.account import Account
from kasparro.warehouse.setup import login_of
from tests.conftest import free_port, make_settings
from tests.kasparro.commands import eventually

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
PASSWORD = "the boss's p@ss:w/rd%"


@dataclass(frozen=True)
class Server:
    """A running server, as its superuser reaches it, and the folder of its socket if it has one."""

    superuser: URL
    socket_folder: Path | None = None

    def run(self, *statements: str, database: str | None = None) -> None:
        """Run statements as the superuser, each in a transaction of its own."""
        url = self.superuser.set(database=database) if database else self.superuser
        with closing(psycopg2.connect(text(url))) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            for statement in statements:
                cursor.execute(statement)

    @contextmanager
    def database(self, owner: str | None = None) -> Generator[URL]:
        """A database of its own, as the superuser reaches it; dropped at the end with the logins for it."""
        name = f"k{free_port()}"
        self.run(f"create database {name} owner {owner or self.superuser.username}")
        try:
            yield self.superuser.set(database=name)
        finally:
            logins = (f'drop role if exists "{login_of(role, name)}"' for role in LOGIN_ROLES)
            self.run(f"drop database {name} with (force)", *logins)


@pytest.fixture(scope="session")
def postgres15() -> Iterator[Server]:
    """A PostgreSQL 15 on a free port and a socket, ended with the session. Its host is reached under two names."""
    if not (PROGRAMS / "initdb").exists():
        assert "KASPARRO_REQUIRE_POSTGRES15" not in os.environ, f"no PostgreSQL 15 in {PROGRAMS}"
        pytest.skip("PostgreSQL 15 is not installed")
    folder = Path(tempfile.mkdtemp(prefix="kasparro-"))
    folder.chmod(0o755)
    data, password = folder / "data", folder / "password"
    account = Account.choose(data, PROGRAMS / "initdb")
    password.write_text(PASSWORD)
    data.mkdir(mode=0o700)
    account.own(folder, data, password)
    port = free_port()
    subprocess.run(
        [*account.prefix, str(PROGRAMS / "initdb"), "-D", data, "-U", "boss", "-A", "scram-sha-256", "-E", "UTF8",
         "--locale=C", f"--pwfile={password}", "--no-sync"],
        cwd="/", check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*account.prefix, str(PROGRAMS / "postgres"), "-D", data, "-p", str(port), "-k", folder,
             "-c", "listen_addresses=127.0.0.1,::1", "-c", "fsync=off"],
            cwd="/", stdout=log, stderr=log,
        )  # fmt: skip
    try:
        eventually(lambda: "ready" in _text(data / "postmaster.pid"), "PostgreSQL 15 is ready")
        yield Server(URL.create("postgresql", "boss", PASSWORD, "127.0.0.1", port, "postgres"), folder)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()
        shutil.rmtree(folder)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@pytest.fixture(scope="session")
def postgres18(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL 18 that nobody has set up."""
    embedded = EmbeddedPostgres(make_settings(tmp_path_factory.mktemp("postgres18")))
    embedded.start()
    yield Server(embedded.url.set(database="postgres"))
    embedded.stop()


@pytest.fixture(scope="module", params=["postgres15", "postgres18"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each server in turn."""
    return request.getfixturevalue(request.param)
