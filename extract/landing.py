"""How records become rows of a raw table, through dlt: one place for keys, merge strategy and counts."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract import DltResource

from extract.records import REJECTED, Landed, Origin, Record, column_hints, empty_tables, key_of, land

# Equal content of a coin is taken once, and a row that is there is never touched again
KEEP_EVERY_CONTENT: Any = {"disposition": "merge", "strategy": "insert-only"}
# COPY reads CSV as fast as Arrow's own wire format and takes decimals of any size; the ADBC driver needs 70 µs for one
FILE_FORMAT: Any = "csv"


class Landing:
    """Lands one source's records in one pass, and counts them. With `tables_only`, makes the tables and reads nothing.

    A source that could read only a part appends to `problems` one line for each part it missed: what landed stays.
    """

    def __init__(self, *, tables_only: bool = False) -> None:
        self.landed = Landed()
        self.problems: list[str] = []
        self._tables_only = tables_only

    def resource(self, model: type[Record], rows: Callable[[], Iterator[Any]]) -> DltResource:
        """A dlt resource for a model's table: `rows()` yields what `land` makes."""

        def generate() -> Iterator[Any]:
            for table, nothing in empty_tables(model):
                yield _addressed(model, table, nothing)
            if not self._tables_only:
                yield from rows()

        return dlt.resource(generate, name=model.table)()

    def land(self, model: type[Record], payloads: Iterable[object], origin: Origin) -> Iterator[Any]:
        """Type payloads; yield the records for the resource's own table, the rejected ones for theirs."""
        for table, rows in land(model, payloads, origin, self.landed):
            yield _addressed(model, table, rows)


def _addressed(model: type[Record], table: str, rows: pa.Table) -> Any:
    """Rows with the hints of their table; rejected records share a load package with their neighbours."""
    rejected = table == REJECTED
    hints = dlt.mark.make_hints(
        table_name=table,
        primary_key=("table_name", "content_hash") if rejected else key_of(model),
        columns={"payload": {"name": "payload", "data_type": "json"}} if rejected else column_hints(model),
        write_disposition=KEEP_EVERY_CONTENT,
        file_format=FILE_FORMAT,
    )
    return dlt.mark.with_hints(rows, hints, create_table_variant=True)
