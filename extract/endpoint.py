"""Endpoints that answer with everything they have in one JSON array: read when due, landed when changed.

dlt's state (`last`) remembers of each when it was read, and the validators of its answer. Both are noted with the rows
they stand for, in one load package: what is asked for conditionally has landed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from extract.answers import conditions, validators
from extract.http import Answer, Client, SourceError
from extract.landing import Landing
from extract.records import Payload, Record, as_array

A_DAY = timedelta(hours=24)
AFTER_FAILURE = timedelta(hours=1)
SLACK = timedelta(minutes=10)
"""A pass that starts a little early must not put a daily reading off by a whole pass."""


def _as_it_is(payload: object) -> object:
    return payload


@dataclass(frozen=True)
class Endpoint:
    """`GET path`: an array of records of `model`, each shaped by `shape` first.

    With `within`, the array holds everything only of the records whose key begins so. An empty array is refused unless
    `may_be_empty`.
    """

    model: type[Record]
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict[str, str | int])
    shape: Callable[[object], object] = _as_it_is
    within: tuple[str, ...] = ()
    may_be_empty: bool = False

    def read(self, api: Client, landing: Landing, last: Payload) -> Iterator[Any]:
        """Land the answer if it has changed since `last`. Raises SourceError."""
        answer, rows = array(api, self.path, self.params, last)
        if answer.status != 304:
            if not (rows or self.may_be_empty):
                raise SourceError(
                    f"{api.label} answered {self.path} with nothing: what is known stays, it is asked again"
                )
            yield from landing.land(self.model, map(self.shape, rows), answer.origin)
            yield from landing.finished(self.model, self.path, answer.origin, within=self.within)
        else:
            landing.unchanged += 1
        note(last, answer)

    def read_daily(self, api: Client, landing: Landing, last: Payload) -> Iterator[Any]:
        """Land the answer once a day, and whenever the landing asks for the catalogue. Raises SourceError."""
        if is_due(landing, last):
            yield from self.read(api, landing, last)


def array(api: Client, path: str, params: Mapping[str, str | int], last: Payload) -> tuple[Answer, list[Any]]:
    """GET a JSON array unless it is unchanged since `last`; empty when it is. Raises SourceError."""
    answer = api.get(path, params, **conditions(last.get("validators", {})))
    if answer.status == 304:
        return answer, []
    rows = as_array(api.parsed(answer, path))
    if rows is None:
        raise SourceError(f"{api.label} answered {path} with something else than a list: what is known stays")
    return answer, rows


def is_due(landing: Landing, last: Payload) -> bool:
    """Whether what is read daily is due: a day after it was read, an hour after it could not be read.

    Notes in `last` that it is tried.
    """
    now = datetime.now(UTC)
    read, tried = (datetime.fromisoformat(last[name]) if name in last else None for name in ("read_at", "tried_at"))
    due = landing.catalogue or (now - tried >= AFTER_FAILURE if tried else read is None or now - read >= A_DAY - SLACK)
    if due:
        last["tried_at"] = now.isoformat()
    return due


def note(last: Payload, answer: Answer) -> None:
    """Note an answer whose rows are on their way to raw, or one that said that nothing has changed."""
    last.pop("tried_at", None)
    last["read_at"] = answer.origin.fetched_at.isoformat()
    if answer.status != 304:
        last["validators"] = validators(answer.headers)
