"""The `fields` parameter."""

from api.data.schemas import DataQuery
from api.problems import invalid


def chosen(query: DataQuery, columns: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
    """The columns asked for, in that order and each once, or the default ones. Raises a 422 for an unknown column."""
    if query.fields is None:
        return default
    names = tuple(dict.fromkeys(name.strip() for name in query.fields.split(",") if name.strip()))
    unknown = [name for name in names if name not in columns]
    if unknown or not names:
        raise invalid("fields", f"{unknown[0][:50] + ' is unknown' if unknown else 'is empty'}; "
                                f"there are {', '.join(columns)}")  # fmt: skip
    return names
