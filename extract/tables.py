"""How records are laid out in raw: columns as dlt is told of them, and rows of the CSV files that COPY reads.

COPY takes CSV as fast as its own binary format and decimals of any size. The files are written as records are typed,
and handed to dlt as they are: neither its normaliser nor Arrow touches a value.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

from dlt.common.schema.typing import TColumnSchema

from extract.records import Integer, Json, Key, Moment, Number, Origin, Payload, Record, Text, dumps, required

REJECTED = "rejected_records"
REJECTED_KEY = ("table_name", "content_hash")
LOAD_ID = "_dlt_load_id"
DELIMITER = "\t"

TEXT: TColumnSchema = {"data_type": "text"}
JSON: TColumnSchema = {"data_type": "json"}
TIME: TColumnSchema = {"data_type": "timestamp", "timezone": True, "precision": 6}
TYPES: dict[object, TColumnSchema] = {
    Key: TEXT,
    Text: TEXT,
    bool: {"data_type": "bool"},
    Number: {"data_type": "decimal", "precision": 76, "scale": 38},
    Integer: {"data_type": "bigint"},
    Moment: TIME,
    Json: JSON,
}
PROVENANCE: dict[str, TColumnSchema] = {"content_hash": TEXT, "request_id": TEXT, "fetched_at": TIME, LOAD_ID: TEXT}


@cache
def columns_of(model: type[Record]) -> dict[str, TColumnSchema]:
    """The columns of a model's table: its fields, what is kept beside them, where each row comes from."""
    kinds = {name: _bare(info.annotation, info.metadata) for name, info in model.model_fields.items()}
    fields = {name: TYPES[kind] for name, kind in kinds.items()}
    return _named({**fields, "extra": JSON, **PROVENANCE}, {*required(model), *PROVENANCE})


@cache
def rejected_columns() -> dict[str, TColumnSchema]:
    """The columns of the table of rejected records."""
    return _named(
        {"table_name": TEXT, "reason": TEXT, "payload": JSON, **PROVENANCE}, {"table_name", "reason", *PROVENANCE}
    )


def rows_of(rows: Mapping[str, tuple[Record, Payload]], origin: Origin, load_id: str) -> Iterator[list[Any]]:
    """Records, and what is kept beside each of them, by content hash, as rows in the order of `columns_of`."""
    provenance = (origin.request_id, str(origin.fetched_at), load_id)
    for content, (record, kept) in rows.items():
        beside = dumps(kept) if kept else None
        yield [*record.__dict__.values(), beside, content, *provenance]


def rejected_rows(
    table: str, rejects: Mapping[str, tuple[str, str]], origin: Origin, load_id: str
) -> Iterator[list[Any]]:
    """Reason and payload of what was rejected for `table`, by content hash, in the order of `rejected_columns`."""
    for content, (reason, payload) in rejects.items():
        yield [table, reason, payload, content, origin.request_id, origin.fetched_at, load_id]


class Spool:
    """A CSV file, of tabs, that rows of one table are written to until it is handed over."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.rows = 0
        self._tabs = len(columns) - 1
        self._file = path.open("x", encoding="utf-8", newline="")
        # the default line ends, \r\n, make the writer quote both characters wherever they stand in a value
        self._writer = csv.writer(self._file, delimiter=DELIMITER)
        self._writer.writerow(columns)

    def write(self, rows: Iterable[list[Any]], count: int) -> None:
        """Append so many rows."""
        for row in rows:
            line = DELIMITER.join(["" if value is None else str(value) for value in row])
            if line.count(DELIMITER) == self._tabs and not ('"' in line or "\r" in line or "\n" in line):
                self._file.write(f"{line}\r\n")  # nothing to quote: twice as fast as the writer
            else:
                self._writer.writerow(row)
        self.rows += count

    def close(self) -> None:
        """Write out what is buffered; nothing can be written any more."""
        self._file.close()


def _named(columns: Mapping[str, TColumnSchema], needed: set[str]) -> dict[str, TColumnSchema]:
    return {name: {"name": name, "nullable": name not in needed, **kind} for name, kind in columns.items()}


def _bare(annotation: Any, metadata: list[Any]) -> object:
    """The field type without `| None`, as it stands in TYPES."""
    if metadata:
        return next(kind for kind in (Key, Text, Number, Integer, Moment, Json) if _same(kind, annotation, metadata))
    members = [each for each in get_args(annotation) if each is not type(None)]
    return members[0] if members else annotation


def _same(kind: Any, annotation: object, metadata: list[Any]) -> bool:
    inner, *rest = get_args(kind)
    return inner is annotation and any(each in metadata for each in rest)
