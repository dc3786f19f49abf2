import psycopg2
import pytest
from psycopg2.extensions import parse_dsn
from sqlalchemy.engine import make_url

from kasparro import database_url

PLAIN = {"user": "u", "password": "p", "host": "db.example", "port": "5432", "dbname": "market"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgresql://u:p@db.example/market", PLAIN),
        ("postgres://u:p@db.example:5432/market", PLAIN),
        ("  postgresql+asyncpg://u:p@db.example/market\n", PLAIN),
        ("postgresql+psycopg2://u:p@db.example/market", PLAIN),
        ("postgresql+asyncpg://u:p@db.example/market?ssl=require", PLAIN | {"sslmode": "require"}),
        ("postgresql+asyncpg://u:p@db.example/market?ssl=true", PLAIN | {"sslmode": "require"}),
        ("postgres://u:p@db.example/market?sslmode=verify-full&sslrootcert=/etc/my%20ca.pem",
         PLAIN | {"sslmode": "verify-full", "sslrootcert": "/etc/my ca.pem"}),
        ("postgres://u:p@db.example/market?pgbouncer=true&connection_limit=1&schema=public", PLAIN),
        ("postgresql+asyncpg://u:p@db.example/market?prepared_statement_cache_size=0", PLAIN),
        ("postgres://u:p@db.example/market?options=-c%20statement_timeout%3D5s%20-c%20jit%3Doff",
         PLAIN | {"options": "-c\tstatement_timeout=5s\t-c\tjit=off"}),
        ("postgresql://u:p@/market?host=/var/run/postgresql&port=5433",
         PLAIN | {"host": "/var/run/postgresql", "port": "5433"}),
        ("postgresql://u:p@[::1]:5433/market", PLAIN | {"host": "::1", "port": "5433"}),
        ("postgresql://u:p%40s%3As%2Fw%25rd%3F%23@db.example/market", PLAIN | {"password": "p@s:s/w%rd?#"}),
        ("postgresql://u:p%20w+d%C3%BC@db.example/market", PLAIN | {"password": "p w+dü"}),
        ("postgresql://u:p@db.example/m%20arket", PLAIN | {"dbname": "m arket"}),
    ],
)  # fmt: skip
def test_every_form_is_read_alike_by_libpq_and_sqlalchemy(given: str, expected: dict[str, str]) -> None:
    text = database_url.text(database_url.parse(given))
    assert parse_dsn(text) == expected
    rendered_by_others = make_url(text).render_as_string(hide_password=False)
    if "sslrootcert" not in expected:  # SQLAlchemy writes its blank in a way that libpq does not read
        assert parse_dsn(rendered_by_others) == expected
    assert database_url.text(database_url.parse(text)) == text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("market", "expected a URL like"),
        ("postgresql://u:hunter2@one:1,two:2/market", "expected a URL like"),
        ("sqlite:///market.db", "names 'sqlite'"),
        ("postgresql://u:hunter2@db.example", "names no database"),
        ("postgresql://u:hunter2@/market", "names no host"),
        ("postgresql://u:hunter2@db.example:0/market", "expected a port"),
        ("postgresql://u:hunter2@db.example:70000/market", "expected a port"),
        ("postgresql://u:hunter2@db.example/market?sslmode=always", "expected sslmode to be one of disable"),
        ("postgresql://u:hunter2@db.example/market?sslmod=require", 'invalid URI query parameter: "sslmod"'),
    ],
)
def test_what_libpq_would_refuse_is_refused_without_its_password(given: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        database_url.parse(given)
    assert "hunter2" not in str(error.value)


def test_a_server_may_be_named_by_its_parts() -> None:
    over_tcp = database_url.of_parts("::1", 5433, "market", "u", "p@:/")
    assert parse_dsn(database_url.text(over_tcp)) == PLAIN | {"host": "::1", "port": "5433", "password": "p@:/"}
    over_a_socket = database_url.of_parts("/var/run/postgresql", 5432, "market", "u", None)
    assert parse_dsn(database_url.text(over_a_socket))["host"] == "/var/run/postgresql"
    assert database_url.shown(over_a_socket) == "/var/run/postgresql:5432/market"


def test_libpqs_variables_hold_all_of_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    url = database_url.parse("postgresql://u:p%20w@127.0.0.1:1/market?sslmode=disable&application_name=my%20app")
    for name, value in database_url.variables(url).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(psycopg2.OperationalError) as error:
        psycopg2.connect("")
    assert 'connection to server at "127.0.0.1", port 1 failed' in str(error.value)
    assert database_url.variables(url)["PGPASSWORD"] == "p w"


def test_what_is_shown_of_a_url_has_no_password() -> None:
    assert database_url.shown(database_url.parse("postgresql://u:hunter2@[::1]:5433/market")) == "[::1]:5433/market"
