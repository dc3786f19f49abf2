"""Whatever the user's server is set to, and whatever stands before it: sessions are as a run needs them, or refused."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import URL

from api.database import Database
from kasparro import turn
from kasparro.database_url import text
from kasparro.warehouse import WarehouseError, ensure_warehouse, session
from kasparro.warehouse.connect import connect
from tests.conftest import make_settings
from tests.kasparro.conftest import Server
from tests.kasparro.standby import standing_by
from tests.pooler import pooling

HOSTILE = {
    "array_nulls": "off",
    "bytea_output": "escape",
    "client_encoding": "LATIN1",
    "datestyle": "SQL, DMY",
    "default_transaction_deferrable": "on",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "extra_float_digits": "-10",
    "idle_in_transaction_session_timeout": "1min",
    "idle_session_timeout": "1min",
    "intervalstyle": "iso_8601",
    "jit": "on",
    "lock_timeout": "1min",
    "search_path": "nowhere",
    "standard_conforming_strings": "off",
    "statement_timeout": "1min",
    "timezone": "Asia/Kathmandu",
    "transform_null_equals": "on",
}
SINCE_17 = {"transaction_timeout": "1min"}
AS_SHOWN = {"search_path": "public", "datestyle": "ISO, MDY"}


@pytest.fixture
def database(server: Server) -> Iterator[URL]:
    """A database with settings of its own, each of which would break a run or change what it writes."""
    with server.database() as url:
        with closing(psycopg2.connect(text(url))) as connection:
            settings = HOSTILE | (SINCE_17 if connection.server_version >= session.SINCE_17 else {})
        for name, value in settings.items():
            server.run(f"alter database {url.database} set {name} = '{value}'")
        yield url


def test_logins_that_write_do_not_inherit_the_servers_settings(database: URL, tmp_path: Path) -> None:
    warehouse = ensure_warehouse(make_settings(tmp_path, database_url=text(database)))
    for role in ("loader", "transformer"):
        with closing(psycopg2.connect(warehouse.url(role))) as connection, connection.cursor() as cursor:
            for name, value in {**session.writing(connection.server_version), **AS_SHOWN}.items():
                cursor.execute("select current_setting(%s)", (name,))
                assert cursor.fetchone() == (value,), (role, name)


def test_what_a_reader_is_allowed_stays_the_servers_to_say(database: URL, tmp_path: Path) -> None:
    warehouse = ensure_warehouse(make_settings(tmp_path, database_url=text(database)))
    with closing(psycopg2.connect(warehouse.url("reader"))) as connection, connection.cursor() as cursor:
        cursor.execute("select current_setting('statement_timeout')")
        assert cursor.fetchone() == ("1min",)
    api = Database(lambda: warehouse.url("reader"))
    api.open()
    with closing(api), api.transaction() as reading:
        for name, value in {"statement_timeout": "10s", "idle_session_timeout": "0", "timezone": "UTC"}.items():
            assert reading.exec_driver_sql(f"show {name}").scalar() == value


def test_names_are_compared_wherever_the_servers_administrator_has_put_the_extension(
    server: Server, tmp_path: Path
) -> None:
    with server.database() as url:
        server.run("create schema extensions", "create extension pg_trgm schema extensions", database=url.database)
        server.run("grant usage on schema extensions to public", database=url.database)
        warehouse = ensure_warehouse(make_settings(tmp_path, database_url=text(url)))
        with closing(psycopg2.connect(warehouse.url("transformer"))) as connection, connection.cursor() as cursor:
            cursor.execute("select similarity('bitcoin', 'bitcoin')")
            assert cursor.fetchone() == (1.0,)


def test_a_pool_per_session_works(server: Server, database: URL, tmp_path: Path) -> None:
    assert server.superuser.port
    with pooling(server.superuser.port, "session") as port:
        warehouse = ensure_warehouse(make_settings(tmp_path, database_url=text(database.set(port=port))))
        with closing(connect(warehouse.login("loader"))) as connection:
            assert turn.claim(connection) is None


def test_a_pool_per_transaction_is_refused(server: Server, tmp_path: Path) -> None:
    assert server.superuser.port
    with server.database() as url, pooling(server.superuser.port, "transaction") as port:
        with pytest.raises(WarehouseError) as refused:
            ensure_warehouse(make_settings(tmp_path, database_url=text(url.set(port=port))))
        assert "a pool whose pool_mode is session" in str(refused.value)
        assert str(port) in str(refused.value) and "\n" not in str(refused.value)


def test_options_that_a_pooler_refuses_are_named(server: Server, tmp_path: Path) -> None:
    assert server.superuser.port
    with server.database() as url, pooling(server.superuser.port, "session") as port:
        given = f"{text(url.set(port=port))}?options=-c%20work_mem%3D8MB"
        with pytest.raises(WarehouseError, match="unsupported startup parameter: options: take options out of"):
            ensure_warehouse(make_settings(tmp_path, database_url=given))


def test_a_login_that_the_pooler_does_not_know_is_named(server: Server, tmp_path: Path) -> None:
    assert server.superuser.port and server.superuser.username
    with server.database() as url, pooling(server.superuser.port, "session", server.superuser.username) as port:
        with pytest.raises(WarehouseError) as refused:
            ensure_warehouse(make_settings(tmp_path, database_url=text(url.set(port=port))))
        assert f"the login kasparro_loader_{url.database} was made, and is not let in" in str(refused.value)
        assert "auth_query" in str(refused.value)


STANDBY = r"is a standby, .* name the primary server"


def test_a_standby_takes_no_run_and_serves(postgres18: Server, tmp_path: Path) -> None:
    with postgres18.database() as url, postgres18.database() as empty:
        ensure_warehouse(make_settings(tmp_path, database_url=text(url)))
        with standing_by(url, tmp_path) as port:
            warehouse = ensure_warehouse(make_settings(tmp_path, database_url=text(url.set(port=port))))
            writing = closing(psycopg2.connect(warehouse.url("loader")))
            with writing as connection, pytest.raises(WarehouseError, match=STANDBY):
                turn.claim(connection)
            api = Database(lambda: warehouse.url("reader"))
            api.open()
            with closing(api), api.transaction() as reading:
                assert reading.exec_driver_sql("select count(*) from ops.etl_runs").scalar() == 0
            with pytest.raises(WarehouseError, match=STANDBY):
                ensure_warehouse(make_settings(tmp_path, database_url=text(empty.set(port=port))))
