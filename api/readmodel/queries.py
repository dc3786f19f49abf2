"""What the read model asks the warehouse."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from api.lists.catalogue import columns_of
from api.readmodel.columns import COLUMNS

STRETCH = 2000
NEWEST = text("""
    select version, published_at, changes
    from ops.publications
    where version > :after
    order by version desc
    limit :limit
""")
LATEST = text("select version, published_at from ops.publications order by version desc limit 1")


@dataclass(frozen=True)
class Publication:
    """A published version of the marts."""

    version: int
    published_at: datetime


def latest_publication(connection: Connection) -> Publication | None:
    """The newest published version, or None before the first."""
    row = connection.execute(LATEST).first()
    return None if row is None else Publication(row.version, row.published_at)


class Announcement(NamedTuple):
    """A publication as it is announced: per mart, how many rows were inserted, updated, deleted."""

    version: int
    published_at: datetime
    changes: dict[str, dict[str, int]]


def publications(connection: Connection, after: int, limit: int) -> list[Announcement]:
    """The newest `limit` publications after a version, in order."""
    rows = connection.execute(NEWEST, {"after": after, "limit": limit})
    return [Announcement(*row) for row in rows][::-1]


def coins(connection: Connection) -> Iterator[tuple[Any, ...]]:
    """All coins, values in the order of COLUMNS, sorted by rank; a stretch at a time, so that few are in memory.

    A column that the mart lacks, in a warehouse of an older release, is null.
    """
    there = {column.name for column in columns_of(connection, "marts.coins")}
    selected = ", ".join(name if name in there else f"null as {name}" for name in COLUMNS)
    # in the order most asked for: neighbours on a page are then neighbours in memory
    statement = text(f"select {selected} from marts.coins order by rank nulls last, canonical_id")  # noqa: S608  constants
    options = {"stream_results": True, "max_row_buffer": STRETCH}
    for row in connection.execute(statement, execution_options=options):
        yield tuple(row)
