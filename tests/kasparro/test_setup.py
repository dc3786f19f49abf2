"""Setting a database up on the user's own server: once, again, side by side, by whoever may."""

import os
import re
import shlex
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import URL

from kasparro import backup
from kasparro.database_url import text
from kasparro.settings import Settings
from kasparro.warehouse import LOGIN_ROLES, Warehouse, WarehouseError, ensure_warehouse, locate, setup
from tests.conftest import free_port, make_settings
from tests.kasparro.conftest import Server


def ask(url: URL | str, statement: str) -> object:
    connecting = closing(psycopg2.connect(url if isinstance(url, str) else text(url)))
    with connecting as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        row: tuple[object, ...] | None = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def who(warehouse: Warehouse) -> list[object]:
    """As whom each role's login works."""
    return [ask(warehouse.url(role), "select current_user") for role in LOGIN_ROLES]


def expected_of(warehouse: Warehouse) -> list[object]:
    return ["kasparro_loader", "kasparro_transformer", warehouse.login("reader").username, "kasparro_analyst"]


@pytest.fixture
def database(server: Server) -> Iterator[URL]:
    """An empty database."""
    with server.database() as url:
        yield url


@pytest.fixture
def settings_of(tmp_path: Path, database: URL) -> Settings:
    """Settings that name the database."""
    return make_settings(tmp_path / "home", database_url=text(database))


def needs_nothing(warehouse: Warehouse, settings: Settings) -> bool:
    """Whether the setup is complete: nothing is done then, not even a login as the administrator."""
    nobody = warehouse.admin.set(username="nobody", password="x")
    try:
        setup.ensure(nobody, {role: warehouse.login(role) for role in LOGIN_ROLES}, settings)
    except WarehouseError:
        return False
    return True


def test_a_database_is_set_up_once(settings_of: Settings) -> None:
    assert not needs_nothing(locate(settings_of), settings_of)
    warehouse = ensure_warehouse(settings_of)
    assert who(warehouse) == expected_of(warehouse)
    assert needs_nothing(warehouse, settings_of)


def test_a_changed_setup_reaches_a_database_that_is_in_use(
    settings_of: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = ensure_warehouse(settings_of)
    ask(
        warehouse.url("loader"),
        "insert into ops.etl_runs (run_id, trigger, status) values (gen_random_uuid(), 'x', 'failed')",
    )
    monkeypatch.setattr(
        setup, "TEMPLATE", f"{setup.TEMPLATE}alter table ops.etl_runs add column if not exists more text;\n"
    )
    assert not needs_nothing(warehouse, settings_of)
    ensure_warehouse(settings_of)
    assert ask(warehouse.url("reader"), "select count(*) from ops.etl_runs where more is null") == 1
    assert needs_nothing(warehouse, settings_of)


@pytest.mark.parametrize("damage", ["alter role {} password 'other'", "alter role {} nologin"])
def test_a_login_that_stopped_working_is_mended(damage: str, settings_of: Settings, database: URL) -> None:
    warehouse = ensure_warehouse(settings_of)
    ask(database, damage.format(warehouse.login("reader").username))
    assert who(ensure_warehouse(settings_of)) == expected_of(warehouse)


def test_several_may_set_up_one_database_at_once(settings_of: Settings) -> None:
    with ThreadPoolExecutor(4) as pool:
        for warehouse in pool.map(ensure_warehouse, [settings_of] * 4):
            assert who(warehouse) == expected_of(warehouse)


def test_neighbouring_databases_may_be_set_up_at_once(server: Server, tmp_path: Path) -> None:
    with server.database() as one, server.database() as two, server.database() as three:
        all_settings = [make_settings(tmp_path, database_url=text(url)) for url in (one, two, three)]
        with ThreadPoolExecutor(3) as pool:
            warehouses = list(pool.map(ensure_warehouse, all_settings))
        for warehouse in warehouses:
            assert who(warehouse) == expected_of(warehouse)
        passwords = {warehouse.login(role).password for warehouse in warehouses for role in LOGIN_ROLES}
        assert len(passwords) == 12, "every database and role has a password of its own"


def test_a_login_is_of_its_database_also_when_that_has_a_long_name() -> None:
    long = "a_name_of_sixty_three_bytes_which_is_the_most_that_postgres_keep"
    names = {setup.login_of(role, f"{long[:62]}{end}") for role in LOGIN_ROLES for end in "st"}
    assert len(names) == 8
    assert all(len(name.encode()) < 64 for name in names)
    assert setup.login_of("reader", "kasparro") == "kasparro_reader_kasparro"


def test_machines_that_know_the_url_derive_the_same_logins(settings_of: Settings, tmp_path: Path) -> None:
    here = ensure_warehouse(settings_of)
    there = locate(settings_of.model_copy(update={"kasparro_home": tmp_path / "elsewhere"}))
    assert who(there) == expected_of(here)
    assert "password" not in repr(there) and here.secret not in repr(here)


def test_passwords_reach_neither_the_statements_nor_their_log(postgres15: Server, tmp_path: Path) -> None:
    assert postgres15.socket_folder
    with postgres15.database() as database:
        postgres15.run(f"alter database {database.database} set log_statement = 'all'")
        warehouse = ensure_warehouse(make_settings(tmp_path, database_url=text(database)))
    log = (postgres15.socket_folder / "log").read_text()
    assert f'alter role "{warehouse.login("reader").username}" login password \'SCRAM-SHA-256$' in log
    assert not any(str(warehouse.login(role).password) in log for role in LOGIN_ROLES)


def test_a_server_that_takes_plain_passwords_only_gets_them(
    settings_of: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    if_hashed = "if {reader_password} like 'SCRAM%' then raise exception 'Neon takes plaintext passwords'; end if"
    monkeypatch.setattr(setup, "TEMPLATE", f"do $$ begin {if_hashed}; end $$;\n{setup.TEMPLATE}")
    warehouse = ensure_warehouse(settings_of)
    assert who(warehouse) == expected_of(warehouse)


@pytest.fixture
def administrator(server: Server) -> Iterator[URL]:
    """A managed server's administrator: may create roles and databases, and is no superuser."""
    name = f"managed{free_port()}"
    server.run(f"create role {name} login createrole createdb password 'managed'")
    try:
        yield server.superuser.set(username=name, password="managed")
    finally:
        server.run(f"drop owned by {name}", f"drop role {name}")


@pytest.fixture
def no_groups(server: Server) -> None:
    """The server as it was before anybody set a database up: managed administrators make the groups themselves."""
    server.run(*(f"drop role if exists kasparro_{role}" for role in LOGIN_ROLES))


@pytest.mark.usefixtures("no_groups")
def test_an_administrator_who_is_no_superuser_sets_up_and_brings_up_to_date(
    server: Server, administrator: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server.database(owner=administrator.username) as database:
        settings = make_settings(tmp_path / "home", database_url=text(administrator.set(database=database.database)))
        warehouse = ensure_warehouse(settings)
        assert who(warehouse) == expected_of(warehouse)
        ask(warehouse.url("transformer"), "create table marts.coins (id int)")
        monkeypatch.setattr(setup, "TEMPLATE", f"{setup.TEMPLATE}\n-- changed\n")
        ensure_warehouse(settings)
        assert needs_nothing(warehouse, settings)
        assert ask(warehouse.url("reader"), "select count(*) from marts.coins") == 0
        with server.database(owner=administrator.username) as neighbour:
            second = ensure_warehouse(
                make_settings(tmp_path / "home", database_url=text(administrator.set(database=neighbour.database)))
            )
            assert who(second) == expected_of(second)
    server.run(*(f"drop role kasparro_{role}" for role in LOGIN_ROLES))


@pytest.fixture
def owner(server: Server) -> Iterator[URL]:
    """A database's owner that may create no roles, as the URL of its empty database."""
    name = f"owner{free_port()}"
    server.run(f"create role {name} login password 'own''s p@ss'")
    with server.database(owner=name) as database:
        yield database.set(username=name, password="own's p@ss")
    server.run(f"drop role {name}")


def psql_as(superuser: URL, command: str) -> subprocess.CompletedProcess[str]:
    """What an administrator does with the command that was printed."""
    arguments = shlex.split(command.replace("ADMINISTRATOR", str(superuser.username)))
    variables = {**os.environ, "PGPASSWORD": str(superuser.password)}
    return subprocess.run(arguments, env=variables, capture_output=True, text=True, check=False)


def test_an_owner_who_may_create_no_roles_gets_the_sql_for_an_administrator(
    server: Server, owner: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(tmp_path / "a home", database_url=text(owner))
    with pytest.raises(WarehouseError) as refused:
        ensure_warehouse(settings)
    message = str(refused.value)
    assert message.startswith(f"{owner.username} may not set this database up (permission denied to create role)")
    file = tmp_path / "a home" / "setup.sql"
    assert str(file) in message and stat.S_IMODE(file.stat().st_mode) == 0o600
    warehouse = locate(settings)
    secrets = ["own's p@ss", *(str(warehouse.login(role).password) for role in LOGIN_ROLES)]
    assert not any(secret in message or secret in file.read_text() for secret in secrets)

    done = psql_as(server.superuser, message.splitlines()[-1])

    assert (done.returncode, re.findall("ERROR|WARNING", done.stderr)) == (0, []), done.stderr
    assert who(ensure_warehouse(settings)) == expected_of(warehouse)
    ask(warehouse.url("loader"), "create table raw_csv.rows (id int)")
    assert ask(warehouse.url("transformer"), "select count(*) from raw_csv.rows") == 0
    ask(warehouse.url("analyst"), "create view analysts.mine as select 7 as id")
    saved = backup.save(settings)
    ask(warehouse.url("analyst"), "drop view analysts.mine")
    backup.load(settings, saved)
    assert ask(warehouse.url("reader"), "select id from analysts.mine") == 7

    monkeypatch.setattr(setup, "TEMPLATE", f"{setup.TEMPLATE}\n-- a new release\n")
    with pytest.raises(WarehouseError, match="Have an administrator of the server run, once"):
        ensure_warehouse(settings)
    assert psql_as(server.superuser, message.splitlines()[-1]).returncode == 0
    assert who(ensure_warehouse(settings)) == expected_of(warehouse)


def test_a_script_that_fails_half_way_leaves_nothing(server: Server, owner: URL, tmp_path: Path) -> None:
    settings = make_settings(tmp_path, database_url=text(owner))
    with pytest.raises(WarehouseError) as refused:
        ensure_warehouse(settings)
    file = tmp_path / "setup.sql"
    file.write_text(file.read_text().replace("commit;", "select 1/0;\ncommit;"))
    assert psql_as(server.superuser, str(refused.value).splitlines()[-1]).returncode == 3
    assert ask(owner, "select to_regnamespace('marts')::text") is None


def test_a_database_that_holds_something_else_under_our_names_is_told(settings_of: Settings, database: URL) -> None:
    ask(database, "create schema ops; create view ops.etl_runs as select 1 as run_id")
    with pytest.raises(WarehouseError, match=r"the warehouse can't be set up: .*etl_runs"):
        ensure_warehouse(settings_of)


def test_a_server_that_is_too_old_is_told() -> None:
    with pytest.raises(WarehouseError, match="the warehouse is PostgreSQL 14: 15 or newer is needed"):
        setup.require_version(140011)
    setup.require_version(150000)
