"""Dates and times as parameters take them."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field


def _moment(given: str) -> str:
    """Accept ISO 8601 dates and times; what has no offset is UTC."""
    try:
        window_edge(given, last=True)
    except (ValueError, OverflowError):
        raise ValueError("expected an ISO 8601 date or time, like 2026-01-31 or 2026-01-31T18:30:00Z") from None
    return given


def window_edge(given: str, *, last: bool) -> datetime:
    """A date or time as UTC. As the `last` edge, the first moment after it: a date stands for its whole day.

    Raises ValueError when it is neither, OverflowError at the ends of the calendar.
    """
    given = given.strip()
    if "T" in given:
        given = given.replace(" ", "+")  # the plus of an offset, sent unescaped, arrives as a blank
    if len(given) <= len("2026-01-31"):
        moment = datetime.combine(date.fromisoformat(given), datetime.min.time(), UTC)
        return moment + timedelta(days=1) if last else moment
    moment = datetime.fromisoformat(given)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment + timedelta(microseconds=1) if last else moment


Moment = Annotated[str, Field(max_length=40), AfterValidator(_moment)]
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
