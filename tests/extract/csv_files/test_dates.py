"""How a file writes dates is told from all of them; what it does not tell is not guessed."""

from datetime import UTC, datetime

import pytest

from extract.csv_files.dates import DateEvidence, DateStyle

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def style_of(*values: str) -> DateStyle:
    evidence = DateEvidence(NOW)
    for value in values:
        evidence.add(value)
    return evidence.style()


def read(*values: str) -> list[str | None]:
    """The values as the style of all of them reads them."""
    style = style_of(*values)
    return [moment.isoformat().removesuffix("+00:00") if (moment := style.read(value)) else None for value in values]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-04-03", "2021-04-03T00:00:00"),
        ("2021/4/3", "2021-04-03T00:00:00"),
        ("2021-04-03T10:20:30Z", "2021-04-03T10:20:30"),
        ("2021-04-03T10:20:30.123456789Z", "2021-04-03T10:20:30.123456"),
        ("2021-04-03 23:59:59", "2021-04-03T23:59:59"),
        ("2021-04-03 23:59:59 UTC", "2021-04-03T23:59:59"),
        ("2021-04-03T01:00:00+02:00", "2021-04-02T23:00:00"),
        ("2021-04-03T01:00:00-0530", "2021-04-03T06:30:00"),
        ("20210403", "2021-04-03T00:00:00"),
        ("1617408000", "2021-04-03T00:00:00"),
        ("1617408000123", "2021-04-03T00:00:00.123000"),
        ("1617408000123456", "2021-04-03T00:00:00.123456"),
        ("44289", "2021-04-03T00:00:00"),
        ("44289.5", "2021-04-03T12:00:00"),
        ("Apr 03, 2021", "2021-04-03T00:00:00"),
        ("April 3rd, 2021", "2021-04-03T00:00:00"),
        ("3 April 2021 10:00 PM", "2021-04-03T22:00:00"),
        ("03-Apr-21", "2021-04-03T00:00:00"),
        ("Sat, 3 Apr 2021 10:20:30", "2021-04-03T10:20:30"),
        ("31.12.2024 12:30", "2024-12-31T12:30:00"),
        ("12/31/2024 1:05 PM", "2024-12-31T13:05:00"),
        ("12/31/2024 12:05 AM", "2024-12-31T00:05:00"),
        ("29-04-13 23:59", "2013-04-29T23:59:00"),
        ("19-04-30", "2019-04-30T00:00:00"),
    ],
)
def test_a_date_that_says_itself(text: str, expected: str) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2021-13-45",
        "2021-02-30",
        "99/99/9999",
        "0",
        "123",
        "2021-04-03 24:61",
        "1:2",
        "2021-04-03 13:00 PM",
        "3 Foo 2021",
        "Apr 2021",
        "99999999999999999999",
        "2021-04-03 10:00 +99:00",
        "0001-01-01 00:00 +14:00",
    ],
)
def test_what_is_no_date_is_not_read(text: str) -> None:
    assert read(text, "2021-04-03") == [None, "2021-04-03T00:00:00"]


def test_a_day_past_the_12th_decides_for_all() -> None:
    assert read("03/04/2021", "13/04/2021") == ["2021-04-03T00:00:00", "2021-04-13T00:00:00"]
    assert read("03/04/2021", "03/14/2021") == ["2021-03-04T00:00:00", "2021-03-14T00:00:00"]


def test_rows_a_day_apart_decide_where_the_numbers_do_not() -> None:
    style = style_of("03/04/2021", "04/04/2021", "05/04/2021", "06/04/2021", "07/04/2021")
    assert (style.order, style.label) == ("dmy", "day-month-year (by the daily order of the rows)")
    assert style_of("04/06/2021", "04/05/2021", "04/04/2021", "04/03/2021").order == "mdy"


def test_an_ambiguous_order_is_said_and_not_guessed() -> None:
    style = style_of("03/04/2021", "03/04/2021")
    assert style.label == "unclear" and style.doubt and "day-month-year or month-day-year" in style.doubt
    assert style.read("03/04/2021") is None
    assert style.read("2021-04-03") is not None


def test_orders_that_contradict_each_other_are_not_read() -> None:
    style = style_of(*["13/01/2021", "01/13/2021"] * 5)
    assert style.label == "contradictory" and style.doubt
    assert style.read("13/01/2021") is None


def test_years_of_two_digits_are_neither_before_bitcoin_nor_in_the_future() -> None:
    assert style_of("12-04-10", "12-04-11").doubt  # 2012-04-10, or 12 April 2010
    assert read("05-04-30") == [None]  # only 2005-04-30 is a date at all
    assert style_of("30-04-15", "01-05-20").order == "dmy"
