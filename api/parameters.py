"""Query parameters and bodies by strict Pydantic models, the same way for every route.

FastAPI's own reading of a model with many fields costs more than everything else in a request, so routes read the
query string in one step, and declare the model's fields for the documentation. Bodies come to them as bytes, after the
key has been looked at, and are read in a thread: FastAPI would do it before, and in the event loop.
"""

import json
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

import orjson
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError

from api.problems import SHOWN_INPUT, Problem, invalid

Model = TypeVar("Model", bound=BaseModel)
MOST_VALUES = 10_000  # in a body: what is wrong with each is said before it is known that there are too many
definitions: dict[str, Any] = {}
"""Schemas that the bodies of the documentation refer to, by name."""


def read_query(request: Request, model: type[Model]) -> Model:
    """The query string as a model.

    Raises a 422 problem that names each parameter that is unknown, malformed or given twice.
    """
    pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    values = dict(pairs)
    if len(values) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise invalid(name[:SHOWN_INPUT], "is given more than once")
            seen.add(name)
    return _validated(model, values, "query")


async def _body_of(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_body_of)]
"""The body of a request as it came."""


def read_body(body: bytes, model: type[Model]) -> Model:
    """A body of JSON as a model.

    Raises a 400 problem when it can't be read at all; a 422 that says where it is no JSON, or what is wrong in it.
    """
    if body.count(b",") > MOST_VALUES:
        raise Problem(422, f"The body holds too much: {MOST_VALUES} values are possible.")
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _no_json(body) from None
    return _validated(model, content, "body")


def _no_json(body: bytes) -> Problem:
    """What is wrong with a body, in Python's words, which say where; its reader takes more than JSON allows."""
    try:
        json.loads(body.decode())
    except UnicodeDecodeError:
        return Problem(400, "The body can't be read: it is not UTF-8.")
    except json.JSONDecodeError as error:
        return invalid("body", f"is not JSON: {error.msg} at position {error.pos}")
    except RecursionError:
        return Problem(400, "The body can't be read: it is nested too deep.")
    except ValueError:
        pass  # an integer of thousands of digits
    return invalid("body", "holds half of a surrogate pair, or a number that is none or too large")


def _validated(model: type[Model], content: Any, place: str) -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = [{**problem, "loc": (place, *problem["loc"])} for problem in error.errors(include_url=False)]
        raise RequestValidationError(problems) from None


class NoQuery(BaseModel):
    """No parameter at all: whatever is given is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def documented(
    model: type[BaseModel], *others: dict[str, Any], body: type[BaseModel] | None = None, body_required: bool = True
) -> dict[str, Any]:
    """The model's fields as OpenAPI parameters: `openapi_extra` of a route that uses `read_query`.

    `others` are parameters that the route reads itself, such as those of its path; `body` is what `read_body` reads.
    """
    schema = model.model_json_schema()
    parameters: list[dict[str, Any]] = [*others]
    for name, field in schema.get("properties", {}).items():
        shape = _shape(field, schema.get("$defs", {}))
        if name == "limit" and (page_size := getattr(model, "page_size", None)) is not None:
            shape["default"] = page_size
        parameter = {"name": name, "in": "query", "required": False, "description": shape.pop("description", "")}
        parameters.append({**parameter, "schema": shape})
    if body is None:
        return {"parameters": parameters}
    described = body.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions.update({**described.pop("$defs", {}), body.__name__: described})
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{body.__name__}"}}}
    return {"parameters": parameters, "requestBody": {"required": body_required, "content": content}}


def _shape(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A field's schema as a parameter has it: absent instead of null, references written out."""
    options = [option for option in field.get("anyOf", ()) if option.get("type") != "null"]
    inner: dict[str, Any] = options[0] if options else field  # a decimal also says that it may come as text
    if "$ref" in inner:
        inner = definitions[str(inner["$ref"]).rpartition("/")[2]]
    shape = {**inner, **{key: value for key, value in field.items() if key not in ("anyOf", "$ref")}}
    return {key: value for key, value in shape.items() if key != "title" and (key, value) != ("default", None)}
