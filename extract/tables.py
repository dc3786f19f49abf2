"""Arrow tables of typed records: their schemas, and how dlt is told of them."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

import pyarrow as pa
from dlt.common.schema.typing import TColumnSchema

from extract.records import Integer, Json, Key, Moment, Number, Origin, Payload, Record, Text, dumps, required

MONEY = pa.decimal256(76, 38)
REJECTED = "rejected_records"
PROVENANCE = (
    pa.field("content_hash", pa.string(), nullable=False),
    pa.field("request_id", pa.string(), nullable=False),
    pa.field("fetched_at", pa.timestamp("us", tz="UTC"), nullable=False),
)
REJECTS = pa.schema(
    [
        pa.field("table_name", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("payload", pa.string()),
        *PROVENANCE,
    ]
)
ARROW_TYPES: dict[object, pa.DataType] = {
    Key: pa.string(),
    Text: pa.string(),
    bool: pa.bool_(),
    Number: MONEY,
    Integer: pa.int64(),
    Moment: pa.timestamp("us", tz="UTC"),
    Json: pa.string(),
}


@cache
def column_kinds(model: type[Record]) -> dict[str, object]:
    """The kind of each field, without `| None`, as it stands in ARROW_TYPES."""
    return {name: _bare(info.annotation, info.metadata) for name, info in model.model_fields.items()}


@cache
def arrow_schema(model: type[Record]) -> pa.Schema:
    """The Arrow schema of a model's table: its fields, then where each row comes from."""
    key = required(model)
    columns = [
        pa.field(name, ARROW_TYPES[kind], nullable=name not in key) for name, kind in column_kinds(model).items()
    ]
    return pa.schema([*columns, pa.field("extra", pa.string()), *PROVENANCE])


def column_hints(model: type[Record]) -> dict[str, TColumnSchema]:
    """What dlt can't read from the Arrow schema: which text columns are JSON."""
    names = ["extra", *(name for name, kind in column_kinds(model).items() if kind is Json)]
    return {name: {"name": name, "data_type": "json"} for name in names}


def empty_tables(model: type[Record]) -> Iterator[tuple[str, pa.Table]]:
    """The tables that landing a model can write, typed and without rows."""
    yield model.table, arrow_schema(model).empty_table()
    yield REJECTED, REJECTS.empty_table()


def records_table(model: type[Record], rows: Mapping[str, tuple[Record, Payload]], origin: Origin) -> pa.Table:
    """Records, and what is kept beside each of them, by content hash."""
    values = [record.__dict__ for record, _ in rows.values()]
    kinds = column_kinds(model)
    columns: list[Any] = [pa.array([value[name] for value in values], ARROW_TYPES[kinds[name]]) for name in kinds]
    columns.append(pa.array([dumps(kept) if kept else None for _, kept in rows.values()], pa.string()))
    columns.append(pa.array(list(rows), pa.string()))
    columns += _provenance(origin, len(rows))
    return pa.Table.from_arrays(columns, schema=arrow_schema(model))


def rejects_table(table: str, rejects: Mapping[str, tuple[str, str]], origin: Origin) -> pa.Table:
    """Reason and payload of what was rejected for `table`, by content hash."""
    columns: list[Any] = [
        pa.array([table] * len(rejects), pa.string()),
        pa.array([reason for reason, _ in rejects.values()], pa.string()),
        pa.array([payload for _, payload in rejects.values()], pa.string()),
        pa.array(list(rejects), pa.string()),
        *_provenance(origin, len(rejects)),
    ]
    return pa.Table.from_arrays(columns, schema=REJECTS)


def _provenance(origin: Origin, count: int) -> list[Any]:
    return [
        pa.array([origin.request_id] * count, pa.string()),
        pa.array([origin.fetched_at] * count, pa.timestamp("us", tz="UTC")),
    ]


def _bare(annotation: Any, metadata: list[Any]) -> object:
    """The field type without `| None`, as it stands in ARROW_TYPES."""
    if metadata:
        return next(kind for kind in (Key, Text, Number, Integer, Moment, Json) if _same(kind, annotation, metadata))
    members = [each for each in get_args(annotation) if each is not type(None)]
    return members[0] if members else annotation


def _same(kind: Any, annotation: object, metadata: list[Any]) -> bool:
    inner, *rest = get_args(kind)
    return inner is annotation and any(each in metadata for each in rest)
