"""Connecting to the warehouse: what went wrong in one line, with what to do.

A pass needs sessions: its lock lives in one, and so do settings. A pooler that gives the server's sessions to others
between two transactions (PgBouncer's pool_mode transaction or statement) is refused.
"""

from contextlib import ExitStack, closing

import psycopg2
from psycopg2.extensions import connection as Connection
from sqlalchemy.engine import URL

from kasparro.database_url import shown, text
from kasparro.warehouse import session
from kasparro.warehouse.errors import WarehouseError

CONNECT_SECONDS = "10"
ADVICE = {
    "password authentication failed": "correct the user or the password in {setting}",
    "no password supplied": "add the password to {setting}",
    "does not exist": "create it, or correct its name in {setting}",
    "no encryption": "add ?sslmode=require to DATABASE_URL",
    "does not support SSL": "take sslmode out of DATABASE_URL, or set it to prefer",
    "could not translate host name": "correct the host in {setting}",
    "unsupported startup parameter": "take options out of DATABASE_URL, the pooler does not pass them on",
    "too many": "close other connections, or allow the server more of them",
    "remaining connection slots": "close other connections, or allow the server more of them",
}
GENERAL = "start the server, or correct host and port in {setting}"
NEIGHBOURS = 3
"""Connections that look whether they come upon another one's session of the server."""
SHARED = (
    "{} is reached through a pooler that gives each transaction another session (PgBouncer's pool_mode transaction or "
    "statement), and locks and settings would be lost: name the server's own address, or a pool whose pool_mode is "
    "session"
)
STANDBY = "the warehouse is a standby, or read-only, and takes no writes: name the primary server"
STANDBY_QUERY = "select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean"


def connect(url: URL) -> Connection:
    """Connect to write, waiting ten seconds at most unless the URL says otherwise.

    Raises psycopg2.OperationalError, and WarehouseError where the server's sessions are not kept.
    """
    connection = _connected(url)
    try:
        connection.autocommit = True
        # a pooler's client is told another number than that of the server's process
        if _process(connection) != connection.info.backend_pid and _is_shared(connection, url):
            raise WarehouseError(SHARED.format(f"the warehouse {shown(url)}"))
        connection.set_client_encoding("UTF8")
        with connection.cursor() as cursor:
            cursor.execute(session.statement(session.writing(connection.server_version)))
        connection.autocommit = False
    except BaseException:
        connection.close()
        raise
    return connection


def require_writable(connection: Connection) -> None:
    """Raise WarehouseError where nothing can be written."""
    with connection.cursor() as cursor:
        cursor.execute(STANDBY_QUERY)
        if cursor.fetchone() == (True,):
            raise WarehouseError(STANDBY)


def _connected(url: URL) -> Connection:
    patience = url if "connect_timeout" in url.query else url.update_query_dict({"connect_timeout": CONNECT_SECONDS})
    return psycopg2.connect(text(patience))


def _is_shared(connection: Connection, url: URL) -> bool:
    """Whether others get this session of the server while it is idle."""
    with ExitStack() as stack:
        for _ in range(NEIGHBOURS):
            before = _process(connection)
            neighbour = stack.enter_context(closing(_connected(url)))
            neighbour.autocommit = True
            if _process(neighbour) == before or _process(connection) != before:
                return True
    return False


def _process(connection: Connection) -> int | None:
    """The number of the server's process that answers now."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        row: tuple[int] | None = cursor.fetchone()
    return row[0] if row else None


def explained(error: psycopg2.OperationalError, url: URL, setting: str, general: str = GENERAL) -> WarehouseError:
    """Why there is no connection, in one line with what to do; `setting` is what the user wrote the URL into."""
    message = str(error).strip()
    reasons = [line.rpartition("failed: ")[2] for line in message.splitlines() if "failed: " in line]
    reason = (reasons or message.splitlines() or ["no reason given"])[-1].removeprefix("FATAL:").strip()
    advice = next((advice for sign, advice in ADVICE.items() if sign in message), general).format(setting=setting)
    return WarehouseError(f"can't connect to the warehouse {shown(url)}: {reason}: {advice}")
