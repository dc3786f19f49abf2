"""Tables as the contracts of dbt's models describe them."""

from functools import cache
from typing import Any

import yaml

from kasparro.settings import REPOSITORY

MODELS = REPOSITORY / "dbt_project" / "models"


@cache
def _models() -> dict[str, dict[str, Any]]:
    """Every model that is published, by schema and name."""
    return {
        f"{schema}.{model['name']}": model
        for schema in ("marts", "ops")
        for file in (MODELS / schema).glob("*.yml")
        for model in yaml.safe_load(file.read_text()).get("models", ())
    }


def table(name: str) -> str:
    """SQL that makes the table `schema.name` where it is missing: its columns, types, key and indexes.

    Without its checks, so that a test need not fill in what it is not about.
    """
    model = _models()[name]
    columns = [f"{column['name']} {column['data_type']}" for column in model["columns"]]
    keys = [each["columns"] for each in model.get("constraints", ()) if each["type"] == "primary_key"]
    parts = [*columns, *(f"primary key ({', '.join(key)})" for key in keys)]
    made = f"create table if not exists {name} ({', '.join(parts)});"
    indexes = model.get("config", {}).get("meta", {}).get("published_indexes", ())
    return made + "".join(f"create index on {name} ({', '.join(index)});" for index in indexes)
