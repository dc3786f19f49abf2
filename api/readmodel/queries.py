"""What the read model asks the warehouse."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from api.readmodel.columns import COLUMNS

STRETCH = 2000
LATEST = text("select version, published_at from ops.publications order by version desc limit 1")
# in the order most asked for: neighbours on a page are then neighbours in memory
COINS = text(f"select {', '.join(COLUMNS)} from marts.coins order by rank nulls last, canonical_id")  # noqa: S608  constants


@dataclass(frozen=True)
class Publication:
    """A published version of the marts."""

    version: int
    published_at: datetime


def latest_publication(connection: Connection) -> Publication | None:
    """The newest published version, or None before the first."""
    row = connection.execute(LATEST).first()
    return None if row is None else Publication(row.version, row.published_at)


def coins(connection: Connection) -> Iterator[tuple[Any, ...]]:
    """All coins, values in the order of COLUMNS, sorted by rank; a stretch at a time, so that few are in memory."""
    for row in connection.execution_options(yield_per=STRETCH).execute(COINS):
        yield tuple(row)
