"""Postgres as dlt's destination, with a COPY that may be repeated: each key of a table has one row.

A load that was killed after a COPY of it was committed is repeated by the next pass. So a COPY goes straight into its
table, which has a unique index on its key; only where a key is there already, it is repeated through a temporary table
that leaves those rows out. No staging tables, no merge, and nothing twice whenever and however often a load is killed.
"""

from collections.abc import Sequence
from typing import IO, Any

import psycopg2
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.destination.client import HasFollowupJobs, LoadJob, RunnableLoadJob
from dlt.common.destination.typing import PreparedTableSchema
from dlt.common.normalizers.naming import NamingConvention
from dlt.common.schema import Schema
from dlt.common.storages import FileStorage
from dlt.common.storages.load_package import ParsedLoadJobFileName
from dlt.destinations import postgres
from dlt.destinations.exceptions import DatabaseTerminalException
from dlt.destinations.impl.postgres.configuration import PostgresClientConfiguration
from dlt.destinations.impl.postgres.postgres import PostgresClient
from dlt.destinations.impl.postgres.sql_client import Psycopg2SqlClient
from psycopg2 import sql

from extract import injection
from extract.tables import DELIMITER

REPLACES = "x-replaces"
"""The hint of a table whose rows take the place of the one with the same key; its value is the key."""

BLOCK_BYTES = 1 << 18


class CopyJob(RunnableLoadJob, HasFollowupJobs):
    """Copies one CSV file, whose first line names its columns, into its table."""

    def run(self) -> None:
        """Copy the rows whose keys are not there yet. Raises DatabaseTerminalException for what never will land."""
        client: Any = self._job_client
        connection = client.sql_client.native_connection
        table = sql.Identifier(client.sql_client.dataset_name, self.load_table_name)
        key: Sequence[str] = self._load_table.get(REPLACES, ())
        try:
            with FileStorage.open_zipsafe_ro(self._file_path, "rb") as file, connection.cursor() as cursor:
                columns = file.readline().decode().strip().split(DELIMITER)
                rows_start = file.tell()
                try:
                    if not key:
                        _copy(cursor, table, columns, file)
                        return
                except psycopg2.errors.UniqueViolation:
                    file.seek(rows_start)
                connection.autocommit = False
                _merge(cursor, table, columns, key, file)
                connection.commit()
        except (psycopg2.DataError, psycopg2.IntegrityError, psycopg2.ProgrammingError) as error:
            raise DatabaseTerminalException(error) from error


class RawConnection(Psycopg2SqlClient):
    """dlt's connection, but for how it comes to its search path: poolers refuse libpq's `options`."""

    def open_connection(self) -> Any:
        """Connect."""
        self._conn: Any = psycopg2.connect(self.credentials.to_native_representation())
        self._reset_connection()
        return self._conn

    def _reset_connection(self) -> None:
        super()._reset_connection()
        path = sql.SQL(", ").join([sql.Identifier(self.dataset_name), sql.Identifier("public")])
        with self._conn.cursor() as cursor:
            cursor.execute(sql.SQL("set search_path = {}").format(path))


class RawClient(PostgresClient):
    """dlt's client of Postgres, but for the way in which CSV files get in."""

    def __init__(
        self, schema: Schema, config: PostgresClientConfiguration, capabilities: DestinationCapabilitiesContext
    ) -> None:
        super().__init__(schema, config, capabilities)
        given = self.sql_client
        self.sql_client = RawConnection(
            given.dataset_name, given.staging_dataset_name, config.credentials, capabilities
        )

    def create_load_job(
        self, table: PreparedTableSchema, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        """The job of a file."""
        if ParsedLoadJobFileName.parse(file_path).file_format == "csv":
            return CopyJob(file_path)
        return super().create_load_job(table, file_path, load_id, restore)


class Raw(postgres):
    """The destination of all pipelines."""

    @property
    def client_class(self) -> type[RawClient]:
        """The client that loads."""
        return RawClient

    def capabilities(
        self, config: PostgresClientConfiguration | None = None, naming: NamingConvention | None = None
    ) -> DestinationCapabilitiesContext:
        """What Postgres can do. It depends on no setting, so none is resolved: dlt asks a dozen times in every pass."""
        return super().capabilities(config or self.spec(), naming)


def _copy(cursor: Any, table: sql.Identifier, columns: Sequence[str], file: IO[bytes]) -> None:
    statement = sql.SQL("copy {} ({}) from stdin with (format csv, delimiter {})")
    statement = statement.format(table, _names(columns), sql.Literal(DELIMITER))
    cursor.copy_expert(statement, injection.pieces(file), size=BLOCK_BYTES)


def _merge(cursor: Any, table: sql.Identifier, columns: Sequence[str], key: Sequence[str], file: IO[bytes]) -> None:
    """Add the rows whose keys are not there; with `key`, replace those that are."""
    aside = sql.Identifier("pg_temp", "aside")
    names = {"table": table, "aside": aside, "columns": _names(columns), "key": _names(key)}
    cursor.execute(sql.SQL("create temporary table aside (like {table}) on commit drop").format(**names))
    _copy(cursor, aside, columns, file)
    if key:
        cursor.execute(sql.SQL("delete from {table} where ({key}) in (select {key} from {aside})").format(**names))
        rows = "select distinct on ({key}) {columns} from {aside} order by {key}, ctid desc"
    else:
        rows = "select {columns} from {aside}"
    cursor.execute(sql.SQL(f"insert into {{table}} ({{columns}}) {rows} on conflict do nothing").format(**names))


def _names(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
