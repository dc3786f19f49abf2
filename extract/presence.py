"""Who is in a provider's answers, and who is no longer: what `fetches` and `departures` say."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from extract.known import KeyValues, Known, key_text
from extract.records import Integer, Keeps, Key, Moment, Payload, Record, Text


class Fetch(Record):
    """The newest answer of an endpoint whose pages all came: how many records, and whether that is all there are.

    `asked_count` is how many were asked for, where that is not everything.
    """

    table: ClassVar[str] = "fetches"
    keeps: ClassVar[Keeps] = "newest"

    endpoint: Key
    table_name: Text | None = None
    record_count: Integer | None = None
    asked_count: Integer | None = None
    is_everything: bool | None = None


class Departure(Record):
    """A key that earlier answers had, and a whole one had not. It lasts until the key's next row.

    `key` is the id, or a JSON array where a key has several columns.
    """

    table: ClassVar[str] = "departures"

    table_name: Key
    key: Key
    departed_at: Moment


class Presence:
    """The keys that were met in this pass, compared with those that raw knows. It notes nothing unless `is_noted`."""

    def __init__(self, known: Known | None) -> None:
        self.is_noted = False
        self._known = known
        self._met: defaultdict[str, set[KeyValues]] = defaultdict(set)
        self._departed: dict[str, set[KeyValues]] = {}

    def meet(self, model: type[Record], keys: Iterable[KeyValues]) -> None:
        """Take keys of an answer into account."""
        self._met[model.table].update(keys)

    def fetched(self, model: type[Record], endpoint: str, within: KeyValues) -> Payload:
        """The row of `fetches` of an answer that is whole: how many keys were met that begin with `within`."""
        count = len(_beginning(within, self._met[model.table]))
        return {"endpoint": endpoint, "table_name": model.table, "record_count": count}

    def departures(self, model: type[Record], within: KeyValues, at: datetime) -> list[Payload]:
        """The rows of `departures` of those that raw knows, begin with `within`, and were not met."""
        if not self._known:
            return []
        gone = _beginning(within, self._known.keys(model)) - self._met[model.table] - self.departed(model)
        return [{"table_name": model.table, "key": key_text(key), "departed_at": at} for key in sorted(gone)]

    def departed(self, model: type[Record]) -> set[KeyValues]:
        """The keys that had departed before this pass."""
        if model.table not in self._departed:
            known = self._known if self.is_noted else None
            self._departed[model.table] = known.departed(model) if known else set()
        return self._departed[model.table]


def _beginning(within: KeyValues, keys: Iterable[KeyValues]) -> set[KeyValues]:
    return {key for key in keys if key[: len(within)] == within}
