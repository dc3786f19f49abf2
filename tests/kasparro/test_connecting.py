"""Reaching the user's own server: every form of naming it works, every way it can fail is one line with what to do."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from kasparro.database_url import text
from kasparro.environment import dbt_environment, psql_environment
from kasparro.settings import Settings
from kasparro.warehouse import LOGIN_ROLES, WarehouseError, ensure_warehouse
from kasparro.warehouse.cluster import binaries
from tests.conftest import free_port, make_settings
from tests.kasparro.commands import python
from tests.kasparro.conftest import PASSWORD, Server

QUOTED = quote(PASSWORD, safe="")


@pytest.fixture(scope="module")
def database(postgres15: Server) -> Iterator[URL]:
    with postgres15.database() as url:
        yield url


def named(form: str, database: URL, folder: Path | None) -> str:
    return form.format(password=QUOTED, port=database.port, name=database.database, folder=folder)


@pytest.mark.parametrize(
    "form",
    [
        "postgresql://boss:{password}@127.0.0.1:{port}/{name}",
        "postgres://boss:{password}@localhost:{port}/{name}?sslmode=prefer",
        "postgresql+asyncpg://boss:{password}@127.0.0.1:{port}/{name}?ssl=disable&prepared_statement_cache_size=0",
        "postgresql+psycopg2://boss:{password}@127.0.0.1:{port}/{name}?application_name=my%20warehouse",
        "postgresql://boss:{password}@[::1]:{port}/{name}",
        "postgresql://boss:{password}@/{name}?host={folder}&port={port}",
        "postgresql://boss:{password}@127.0.0.1:{port}/{name}?options=-c%20lock_timeout%3D5s%20-c%20jit%3Doff",
    ],
)
def test_a_server_is_reached_by_every_form_of_its_url_and_by_every_library(
    form: str, postgres15: Server, database: URL, tmp_path: Path
) -> None:
    given = named(form, database, postgres15.socket_folder)
    warehouse = ensure_warehouse(make_settings(tmp_path, database_url=given))
    assert not (tmp_path / "postgres").exists()
    for role in ("admin", *LOGIN_ROLES):
        of_others = make_url(warehouse.url(role)).render_as_string(hide_password=False)  # as dlt writes it again
        for url in (warehouse.url(role), of_others):
            with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
                cursor.execute("select current_database(), current_setting('lock_timeout')")
                assert cursor.fetchone() == (database.database, "5s" if "lock_timeout" in form else "0")
        with create_engine(warehouse.url(role).replace("://", "+psycopg2://", 1)).connect() as connected:
            assert connected.exec_driver_sql("select current_database()").scalar() == database.database
    reads = [str(binaries() / "psql"), "--no-psqlrc", "--tuples-only", "--no-align", "-c", "select current_user"]
    printed = python(f"import os; os.execv({reads[0]!r}, {reads!r})", psql_environment(warehouse))
    assert printed.stdout == f"kasparro_reader_{database.database}\n", printed.stderr
    dbt = dbt_environment(make_settings(tmp_path), warehouse)
    with closing(
        psycopg2.connect(
            host=dbt["DBT_HOST"],
            port=dbt["DBT_PORT"],
            dbname=dbt["DBT_NAME"],
            user=dbt["DBT_USER"],
            password=dbt["DBT_ENV_SECRET_PASSWORD"],
            sslmode=dbt["DBT_SSLMODE"],
        )
    ):
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "folder"])
def test_a_server_may_be_named_by_parts(host: str, postgres15: Server, database: URL, tmp_path: Path) -> None:
    parts = {
        "db_host": str(postgres15.socket_folder) if host == "folder" else host,
        "db_port": database.port,
        "db_name": database.database,
        "db_user": "boss",
        "db_password": PASSWORD,
    }
    warehouse = ensure_warehouse(make_settings(tmp_path, **parts))
    with closing(psycopg2.connect(warehouse.url("reader"))):
        pass


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port on which something listens and never speaks."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def refusal(settings: Settings) -> str:
    with pytest.raises(WarehouseError) as refused:
        ensure_warehouse(settings)
    message = str(refused.value)
    assert "\n" not in message
    assert PASSWORD not in message and QUOTED not in message and "wrong-pass" not in message
    return message


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    port = free_port()
    message = refusal(make_settings(tmp_path, database_url=f"postgresql://boss:{QUOTED}@localhost:{port}/d"))
    assert message == (
        f"can't connect to the warehouse localhost:{port}/d: Connection refused: "
        "start the server, or correct host and port in DATABASE_URL"
    )


def test_a_server_that_does_not_answer_is_told(tmp_path: Path, silent_port: int) -> None:
    url = f"postgresql://boss:{QUOTED}@127.0.0.1:{silent_port}/d?connect_timeout=2"
    message = refusal(make_settings(tmp_path, database_url=url))
    assert "timeout expired: start the server, or correct host and port in DATABASE_URL" in message


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("postgresql://boss:wrong-pass@127.0.0.1:{port}/{name}",
         'password authentication failed for user "boss": correct the user or the password in DATABASE_URL'),
        ("postgresql://boss@127.0.0.1:{port}/{name}", "no password supplied: add the password to DATABASE_URL"),
        ("postgresql://boss:{password}@127.0.0.1:{port}/nothing",
         'database "nothing" does not exist: create it, or correct its name in DATABASE_URL'),
        ("postgresql://boss:{password}@no-such-host.invalid:{port}/{name}", "correct the host in DATABASE_URL"),
        ("postgresql://boss:{password}@127.0.0.1:{port}/{name}?sslmode=require",
         "server does not support SSL, but SSL was required: take sslmode out of DATABASE_URL, or set it to prefer"),
    ],
)  # fmt: skip
def test_what_the_server_refuses_comes_with_what_to_do(form: str, expected: str, database: URL, tmp_path: Path) -> None:
    assert refusal(make_settings(tmp_path, database_url=named(form, database, None))).endswith(expected)


def test_a_wrong_part_is_told_by_the_parts(database: URL, tmp_path: Path) -> None:
    parts = {"db_host": "127.0.0.1", "db_port": database.port, "db_name": database.database, "db_user": "boss"}
    message = refusal(make_settings(tmp_path, **parts, db_password="wrong-pass"))
    assert message.endswith("correct the user or the password in DB_HOST and its companions")


def test_a_server_with_no_room_is_told(postgres15: Server, database: URL, tmp_path: Path) -> None:
    postgres15.run("create role crowded login password 'crowded' connection limit 0")
    try:
        url = text(database.set(username="crowded", password="crowded"))
        message = refusal(make_settings(tmp_path, database_url=url))
    finally:
        postgres15.run("drop role crowded")
    assert message.endswith(
        'too many connections for role "crowded": close other connections, or allow the server more of them'
    )
