"""How two runs differ. Pure."""

from collections.abc import Mapping
from typing import Any

from kasparro.anomalies import Part, Run, compare_runs

COMPARED = ("status", "records_processed", "duration_seconds", "error")
Row = Mapping[str, Any]


def compare(first: Row, second: Row) -> dict[str, Any]:
    """What is different in the second run, as a whole and source by source, and what of it is unusual."""
    of_first, of_second = ({source["source"]: source for source in run["sources"]} for run in (first, second))
    sources = {
        name: _differences(of_first.get(name, {}), of_second.get(name, {}))
        for name in sorted(of_first.keys() | of_second.keys())
    }
    return {
        "run_1": first,
        "run_2": second,
        "differences": {
            "run": _differences(first, second),
            "sources": {name: different for name, different in sources.items() if different},
        },
        "anomalies": [
            {"kind": each.kind, "severity": each.severity, "detail": each.detail, "source": each.source or None}
            for each in compare_runs(_run(second), [_run(first)])
        ],
    }


def _differences(first: Row, second: Row) -> dict[str, dict[str, Any]]:
    """By column, both values where they differ; that of a source which is not there is null."""
    return {
        name: {"run_1": first.get(name), "run_2": second.get(name)}
        for name in COMPARED
        if first.get(name) != second.get(name)
    }


def _run(row: Row) -> Run:
    parts = {source["source"]: Part(*_values(source)) for source in row["sources"]}
    return Run(*_values(row), sources=parts)


def _values(row: Row) -> tuple[str, int, float | None, str | None]:
    seconds = row["duration_seconds"]
    return row["status"], row["records_processed"], None if seconds is None else float(seconds), row["error"]
