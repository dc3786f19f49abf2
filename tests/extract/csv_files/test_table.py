"""Lines become rows, and what can't be split costs only itself."""

import io

import pytest

from extract.csv_files.table import LONGEST_LINE, MOST_LINES_PER_ROW, Torn, rows


def split(text: str, delimiter: str = ",", width: int = 2) -> list[list[str] | str]:
    """Rows, and of torn lines the reason."""
    found = rows(io.StringIO(text, newline=""), delimiter, width)
    return [row.reason if isinstance(row, Torn) else row for row in found]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end(end: str) -> None:
    assert split(f"a,b{end}1,2{end}{end}3,4") == [["a", "b"], ["1", "2"], ["3", "4"]]


def test_quotes_hold_delimiters_quotes_and_newlines() -> None:
    assert split('"a,""b""","c\nd"\n1,2') == [['a,"b"', "c\nd"], ["1", "2"]]


def test_a_quote_that_is_never_closed_costs_its_line_only() -> None:
    assert split('a,b\n1,"x\n2,3\n4,5\n') == [["a", "b"], "a quote that is never closed", ["2", "3"], ["4", "5"]]
    assert split('1,"x\n2,"y\n3,4\n') == ["text after a closing quote", "a quote that is never closed", ["3", "4"]]


def test_a_quote_does_not_run_over_more_lines_than_a_text_has() -> None:
    far = "1,2\n" * (MOST_LINES_PER_ROW + 50)
    found = split(f'0,"x\n{far}9,"\n8,7\n')
    assert found[0] == f"a quote that is not closed within {MOST_LINES_PER_ROW} lines"
    assert found[1:-2] == [["1", "2"]] * (MOST_LINES_PER_ROW + 50)
    assert found[-2:] == ["a quote that is never closed", ["8", "7"]]


def test_ragged_lines_are_torn_and_blank_ends_are_not() -> None:
    assert split("1,2,\n1,2,3\n1\n4,5\n") == [
        ["1", "2"],
        "3 cells where the header has 2",
        "1 cells where the header has 2",
        ["4", "5"],
    ]


def test_what_a_ragged_row_swallowed_is_read_again() -> None:
    assert split('1,2,"x\n5,6\n7,"\n8,9\n') == [
        "3 cells where the header has 2",
        ["5", "6"],
        "a quote that is never closed",
        ["8", "9"],
    ]


def test_lines_and_cells_of_any_length_are_survived() -> None:
    long = "x" * (3 * LONGEST_LINE)
    found = list(rows(io.StringIO(f"{long}\n{'9' * 140_000},1\n1,2\n"), ",", 2))
    line, cell, last = found
    assert isinstance(line, Torn) and len(line.text) == LONGEST_LINE and "500,000 or more characters" in line.reason
    assert isinstance(cell, Torn) and "field larger than field limit" in cell.reason
    assert last == ["1", "2"]


def test_nul_and_other_odd_characters_are_text() -> None:
    assert split("a\x00b,c\u2028d\ne\x85,f\x0c\x1e\n") == [["a\x00b", "c\u2028d"], ["e\x85", "f\x0c\x1e"]]
