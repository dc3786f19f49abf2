"""What the read model asks the warehouse."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from api.lists.catalogue import columns_of
from api.readmodel.columns import COLUMNS

STRETCH = 2000
# a warehouse of an older release has no such column
IDENTITY = "left(to_jsonb(publications) ->> 'publication_id', 8) as identity"
NEWEST = text(f"""
    select version, published_at, changes, {IDENTITY}
    from ops.publications
    where version > :after
    order by version desc
    limit :limit
""")  # noqa: S608  constants
LATEST = text(f"select version, published_at, {IDENTITY} from ops.publications order by version desc limit 1")  # noqa: S608
OF_VERSION = text(f"select {IDENTITY} from ops.publications where version = :version")  # noqa: S608
NOTHING = "0"
"""In place of a publication before the first."""
TAG = re.compile(r"(\d{1,19})(?:-([0-9a-f]{8}|none))?", re.ASCII)


def tag_of(version: int, identity: str | None) -> str:
    """The name of a publication, `42-1a2b3c4d`: after a restore, versions are counted from the backup's on again."""
    return f"{version}-{identity or 'none'}"


@dataclass(frozen=True)
class Publication:
    """A published version of the marts."""

    version: int
    published_at: datetime
    tag: str
    """Tells it from another one of the same number, as there may be after a restore."""


def latest_publication(connection: Connection) -> Publication | None:
    """The newest published version, or None before the first."""
    row = connection.execute(LATEST).first()
    return None if row is None else Publication(row.version, row.published_at, tag_of(row.version, row.identity))


def meta_of(publication: Publication | None) -> dict[str, Any]:
    """The publication as the envelope shows it."""
    if publication is None:
        return {"version": None, "published_at": None, "publication": None}
    return {"version": publication.version, "published_at": publication.published_at, "publication": publication.tag}


def is_published(connection: Connection, tag: str) -> bool:
    """Whether the warehouse's history has the publication; of a bare version, whether it has come as far."""
    found = TAG.fullmatch(tag)
    if found is None:
        return False
    if found[2] is None:
        newest = latest_publication(connection)
        return newest is not None and newest.version >= int(found[1])
    row = connection.execute(OF_VERSION, {"version": int(found[1])}).first()
    return row is not None and found[2] == (row.identity or "none")


class Announcement(NamedTuple):
    """A publication as it is announced: per mart, how many rows were inserted, updated, deleted."""

    version: int
    published_at: datetime
    changes: dict[str, dict[str, int]]
    publication: str


def publications(connection: Connection, after: int, limit: int) -> list[Announcement]:
    """The newest `limit` publications after a version, in order."""
    rows = connection.execute(NEWEST, {"after": after, "limit": limit})
    found = [
        Announcement(row.version, row.published_at, row.changes, tag_of(row.version, row.identity)) for row in rows
    ]
    return found[::-1]


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
