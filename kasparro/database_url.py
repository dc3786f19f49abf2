"""Postgres URLs: the forms that users and hosting providers write, ours, and libpq's variables."""

import re
from urllib.parse import quote, urlencode

import psycopg2
from psycopg2.extensions import parse_dsn
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
ASYNCPG_SSL = {"true": "require", "false": "disable"}
# Parameters that tune a driver or a pooler which is not ours; libpq refuses what it does not know
OF_OTHER_DRIVERS = (
    "async_fallback",
    "connection_limit",
    "pgbouncer",
    "pool_timeout",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
    "schema",
    "statement_cache_size",
)
LIBPQ_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "application_name": "PGAPPNAME",
    "channel_binding": "PGCHANNELBINDING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "gssencmode": "PGGSSENCMODE",
    "options": "PGOPTIONS",
    "require_auth": "PGREQUIREAUTH",
    "sslcert": "PGSSLCERT",
    "sslcrl": "PGSSLCRL",
    "sslkey": "PGSSLKEY",
    "sslmode": "PGSSLMODE",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "sslrootcert": "PGSSLROOTCERT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
OTHER_LIBPQ_VARIABLES = (
    "PGCLIENTENCODING",
    "PGDATESTYLE",
    "PGGEQO",
    "PGGSSDELEGATION",
    "PGGSSLIB",
    "PGHOSTADDR",
    "PGKRBSRVNAME",
    "PGLOADBALANCEHOSTS",
    "PGMAXPROTOCOLVERSION",
    "PGMINPROTOCOLVERSION",
    "PGPASSFILE",
    "PGREQUIREPEER",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGSSLCERTMODE",
    "PGSSLCRLDIR",
    "PGSSLMAXPROTOCOLVERSION",
    "PGSSLMINPROTOCOLVERSION",
    "PGSSLSNI",
    "PGTZ",
)
"""What else libpq reads, and no URL of ours says."""


def parse(given: str) -> URL:
    """Read any Postgres URL (`postgres://`, `postgresql+asyncpg://`, ...) as a plain `postgresql://` one.

    asyncpg's `ssl=` becomes libpq's `sslmode=`; a socket's folder stands in `?host=`, beside the host `localhost`.
    Raises ValueError, without the password, for anything that libpq would not take.
    """
    try:
        url = make_url(given.strip())
    except (ArgumentError, ValueError):
        raise ValueError("expected a URL like postgresql://user:password@host:5432/database") from None
    if url.drivername.partition("+")[0] not in ("postgres", "postgresql"):
        raise ValueError(f"names {url.drivername!r}, but the warehouse is Postgres 15 or newer")
    query = {name: value for name, value in url.query.items() if name not in OF_OTHER_DRIVERS}
    if "ssl" in query:
        ssl = str(query.pop("ssl"))
        query["sslmode"] = ASYNCPG_SSL.get(ssl, ssl)
    if "sslmode" in query and query["sslmode"] not in SSL_MODES:
        raise ValueError(f"expected sslmode to be one of {', '.join(SSL_MODES)}")
    if "options" in query:
        # SQLAlchemy writes a blank as `+`, which libpq does not read back; between options a tab is as good
        query["options"] = re.sub(r"(?<!\\) ", "\t", str(query["options"]))
    port = str(query.pop("port", 5432 if url.port is None else url.port))
    if not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ValueError("expected a port from 1 to 65535")
    host = url.host or ("localhost" if "host" in query else None)
    if not host:
        raise ValueError("names no host: write user:password@host, or ?host=/folder for a socket")
    if not url.database:
        raise ValueError("names no database: add /name after the host")
    url = url.set(drivername="postgresql", host=host, port=int(port), query=query)
    try:
        parse_dsn(text(url))
    except psycopg2.ProgrammingError as error:
        raise ValueError(str(error).strip().removeprefix("invalid dsn: ")) from None
    return url


def of_parts(host: str, port: int, database: str, user: str, password: str | None) -> URL:
    """The URL of a server named by its parts; a host with a slash is the folder of its socket."""
    url = URL.create("postgresql", user, password or None, host, port, database)
    return url.set(host="localhost", query={"host": host}) if "/" in host else url


def text(url: URL) -> str:
    """The URL as a string, password included, in a form that libpq and SQLAlchemy read alike."""
    base = url.set(query={}).render_as_string(hide_password=False)
    return f"{base}?{urlencode(url.query, doseq=True, quote_via=quote)}" if url.query else base


def shown(url: URL) -> str:
    """Host, port and database, fit for logs."""
    parts = parse_dsn(text(url))
    host = f"[{parts['host']}]" if ":" in parts["host"] else parts["host"]
    return f"{host}:{parts['port']}/{parts['dbname']}"


def variables(url: URL) -> dict[str, str]:
    """The environment in which libpq's programs reach the URL with no argument, which others could read with `ps`."""
    parts: dict[str, str] = parse_dsn(text(url))
    return {LIBPQ_VARIABLES[name]: value for name, value in parts.items() if name in LIBPQ_VARIABLES}
