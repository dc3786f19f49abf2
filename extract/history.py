"""Reading one coin's past in windows, each of them once.

dlt's state remembers per coin which windows have landed and which the plan refused, in one load package with their
rows; a backfill that was killed goes on where it stopped. Windows lie on a fixed grid, so that two backfills whose
ends differ share them.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from extract.errors import RefusedError
from extract.landing import Landing, Past
from extract.records import Payload

EPOCH = datetime(2010, 1, 1, tzinfo=UTC)
SETTLED_AFTER = timedelta(days=2)
"""The last full day of a history is ready some time after its end: until then, a window is read again."""


Read = Callable[[datetime, datetime], Iterator[Any]]
"""Lands what lies in a window. Raises SourceError; RefusedError when the plan does not include it."""


def windows(past: Past, length: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """The grid's windows that the past touches, oldest first, cut off at now."""
    now = datetime.now(UTC)
    start = EPOCH + (past.start - EPOCH) // length * length
    while start < min(past.end, now):
        yield start, min(start + length, now)
        start += length


def read(
    past: Past, length: timedelta, state: Payload, landing: Landing, plan: str, window_read: Read
) -> Iterator[Any]:
    """Read every window that has not landed yet. What the `plan` refuses is a problem, and not asked for again.

    A plan that reaches back a year may refuse a window for its beginning: then it is read from the first day asked for.
    """
    known: Payload = state.setdefault(past.coin, {})
    done: list[str] = known.setdefault("done", [])
    refused: dict[str, str] = known.setdefault("refused", {}).setdefault(plan, {})
    missing: dict[str, list[datetime]] = {}
    for whole, end in windows(past, length):
        name = ""
        for start in (whole, past.start) if past.start > whole else (whole,):
            name = start.date().isoformat()
            if name in done:
                landing.unchanged += 1
                break
            try:
                if name not in refused:
                    yield from window_read(start, end)
                    if datetime.now(UTC) - end > SETTLED_AFTER:
                        done.append(name)
                    break
            except RefusedError as error:
                refused[name] = str(error)
        else:
            missing.setdefault(refused[name], []).append(max(whole, past.start))
    for reason, starts in missing.items():
        further = f" and {len(starts) - 1} windows of {length.days} days after it" if len(starts) > 1 else ""
        landing.problems.append(f"{past.coin} from {starts[0]:%d %b %Y}{further}: {reason}")
