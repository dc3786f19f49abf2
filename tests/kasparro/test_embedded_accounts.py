"""The embedded Postgres under the accounts and rights that it meets: root, an ordinary user, a container's root."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kasparro.warehouse import EmbeddedPostgres, WarehouseError
from kasparro.warehouse.cluster import MAJOR
from tests.conftest import make_settings
from tests.kasparro import commands
from tests.kasparro.commands import python

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")
AS_NOBODY = ("setpriv", f"--reuid={pwd.getpwnam('nobody').pw_uid}", "--regid=65534", "--clear-groups")
# what Docker leaves root with: it may not look into other accounts' processes
AS_ROOT_IN_A_CONTAINER = ("setpriv", "--bounding-set=-sys_ptrace,-sys_admin,-dac_read_search", "--inh-caps=-all")

LIVES = """
import psutil, psycopg2
from contextlib import closing
from kasparro.database_url import text
from kasparro.settings import load_settings
from kasparro.warehouse import EmbeddedPostgres
server = EmbeddedPostgres(load_settings())
def ask():
    with closing(psycopg2.connect(text(server.url))) as connection, connection.cursor() as cursor:
        cursor.execute("select current_user")
        return cursor.fetchone()[0]
server.start()
print(ask(), psutil.Process(server.running().pid).username())
server.start()
psutil.Process(server.running().pid).kill()
server.start()
print(ask(), server.stop(), server.running())
"""


def environment(home: Path) -> dict[str, str]:
    """A user's environment; other accounts can't write our coverage."""
    return {name: value for name, value in commands.environment(home).items() if not name.startswith("COVERAGE")}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can reach: pytest's own are closed to other accounts."""
    folder = Path(tempfile.mkdtemp(prefix="kasparro-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def server_user(home: Path) -> str:
    """Who may run the server of root's home, as the machine has it."""
    return pwd.getpwuid((home / "postgres" / str(MAJOR)).stat().st_uid).pw_name


@as_root
@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_an_ordinary_user_runs_it_as_itself(umask: int, open_folder: Path) -> None:
    before = os.umask(umask)
    try:
        lived = python(LIVES, environment(open_folder / "home"), *AS_NOBODY)
    finally:
        os.umask(before)
    assert lived.stdout.splitlines() == ["kasparro nobody", "kasparro True None"], lived.stderr


@as_root
@pytest.mark.parametrize("mode", [0o755, 0o700], ids=["an open folder", "a folder like /root"])
def test_root_runs_it_as_an_ordinary_account(mode: int, open_folder: Path) -> None:
    (open_folder / "closed").mkdir(mode=mode)
    home = open_folder / "closed" / "home"
    server = EmbeddedPostgres(make_settings(home))
    server.start()
    try:
        running = server.running()
        assert running
        status = Path(f"/proc/{running.pid}/status").read_text()
        capabilities = int(status.partition("CapEff:")[2].split()[0], 16)
        passing_closed_folders = 1 << 1  # CAP_DAC_OVERRIDE
        assert capabilities == (0 if mode == 0o755 else passing_closed_folders)
        assert psutil.Process(running.pid).username() in ("postgres", "nobody")
        assert (open_folder / "closed").stat().st_mode & 0o777 == mode, "root's folder is as closed as before"
    finally:
        server.stop()


@as_root
def test_root_in_a_container_runs_it_too(open_folder: Path) -> None:
    lived = python(LIVES, environment(open_folder / "home"), *AS_ROOT_IN_A_CONTAINER)
    user = server_user(open_folder / "home")
    assert lived.stdout.splitlines() == [f"kasparro {user}", "kasparro True None"], lived.stderr


@as_root
def test_root_goes_on_with_a_users_cluster_as_that_user(open_folder: Path) -> None:
    variables = environment(open_folder / "home")
    assert python(LIVES, variables, *AS_NOBODY).returncode == 0
    lived = python(LIVES, variables)
    assert lived.stdout.splitlines()[0] == "kasparro nobody", lived.stderr


@as_root
def test_a_user_is_told_that_the_home_is_anothers(open_folder: Path) -> None:
    home = open_folder / "home"
    EmbeddedPostgres(make_settings(home)).start()
    try:
        refused = python("from kasparro.__main__ import main; import sys; sys.argv[1:] = ['url']; sys.exit(main())",
                         environment(home), *AS_NOBODY)  # fmt: skip
    finally:
        EmbeddedPostgres(make_settings(home)).stop()
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"can't write {home}/")
    assert "it belongs to another account: run as that one" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


@as_root
def test_root_on_a_machine_without_the_means_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WarehouseError, match="run as an ordinary user, or set DATABASE_URL"):
        EmbeddedPostgres(make_settings(tmp_path)).start()
