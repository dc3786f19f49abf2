"""What a session needs, whatever the server, the database or a role of the user's server is set to.

A server may end idle or long sessions, refuse writes, or speak and read text in other forms. The logins that write have
their own settings, which count before those; who administers is given them by statements, for poolers refuse libpq's
`options`.
"""

from psycopg2 import sql

SINCE_17 = 170000
SAME_TEXT = {
    "array_nulls": "on",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "datestyle": "ISO, MDY",
    "extra_float_digits": "1",
    "intervalstyle": "postgres",
    "standard_conforming_strings": "on",
    "timezone": "UTC",
    "transform_null_equals": "off",
}
"""How values are written and read."""
NO_LIMITS = {
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "lock_timeout": "0",
    "statement_timeout": "0",
}
"""The session that holds the write lock is idle for as long as a run lasts, and a build may take long."""
WRITING = {
    "default_transaction_deferrable": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "jit": "off",  # compiles for longer than our statements run
}


def writing(server_version: int) -> dict[str, str]:
    """What sessions that write are set to; takes the server's version as libpq gives it."""
    since_17 = {"transaction_timeout": "0"} if server_version >= SINCE_17 else {}
    return {**SAME_TEXT, **NO_LIMITS, **since_17, **WRITING}


def statement(values: dict[str, str]) -> sql.Composed:
    """Set the session to them."""
    each = sql.SQL("set {} = {}")
    return sql.SQL("; ").join(each.format(sql.Identifier(name), sql.Literal(value)) for name, value in values.items())
