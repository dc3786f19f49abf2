"""Keys that a provider sends under another name by now.

An approved line of `field_mappings` gives the records their key, and those that were quarantined without it land after
all. Other fields are mapped when rows are transformed: only a record without its key is no row.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from extract.records import Payload, Record, as_object, required
from kasparro.environment import dbt_variables
from kasparro.settings import SourceName

Names = Mapping[str, str]
"""The field of a key, and what it is called by now."""


def approved(source: SourceName) -> Mapping[str, Names]:
    """The approved mappings of a source's fields, by raw table."""
    found: dict[str, dict[str, str]] = {}
    mappings: Mapping[str, str] = dbt_variables().get("field_mappings") or {}
    for path, now in mappings.items():
        name, _, place = path.partition(".")
        table, _, field = place.partition(".")
        if name == source:
            found.setdefault(table, {})[field] = now
    return found


def of_key(model: type[Record], mappings: Mapping[str, Names]) -> Names:
    """Those of them that a model's key needs; the others are applied when the rows are transformed."""
    return {field: now for field, now in mappings.get(model.table, {}).items() if field in required(model)}


def with_keys(payloads: Iterable[object], names: Names) -> Iterator[object]:
    """The payloads, with the key under the name that we know."""
    return (_with_key(payload, names) for payload in payloads) if names else iter(payloads)


def _with_key(payload: object, names: Names) -> Any:
    fields = as_object(payload)
    missing = {field: now for field, now in names.items() if fields and field not in fields and now in fields}
    if not fields or not missing:
        return payload
    renamed: Payload = {now: field for field, now in missing.items()}
    return {renamed.get(name, name): value for name, value in fields.items()}
