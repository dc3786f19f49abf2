"""From what a provider sent to typed Arrow tables, losing nothing.

A `Record` is a Pydantic model of one payload. Landing is lenient: a value that can't be typed becomes null and stays,
as it came, in the JSON column `extra`, together with every field that the model does not know. Only a payload without
a usable key is rejected, with its reason. Two payloads of equal content have one `content_hash`, so that loading a
response again adds nothing.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, cast, get_args

import pyarrow as pa
import simplejson
from dlt.common.schema.typing import TColumnSchema
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

Payload = dict[str, Any]

MONEY = pa.decimal256(76, 38)
MONEY_LIMIT = Decimal(10) ** 38
MONEY_STEP = -38
LARGEST_JSON_EXPONENT = 1000
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


def _fits(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < MONEY_STEP or abs(value) >= MONEY_LIMIT:
        raise ValueError("outside numeric(76, 38)")
    return value


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number is expected, not true or false")
    return value


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _json(value: object) -> str:
    return dumps(value)


def _not_blank(value: object) -> object:
    """COPY's CSV has one way to write both nothing and empty text: empty text becomes null, and is kept in `extra`."""
    if value == "":
        raise ValueError("empty text")
    return value


def _usable(value: object) -> object:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("missing or blank")
    return value.strip()


Key = Annotated[str, BeforeValidator(_usable), Field(max_length=500)]
Text = Annotated[str, BeforeValidator(_not_blank)]
Number = Annotated[Decimal, BeforeValidator(_number), AfterValidator(_fits)]
Integer = Annotated[int, BeforeValidator(_number), Field(ge=-(2**63), lt=2**63)]
Moment = Annotated[datetime, AfterValidator(_utc)]
Json = Annotated[str, BeforeValidator(_json)]

ARROW_TYPES: dict[object, pa.DataType] = {
    Key: pa.string(),
    Text: pa.string(),
    bool: pa.bool_(),
    Number: MONEY,
    Integer: pa.int64(),
    Moment: pa.timestamp("us", tz="UTC"),
    Json: pa.string(),
}


class Record(BaseModel):
    """One record of a provider, a row of the raw table `table`.

    Fields are `Key` (required, never blank) or optional `Text`, `bool`, `Number` (exact decimal), `Integer`, `Moment`
    (UTC) and `Json`.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    table: ClassVar[str]


@dataclass(frozen=True)
class Origin:
    """Where payloads come from: the request's id and when its answer was complete."""

    request_id: str
    fetched_at: datetime


@dataclass(frozen=True)
class Unusable:
    """A payload that its source already found to have no usable key, and why."""

    payload: object
    reason: str


@dataclass
class Landed:
    """What a landing counted, summed over a source's tables."""

    accepted: int = 0
    rejected: int = 0
    reasons: set[str] = field(default_factory=set[str])


def dumps(value: object) -> str:
    """JSON with every digit of a Decimal, keys sorted; times in ISO 8601."""
    return simplejson.dumps(
        value,
        use_decimal=True,
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
        default=datetime.isoformat,
    )


def loads(text: str | bytes) -> Any:
    """Parse JSON; numbers keep every digit, NaN and Infinity stay text. Raises ValueError when it is not JSON."""
    return simplejson.loads(text, use_decimal=True, allow_nan=True, parse_constant=str)


def content_hash(payload: object) -> str:
    """32 hex digits that are equal for payloads of equal content."""
    return hashlib.blake2b(dumps(payload).encode(), digest_size=16).hexdigest()


def storable(value: Any) -> Any:
    r"""The value as Postgres can hold it in text and JSON, nothing dropped.

    NUL characters and lone surrogates are written as escapes (`\x00`, `\ud83d`); a number beyond what JSON in
    Postgres can carry becomes text.
    """
    if isinstance(value, str):
        if value.isascii() and "\x00" not in value:
            return value
        return value.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Decimal):
        return str(value) if abs(value.adjusted()) > LARGEST_JSON_EXPONENT else value
    if (entries := as_object(value)) is not None:
        return {storable(key): storable(item) for key, item in entries.items()}
    if (items := as_array(value)) is not None:
        return [storable(item) for item in items]
    return value


def as_object(value: object) -> Payload | None:
    """The value if it is a JSON object."""
    return cast("Payload", value) if isinstance(value, dict) else None


def as_array(value: object) -> list[Any] | None:
    """The value if it is a JSON array."""
    return cast("list[Any]", value) if isinstance(value, list) else None


@cache
def column_kinds(model: type[Record]) -> dict[str, object]:
    """The kind of each field, without `| None`, as it stands in ARROW_TYPES."""
    return {name: _bare(info.annotation, info.metadata) for name, info in model.model_fields.items()}


def key_of(model: type[Record]) -> tuple[str, ...]:
    """What identifies a row in raw: the required fields, and the content."""
    return (*(name for name, info in model.model_fields.items() if info.is_required()), "content_hash")


def _bare(annotation: Any, metadata: list[Any]) -> object:
    """The field type without `| None`, as it stands in ARROW_TYPES."""
    if metadata:
        return next(kind for kind in (Key, Text, Number, Integer, Moment, Json) if _same(kind, annotation, metadata))
    members = [each for each in get_args(annotation) if each is not type(None)]
    return members[0] if members else annotation


def _same(kind: Any, annotation: object, metadata: list[Any]) -> bool:
    inner, *rest = get_args(kind)
    return inner is annotation and any(each in metadata for each in rest)


@cache
def arrow_schema(model: type[Record]) -> pa.Schema:
    """The Arrow schema of a model's table: its fields, then where each row comes from."""
    required = key_of(model)
    columns = [
        pa.field(name, ARROW_TYPES[kind], nullable=name not in required) for name, kind in column_kinds(model).items()
    ]
    return pa.schema([*columns, pa.field("extra", pa.string()), *PROVENANCE])


def column_hints(model: type[Record]) -> dict[str, TColumnSchema]:
    """What dlt can't read from the Arrow schema: which text columns are JSON."""
    names = ["extra", *(name for name, kind in column_kinds(model).items() if kind is Json)]
    return {name: {"name": name, "data_type": "json"} for name in names}


def validate(model: type[Record], payload: object) -> tuple[Record, Payload]:
    """Type one payload. Returns the record and what must be kept beside it.

    Raises ValueError with the reason when there is no usable key.
    """
    fields = as_object(payload)
    if fields is None:
        raise ValueError(f"a {type(payload).__name__} where an object is expected")
    try:
        record = model.model_validate(fields)
    except ValidationError as error:
        kept: Payload = {}
        for problem in error.errors(include_url=False, include_context=False):
            name = str(problem["loc"][0])
            if name not in model.model_fields or model.model_fields[name].is_required():
                raise ValueError(f"{name}: {problem['msg'].removeprefix('Value error, ')}") from None
            kept[name] = fields[name]
        record = model.model_validate({name: value for name, value in fields.items() if name not in kept})
        return record, {**(record.model_extra or {}), **kept}
    return record, record.model_extra or {}


def empty_tables(model: type[Record]) -> Iterator[tuple[str, pa.Table]]:
    """The tables that landing a model can write, typed and without rows."""
    yield model.table, arrow_schema(model).empty_table()
    yield REJECTED, REJECTS.empty_table()


def land(
    model: type[Record], payloads: Iterable[object], origin: Origin, landed: Landed
) -> Iterator[tuple[str, pa.Table]]:
    """Type payloads and yield (table name, Arrow table): the records, and the rejected ones if there are any.

    Equal payloads are taken once. An `Unusable` one is rejected with its reason. Counts go into `landed`.
    """
    rows: dict[str, tuple[Record, Payload]] = {}
    rejects: dict[str, tuple[str, str]] = {}
    for raw in payloads:
        payload = storable(raw.payload if isinstance(raw, Unusable) else raw)
        key = content_hash(payload)
        if isinstance(raw, Unusable):
            rejects[key] = (raw.reason, dumps(payload))
            continue
        try:
            rows[key] = validate(model, payload)
        except ValueError as error:
            rejects[key] = (str(error), dumps(payload))
    landed.accepted += len(rows)
    landed.rejected += len(rejects)
    landed.reasons.update(reason for reason, _ in rejects.values())
    if rows:
        yield model.table, _records_table(model, rows, origin)
    if rejects:
        yield REJECTED, _rejects_table(model.table, rejects, origin)


def _records_table(model: type[Record], rows: dict[str, tuple[Record, Payload]], origin: Origin) -> pa.Table:
    values = [record.__dict__ for record, _ in rows.values()]
    kinds = column_kinds(model)
    columns: list[Any] = [pa.array([value[name] for value in values], ARROW_TYPES[kinds[name]]) for name in kinds]
    columns.append(pa.array([dumps(kept) if kept else None for _, kept in rows.values()], pa.string()))
    columns.append(pa.array(list(rows), pa.string()))
    columns += _provenance(origin, len(rows))
    return pa.Table.from_arrays(columns, schema=arrow_schema(model))


def _rejects_table(table: str, rejects: dict[str, tuple[str, str]], origin: Origin) -> pa.Table:
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
