"""What the warehouse was last built of: by which project, and from what. It decides how much the next build has to do.

Models look at no clock: what they make follows from the project, from what has landed, from what people have said, and
from what is published. While the project is the same, tables are refilled and views stay; while the rest is the same,
too, nothing is to do. Any other build by dbt forgets it and leaves its mark (`forget_last_build`), at its start and at
its end: the pass after it builds everything, and one beside it does not say that all is its own.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import psycopg2
from psycopg2 import sql

from kasparro.environment import dbt_project
from kasparro.settings import ALL_SOURCES
from kasparro.warehouse import Warehouse

KINDS = {".sql", ".yml", ".csv"}
NOT_BUILT = {"target", "logs", "analysts"}
"""What dbt writes, and what a pass does not read."""
PACKAGES = ("dbt-core", "dbt-adapters", "dbt-common", "dbt-postgres")

RAW_TABLES = """
    select namespace.nspname, class.relname, string_agg(attname || ' ' || atttypid::regtype, ', ' order by attname)
    from pg_class as class
    join pg_namespace as namespace on namespace.oid = relnamespace
    join pg_attribute on attrelid = class.oid
    where nspname = any(%s) and relkind = 'r' and relname !~ '^_dlt' and attnum > 0 and not attisdropped
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

    And the version that is published; 0 before the first. `waiting` is what has landed, one text each.
    """

    project: str
    said: str
    landed: str
    version: int
    waiting: frozenset[str] = field(default=frozenset(), compare=False, repr=False)


def state(warehouse: Warehouse) -> State:
    """What a build would be made of now."""
    with closing(psycopg2.connect(warehouse.url("transformer"))) as connection, connection.cursor() as cursor:
        cursor.execute(RAW_TABLES, ([f"raw_{source}" for source in ALL_SOURCES],))
        tables = cursor.fetchall()
        cursor.execute(SAID)
        said = sorted(json.dumps(row, sort_keys=True) for (row,) in cursor.fetchall())
        landed = frozenset(row for schema, table, _ in tables for row in _landed(cursor, schema, table))
        cursor.execute("select coalesce(max(version), 0) from ops.publications")
        (published,) = cursor.fetchone() or (0,)
    return State(_digest(_project(), tables), _digest(said), _digest(sorted(landed)), published, landed)


def last(warehouse: Warehouse) -> State | None:
    """What the warehouse was last built of; None when it is not known to be whole."""
    with closing(psycopg2.connect(warehouse.url("transformer"))) as connection, connection.cursor() as cursor:
        cursor.execute("select project, said, landed, version from ops.last_build")
        row = cursor.fetchone()
    return State(*row) if row else None


def mark(warehouse: Warehouse) -> str:
    """Which run of dbt did more than refill last: a pass by its id, any other by dbt's. Empty before the first."""
    with closing(psycopg2.connect(warehouse.url("transformer"))) as connection, connection.cursor() as cursor:
        return _mark(cursor)


def record(warehouse: Warehouse, before: State, marked: str) -> None:
    """Note that everything is built of what was there `before`, less what is published by now.

    Not if another run of dbt than `marked` did more than refill meanwhile. What people said meanwhile, and what has
    landed though the turn was lost, waits for the next build. Coins merge and split one step a version, so after such a
    version there may be more to do.
    """
    now = state(warehouse)
    with (
        closing(psycopg2.connect(warehouse.url("transformer"))) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("delete from ops.last_build")
        if _mark(cursor) != marked:  # read under its lock: who writes it now waits, and then forgets what is noted here
            return
        cursor.execute(MOVED, (before.version,))
        is_settled = now.waiting <= before.waiting and not cursor.fetchall()
        landed = now.landed if is_settled else UNSETTLED
        cursor.execute(
            "insert into ops.last_build (project, said, landed, version) values (%s, %s, %s, %s)",
            (before.project, before.said, landed, now.version),
        )


def forget(warehouse: Warehouse) -> None:
    """Let the next build do everything."""
    with (
        closing(psycopg2.connect(warehouse.url("transformer"))) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("delete from ops.last_build")


def _mark(cursor: Any) -> str:
    cursor.execute("select invocation_id from ops.build_marks where model = '*' for update")
    row = cursor.fetchone()
    return row[0] if row else ""


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
    files = sorted(path for path in folder.rglob("[!.]*") if path.suffix in KINDS and path.is_file())
    named = ((path.relative_to(folder), path) for path in files)
    digests = [
        f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for name, path in named
        if name.parts[0] not in NOT_BUILT
    ]
    return [*digests, *(f"{package} {version(package)}" for package in PACKAGES)]


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
