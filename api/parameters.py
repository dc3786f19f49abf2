"""Query parameters by strict Pydantic models, the same way for every route.

FastAPI's own reading of a model with many fields costs more than everything else in a request, so routes read the
query string in one step, and declare the model's fields for the documentation.
"""

from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError

from api.problems import invalid

Model = TypeVar("Model", bound=BaseModel)


def read_query(request: Request, model: type[Model]) -> Model:
    """The query string as a model.

    Raises a 422 problem that names each parameter that is unknown, malformed or given twice.
    """
    pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    values = dict(pairs)
    if len(values) != len(pairs):
        names = [name for name, _ in pairs]
        raise invalid(next(name for name in names if names.count(name) > 1), "is given more than once")
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = [{**problem, "loc": ("query", *problem["loc"])} for problem in error.errors(include_url=False)]
        raise RequestValidationError(problems) from None


class NoQuery(BaseModel):
    """No parameter at all: whatever is given is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def documented(model: type[BaseModel], *others: dict[str, Any]) -> dict[str, Any]:
    """The model's fields as OpenAPI parameters: `openapi_extra` of a route that uses `read_query`.

    `others` are parameters that the route reads itself, such as those of its path.
    """
    schema = model.model_json_schema()
    parameters: list[dict[str, Any]] = [*others]
    for name, field in schema.get("properties", {}).items():
        shape = _shape(field, schema.get("$defs", {}))
        if name == "limit" and (page_size := getattr(model, "page_size", None)) is not None:
            shape["default"] = page_size
        parameter = {"name": name, "in": "query", "required": False, "description": shape.pop("description", "")}
        parameters.append({**parameter, "schema": shape})
    return {"parameters": parameters}


def _shape(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A field's schema as a parameter has it: absent instead of null, references written out."""
    options = [option for option in field.get("anyOf", ()) if option.get("type") != "null"]
    inner: dict[str, Any] = options[0] if options else field  # a decimal also says that it may come as text
    if "$ref" in inner:
        inner = definitions[str(inner["$ref"]).rpartition("/")[2]]
    shape = {**inner, **{key: value for key, value in field.items() if key not in ("anyOf", "$ref")}}
    return {key: value for key, value in shape.items() if key != "title" and (key, value) != ("default", None)}
