"""The raw tables beside what dlt knows of them: their indexes, and rows of loads that never were completed."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import psycopg2
from psycopg2 import sql

LOAD_ID = "_dlt_load_id"


def is_indexed(url: str, schema: str, tables: Mapping[str, Sequence[str]]) -> bool:
    """Whether all the tables are there, with the index of their key."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("select indexname from pg_indexes where schemaname = %s", (schema,))
        present = {index for (index,) in cursor.fetchall()}
    return {f"{table}_key" for table in tables} <= present


def index(url: str, schema: str, tables: Mapping[str, Sequence[str]]) -> None:
    """Index what the next passes look up, and dbt: the key of each table, which has one row at most, and the loads."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        for table, key in tables.items():
            _create(cursor, schema, table, "key", key, "unique index", " nulls not distinct")
            _create(cursor, schema, table, "load", [LOAD_ID], "index", "")


def newest_load(url: str, schema: str) -> str:
    """The id of the newest load that is complete; ids of loads are in the order of time."""
    statement = sql.SQL("select coalesce(max(load_id), '') from {} where status = 0")
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement.format(sql.Identifier(schema, "_dlt_loads")))
        ((newest,),) = cursor.fetchall()
    return str(newest)


def last_restore(url: str) -> str:
    """The id of the newest backup that was put in place of the warehouse; empty text for none."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("select restore_id from ops.restores order by restored_at desc limit 1")
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def drop_unfinished(url: str, schema: str, tables: Mapping[str, Sequence[str]]) -> None:
    """Delete the rows of a load that broke off and that nobody will complete, so that they are read again.

    No model reads them, and yet they would count as known. Such a load is newer than every completed one. To be called
    when no package is pending.
    """
    statement = sql.SQL(
        "delete from {table} where {load_id} > (select coalesce(max(load_id), '') from {loads} where status = 0)"
    )
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        for table in tables:
            names = {"table": sql.Identifier(schema, table), "loads": sql.Identifier(schema, "_dlt_loads")}
            cursor.execute(statement.format(**names, load_id=sql.Identifier(LOAD_ID)))


def _create(cursor: Any, schema: str, table: str, suffix: str, columns: Sequence[str], kind: str, nulls: str) -> None:
    statement = sql.SQL(f"create {kind} if not exists {{name}} on {{table}} ({{columns}}){nulls}").format(
        name=sql.Identifier(f"{table}_{suffix}"),
        table=sql.Identifier(schema, table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
    )
    cursor.execute(statement)
