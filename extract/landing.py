"""How records become rows of a raw table, through dlt: one place for keys, merge strategy, presence and counts."""

import math
import tempfile
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import dlt
from dlt.common.schema.typing import TColumnSchema
from dlt.common.storages.load_package import load_package_state
from dlt.extract import DltResource

from extract import renamed
from extract.calls import Calls
from extract.destination import REPLACES
from extract.errors import SourceError
from extract.known import KeyValues, Known, State
from extract.plan import UNLIMITED, Budget
from extract.presence import Departure, Fetch, Presence
from extract.records import Landed, Origin, Payload, Record, Typed, key_of, required, typed
from extract.renamed import Names
from extract.tables import REJECTED, REJECTED_KEY, Spool, columns_of, rejected_columns, rejected_rows, rows_of
from kasparro import failures

NONE: frozenset[str] = frozenset()
ROWS_IN_A_FILE = 10_000  # files are loaded side by side: a whole market is in two of them

Row = TypeVar("Row")


@dataclass(frozen=True)
class Past:
    """What a backfill asks for: a coin as its source calls it, from `start` to `end` (UTC)."""

    coin: str
    start: datetime
    end: datetime


class Landing:
    """Lands one source's records in one pass, and counts them. With `tables_only`, makes the tables and reads nothing.

    A source that could read only a part appends to `problems` one line for each part it missed: what landed stays.
    It counts the parts that were read and had nothing new in `unchanged`.

    `keys` are the columns that tell the rows of each table apart.
    `known` is what raw holds; `calls` counts what the provider is asked; `budget` is what it may be asked, and `plan`
    what a source says it makes of that; no call goes on after `until`, a moment of `time.monotonic()`. With
    `catalogue`, what is read once a day is read now; with `backfill`, only that past is read. `folder` is where rows
    are written before dlt takes them over.
    """

    def __init__(
        self,
        known: Known | None = None,
        *,
        calls: Calls | None = None,
        budget: Budget = UNLIMITED,
        until: float = math.inf,
        folder: Path | None = None,
        tables_only: bool = False,
        catalogue: bool = False,
        backfill: Past | None = None,
        mappings: Mapping[str, Names] | None = None,
    ) -> None:
        self.landed = Landed()
        self.problems: list[str] = []
        self.unchanged = 0
        self.plan: str | None = None
        self.calls = calls
        self.budget = budget
        self.until = until
        self.catalogue = catalogue
        self._known = known
        self._tables_only = tables_only
        self._presence = Presence(known)
        self._backfill = backfill
        self._mappings = mappings or {}
        self._folder = folder
        self._spools: defaultdict[str, list[Spool]] = defaultdict(list)
        self._contents: defaultdict[str, set[str]] = defaultdict(set)
        self.keys: dict[str, tuple[str, ...]] = {REJECTED: REJECTED_KEY}
        self._newest: dict[str, datetime | None] = {}
        self._latest: dict[str, datetime] = {}
        self._compared: Callable[[], None] = lambda: None

    def resource(self, model: type[Record], rows: Callable[[], Iterator[Any]]) -> DltResource:
        """A dlt resource for a model's table: `rows()` yields what `land` makes.

        A SourceError is a problem of the pass: what came before it lands, and so do the other resources.
        """
        return self._resource(model, lambda: iter(()) if self._backfill else rows())

    def past(self, model: type[Record], rows: Callable[[Past, Payload], Iterator[Any]]) -> DltResource:
        """A dlt resource that reads only in a backfill, when the others don't; `rows` gets its dlt state, too."""
        return self._resource(
            model, lambda: rows(self._backfill, dlt.current.resource_state()) if self._backfill else iter(())
        )

    def rejected(self) -> DltResource:
        """The resource of the rejected records, which goes last: it takes what the others rejected."""
        columns = rejected_columns()
        return _resource(REJECTED, lambda: self._handed_over(REJECTED, columns), columns)

    def presence(self) -> list[DltResource]:
        """The resources of the tables that `finished` writes."""
        self._presence.is_noted = True
        return [self.resource(model, lambda: iter(())) for model in (Fetch, Departure)]

    def land(self, model: type[Record], payloads: Iterable[object], origin: Origin) -> Iterator[Any]:
        """Type payloads and put them where they belong: the records, and the rejected ones.

        Yields nothing, so that it reads like what it is a part of: what a resource gives to dlt.
        """
        names = renamed.of_key(model, self._mappings)
        yield from self.place(model, typed(model, renamed.with_keys(payloads, names)), origin)

    def place(self, model: type[Record], found: Typed, origin: Origin) -> Iterator[Any]:
        """Put what `typed` made where it belongs: the records that raw does not hold as they are, and the rejected."""
        self.landed.accepted += len(found.rows)
        self.landed.rejected += len(found.rejects)
        self.landed.reasons.update(reason for reason, _ in found.rejects.values())
        if model.keeps == "changes":
            self._compare(model, found.rows, origin)
        elif model.keeps == "contents":
            self._write(model, self._once(model.table, found.rows), origin)
        else:
            self._write(model, found.rows, origin)
        self._reject(model, found.rejects, origin)
        failures.point("extract.read")
        yield from ()

    def finished(
        self,
        model: type[Record],
        endpoint: str,
        origin: Origin,
        *,
        within: KeyValues = (),
        everything: bool = True,
        asked: int | None = None,
    ) -> Iterator[Any]:
        """Note an answer whose pages have all landed, of so many records `asked` for. Does it hold `everything`?

        Then what earlier answers had and this one has not has departed. With `within`, all of that is said of the keys
        that begin so.
        """
        fetch = self._presence.fetched(model, endpoint, within) | {"is_everything": everything, "asked_count": asked}
        self._note(Fetch, [fetch], origin)
        if everything:
            self._note(Departure, self._presence.departures(model, within, origin.fetched_at), origin)
        yield from ()

    def _replay(self, model: type[Record], state: Payload) -> None:
        """Land what was quarantined for want of a key, once it is approved under which name the key comes by now."""
        names = renamed.of_key(model, self._mappings)
        if not self._known or state.get("renamed_keys") == names:
            return
        for origin, payloads in self._known.quarantined(model.table, names.values()):
            rows = typed(model, renamed.with_keys(payloads, names)).rows
            self.landed.accepted += len(rows)
            self._write(model, self._once(model.table, rows), origin)
        state["renamed_keys"] = dict(names)

    def _resource(self, model: type[Record], rows: Callable[[], Iterator[Any]]) -> DltResource:
        def generate() -> Iterator[Any]:
            if not self._tables_only:
                if renamed.of_key(model, self._mappings):
                    self._replay(model, dlt.current.resource_state())
                try:
                    with self._versions_of(model):
                        yield from rows()
                except SourceError as error:
                    if str(error) not in self.problems:
                        self.problems.append(str(error))
            yield from self._handed_over(model.table, columns_of(model))

        self.keys[model.table] = key_of(model)
        resource = _resource(model.table, generate, columns_of(model))
        if model.keeps == "newest":
            resource.apply_hints(additional_table_hints={REPLACES: list(key_of(model))})
        return resource

    @contextmanager
    def _versions_of(self, model: type[Record]) -> Generator[None]:
        """Remember in dlt's state which version of all is the latest: what is later need not be looked up.

        It never leaves a row out. It is in one load package with the rows, so raw holds none that is later; one that
        lies in the future costs look-ups only.
        """
        if not (model.versioned_by and self._known):
            yield
            return
        state: Payload = dlt.current.resource_state()
        known = datetime.fromisoformat(state["newest"]) if "newest" in state else self._known.newest(model)
        self._newest[model.table] = known
        try:
            yield
        finally:
            versions = [version for version in (known, self._latest.get(model.table)) if version]
            if versions:
                state["newest"] = max(versions).isoformat()

    def _compare(self, model: type[Record], rows: dict[str, tuple[Record, Payload]], origin: Origin) -> None:
        """Write the rows whose state raw does not hold as they are. Contents of one state come and stay together.

        While the warehouse looks them up, those of the page before are written.
        """
        states = _states(model, rows)
        self._presence.meet(model, (key for key, _ in states))
        versions = [version for _, version in states if version]
        if versions:
            self._latest[model.table] = max(*versions, self._latest.get(model.table, versions[0]))
        asked = self._known.asked(model, states, self._newest.get(model.table)) if self._known else None
        self._compared()

        def write() -> None:
            known = asked.result() if asked else {}
            departed = self._presence.departed(model)
            changed = (
                content
                for state, contents in states.items()
                if state[0] in departed or not known.get(state, NONE).issuperset(contents)
                for content in contents
            )
            self._write(model, {content: rows[content] for content in changed}, origin)

        self._compared = write

    def _reject(self, model: type[Record], rejects: dict[str, tuple[str, str]], origin: Origin) -> None:
        """Write what was rejected and is not among the rejected records yet."""
        new = self._once(REJECTED, rejects)
        if new and self._known:
            old = self._known.rejected(model.table, new)
            new = {content: reject for content, reject in new.items() if content not in old}
        if new:
            self._spool(REJECTED, rejected_columns()).write(
                rejected_rows(model.table, new, origin, _load_id()), len(new)
            )

    def _once(self, table: str, rows: dict[str, Row]) -> dict[str, Row]:
        """The rows whose content has not come before in this pass: a merge does not look for that among its own."""
        come = self._contents[table]
        new = {content: row for content, row in rows.items() if content not in come}
        come.update(new)
        return new

    def _note(self, model: type[Record], payloads: list[Payload], origin: Origin) -> None:
        """Rows of our own making: not counted as the provider's."""
        self._write(model, typed(model, payloads).rows, origin)

    def _write(self, model: type[Record], rows: dict[str, tuple[Record, Payload]], origin: Origin) -> None:
        if rows:
            self._spool(model.table, columns_of(model)).write(rows_of(rows, origin, _load_id()), len(rows))

    def _spool(self, table: str, columns: Mapping[str, TColumnSchema]) -> Spool:
        spools = self._spools[table]
        if not spools or spools[-1].rows >= ROWS_IN_A_FILE:
            self._folder = self._folder or Path(tempfile.mkdtemp(prefix="kasparro-"))
            self._folder.mkdir(parents=True, exist_ok=True)
            spools.append(Spool(self._folder / f"{table}.{len(spools)}.csv", list(columns)))
        return spools[-1]

    def _handed_over(self, table: str, columns: Mapping[str, TColumnSchema]) -> Iterator[Any]:
        """What was written for a table, for dlt to take over: links to the files. An empty one makes the table."""
        if self._tables_only:
            self._spool(table, columns)
        self._compared()
        self._compared = lambda: None
        for spool in self._spools[table]:
            spool.close()
            yield dlt.mark.with_file_import(str(spool.path), "csv", spool.rows, hints={})
            spool.path.unlink()


def _states(model: type[Record], rows: Mapping[str, tuple[Record, Payload]]) -> dict[State, list[str]]:
    """The contents of each state."""
    names = required(model)
    version = model.versioned_by
    states: defaultdict[State, list[str]] = defaultdict(list)
    for content, (record, _) in rows.items():
        values = record.__dict__
        key = (values[names[0]],) if len(names) == 1 else tuple([values[name] for name in names])
        states[key, values[version] if version else None].append(content)
    return states


def _resource(table: str, rows: Callable[[], Iterator[Any]], columns: dict[str, TColumnSchema]) -> DltResource:
    return dlt.resource(rows, name=table, columns=columns, write_disposition="append", file_format="csv")()


def _load_id() -> str:
    """The id of the load package that is being extracted."""
    return load_package_state().get("load_id", "")
