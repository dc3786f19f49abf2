"""A folder of CSV files, passes over it into a database of its own, and a look at what they left."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extras import RealDictCursor

from extract import pipeline
from extract.landing import Landing
from extract.pipeline import Extracted
from extract.records import Origin, Record, typed
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.conftest import make_settings

Row = dict[str, Any]


class Typing(Landing):
    """Types and counts records as a pass does, and lands them nowhere."""

    def land(self, model: type[Record], payloads: Iterable[object], origin: Origin) -> Iterator[Any]:
        found = typed(model, payloads)
        self.landed.accepted += len(found.rows)
        self.landed.rejected += len(found.rejects)
        yield from ()


@dataclass
class CsvFolder:
    """Files as a user has them, and what is in `raw_csv`."""

    path: Path
    settings: Settings
    warehouse: Warehouse

    def write(self, name: str, content: str | bytes) -> Path:
        """Put a file there, or change it."""
        file = self.path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def read(self, **settings: object) -> Extracted:
        """One pass over the folder."""
        return pipeline.run("csv", self.settings.model_copy(update=settings), self.warehouse)

    def rows(self, statement: str, *values: object) -> list[Row]:
        """Rows of a statement."""
        connection = psycopg2.connect(self.warehouse.url("admin"))
        try:
            with connection.cursor(cursor_factory=RealDictCursor) as cursor:
                cursor.execute(statement, values)
                return [dict(row) for row in cursor.fetchall()]
        finally:
            connection.close()

    def events(self, name: str) -> list[Row]:
        """The events of a file, oldest first."""
        return self.rows("select * from raw_csv.files where file = %s order by recorded_at", name)

    def event(self, name: str) -> Row:
        """The latest event of a file."""
        return self.events(name)[-1]

    def current(self, table: str, name: str) -> list[Row]:
        """The rows that belong to a file now, as it orders them."""
        return self.rows(
            f"select * from raw_csv.{table} where file = %s and (file_hash, revision) = (select file_hash, revision "
            "from raw_csv.files where file = %s order by recorded_at desc limit 1) order by row_number",
            name,
            name,
        )

    def rejected(self, name: str) -> list[Row]:
        """The rejected rows of a file."""
        return self.rows(
            "select reason, payload from raw_csv.rejected_records where payload ->> 'file' = %s "
            "order by (payload ->> 'row_number')::bigint",
            name,
        )


@pytest.fixture
def csv_folder(tmp_path: Path, fresh_warehouse: Warehouse) -> CsvFolder:
    folder = tmp_path / "files"
    folder.mkdir()
    return CsvFolder(folder, make_settings(tmp_path / "home", csv_dir=folder), fresh_warehouse)
