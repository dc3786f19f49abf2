import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest

from kasparro.database_url import text
from kasparro.processes import is_live
from kasparro.secrets import key_path
from kasparro.settings import REPOSITORY, Settings
from kasparro.warehouse import EmbeddedPostgres, Warehouse, WarehouseError, ensure_warehouse
from kasparro.warehouse.cluster import MAJOR, binaries
from tests.conftest import free_port, make_settings
from tests.kasparro.commands import environment, eventually

START = "from kasparro.settings import load_settings; from kasparro.warehouse import EmbeddedPostgres; EmbeddedPostgres(load_settings()).start()"  # noqa: E501


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One cluster for the tests that break and mend it, in a folder with a blank in its name."""
    return make_settings(tmp_path_factory.mktemp("embedded") / "a home")


@pytest.fixture
def server(here: Settings) -> Iterator[EmbeddedPostgres]:
    """The cluster, running."""
    embedded = EmbeddedPostgres(here)
    embedded.start()
    yield embedded
    embedded.stop()
    assert processes_of(here.kasparro_home) == []


def processes_of(home: Path) -> list[psutil.Process]:
    """The live Postgres processes that work in a home."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter(["name"]):
        try:
            is_here = process.name() == "postgres" and Path(process.cwd()).is_relative_to(home.resolve())
            if is_here and is_live(process):
                found.append(process)
        except psutil.Error:
            continue
    return found


def pid_of(server: EmbeddedPostgres) -> int:
    running = server.running()
    assert running
    return running.pid


def ask(server: EmbeddedPostgres, statement: str) -> object:
    with closing(psycopg2.connect(text(server.url))) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        row: tuple[object, ...] | None = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def test_the_wheel_brings_the_version_that_clusters_are_made_for() -> None:
    version = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    assert re.search(rf"\(PostgreSQL\) {MAJOR}\.", version)


def test_it_starts_once_and_stops_once(server: EmbeddedPostgres) -> None:
    pid = pid_of(server)
    server.start()
    assert pid_of(server) == pid
    assert ask(server, "select current_user || '@' || current_database()") == "kasparro@kasparro"
    assert server.stop()
    assert server.running() is None
    assert not server.stop()


def test_it_listens_on_the_loopback_only_and_wants_a_password(server: EmbeddedPostgres) -> None:
    listening = {entry.laddr for entry in psutil.Process(pid_of(server)).net_connections() if entry.status == "LISTEN"}
    assert listening == {("127.0.0.1", server.url.port)}
    assert ask(server, "show unix_socket_directories") == ""
    address = f"127.0.0.1:{server.url.port}/kasparro"
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(f"postgresql://kasparro:wrong@{address}")
    with pytest.raises(psycopg2.OperationalError, match="no password supplied"):
        psycopg2.connect(f"postgresql://kasparro@{address}")
    assert ask(server, "select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolname = 'kasparro'") is True


def test_no_secret_is_in_a_command_line_an_environment_or_a_log(
    here: Settings, server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COINGECKO_API_KEY", "the-users-key")
    server.stop()
    warehouse = ensure_warehouse(here)
    secrets = [str(warehouse.login(role).password) for role in ("admin", "loader", "transformer", "reader")]
    for process in processes_of(here.kasparro_home):
        assert not any(secret in " ".join(process.cmdline()) for secret in secrets)
        assert "the-users-key" not in process.environ().values()
    log = (here.kasparro_home / "logs" / "postgres.log").read_text()
    assert not any(secret in log for secret in secrets)


@pytest.mark.parametrize("everything", [False, True], ids=["the postmaster alone", "everything"])
def test_a_kill_loses_nothing_that_was_committed(everything: bool, here: Settings, server: EmbeddedPostgres) -> None:
    ask(server, f"create table if not exists kept_{everything} as select 42 as answer")
    postmaster = psutil.Process(pid_of(server))
    for process in processes_of(here.kasparro_home) if everything else [postmaster]:
        process.kill()
    postmaster.wait()
    assert server.running() is None
    server.start()
    assert ask(server, f"select answer from kept_{everything}") == 42


def test_a_backend_that_outlives_its_postmaster_is_ended(server: EmbeddedPostgres) -> None:
    with closing(psycopg2.connect(text(server.url))) as connection, connection.cursor() as cursor:
        backend = psutil.Process(connection.info.backend_pid)
        backend.suspend()  # busy, and never to notice by itself
        postmaster = psutil.Process(pid_of(server))
        postmaster.kill()
        postmaster.wait()
        server.start()
        assert not is_live(backend)
        with pytest.raises(psycopg2.OperationalError):
            cursor.execute("select 1")


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """Another program."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("of", ["nobody", "another program", "another Postgres", "this very file, cut short"])
@pytest.mark.usefixtures("warehouse")
def test_a_stale_pid_file_is_seen_through(
    of: str, here: Settings, settings: Settings, server: EmbeddedPostgres, stranger: subprocess.Popen[bytes]
) -> None:
    data = here.kasparro_home / "postgres" / str(MAJOR)
    lines = (data / "postmaster.pid").read_text().splitlines()
    server.stop()
    other_postgres = EmbeddedPostgres(settings).running()
    assert other_postgres
    pids = {"nobody": 2**22 - 1, "another program": stranger.pid, "another Postgres": other_postgres.pid}
    lines[0] = str(pids.get(of, ""))
    (data / "postmaster.pid").write_text("\n".join(lines))
    assert server.running() is None
    assert not server.stop()

    server.start()

    assert ask(server, "select 1") == 1
    assert stranger.poll() is None
    assert psutil.pid_exists(other_postgres.pid)


def test_a_changed_port_waits_for_the_next_start(here: Settings, server: EmbeddedPostgres) -> None:
    port = free_port()
    moved = EmbeddedPostgres(here.model_copy(update={"pg_port": port}))
    moved.start()
    assert (pid_of(moved), moved.url.port) == (pid_of(server), here.pg_port)
    moved.stop()
    moved.start()
    assert moved.url.port == port
    assert ask(moved, "select 1") == 1


def test_a_taken_port_is_told_by_its_variable(here: Settings, warehouse: Warehouse) -> None:
    taken = warehouse.admin.port
    with pytest.raises(WarehouseError, match=f"port {taken} is taken by another program: set PG_PORT to a free port"):
        EmbeddedPostgres(here.model_copy(update={"pg_port": taken})).start()


@pytest.mark.parametrize("loss", ["lost", "another's"])
def test_a_lost_password_is_set_anew(loss: str, here: Settings, server: EmbeddedPostgres) -> None:
    before = ensure_warehouse(here)
    password = key_path(here, "postgres_password")
    if loss == "lost":
        password.unlink()
        server.stop()
    else:
        password.write_text("another's 'password'\n")
    after = ensure_warehouse(here)
    assert after.admin.password != before.admin.password
    for role in ("admin", "reader"):
        with closing(psycopg2.connect(after.url(role))), pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(before.url(role))


def test_a_server_that_cannot_start_shows_why(here: Settings) -> None:
    configuration = here.kasparro_home / "postgres" / str(MAJOR) / "postgresql.auto.conf"
    before = configuration.read_text()
    configuration.write_text("work_mem = 'plenty'\n")
    try:
        with pytest.raises(WarehouseError, match=r"(?s)did not start; the last lines of .*postgres.log:\n.*work_mem"):
            EmbeddedPostgres(here).start()
    finally:
        configuration.write_text(before)
    assert processes_of(here.kasparro_home) == []


@pytest.mark.parametrize("found", ["beside", "in place"])
def test_a_cluster_of_another_version_is_left_alone(found: str, tmp_path: Path) -> None:
    here = make_settings(tmp_path)
    cluster = tmp_path / "postgres" / ("17" if found == "beside" else str(MAJOR))
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("17\n")
    with pytest.raises(
        WarehouseError, match=rf"{cluster} is a warehouse of PostgreSQL 17, and this release runs {MAJOR}"
    ):
        EmbeddedPostgres(here).start()
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


def test_a_home_may_be_reached_by_a_link(here: Settings, server: EmbeddedPostgres, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(here.kasparro_home)
    linked = EmbeddedPostgres(here.model_copy(update={"kasparro_home": tmp_path / "link"}))
    assert linked.running() == server.running()


def test_processes_that_start_it_at_once_share_it(tmp_path: Path) -> None:
    variables = environment(tmp_path / "home")
    starting = [subprocess.Popen([sys.executable, "-c", START], cwd=REPOSITORY, env=variables) for _ in range(2)]
    assert [process.wait() for process in starting] == [0, 0]
    home = tmp_path / "home"
    assert len([process for process in processes_of(home) if "-D" in process.cmdline()]) == 1
    assert EmbeddedPostgres(make_settings(home)).stop()
    assert processes_of(home) == []


def start_until(moment: str, home: Path, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    """A process that starts the server, come as far as a file that appears meanwhile."""
    starting = subprocess.Popen(
        [sys.executable, "-c", START], cwd=REPOSITORY, env=variables, start_new_session=True, stderr=subprocess.PIPE
    )
    eventually(lambda: any(home.glob(moment)) or starting.poll() is not None, f"{moment} appears")
    return starting


def test_a_kill_during_initdb_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    home, variables = tmp_path / "home", environment(tmp_path / "home")
    starting = start_until("postgres/new-*/data/base", home, variables)
    assert starting.poll() is None
    starting.kill()
    starting.communicate()
    assert not (home / "postgres" / str(MAJOR)).exists()
    embedded = EmbeddedPostgres(make_settings(home))
    embedded.start()
    embedded.stop()
    assert sorted(path.name for path in (home / "postgres").iterdir()) == [str(MAJOR), "lock"]


@pytest.mark.parametrize("moment", ["postgres/new-*/data/base", f"postgres/{MAJOR}/postmaster.pid"])
def test_a_signal_during_the_start_leaves_no_process(moment: str, tmp_path: Path) -> None:
    for attempt in range(10):  # a start may be over before the signal reaches it: then another one is tried
        home = tmp_path / f"home{attempt}"
        starting = start_until(moment, home, environment(home))
        starting.send_signal(signal.SIGINT)
        if re.search(rb"in _launch\b[\s\S]*KeyboardInterrupt", starting.communicate()[1]):
            break
        EmbeddedPostgres(make_settings(home)).stop()
    else:
        pytest.fail("no start was interrupted")
    eventually(lambda: processes_of(home) == [], "the processes end")
