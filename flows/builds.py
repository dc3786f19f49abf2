"""What the warehouse was last built of: by which project, and from what. It decides how much the next build has to do.

Models look at no clock: what they make follows from the project, from what has landed, from what people have said, and
from what is published. While the project is the same, tables are refilled and views stay; while the rest is the same,
too, nothing is to do. Any other run of dbt forgets it (`forget_last_build`): the pass after it builds everything.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import psycopg2
from psycopg2 import sql

from kasparro.environment import dbt_project
from kasparro.warehouse import Warehouse

KINDS = {".sql", ".yml", ".csv"}
WRITTEN_BY_DBT = {"target", "logs"}

RAW_TABLES = r"""
    select namespace.nspname, class.relname, string_agg(attname || ' ' || atttypid::regtype, ', ' order by attname)
    from pg_class as class
    join pg_namespace as namespace on namespace.oid = relnamespace
    join pg_attribute on attrelid = class.oid
    where nspname ~ '^raw_[a-z]+$' and relkind = 'r' and relname !~ '^_dlt' and attnum > 0 and not attisdropped
    group by namespace.nspname, class.relname
    having bool_or(attname = '_dlt_load_id')
    order by 1, 2
"""
FETCHES = "fetches"
"""Each answer writes its own row there, whatever it held: what counts is how many records that were."""
ANSWERS = """
    select to_jsonb(answer) - '{{_dlt_load_id,_dlt_id,content_hash,request_id,fetched_at}}'::text[] from {} as answer
"""
WAITING = """
    select distinct _dlt_load_id from {table}
    where _dlt_load_id in (
        select load_id from {loads} where status = 0
        except
        select load_id from ops.published_loads where schema_name = {schema}
    )
"""
MOVED = "select from marts.coin_changes where version > %s and kind in ('merged', 'split') limit 1"
UNSETTLED = "ids have moved"
SAID = """
    select to_jsonb(said) from ops.drift_acceptances as said
    union all
    select to_jsonb(said) from ops.identity_labels as said
    union all
    select to_jsonb(said) from ops.pruned_quotes as said
"""


@dataclass(frozen=True)
class State:
    """What a build is made of, as digests: the project with the shape of raw, what people said, what has landed.

    And the version that is published; 0 before the first.
    """

    project: str
    said: str
    landed: str
    version: int


def state(warehouse: Warehouse) -> State:
    """What a build would be made of now."""
    with closing(psycopg2.connect(warehouse.url("transformer"))) as connection, connection.cursor() as cursor:
        cursor.execute(RAW_TABLES)
        tables = cursor.fetchall()
        cursor.execute(SAID)
        said = sorted(json.dumps(row, sort_keys=True) for (row,) in cursor.fetchall())
        landed = [row for schema, table, _ in tables for row in _landed(cursor, schema, table)]
        cursor.execute("select coalesce(max(version), 0) from ops.publications")
        (version,) = cursor.fetchone() or (0,)
    return State(_digest(_project(), tables), _digest(said), _digest(sorted(landed)), version)


def last(warehouse: Warehouse) -> State | None:
    """What the warehouse was last built of; None when it is not known to be whole."""
    with closing(psycopg2.connect(warehouse.url("transformer"))) as connection, connection.cursor() as cursor:
        cursor.execute("select project, said, landed, version from ops.last_build")
        row = cursor.fetchone()
    return State(*row) if row else None


def record(warehouse: Warehouse, before: State) -> None:
    """Note that everything is built of what was there `before`, less what is published by now.

    What people said meanwhile waits for the next build; nothing lands while a pass has its turn. Coins merge and split
    one step a version, so after such a version there may be more to do.
    """
    now = state(warehouse)
    landed = UNSETTLED if _has_moved_ids(warehouse, before.version) else now.landed
    _write(warehouse, State(before.project, before.said, landed, now.version))


def forget(warehouse: Warehouse) -> None:
    """Let the next build do everything."""
    _write(warehouse, None)


def _has_moved_ids(warehouse: Warehouse, since: int) -> bool:
    with closing(psycopg2.connect(warehouse.url("transformer"))) as connection, connection.cursor() as cursor:
        cursor.execute(MOVED, (since,))
        return bool(cursor.fetchall())


def _write(warehouse: Warehouse, built: State | None) -> None:
    with (
        closing(psycopg2.connect(warehouse.url("transformer"))) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("delete from ops.last_build")
        if built:
            cursor.execute(
                "insert into ops.last_build (project, said, landed, version) values (%s, %s, %s, %s)",
                (built.project, built.said, built.landed, built.version),
            )


def _landed(cursor: Any, schema: str, table: str) -> Iterator[str]:
    """What a raw table holds that no version does: its loads with rows; of `fetches`, what it counts."""
    named = sql.Identifier(schema, table)
    if table == FETCHES:
        cursor.execute(sql.SQL(ANSWERS).format(named))
    else:
        loads = sql.Identifier(schema, "_dlt_loads")
        cursor.execute(sql.SQL(WAITING).format(table=named, loads=loads, schema=sql.Literal(schema)))
    for (value,) in cursor.fetchall():
        yield json.dumps([schema, table, value], sort_keys=True)


def _project() -> list[str]:
    """The project's files by what they hold, and the versions of what builds it."""
    folder = dbt_project()
    files = sorted(path for path in folder.rglob("*") if path.suffix in KINDS)
    named = ((path.relative_to(folder), path) for path in files)
    digests = [
        f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for name, path in named
        if name.parts[0] not in WRITTEN_BY_DBT
    ]
    return [*digests, *(f"{package} {version(package)}" for package in ("dbt-core", "dbt-postgres"))]


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
