"""How often each page is read, when a month's calls do not allow to read all of them in every pass.

Page k gets a share of the calls that is proportional to 1/k, and no page is read more often than passes run: the
largest coins often, the long tail seldom, every page again and again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Budget:
    """What may still be called: `calls` (None = as many as wanted) in so many `seconds`, at one pass per `interval`."""

    calls: int | None
    seconds: float
    interval: float

    def periods(self, pages: int, *, daily_calls: int = 0) -> tuple[float, ...]:
        """Seconds between two readings of each page, infinite when no calls are left.

        `daily_calls` are set aside for what is read once a day, at most half of all.
        """
        if self.calls is None:
            return (self.interval,) * pages
        set_aside = min(daily_calls * self.seconds / SECONDS_A_DAY, self.calls / 2)
        rate = (self.calls - set_aside) / self.seconds
        if rate <= 0:
            return (float("inf"),) * pages
        every_pass = 1 / self.interval
        shares = sum(1 / page for page in range(1, pages + 1))
        periods: list[float] = []
        for page in range(1, pages + 1):
            page_rate = min(rate / shares / page, every_pass)
            periods.append(1 / page_rate)
            rate -= page_rate
            shares -= 1 / page
        return tuple(periods)

    def is_due(self, period: float, read_at: str | None, now: datetime) -> bool:
        """Whether this pass is the one nearest to when it should be read again; `read_at` is in ISO 8601."""
        if read_at is None:
            return True
        waited = now - datetime.fromisoformat(read_at)
        return period <= self.interval or waited >= timedelta(seconds=min(period - self.interval / 2, 1e9))


UNLIMITED = Budget(calls=None, seconds=1.0, interval=1.0)


def in_words(periods: tuple[float, ...], per_page: int, most: int) -> str:
    """A plan for people: `ranks 1–250 every 9 min, 251–500 every 18 min … 751–1,000 every 37 min`."""
    parts: list[str] = []
    start = 1
    for page, period in enumerate(periods, 1):
        is_last = page == len(periods)
        if not is_last and duration(periods[page]) == duration(period):
            continue
        end = min(page * per_page, most) if most else page * per_page
        parts.append(f"{start:,}–{end:,} every {duration(period)}")
        start = end + 1
    if len(parts) > 4:
        parts = [*parts[:2], f"… {parts[-1]}"]
    return "ranks " + ", ".join(parts).replace(", …", " …")


def duration(seconds: float) -> str:
    """A duration in its largest unit: `9 min`, `25 h`."""
    if seconds == float("inf"):
        return "month"
    for unit, size in (("d", SECONDS_A_DAY), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{round(seconds / size):,} {unit}"
    return f"{round(seconds)} s"
