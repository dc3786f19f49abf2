"""Sets a database up for the system: roles, schemas, rights, ledger. Idempotent, and skipped when nothing is to do."""

import hashlib
import shlex
from contextlib import closing
from pathlib import Path

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import encrypt_password, parse_dsn
from sqlalchemy.engine import URL

from kasparro import home
from kasparro.database_url import text
from kasparro.settings import Settings
from kasparro.warehouse import session
from kasparro.warehouse.connect import connect, explained, require_writable
from kasparro.warehouse.errors import WarehouseError

PARTS = ("roles", "schemas", "runs", "publications")
TEMPLATE = "\n".join((Path(__file__).parent / "sql" / f"{part}.sql").read_text() for part in PARTS)
"""What the warehouse needs before anything runs, names in braces; every statement may run again."""
TRIGRAMS_SCHEMA = """
    select nspname from pg_extension join pg_namespace as namespace on namespace.oid = extnamespace
    where extname = 'pg_trgm'
"""
"""Where the extension is, if somebody has made it before us."""
WRITERS = ("loader", "transformer")
MINIMUM_MAJOR = 15
SETUP_LOCK = 7_202_117_001
ATTEMPTS = 10
# Roles belong to the whole server, so setting up a neighbouring database may meet ours; our lock is the database's own
COLLISIONS = (errors.UniqueViolation, errors.InternalError_, errors.DeadlockDetected)
REFUSES_VERIFIERS = "plaintext passwords"  # Neon and Lakebase pass roles on to a control plane that takes nothing else
LOGIN_REFUSED = (
    "the login {} was made, and is not let in: allow it in the server's pg_hba.conf, and in the pooler if there is one "
    "(PgBouncer: auth_query, or a line of auth_file)"
)
FOR_ADMINISTRATORS = """\
-- Roles, schemas and rights of Kasparro in this database, for an administrator of the server to run once with psql.
\\set ON_ERROR_STOP on
begin;
{script}commit;
"""


def login_of(role: str, database: str) -> str:
    """The login of a role: per database, since roles belong to the whole server."""
    name = f"kasparro_{role}_{database}"
    if len(name.encode()) < 64:
        return name
    return f"kasparro_{role}_{hashlib.sha256(database.encode()).hexdigest()[:16]}"  # longer names lose their end


def ensure(admin: URL, logins: dict[str, URL], settings: Settings) -> None:
    """Create or bring up to date roles, schemas and ledger; does nothing when they are.

    Raises WarehouseError when the server is too old, can't be reached or used, or does not let us create roles (the
    SQL to run is then in a file).
    """
    if _is_ready(logins):
        return
    try:
        connection = connect(admin)
    except psycopg2.OperationalError as error:
        raise explained(error, admin, _named_in(settings)) from None
    with closing(connection):
        require_version(connection.server_version)
        require_writable(connection)
        try:
            _apply(connection, admin, logins)
        except errors.InsufficientPrivilege as error:
            raise _for_an_administrator(connection, admin, logins, settings, error) from None
        except psycopg2.Error as error:
            hint = f": {error.diag.message_hint}" if error.diag.message_hint else ""
            raise WarehouseError(f"the warehouse can't be set up: {_first_line(error)}{hint}") from None
    _require_logins(logins, settings)


def _named_in(settings: Settings) -> str:
    return "DATABASE_URL" if settings.database_url else "DB_HOST and its companions"


def _require_logins(logins: dict[str, URL], settings: Settings) -> None:
    """Raise WarehouseError when a login that was just made can't connect."""
    for url in logins.values():
        try:
            connect(url).close()
        except psycopg2.OperationalError as error:
            raise explained(error, url, _named_in(settings), LOGIN_REFUSED.format(url.username)) from None


def require_version(server_version: int) -> None:
    """Raise WarehouseError for a Postgres that is too old; takes its number as libpq gives it (150004 is 15.4)."""
    if server_version // 10000 < MINIMUM_MAJOR:
        raise WarehouseError(
            f"the warehouse is PostgreSQL {server_version // 10000}: {MINIMUM_MAJOR} or newer is needed"
        )


def _is_ready(logins: dict[str, URL]) -> bool:
    """Whether every login works and the setup is of this release."""
    try:
        for url in logins.values():
            with closing(connect(url)) as connection, connection.cursor() as cursor:
                cursor.execute("select obj_description(to_regnamespace('ops'), 'pg_namespace')")
                if cursor.fetchone() != (_ops_comment(),):
                    return False
    except psycopg2.OperationalError:
        return False
    return True


def _apply(connection: Connection, admin: URL, logins: dict[str, URL]) -> None:
    plain = False
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(%s)", (SETUP_LOCK,))
                cursor.execute(_script(connection, admin, logins, plain=plain))
            return
        except psycopg2.Error as error:
            if REFUSES_VERIFIERS in str(error) and not plain:
                plain = True
            elif not isinstance(error, COLLISIONS) or attempt == ATTEMPTS:
                raise


def _script(connection: Connection, admin: URL, logins: dict[str, URL], *, plain: bool = False) -> sql.Composed:
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        ((administrator,),) = cursor.fetchall()
    names: dict[str, sql.Composable] = {
        "database": sql.Identifier(admin.database or ""),
        "administrator": sql.Identifier(administrator),
    }
    for role, url in logins.items():
        login, password = url.username or "", str(url.password)
        # what proves the password, not the password: logs of statements, and the file, may be read by others
        proof = password if plain else encrypt_password(password, login, connection, "scram-sha-256")
        names |= {f"{role}_login": sql.Identifier(login), f"{role}_password": sql.Literal(proof)}
    comment = sql.SQL("comment on schema ops is {};\n").format(sql.Literal(_ops_comment()))
    return sql.SQL(TEMPLATE).format(**names) + _settings(connection, admin, logins) + comment


def _settings(connection: Connection, admin: URL, logins: dict[str, URL]) -> sql.Composed:
    """What the sessions of the logins that write are set to, whatever the server and the database are set to."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGRAMS_SCHEMA)
        found = [name for (name,) in cursor.fetchall()]
    path = sql.SQL(", ").join(map(sql.Identifier, dict.fromkeys(["public", *found])))
    values: dict[str, sql.Composable] = {"search_path": path}
    values |= {name: sql.Literal(value) for name, value in session.writing(connection.server_version).items()}
    each = sql.SQL("alter role {} in database {} set {} = {};\n")
    database = sql.Identifier(admin.database or "")
    return sql.SQL("").join(
        each.format(sql.Identifier(logins[role].username or ""), database, sql.Identifier(name), value)
        for role in WRITERS
        for name, value in values.items()
    )


def _ops_comment() -> str:
    """The comment of schema `ops`, which tells the setup that was last applied from any other."""
    whole = f"{TEMPLATE}{session.writing(session.SINCE_17)}"
    fingerprint = hashlib.sha256(whole.encode()).hexdigest()[:12]
    return f"Runs, publications, quality: about the system itself. Setup {fingerprint}"


def _for_an_administrator(
    connection: Connection, admin: URL, logins: dict[str, URL], settings: Settings, error: psycopg2.Error
) -> WarehouseError:
    """Write the SQL to a file and say who has to run it, and how."""
    path = home.folder(settings) / "setup.sql"
    script = _script(connection, admin, logins).as_string(connection)
    with home.writing(settings):
        home.write_private(path, FOR_ADMINISTRATORS.format(script=script))
    server: dict[str, str] = parse_dsn(text(admin))
    command = ["psql", "-h", server["host"], "-p", server["port"], "-d", server["dbname"], "-U"]
    return WarehouseError(
        f"{admin.username or 'this account'} may not set this database up ({_first_line(error)}).\n"
        f"Have an administrator of the server run, once:\n"
        f"  {shlex.join(command)} ADMINISTRATOR -f {shlex.quote(str(path))}"
    )


def _first_line(error: psycopg2.Error) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
