"""Sets a database up for the system: roles, schemas, rights, ledger. Idempotent, and skipped when nothing is to do."""

import hashlib
from pathlib import Path

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from sqlalchemy.engine import URL

from kasparro.settings import Settings
from kasparro.warehouse.url import text

TEMPLATE = (Path(__file__).with_name("setup.sql")).read_text()
FINGERPRINT = "Runs, publications, quality: about the system itself. Setup " + hashlib.sha256(TEMPLATE.encode()).hexdigest()[:12]
MINIMUM_VERSION = 150000
SETUP_LOCK = 7_202_117_001


class SetupError(Exception):
    """The database can't be used as it is; the message says what to do."""


def login_of(role: str, database: str) -> str:
    """The login of a role: per database, since roles belong to the whole server."""
    return f"kasparro_{role}_{database}"[:63]


def ensure(admin: URL, logins: dict[str, URL], settings: Settings) -> None:
    """Create or bring up to date roles, schemas and ledger; does nothing when they are.

    Raises SetupError when the server is too old or does not let us create roles (the SQL to run is then in a file).
    """
    if _is_ready(logins):
        return
    connection = psycopg2.connect(text(admin))
    try:
        if connection.server_version < MINIMUM_VERSION:
            raise SetupError(f"the warehouse is PostgreSQL {connection.server_version // 10000}: 15 or newer is needed")
        script = _script(connection, admin, logins)
        with connection, connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", (SETUP_LOCK,))
            cursor.execute(script)
    except errors.InsufficientPrivilege as error:
        path = settings.kasparro_home / "setup.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(script.as_string(connection))
        raise SetupError(
            f"{admin.username} may not set up this database ({str(error).strip().splitlines()[0]}). "
            f"Have an administrator run once: psql -d {admin.database} -f {path}"
        ) from None
    finally:
        connection.close()


def _script(connection: Connection, admin: URL, logins: dict[str, URL]) -> sql.Composed:
    names: dict[str, sql.Composable] = {"database": sql.Identifier(admin.database or "")}
    for role, url in logins.items():
        names[f"{role}_login"] = sql.Identifier(url.username or "")
        names[f"{role}_password"] = sql.Literal(url.password)
    return sql.SQL(TEMPLATE).format(**names) + sql.SQL("comment on schema ops is {};\n").format(
        sql.Literal(FINGERPRINT)
    )


def _is_ready(logins: dict[str, URL]) -> bool:
    """Whether every login works and the setup is of this release."""
    try:
        for url in logins.values():
            connection = psycopg2.connect(text(url), connect_timeout=10)
            with connection, connection.cursor() as cursor:
                cursor.execute("select obj_description(to_regnamespace('ops'), 'pg_namespace')")
                row = cursor.fetchone()
            connection.close()
            if row is None or row[0] != FINGERPRINT:
                return False
    except psycopg2.OperationalError:
        return False
    return True
