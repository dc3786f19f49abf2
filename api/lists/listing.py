"""A list to page through: its SQL in parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from api.lists.columns import Column, Kind
from api.lists.conditions import Conditions
from api.lists.decimals import Extent, whole_digits


@dataclass(frozen=True)
class SortKey:
    """What a list is ordered by; the type is for comparing with a key that comes back in a cursor."""

    expression: str
    type: str
    nullable: bool = True


@dataclass(frozen=True)
class Listing:
    """What a list selects, from where, and the keys that order it (those of `tie` unique together)."""

    columns: tuple[Column, ...]
    select: str
    """The columns as SQL, in their order."""
    relation: str
    conditions: Conditions
    key: SortKey
    descending: bool
    tie: tuple[str, ...]

    def page(self, connection: Connection, limit: int, offset: int, after: Sequence[Any] | None) -> list[Sequence[Any]]:
        """Up to `limit` rows: the selected values, then the sort key and the tie keys as text."""
        conditions = Conditions([*self.conditions.clauses], {**self.conditions.values})
        if after is not None:
            bound = {f"after_{place}": value for place, value in enumerate(after)}
            conditions.add(_beyond(self.key, self.descending, self.tie, after_null=after[0] is None), **bound)
        keys = ", ".join(f"cast({key} as text)" for key in (self.key.expression, *self.tie))
        statement = (
            f"select {self.select}, {keys}{self.relation}{conditions.where}"
            f"{self._order}\nlimit :limit offset :offset"
        )  # fmt: skip
        values = {**conditions.values, "limit": limit, "offset": offset}
        return [tuple(row) for row in connection.execute(text(statement), values)]

    def total(self, connection: Connection) -> int:
        """How many rows the whole list has. Walks all of them: for marts, ask once per version."""
        statement = f"select count(*){self.relation}{self.conditions.where}"
        return connection.execute(text(statement), self.conditions.values).scalar_one()

    def stream(self, connection: Connection, stretch: int) -> Iterator[Sequence[Sequence[Any]]]:
        """All rows in order, a stretch at a time; never more than that in memory."""
        statement = text(f"select {self.select}{self.relation}{self.conditions.where}{self._order}")
        # the cursor stays on the server's side; a connection's own options would be left behind in its pool
        streamed = connection.execute(
            statement, self.conditions.values, execution_options={"stream_results": True, "max_row_buffer": stretch}
        )
        yield from streamed.partitions(stretch)

    def extents(self, connection: Connection) -> dict[str, Extent]:
        """How many digits the numbers of each decimal column have. Walks all rows: for marts, ask once per version."""
        numbers = [place for place, column in enumerate(self.columns) if column.kind is Kind.DECIMAL]
        if not numbers:
            return {}
        names = ", ".join(f"c{place}" for place in range(len(self.columns)))
        finite = "filter (where c{0} not in ('NaN', 'Infinity', '-Infinity'))"
        each = "max(scale(trim_scale(c{0}))) {1}, max(abs(c{0})) {1}"
        found = ", ".join(each.format(place, finite.format(place)) for place in numbers)
        rows = f"select {self.select}{self.relation}{self.conditions.where}"
        statement = f"select {found} from ({rows}) as listed ({names})"  # noqa: S608  as all of this class: constants
        row = connection.execute(text(statement), self.conditions.values).one()
        return {
            self.columns[place].name: Extent(whole_digits(row[2 * at + 1]), row[2 * at] or 0)
            for at, place in enumerate(numbers)
        }

    @property
    def identity(self) -> tuple[Any, ...]:
        """What tells this list from others of the same version, whatever its order."""
        return (self.relation, self.conditions.where, *sorted(self.conditions.values.items()))

    @property
    def _order(self) -> str:
        direction = "desc" if self.descending else "asc"
        nulls = " nulls last" if self.key.nullable else ""
        return f"\norder by {self.key.expression} {direction}{nulls}, {', '.join(self.tie)}"


def _beyond(key: SortKey, descending: bool, tie: tuple[str, ...], *, after_null: bool) -> str:
    """The rows after the one whose sort key and tie keys are bound as :after_0, :after_1, ..."""
    value = f"cast(:after_0 as {key.type})"
    beyond = "<" if descending else ">"
    same = f"({', '.join(tie)}) > ({', '.join(f':after_{place}' for place in range(1, len(tie) + 1))})"
    if after_null:
        return f"({key.expression} is null and {same})"
    if key.nullable:
        further = f"{key.expression} {beyond} {value} or {key.expression} is null"
        return f"({further} or ({key.expression} = {value} and {same}))"
    # two conditions, so that an index can start at the first
    return f"({key.expression} {beyond}= {value} and ({key.expression} {beyond} {value} or {same}))"
