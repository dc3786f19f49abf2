"""What is unusual about a run, beside the runs before it: pure comparison, for the ledger and for whoever asks.

Passes differ in what is due: a page is read every third pass, a catalogue once a day, an unchanged answer brings
nothing. So counts and durations are judged against the range of the previous good runs, not against their mean: of two
runs that is the plain rule, half as many records again or fewer than half, twice as long. How much is unusual stands
with its reasons in dbt_project/dbt_project.yml, beside every other threshold.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

import yaml

from kasparro.settings import REPOSITORY

PROJECT = REPOSITORY / "dbt_project" / "dbt_project.yml"

GOOD = ("success", "partial")
VARYING = re.compile(r"https?://\S+|\b[0-9a-f]{8,}\b|\d+(?:[.,:]\d+)*|'[^']*'|\"[^\"]*\"", re.IGNORECASE)

Kind = Literal["record_count", "duration", "status_change", "sources_changed", "new_error"]
Severity = Literal["info", "warning", "critical"]


class Thresholds(NamedTuple):
    """From when on a run is unusual; each is the variable `run_…` of its name in the dbt project."""

    records_share: float
    duration_share: float
    least_seconds: float
    compared: int
    needed: int


@cache
def thresholds() -> Thresholds:
    """Those in force."""
    variables: dict[str, float] = yaml.safe_load(PROJECT.read_text())["vars"]
    return Thresholds(*(variables[f"run_{name}"] for name in Thresholds._fields))  # pyright: ignore[reportArgumentType]


class Anomaly(NamedTuple):
    """One thing that is unusual; `source` is empty where it concerns the run as a whole."""

    kind: Kind
    severity: Severity
    detail: str
    source: str = ""


@dataclass(frozen=True)
class Part:
    """What a run, or one source of it, came to. Records are counted, durations are in seconds."""

    status: str
    records: int = 0
    seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class Run(Part):
    """A finished run and its sources."""

    sources: Mapping[str, Part] = field(default_factory=dict[str, Part])


def compare_runs(run: Run, previous: Sequence[Run]) -> list[Anomaly]:
    """What is unusual about a run beside the `previous` ones, the newest of which comes first.

    Counts, durations and sources are compared with those that ended well, its status with the one just before. How a
    source ended is said of the source only where its run is not the reason. Records and seconds of whole runs are
    compared among runs that read the same sources.
    """
    if not previous:
        return []
    good = [each for each in previous if each.status in GOOD]
    found = [*_transition(run, previous[0], ""), *_set_of_sources(run, good)]
    if run.status in GOOD:
        alike = [each for each in good if each.sources.keys() == run.sources.keys()]
        found += [*_records(run, alike, ""), *_duration(run, alike, "")]
    for name, part in _by_themselves(run).items():
        before = [parts[name] for parts in map(_by_themselves, previous) if name in parts]
        well = [each for each in before if each.status in GOOD]
        if before:
            found += _transition(part, before[0], name)
        if part.status in GOOD:
            found += [*_records(part, well, name), *_duration(part, well, name)]
        found += _new_error(part, before, name)
    if not run.sources or run.status not in GOOD:
        found += _new_error(run, previous, "")
    return found


def _by_themselves(run: Run) -> dict[str, Part]:
    """The sources of a run, but for those that ended with it: they have its error, and did not cause it."""
    return {
        name: part
        for name, part in run.sources.items()
        if run.status in GOOD or part.status in GOOD or part.error != run.error
    }


def pattern(error: str) -> str:
    """An error without what differs each time: numbers, addresses, what is quoted."""
    return VARYING.sub("#", error).strip()


def _transition(part: Part, before: Part, source: str) -> Iterable[Anomaly]:
    name = source or "the run"
    was_good, is_good = before.status in GOOD, part.status in GOOD
    if was_good and not is_good:
        severity: Severity = "warning" if source else "critical"
        yield Anomaly("status_change", severity, f"{name} {part.status}, after a run that ended well", source)
    elif is_good and not was_good:
        yield Anomaly("status_change", "info", f"{name} ended well again, after one that {before.status}", source)


def _set_of_sources(run: Run, good: Sequence[Run]) -> Iterable[Anomaly]:
    if good and run.sources and good[0].sources:
        for name in sorted(good[0].sources.keys() - run.sources.keys()):
            yield Anomaly("sources_changed", "warning", f"{name} was read before, and is not any more", name)
        for name in sorted(run.sources.keys() - good[0].sources.keys()):
            yield Anomaly("sources_changed", "info", f"{name} is read for the first time", name)


def _records(part: Part, good: Sequence[Part], source: str) -> Iterable[Anomaly]:
    if not good:
        return
    least, most = min(each.records for each in good), max(each.records for each in good)
    share = thresholds().records_share
    if not least * (1 - share) <= part.records <= most * (1 + share):
        usual = f"{least:,}" if least == most else f"{least:,} to {most:,}"
        detail = f"{source or 'the run'} brought {part.records:,} records, before it {usual}"
        yield Anomaly("record_count", "warning", detail, source)


def _duration(part: Part, good: Sequence[Part], source: str) -> Iterable[Anomaly]:
    known = [each.seconds for each in good if each.seconds is not None]
    limits = thresholds()
    if not known or part.seconds is None or part.seconds < limits.least_seconds:
        return
    if part.seconds > max(known) * (1 + limits.duration_share):
        detail = f"{source or 'the run'} took {part.seconds:.1f} s, before it {max(known):.1f} s at most"
        yield Anomaly("duration", "warning", detail, source)


def _new_error(part: Part, before: Sequence[Part], source: str) -> Iterable[Anomaly]:
    if part.error and pattern(part.error) not in {pattern(each.error) for each in before if each.error}:
        yield Anomaly("new_error", "warning", f"{source or 'the run'}: {part.error}", source)
