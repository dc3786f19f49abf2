"""Connecting to the warehouse: what went wrong in one line, with what to do."""

import psycopg2
from psycopg2.extensions import connection as Connection
from sqlalchemy.engine import URL

from kasparro.database_url import shown, text
from kasparro.warehouse.errors import WarehouseError

CONNECT_SECONDS = "10"
ADVICE = {
    "password authentication failed": "correct the user or the password in {setting}",
    "no password supplied": "add the password to {setting}",
    "does not exist": "create it, or correct its name in {setting}",
    "no encryption": "add ?sslmode=require to DATABASE_URL",
    "does not support SSL": "take sslmode out of DATABASE_URL, or set it to prefer",
    "could not translate host name": "correct the host in {setting}",
    "too many": "close other connections, or allow the server more of them",
    "remaining connection slots": "close other connections, or allow the server more of them",
}


def connect(url: URL) -> Connection:
    """Connect, waiting ten seconds at most unless the URL says otherwise. Raises psycopg2.OperationalError."""
    patience = url if "connect_timeout" in url.query else url.update_query_dict({"connect_timeout": CONNECT_SECONDS})
    return psycopg2.connect(text(patience))


def explained(error: psycopg2.OperationalError, url: URL, setting: str) -> WarehouseError:
    """Why there is no connection, in one line with what to do; `setting` is what the user wrote the URL into."""
    message = str(error).strip()
    reasons = [line.rpartition("failed: ")[2] for line in message.splitlines() if "failed: " in line]
    reason = (reasons or message.splitlines() or ["no reason given"])[-1].removeprefix("FATAL:").strip()
    general = "start the server, or correct host and port in {setting}"
    advice = next((advice for sign, advice in ADVICE.items() if sign in message), general).format(setting=setting)
    return WarehouseError(f"can't connect to the warehouse {shown(url)}: {reason}: {advice}")
