"""Lists that show a table as it is, with the columns that it has."""

from api.context import Context
from api.lists.catalogue import columns_of
from api.lists.columns import Column, Kind
from api.lists.conditions import Conditions
from api.lists.listing import Listing, SortKey


def whole_table(context: Context, relation: str, conditions: Conditions, sort: str, sort_type: str) -> Listing | None:
    """The rows of a table in descending order of a column (any order, where it has none such); None without a table.

    Blocks on the warehouse.
    """
    with context.database.transaction() as connection:
        columns = columns_of(connection, relation)
    if not columns:
        return None
    select = ", ".join(_selected(column) for column in columns)
    has_key = any(column.name == sort for column in columns)
    key = SortKey(f'row_of."{sort}"', sort_type) if has_key else SortKey("cast(row_of as text)", "text")
    relation = f"\nfrom {relation} as row_of"
    return Listing(columns, select, relation, conditions, key, descending=has_key, tie=("cast(row_of as text)",))


def _selected(column: Column) -> str:
    """The column in a type that we write: numbers exact, what is unknown as text."""
    name = 'row_of."{}"'.format(column.name.replace('"', '""'))
    return {Kind.DECIMAL: f"cast({name} as numeric)", Kind.TEXT: f"cast({name} as text)"}.get(column.kind, name)
