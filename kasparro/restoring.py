"""The script that pg_restore writes, made fit for the server that it is going to.

pg_restore writes for the newest server it knows, and for the roles of the server that the backup is of. The server at
hand may be older, and have other roles.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

SCHEMA = re.compile(r"^\d+; \d+ \d+ SCHEMA - (\S+) ", re.MULTILINE)
IN_PUBLIC = re.compile(
    r"^\d+; \d+ \d+ (TABLE|VIEW|MATERIALIZED VIEW|FOREIGN TABLE|SEQUENCE|TYPE|DOMAIN) public (\S+) ", re.MULTILINE
)
DUMPED_FROM = re.compile(r"^;\s+Dumped from database version: (\d+)", re.MULTILINE)

ENTRY = re.compile(rb"-- (?:Data for )?Name: .*; Type: ([A-Z ]+); Schema: ")
SETTING = re.compile(rb"SET (\w+) = ")
RIGHT = re.compile(rb"(?:GRANT|REVOKE|ALTER DEFAULT PRIVILEGES) .* (?:TO|FROM) (\"[^\"]+\"|[^ \";]+);\n$")
MAKER = re.compile(rb"ALTER DEFAULT PRIVILEGES FOR ROLE (\"[^\"]+\"|[^ \";]+) ")
GRANTOR = re.compile(rb"SET SESSION AUTHORIZATION (\"[^\"]+\"|[^ \";]+);\n$")
OWNER = re.compile(rb"ALTER .* OWNER TO (\"[^\"]+\"|[^ \";]+);\n$")
COLUMN_OPTIONS = re.compile(rb"(ALTER TABLE .* ALTER COLUMN .* SET \()([^()]*)(\);\n)$")
KNOWN_OPTIONS = (b"n_distinct", b"n_distinct_inherited")
"""All that a column can be told with SET (...). Debian's PostgreSQL 15.20 notes its own `pg_attver` there, of which no
other server has heard, nor a pg_dump that is not its own."""
OF_RIGHTS = (b"ACL", b"DEFAULT ACL")


@dataclass(frozen=True)
class Server:
    """What the server at hand has: settings by name, and roles."""

    settings: frozenset[str]
    roles: frozenset[str]

    @classmethod
    def ask(cls, connection: Connection) -> "Server":
        """Ask the server itself."""
        with connection.cursor() as cursor:
            cursor.execute("select name from pg_settings")
            settings = frozenset(name.lower() for (name,) in cursor.fetchall())
            cursor.execute("select rolname from pg_roles")
            return cls(settings, frozenset({*(name for (name,) in cursor.fetchall()), "PUBLIC"}))

    def lacks(self, found: re.Match[bytes] | None) -> bool:
        """Whether a statement names a role that is not there."""
        return found is not None and found[1].decode().strip('"') not in self.roles


def fitted(script: Iterable[bytes], server: Server) -> Iterator[bytes]:
    """The lines of a script without what this server can't do.

    That is: to set what it has no setting or no option for, to give to roles that it does not have (that goes to who
    restores), and to comment on extensions, which belong to who created them. Rows are left alone, whatever they look
    like, and so are the bodies of functions and views: rights stand in entries of their own.
    """
    entry = b""
    is_data = False
    for line in script:
        if is_data:
            is_data = line != b"\\.\n"
        elif found := ENTRY.match(line):
            entry = found[1]
        elif line.startswith(b"COPY ") and line.endswith(b" FROM stdin;\n"):
            is_data = True
        elif _is_beyond(line, entry, server):
            continue
        elif found := COLUMN_OPTIONS.match(line):
            known = [option for option in found[2].split(b", ") if option.partition(b"=")[0] in KNOWN_OPTIONS]
            if not known:
                continue
            line = found[1] + b", ".join(known) + found[3]  # noqa: PLW2901
        yield line


def _is_beyond(line: bytes, entry: bytes, server: Server) -> bool:
    if not entry:  # the head of the script
        setting = SETTING.match(line)
        return setting is not None and setting[1].decode().lower() not in server.settings
    if entry in OF_RIGHTS:
        return any(server.lacks(role.match(line)) for role in (RIGHT, MAKER, GRANTOR))
    if entry == b"COMMENT":
        return line.startswith(b"COMMENT ON EXTENSION ")
    return server.lacks(OWNER.match(line))


def drops(contents: str, connection: Connection) -> str:
    """Statements that drop what a backup with these contents brings, and what the setup has made.

    The schema `public` stays, it is the server's; what the backup has in it goes.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select nspname from pg_namespace where pg_get_userbyid(nspowner) in "
            "('kasparro_loader', 'kasparro_transformer')"
        )
        names = {*SCHEMA.findall(contents), *(name for (name,) in cursor.fetchall())} - {"public"}
    schemas = [sql.SQL("drop schema if exists {} cascade;\n").format(sql.Identifier(name)) for name in sorted(names)]
    others = [
        sql.SQL("drop {} if exists public.{} cascade;\n").format(sql.SQL(kind), sql.Identifier(name))
        for kind, name in IN_PUBLIC.findall(contents)
    ]
    return "".join(statement.as_string(connection) for statement in (*schemas, *others))
