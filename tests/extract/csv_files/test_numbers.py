"""How a file writes numbers is told from all of them, and what contradicts itself is not read at all."""

from decimal import Decimal

import pytest

from extract.csv_files.numbers import NumberEvidence, NumberStyle


def style_of(*values: str) -> NumberStyle:
    evidence = NumberEvidence()
    for value in values:
        evidence.add(value)
    return evidence.style()


def read(*values: str) -> list[str | None]:
    """The values as the style of all of them reads them."""
    reader = style_of(*values).reader()
    return [None if (number := reader(value)) is None else f"{number:f}" for value in values]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1,234.5", "12"], ["1234.5", "12"]),
        (["1.234,5", "1.234", "0,5"], ["1234.5", "1234", "0.5"]),
        (["1,234,567", "1,234"], ["1234567", "1234"]),
        (["1.234", "64000"], ["1.234", "64000"]),
        (["1.234", "0.567"], ["1.234", "0.567"]),
        (["1,234", "0,567"], ["1.234", "0.567"]),
        (["1.234", "5.6"], ["1.234", "5.6"]),
        (["1 234 567,5", "1 234"], ["1234567.5", "1234"]),
        (["1\u00a0234,5", "1\u202f234"], ["1234.5", "1234"]),
        (["1'234.50"], ["1234.50"]),
        (["0.00000000001234"], ["0.00000000001234"]),
        (["123456789012345678901234567890.12"], ["123456789012345678901234567890.12"]),
        (["6.32696E+11", "1e-8"], ["632696000000", "0.00000001"]),
        (["6,32E+11", "1,5"], ["632000000000", "1.5"]),
        (["$1,234.50", "1.5 USD", "US$2"], ["1234.50", "1.5", "2"]),
        (["1.23B", "4.5M", "6k", "7 trillion"], ["1230000000", "4500000", "6000", "7000000000000"]),
        (["45.2%", "-3.1%", "+2.5 %"], ["45.2", "-3.1", "2.5"]),
        (["(3.5)", "\u22122.5", "-$4.25", "$-4.25"], ["-3.5", "-2.5", "-4.25", "-4.25"]),
        ([".5", "7."], ["0.5", "7"]),
    ],
)
def test_style_is_told_from_the_whole_file(values: list[str], expected: list[str]) -> None:
    assert read(*values) == expected


@pytest.mark.parametrize(
    "text", ["", "-", "N/A", "abc", "1-2", "--5", ".", "1.5x", "(5", "5)", "€5", "1 2", "Infinity", "NaN", "0x10"]
)
def test_what_is_no_number_is_not_read(text: str) -> None:
    assert read(text, "1.5") == [None, "1.5"]


def test_numbers_mangled_by_a_spreadsheet_are_never_read() -> None:
    mangled = ["14.748.800.659.179.600", "1.340.500.030.517.570", "106.25", "134", "580.295.753.492"]
    style = style_of(*mangled)
    assert read(*mangled) == [None] * 5
    assert style.label == "contradictory"
    assert style.doubt and '"14.748.800.659.179.600" and "106.25"' in style.doubt


@pytest.mark.parametrize("values", [["12,34,567.89", "1"], ["1.5", "1,5"], ["1.23.4567"], ["14,748,800,659", "0,5"]])
def test_numbers_that_fit_no_style_are_never_read(values: list[str]) -> None:
    style = style_of(*values)
    assert style.doubt and read(*values) == [None] * len(values)


def test_one_slip_among_many_costs_only_itself() -> None:
    values = ["1.5"] * 500 + ["1.234.567"]
    assert read(*values)[-2:] == ["1.5", None]
    values = ["1.234.567"] * 500 + ["1.5"]
    assert read(*values)[-2:] == ["1234567", None]


@pytest.mark.parametrize("values", [["1.234", "5.678"], ["1,234"], ["1.234", "5,678"], ["-1.234", "12"]])
def test_a_mark_that_may_be_either_is_said_and_not_guessed(values: list[str]) -> None:
    style = style_of(*values)
    assert style.label == "unclear" and style.doubt
    assert all(number is None for value, number in zip(values, read(*values), strict=True) if len(value) > 2)


def test_values_without_any_mark_are_read_in_a_file_that_is_unclear() -> None:
    assert read("1.234", "12", "7") == [None, "12", "7"]


def test_reading_is_exact() -> None:
    assert style_of("0.1").reader()("0.1") == Decimal("0.1")
