"""How records become rows of a raw table, through dlt: one place for keys, merge strategy, presence and counts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

import dlt
import pyarrow as pa
from dlt.extract import DltResource

from extract.calls import Calls
from extract.errors import SourceError
from extract.known import KeyValues, Known, State, key_text
from extract.plan import UNLIMITED, Budget
from extract.records import Integer, Keeps, Key, Landed, Moment, Origin, Payload, Record, Text, Typed, key_of, required, typed
from extract.tables import REJECTED, column_hints, empty_tables, records_table, rejects_table

# A row that is there is never touched again; a table of one row per key is rewritten
INSERT_ONLY: Any = {"disposition": "merge", "strategy": "insert-only"}
UPSERT: Any = {"disposition": "merge", "strategy": "upsert"}
# COPY reads CSV as fast as Arrow's own wire format and takes decimals of any size; the ADBC driver needs 70 µs for one
FILE_FORMAT: Any = "csv"


class Fetch(Record):
    """The newest answer of an endpoint whose pages all came: how many records, and whether that is all there are."""

    table: ClassVar[str] = "fetches"
    keeps: ClassVar[Keeps] = "newest"

    endpoint: Key
    table_name: Text | None = None
    record_count: Integer | None = None
    is_everything: bool | None = None


class Departure(Record):
    """A key that earlier answers had, and a whole one had not. It lasts until the key's next row.

    `key` is the id, or a JSON array where a key has several columns.
    """

    table: ClassVar[str] = "departures"

    table_name: Key
    key: Key
    departed_at: Moment


class Landing:
    """Lands one source's records in one pass, and counts them. With `tables_only`, makes the tables and reads nothing.

    A source that could read only a part appends to `problems` one line for each part it missed: what landed stays.
    It counts the parts that were read and had nothing new in `unchanged`.

    `known` is what raw holds; `calls` counts what the provider is asked; `budget` is what it may be asked, and `plan`
    what a source says it makes of that. With `catalogue`, what is read once a day is read now.
    """

    def __init__(
        self,
        known: Known | None = None,
        *,
        calls: Calls | None = None,
        budget: Budget = UNLIMITED,
        tables_only: bool = False,
        catalogue: bool = False,
    ) -> None:
        self.landed = Landed()
        self.problems: list[str] = []
        self.unchanged = 0
        self.plan: str | None = None
        self.calls = calls
        self.budget = budget
        self.catalogue = catalogue
        self._known = known
        self._tables_only = tables_only
        self._keys: defaultdict[str, set[KeyValues]] = defaultdict(set)
        self._notes_presence = False
        self._departed: dict[str, set[KeyValues]] = {}

    def resource(self, model: type[Record], rows: Callable[[], Iterator[Any]]) -> DltResource:
        """A dlt resource for a model's table: `rows()` yields what `land` makes.

        A SourceError is a problem of the pass: what came before it lands, and so do the other resources.
        """

        def generate() -> Iterator[Any]:
            for table, nothing in empty_tables(model):
                yield _addressed(model, table, nothing)
            if self._tables_only:
                return
            try:
                yield from rows()
            except SourceError as error:
                if str(error) not in self.problems:
                    self.problems.append(str(error))

        return dlt.resource(generate, name=model.table)()

    def presence(self) -> list[DltResource]:
        """The resources of the tables that `finished` writes."""
        self._notes_presence = True
        return [self.resource(model, lambda: iter(())) for model in (Fetch, Departure)]

    def land(self, model: type[Record], payloads: Iterable[object], origin: Origin) -> Iterator[Any]:
        """Type payloads; yield the records for the resource's own table, the rejected ones for theirs."""
        yield from self.place(model, typed(model, payloads), origin)

    def place(self, model: type[Record], found: Typed, origin: Origin) -> Iterator[Any]:
        """Yield what `typed` made: the records that raw does not hold as they are, and the rejected ones."""
        self.landed.accepted += len(found.rows)
        self.landed.rejected += len(found.rejects)
        self.landed.reasons.update(reason for reason, _ in found.rejects.values())
        rows = self._changed(model, found.rows) if model.keeps == "changes" else found.rows
        if rows:
            yield _addressed(model, model.table, records_table(model, rows, origin))
        if found.rejects:
            yield _addressed(model, REJECTED, rejects_table(model.table, found.rejects, origin))

    def finished(
        self, model: type[Record], endpoint: str, origin: Origin, *, within: KeyValues = (), everything: bool = True
    ) -> Iterator[Any]:
        """Yield the record of an answer whose pages have all landed. Does it hold `everything` there is?

        Then what earlier answers had and this one has not has departed. With `within`, all of that is said of the keys
        that begin so.
        """
        keys = _beginning(within, self._keys[model.table])
        fetch: Payload = {
            "endpoint": endpoint,
            "table_name": model.table,
            "record_count": len(keys),
            "is_everything": everything,
        }
        yield from self._note(Fetch, [fetch], origin)
        if everything and self._known:
            gone = _beginning(within, self._known.keys(model)) - keys - self._gone(model)
            departures = [
                {"table_name": model.table, "key": key_text(key), "departed_at": origin.fetched_at}
                for key in sorted(gone)
            ]
            yield from self._note(Departure, departures, origin)

    def _changed(self, model: type[Record], rows: dict[str, tuple[Record, Payload]]) -> dict[str, Any]:
        """The rows whose state raw does not hold as they are. Contents of one state come and stay together."""
        states: defaultdict[State, list[str]] = defaultdict(list)
        for content, (record, _) in rows.items():
            key = tuple(getattr(record, name) for name in required(model))
            states[key, getattr(record, model.versioned_by) if model.versioned_by else None].append(content)
        self._keys[model.table].update(key for key, _ in states)
        if self._known is None:
            return rows
        known = self._known.contents(model, states)
        departed = self._gone(model)
        changed = (
            content
            for state, contents in states.items()
            if state[0] in departed or not known.get(state, set()).issuperset(contents)
            for content in contents
        )
        return {content: rows[content] for content in changed}

    def _gone(self, model: type[Record]) -> set[KeyValues]:
        if model.table not in self._departed:
            known = self._known if self._notes_presence else None
            self._departed[model.table] = known.departed(model) if known else set()
        return self._departed[model.table]

    def _note(self, model: type[Record], payloads: list[Payload], origin: Origin) -> Iterator[Any]:
        """Rows of our own making: not counted as the provider's."""
        if payloads:
            yield _addressed(model, model.table, records_table(model, typed(model, payloads).rows, origin))


def _beginning(within: KeyValues, keys: Iterable[KeyValues]) -> set[KeyValues]:
    return {key for key in keys if key[: len(within)] == within}


def _addressed(model: type[Record], table: str, rows: pa.Table) -> Any:
    """Rows with the hints of their table; rejected records share a load package with their neighbours."""
    rejected = table == REJECTED
    hints = dlt.mark.make_hints(
        table_name=table,
        primary_key=("table_name", "content_hash") if rejected else key_of(model),
        columns={"payload": {"name": "payload", "data_type": "json"}} if rejected else column_hints(model),
        write_disposition=UPSERT if model.keeps == "newest" and not rejected else INSERT_ONLY,
        file_format=FILE_FORMAT,
    )
    return dlt.mark.with_hints(rows, hints, create_table_variant=True)
