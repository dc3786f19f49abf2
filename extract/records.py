"""From what a provider sent to typed records, losing nothing.

A `Record` is a Pydantic model of one payload. Typing is lenient: a value that can't be typed becomes null and stays,
as it came, in what is kept beside the record, together with every field that the model does not know. Only a payload
without a usable key is rejected, with its reason. Two payloads of equal content have one `content_hash`.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, cast

import simplejson
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

Payload = dict[str, Any]
Keeps = Literal["contents", "changes", "newest"]

MONEY_LIMIT = Decimal(10) ** 38
MONEY_STEP = -38
LARGEST_JSON_EXPONENT = 1000
LONGEST_KEY = 500
SUSPICIOUS = re.compile(r"\\u0000|\dE[+-]?\d{4}")
"""In JSON text: a NUL character, or a number with an exponent of thousands."""


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
    if len(value) > LONGEST_KEY:
        raise ValueError(f"longer than {LONGEST_KEY} characters")
    return value.strip()


Key = Annotated[str, BeforeValidator(_usable)]
Text = Annotated[str, BeforeValidator(_not_blank)]
Number = Annotated[Decimal, BeforeValidator(_number), AfterValidator(_fits)]
Integer = Annotated[int, BeforeValidator(_number), Field(ge=-(2**63), lt=2**63)]
Moment = Annotated[datetime, AfterValidator(_utc)]
Json = Annotated[str, BeforeValidator(_json)]


class Record(BaseModel):
    """One record of a provider, a row of the raw table `table`.

    Fields are `Key` (required, never blank) or optional `Text`, `bool`, `Number` (exact decimal), `Integer`, `Moment`
    (UTC) and `Json`. What is required is the record's key. `keeps` says which rows a key has:

    - `contents`: each content once.
    - `changes`: a content whenever it differs from the last one, so that the newest row is what the provider says now,
      also after a change back. Where `versioned_by` names a field, the last one of that version. All keys are `Key`.
    - `newest`: one row.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    table: ClassVar[str]
    keeps: ClassVar[Keeps] = "contents"
    versioned_by: ClassVar[str | None] = None


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


@dataclass(frozen=True)
class Typed:
    """Payloads after typing, each by its content hash: records with what is kept beside them; rejects with reasons."""

    rows: dict[str, tuple[Record, Payload]]
    rejects: dict[str, tuple[str, str]]


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
    try:
        return simplejson.loads(text, use_decimal=True, allow_nan=True, parse_constant=str)
    except RecursionError:
        raise ValueError("nested too deep") from None


def content_hash(payload: object) -> str:
    """32 hex digits that are equal for payloads of equal content."""
    return _hash(dumps(payload))


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
def required(model: type[Record]) -> tuple[str, ...]:
    """The fields of a record's key."""
    return tuple(name for name, info in model.model_fields.items() if info.is_required())


def key_of(model: type[Record]) -> tuple[str, ...]:
    """What identifies a row in raw, in the order in which rows are looked up."""
    version = (model.versioned_by,) if model.versioned_by else ()
    beside = {"contents": ("content_hash",), "changes": (*version, "fetched_at", "content_hash"), "newest": ()}
    return (*required(model), *beside[model.keeps])


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


def typed(model: type[Record], payloads: Iterable[object]) -> Typed:
    """Type payloads. Equal ones are taken once; an `Unusable` one is rejected with its reason."""
    rows: dict[str, tuple[Record, Payload]] = {}
    rejects: dict[str, tuple[str, str]] = {}
    for raw in payloads:
        payload = raw.payload if isinstance(raw, Unusable) else raw
        text = dumps(payload)
        if not text.isascii() or SUSPICIOUS.search(text):
            payload = storable(payload)
            text = dumps(payload)
        content = _hash(text)
        if isinstance(raw, Unusable):
            rejects[content] = (raw.reason, text)
            continue
        try:
            rows[content] = validate(model, payload)
        except ValueError as error:
            rejects[content] = (str(error), text)
    return Typed(rows, rejects)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
