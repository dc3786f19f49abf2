"""How long raw rows are kept.

A row goes when it is older than RAW_RETENTION_DAYS and its load is published, unless it is the newest one of its key:
that is what the provider says now, and what the next pass compares with. Of a CSV file the rows of its newest content
that could be loaded stay, and what happened to it since. What a backfill
asked for stays: it grows only when somebody asks for more.
"""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import psycopg2
from psycopg2 import sql

from extract.raw import LOAD_ID
from extract.tables import REJECTED
from kasparro.settings import ALL_SOURCES, Settings
from kasparro.warehouse import Warehouse

PASTS = ("market_chart", "ohlc", "historical_tickers")
OF_A_FILE = ("snapshots", "ohlcv", "files")
NEEDED_BY_NOBODY = ("articles", REJECTED)
"""Once published, even the newest row of a key is not asked for again: news is not compared with older news."""

MOMENTS = ("last_updated", "fetched_at", "content_hash", "departed_at")
STATES_KEPT = 2
MANY_ROWS = 10_000

OLD = """
    old.fetched_at < now() - make_interval(days => %(days)s)
    and exists (
        select from ops.published_loads as published
        where published.schema_name = %(schema)s and published.load_id = old._dlt_load_id
    )
"""
# what /metrics has counted goes on being counted: in the same moment, so that its counter never falls
COUNTED = """
    with gone as (
        {deletion} returning old.table_name
    ),

    counted as (
        insert into ops.past_rejected_records as past (source, records)
        select {source}, count(*) from gone having count(*) > 0
        on conflict (source) do update set records = past.records + excluded.records
    )

    select count(*) from gone
"""


def prune(settings: Settings, warehouse: Warehouse) -> dict[str, int]:
    """Remove what is old from every raw schema. Returns how many rows went, by table."""
    removed: dict[str, int] = {}
    with closing(psycopg2.connect(warehouse.url("loader"))) as connection:
        connection.autocommit = True  # each table on its own: a kill in between loses nothing
        with connection.cursor() as cursor:
            for source in ALL_SOURCES:
                schema = f"raw_{source}"
                keys = _keys(cursor, schema)
                for table, key in keys.items():
                    removed[f"{schema}.{table}"] = _prune_table(cursor, schema, table, key, settings.raw_retention_days)
                if keys:
                    removed[f"{schema}._dlt_loads"] = _prune_loads(cursor, schema, list(keys), settings)
    return {table: count for table, count in removed.items() if count}


def _keys(cursor: Any, schema: str) -> dict[str, list[str]]:
    """Each table of records, and the columns that say which record a row is about."""
    cursor.execute(
        """
        select tables.relname, array_agg(columns.attname::text order by columns.attnum)
        from pg_index
        inner join pg_class as tables on pg_index.indrelid = tables.oid
        inner join pg_class as indexes on pg_index.indexrelid = indexes.oid
        inner join pg_attribute as columns on columns.attrelid = tables.oid and columns.attnum = any (pg_index.indkey)
        where tables.relnamespace = to_regnamespace(%s) and indexes.relname = tables.relname || '_key'
        group by tables.relname
        """,
        (schema,),
    )
    return {table: [column for column in columns if column not in MOMENTS] for table, columns in cursor.fetchall()}


def _prune_table(cursor: Any, schema: str, table: str, key: Sequence[str], days: int) -> int:
    if table in PASTS:
        return 0
    condition = sql.SQL(OLD)
    newer = {name: sql.SQL("newer.{0} = old.{0}").format(sql.Identifier(name)) for name in key}
    if table in OF_A_FILE:
        clause = (
            "and exists (select from {files} as newer where newer.file = old.file and newer.revision > old.revision"
            " and newer.status = 'loaded')"
        )
        condition += sql.SQL(clause).format(files=sql.Identifier(schema, "files"))
    elif table not in NEEDED_BY_NOBODY:
        clause = "and exists (select from {table} as newer where {same} and newer.fetched_at > old.fetched_at)"
        same = sql.SQL(" and ").join(newer.values())
        condition += sql.SQL(clause).format(table=sql.Identifier(schema, table), same=same)
    statement = sql.SQL("delete from {} as old where ").format(sql.Identifier(schema, table)) + condition
    if table == REJECTED:
        statement = sql.SQL(COUNTED).format(deletion=statement, source=sql.Literal(schema.removeprefix("raw_")))
    cursor.execute(statement, {"days": days, "schema": schema})
    count: int = cursor.fetchone()[0] if table == REJECTED else cursor.rowcount
    if count >= MANY_ROWS:
        cursor.execute(sql.SQL("vacuum (analyze) {}").format(sql.Identifier(schema, table)))
    return count


def _prune_loads(cursor: Any, schema: str, tables: Sequence[str], settings: Settings) -> int:
    """Remove old states of dlt but the newest, and the loads that no row and no state stands for any more.

    dlt finds its state through the load that brought it, and the newest load tells finished ones from broken ones.
    """
    names = {"states": sql.Identifier(schema, "_dlt_pipeline_state"), "loads": sql.Identifier(schema, "_dlt_loads")}
    cursor.execute(
        sql.SQL(
            "delete from {states} as old where (select count(*) from {states} as newer"
            " where newer.pipeline_name = old.pipeline_name and newer._dlt_load_id > old._dlt_load_id) >= %s"
        ).format(**names),
        (STATES_KEPT,),
    )
    kept = sql.SQL(" ").join(
        sql.SQL("and not exists (select from {} as row where row.{} = old.load_id)").format(
            sql.Identifier(schema, table), sql.Identifier(LOAD_ID)
        )
        for table in (*tables, "_dlt_pipeline_state")
    )
    statement = sql.SQL(
        """
        delete from {loads} as old
        where old.inserted_at < now() - make_interval(days => %(days)s)
            and old.load_id < (select max(newest.load_id) from {loads} as newest)
            and exists (
                select from ops.published_loads as published
                where published.schema_name = %(schema)s and published.load_id = old.load_id
            )
            {kept}
        """
    ).format(**names, kept=kept)
    cursor.execute(statement, {"days": settings.raw_retention_days, "schema": schema})
    return cursor.rowcount
