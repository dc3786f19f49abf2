"""Whatever a file holds: it is read or refused in plain words, no row is lost, and no number grows."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.csv_files.folder import UnreadableError
from extract.csv_files.loading import Content, load
from extract.csv_files.numbers import NumberEvidence
from extract.landing import Landing
from extract.records import Origin
from tests.extract.csv_files.conftest import Typing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
quick = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
thorough = settings(max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])

HEADERS: tuple[str, ...] = (
    "symbol",
    "Name",
    "date",
    "Close",
    "price",
    "HIGH",
    "low",
    "open",
    "Volume",
    "Marketcap",
    "note",
    "",
    "rank",
)
odd_text = st.text(st.characters(codec="utf-8"), max_size=12)
cell = st.one_of(
    st.sampled_from(
        ("", "BTC", "Bitcoin", "2025-01-01", "01/02/2025", "1.234", "1,234", "1.234.567", "97.75", "N/A", '"', "\x00")
    ),
    st.decimals(allow_nan=False, allow_infinity=False, places=4).map(str),
    st.integers().map(str),
    st.dates().map(str),
    odd_text,
)
file_bytes = st.one_of(
    st.binary(max_size=400),
    odd_text.map(str.encode),
    st.tuples(
        st.lists(st.sampled_from(HEADERS), min_size=1, max_size=8),
        st.lists(st.lists(cell, max_size=9), max_size=12),
        st.sampled_from((",", ";", "\t", "|")),
        st.sampled_from(("\n", "\r\n", "\r")),
        st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1")),
    ).map(lambda made: _table(*made)),
)  # fmt: skip


def _table(headers: Sequence[str], cells: Sequence[Sequence[str]], delimiter: str, end: str, encoding: str) -> bytes:
    return end.join(delimiter.join(row) for row in (headers, *cells)).encode(encoding, "replace")


def loaded(content: bytes) -> tuple[dict[str, Any], Landing]:
    """What became of a file, and what landed."""
    landing = Typing()
    generator = load(Content(io.BytesIO(content), "fuzz.csv", "h", 1), {}, landing, Origin("r", NOW))
    try:
        while True:
            next(generator)
    except StopIteration as end:
        return end.value.report, landing


def holds(content: bytes) -> None:
    try:
        report, landing = loaded(content)
    except UnreadableError:
        return
    assert report["status"] in ("loaded", "withheld", "unmapped")
    assert report["message"] or report["status"] == "loaded"
    if report["status"] == "unmapped":
        assert landing.landed.accepted == landing.landed.rejected == 0
    else:
        assert (report["row_count"], report["rejected_count"]) == (landing.landed.accepted, landing.landed.rejected)


@quick
@given(file_bytes)
def test_any_file_is_read_or_refused(content: bytes) -> None:
    holds(content)


@pytest.mark.long
@thorough
@given(file_bytes)
def test_any_file_is_read_or_refused_at_length(content: bytes) -> None:
    holds(content)


@quick
@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=30), st.booleans(), st.booleans())
def test_a_style_is_read_as_it_was_written_or_not_at_all(numbers: list[int], grouped: bool, comma: bool) -> None:
    """Numbers with four decimals, in any of the four styles: what is read is what was written."""
    values = [Decimal(number).scaleb(-4) for number in numbers]
    shown = [f"{value:,.4f}" if grouped else f"{value:.4f}" for value in values]
    if comma:
        shown = [text.translate(str.maketrans(",.", ".,")) for text in shown]
    evidence = NumberEvidence()
    for text in shown:
        evidence.add(text)
    reader = evidence.style().reader()
    assert all(number in (value, None) for number, value in zip(map(reader, shown), values, strict=True))
    assert grouped or all(number is not None for number in map(reader, shown))
