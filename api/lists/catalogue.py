"""Which columns a table has, as Postgres knows it."""

from sqlalchemy import Connection, text

from api.lists.columns import Column, Kind

COLUMNS = text("""
    select attname as name, format_type(atttypid, null) as type
    from pg_attribute
    where attrelid = to_regclass(:relation) and attnum > 0 and not attisdropped
    order by attnum
""")
KINDS = {
    "numeric": Kind.DECIMAL,
    "double precision": Kind.DECIMAL,
    "smallint": Kind.INTEGER,
    "integer": Kind.INTEGER,
    "bigint": Kind.INTEGER,
    "boolean": Kind.BOOLEAN,
    "timestamp with time zone": Kind.TIME,
    "text[]": Kind.TEXTS,
    "json": Kind.JSON,
    "jsonb": Kind.JSON,
}


def columns_of(connection: Connection, relation: str) -> tuple[Column, ...]:
    """The columns of a table or view; none when it is not there."""
    rows = connection.execute(COLUMNS, {"relation": relation})
    return tuple(Column(row.name, KINDS.get(row.type, Kind.TEXT)) for row in rows)
