"""What raw already holds: looked up by key, so that the cost of a pass does not grow with what was landed before."""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg2
from psycopg2 import sql

from extract.records import Origin, Record, dumps, loads, required
from extract.tables import REJECTED

KeyValues = tuple[str, ...]
State = tuple[KeyValues, datetime | None]
"""A key, and the version where the model has one."""

NEWEST = sql.SQL("order by known.fetched_at desc fetch first row with ties")


def key_text(key: KeyValues) -> str:
    """A key as one text: the id itself, or a JSON array of several values."""
    return key[0] if len(key) == 1 else dumps(list(key))


def key_values(model: type[Record], text: str) -> KeyValues:
    """The key behind its text."""
    return (text,) if len(required(model)) == 1 else tuple(loads(text))


class Known:
    """Reads a raw schema, through one connection that is made when it is needed."""

    def __init__(self, url: str, schema: str) -> None:
        self._url = url
        self._schema = schema
        self._connection: Any = None
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="known")

    def _connected(self) -> Any:
        with self._lock:
            if self._connection is None:
                self._connection = psycopg2.connect(self._url, application_name="kasparro extract")
                self._connection.autocommit = True
            return self._connection

    def close(self) -> None:
        """End the look-ups, and close the connection, if there is one."""
        self._pool.shutdown()
        if self._connection is not None:
            self._connection.close()

    def asked(
        self, model: type[Record], states: Iterable[State], newest: datetime | None = None
    ) -> Future[dict[State, set[str]]]:
        """The content hashes that came last for each state; no entry for one that never came. Found out meanwhile.

        `newest` is the latest version that raw holds, if that is known: what is later still never came.
        """
        asked = [state for state in dict.fromkeys(states) if not (newest and state[1] and state[1] > newest)]
        return self._pool.submit(self._contents, model, asked)

    def newest(self, model: type[Record]) -> datetime | None:
        """The latest version of all rows. It reads the whole table."""
        statement = sql.SQL("select max({}) from {}")
        ((newest,),) = self._rows(
            statement.format(sql.Identifier(model.versioned_by or ""), self._table(model.table)), ()
        )
        return newest

    def _contents(self, model: type[Record], asked: list[State]) -> dict[State, set[str]]:
        found: defaultdict[State, set[str]] = defaultdict(set)
        if not asked:
            return found
        for number, content in self._rows(self._last_contents(model, asked), self._arrays(model, asked)):
            found[asked[number - 1]].add(content)
        return found

    def rejected(self, table: str, contents: Iterable[str]) -> set[str]:
        """Which of these content hashes were rejected before, of a table."""
        statement = sql.SQL("select content_hash from {} where table_name = %s and content_hash = any(%s)")
        return {content for (content,) in self._rows(statement.format(self._table(REJECTED)), (table, list(contents)))}

    def quarantined(self, table: str, fields: Iterable[str]) -> Iterator[tuple[Origin, list[object]]]:
        """The rejected records of a table that have these fields, the older first, request by request."""
        statement = sql.SQL(
            "select request_id, fetched_at, payload::text from {} "
            "where table_name = %s and jsonb_typeof(payload::jsonb) = 'object' and payload::jsonb ?& %s "
            "order by fetched_at, request_id"
        ).format(self._table(REJECTED))
        with self._connected().cursor("quarantined", withhold=True) as cursor:
            cursor.execute(statement, (table, list(fields)))
            for (request_id, fetched_at), rows in groupby(cursor, key=itemgetter(0, 1)):
                yield Origin(request_id, fetched_at), [loads(payload) for _, _, payload in rows]

    @cache  # noqa: B019  # it lives as long as a pass, in which raw stays as it is
    def keys(self, model: type[Record]) -> frozenset[KeyValues]:
        """Every key that has a row, by skipping from key to key through the index."""
        names = required(model)
        statement = sql.SQL(
            "with recursive keys as ("
            " (select {columns} from {table} order by {columns} limit 1)"
            " union all"
            " select next.* from keys cross join lateral"
            " (select {columns} from {table} where ({columns}) > ({last}) order by {columns} limit 1) as next"
            ") select * from keys"
        ).format(
            columns=sql.SQL(", ").join(map(sql.Identifier, names)),
            table=self._table(model.table),
            last=sql.SQL(", ").join(sql.Identifier("keys", name) for name in names),
        )
        return frozenset(self._rows(statement, ()))

    def departed(self, model: type[Record]) -> set[KeyValues]:
        """The keys whose last word is that a whole answer was without them."""
        statement = sql.SQL("select key, max(departed_at) from {} where table_name = %s group by key")
        departures = {
            key_values(model, key): at
            for key, at in self._rows(statement.format(self._table("departures")), (model.table,))
        }
        if not departures:
            return set()
        asked = list(departures)
        statement = sql.SQL(
            "select asked.number, (select max(known.fetched_at) from {table} as known where {same_key}) from {asked}"
        ).format(table=self._table(model.table), same_key=_same_key(model), asked=_asked(model))
        newest = self._rows(statement, self._arrays(model, [(key, None) for key in asked]))
        return {asked[number - 1] for number, at in newest if at is None or at <= departures[asked[number - 1]]}

    def _last_contents(self, model: type[Record], asked: Collection[State]) -> sql.Composable:
        """For each state asked for: the contents of the last fetch that brought it."""
        select = sql.SQL("(select known.content_hash from {table} as known where {condition} {newest})")
        conditions = [_same_key(model)]
        if model.versioned_by:
            version = sql.Identifier("known", model.versioned_by)
            conditions = [sql.SQL("{} and {} = asked.version").format(_same_key(model), version)]
            if any(version is None for _, version in asked):
                without = sql.SQL("asked.version is null and {} and {} is null")
                conditions.append(without.format(_same_key(model), version))
        branches = [
            select.format(table=self._table(model.table), condition=condition, newest=NEWEST)
            for condition in conditions
        ]
        return sql.SQL("select asked.number, found.content_hash from {} cross join lateral ({}) as found").format(
            _asked(model), sql.SQL(" union all ").join(branches)
        )

    def _arrays(self, model: type[Record], states: Collection[State]) -> tuple[list[Any], ...]:
        keys = [[key[at] for key, _ in states] for at in range(len(required(model)))]
        return (*keys, [version for _, version in states])

    def _table(self, name: str) -> sql.Composable:
        return sql.Identifier(self._schema, name)

    def _rows(self, statement: sql.Composable, values: tuple[Any, ...]) -> list[Any]:
        with self._connected().cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()


def _asked(model: type[Record]) -> sql.Composable:
    """The states asked for as a relation `asked`: the key's columns, version, number from 1."""
    keys = required(model)
    arrays = sql.SQL(", ").join([sql.SQL("%s::text[]")] * len(keys) + [sql.SQL("%s::timestamptz[]")])
    names = sql.SQL(", ").join(map(sql.Identifier, (*keys, "version", "number")))
    return sql.SQL("unnest({}) with ordinality as asked ({})").format(arrays, names)


def _same_key(model: type[Record]) -> sql.Composable:
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier("known", name), sql.Identifier("asked", name))
        for name in required(model)
    )
