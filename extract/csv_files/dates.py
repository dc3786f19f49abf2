"""How a file writes dates, judged by all of them, and reading them that way.

`03/04/2021` is the third of April or the fourth of March. A whole file tells: by days past the 12th, else by
consecutive rows that are one day apart under one order only. Where neither decides, no such date is read.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

Order = Literal["dmy", "mdy", "ymd"]
ORDERS: tuple[Order, ...] = ("dmy", "mdy", "ymd")
SHOWN: dict[Order, str] = {"dmy": "day-month-year", "mdy": "month-day-year", "ymd": "year-month-day"}
LONGEST = 60
MOST_CONTRADICTIONS = 0.01
FEWEST_STEPS = 3
# Nothing was traded before Bitcoin's first block, and nobody knows tomorrow's prices
FIRST_DAY = datetime(2009, 1, 3, tzinfo=UTC)
AHEAD = timedelta(days=2)
LAST_UNIX_SECOND = 4_102_444_800  # 2100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SPREADSHEET_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
SPREADSHEET_DAYS = (39_815, 73_050)  # 2009 to 2099
MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}

CLOCK = r"""(?:(?:[T\s,]\s*)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?
    \s*(?P<half>[AaPp])?(?:\.?[Mm]\.?)?\s*(?P<zone>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"""
NUMERIC = re.compile(rf"(?P<a>\d{{1,4}})(?P<mark>[-/.])(?P<b>\d{{1,2}})(?P=mark)(?P<c>\d{{1,4}}){CLOCK}", re.VERBOSE)
NAMED = re.compile(
    rf"""(?:[A-Za-z]{{3,9}},\s*)?(?:(?P<day1>\d{{1,2}})(?:st|nd|rd|th)?[-\s]+)?(?P<month>[A-Za-z]{{3,9}})\.?[-\s]+
    (?:(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+)?(?P<year>\d{{4}}|\d{{2}}(?!\d|:)){CLOCK}""",
    re.VERBOSE,
)
COMPACT = re.compile(r"20\d{6}")
NUMBER = re.compile(r"\d{5,19}(?:\.\d+)?")


@dataclass(frozen=True)
class _Triple:
    """A date of three numbers, whose order the file must tell, and its time of day."""

    numbers: tuple[int, int, int]
    century: int
    orders: tuple[Order, ...]
    time: timedelta
    zone: timezone

    def moment(self, order: Order) -> datetime | None:
        """The moment under an order; None where that is no date."""
        if order not in self.orders:
            return None
        found = dict(zip(order, self.numbers, strict=True))
        return _moment(self.century + found["y"], found["m"], found["d"], self.time, self.zone)


@dataclass(frozen=True)
class DateStyle:
    """How dates are written. `order` is that of three numbers; None when it is not known, or not needed."""

    label: str
    order: Order | None = None
    doubt: str | None = None

    def read(self, text: str) -> datetime | None:
        """The moment in UTC; a time without zone is taken as UTC. None for what is no date of this style."""
        parsed = _parsed(text.strip())
        if not isinstance(parsed, _Triple):
            return parsed
        order = parsed.orders[0] if len(parsed.orders) == 1 else self.order
        return parsed.moment(order) if order else None


@dataclass
class DateEvidence:
    """What the dates of a file show, counted value by value, in the order of its rows."""

    now: datetime
    forms: Counter[str] = field(default_factory=Counter[str])
    wrong: Counter[Order] = field(default_factory=Counter[Order])
    steps: Counter[Order] = field(default_factory=Counter[Order])
    example: str = ""
    _previous: dict[Order, datetime] = field(default_factory=dict[Order, datetime])

    def add(self, text: str) -> None:
        """Take a value into account; what is no date at all counts for nothing."""
        parsed = _parsed(text.strip())
        if isinstance(parsed, _Triple) and len(parsed.orders) > 1:
            self.forms["triple"] += 1
            self.example = self.example or text.strip()
            for order in ORDERS:
                self._try(order, parsed.moment(order))
        elif parsed:
            self.forms["number" if NUMBER.fullmatch(text.strip()) else "plain"] += 1

    def style(self) -> DateStyle:
        """The one order that all values allow, or none."""
        total = self.forms["triple"]
        if not total:
            return DateStyle("number" if self.forms["number"] > self.forms["plain"] else "unambiguous")
        fitting: list[Order] = [order for order in ORDERS if self.wrong[order] <= MOST_CONTRADICTIONS * total]
        if not fitting:
            doubt = f'dates like "{self.example}" fit no one order of day and month: {_ADVICE}'
            return DateStyle("contradictory", doubt=doubt)
        best, *others = self._by_steps(fitting)
        if not others:
            return DateStyle(SHOWN[best], best)
        if self.steps[best] >= FEWEST_STEPS and self.steps[best] >= 3 * self.steps[others[0]]:
            return DateStyle(f"{SHOWN[best]} (by the daily order of the rows)", best)
        orders = " or ".join(SHOWN[order] for order in fitting)
        return DateStyle("unclear", doubt=f'nothing in the file tells whether "{self.example}" is {orders}: {_ADVICE}')

    def _by_steps(self, orders: list[Order]) -> list[Order]:
        return sorted(orders, key=lambda order: -self.steps[order])

    def _try(self, order: Order, moment: datetime | None) -> None:
        if moment is None or not FIRST_DAY <= moment <= self.now + AHEAD:
            self.wrong[order] += 1
            return
        before = self._previous.get(order)
        self._previous[order] = moment
        if before and abs((moment.date() - before.date()).days) == 1:
            self.steps[order] += 1


_ADVICE = "they are not taken over. Write dates as 2021-04-03"


def _parsed(text: str) -> datetime | _Triple | None:
    if len(text) > LONGEST:
        return None
    if match := NUMERIC.fullmatch(text):
        numbers = (int(match["a"]), int(match["b"]), int(match["c"]))
        orders = _orders(len(match["a"]), len(match["c"]))
        clock = _clock(match)
        century = 0 if 4 in (len(match["a"]), len(match["c"])) else 2000
        return _Triple(numbers, century, orders, *clock) if clock and orders else None
    if match := NAMED.fullmatch(text):
        return _named(match)
    if COMPACT.fullmatch(text):
        return _moment(int(text[:4]), int(text[4:6]), int(text[6:]), timedelta(0), UTC)
    return _numbered(text) if NUMBER.fullmatch(text) else None


def _orders(first: int, last: int) -> tuple[Order, ...]:
    """The orders that the numbers' lengths allow."""
    if first == 4:
        return ("ymd",) if last <= 2 else ()
    if first > 2 or last == 3:
        return ()
    return ("dmy", "mdy") if last == 4 else ORDERS


def _named(match: re.Match[str]) -> datetime | None:
    """A date whose month is a word."""
    day, month, clock = match["day1"] or match["day2"], MONTHS.get(match["month"][:3].lower()), _clock(match)
    if not day or not month or not clock or (match["day1"] and match["day2"]):
        return None
    year = int(match["year"]) + (2000 if len(match["year"]) == 2 else 0)
    return _moment(year, month, int(day), *clock)


def _numbered(text: str) -> datetime | None:
    """Seconds, or thousandths and finer, since 1970; or the days of a spreadsheet."""
    number = float(text)
    if SPREADSHEET_DAYS[0] <= number <= SPREADSHEET_DAYS[1]:
        return SPREADSHEET_EPOCH + timedelta(days=number)
    for power in (0, 3, 6, 9):
        seconds = number / 10**power
        if FIRST_DAY.timestamp() <= seconds <= LAST_UNIX_SECOND:
            return EPOCH + timedelta(seconds=round(seconds, 6))
    return None


def _clock(match: re.Match[str]) -> tuple[timedelta, timezone] | None:
    """Time of day and zone; None for a time that no clock shows."""
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    half = (match["half"] or "").lower()
    if hour > 23 or minute > 59 or second > 60 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    micro = int((match["fraction"] or "").ljust(6, "0")[:6])
    zone = match["zone"] or "Z"
    offset = timedelta(0)
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
        if offset >= timedelta(hours=24):
            return None
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro), timezone(
        -offset if zone[0] == "-" else offset
    )


def _moment(year: int, month: int, day: int, time: timedelta, zone: timezone) -> datetime | None:
    try:
        return (datetime(year, month, day, tzinfo=zone) + time).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
