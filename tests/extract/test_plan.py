"""The month's calls, planned: the top often, the tail seldom, and no more than there are."""

from datetime import UTC, datetime, timedelta

import pytest

from extract.plan import Budget, in_words

MONTH = 30 * 86_400
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(("calls", "pages"), [(10_000, 4), (10_000, 68), (20_000, 1), (100, 68), (50, 4)])
def test_a_plan_spends_what_there_is_and_no_more(calls: int, pages: int) -> None:
    periods = Budget(calls, MONTH, 300).periods(pages, daily_calls=1)

    assert sum(MONTH / period for period in periods) <= calls
    assert min(periods) >= 300, "no page more often than passes run"
    assert list(periods) == sorted(periods), "the top at least as often as the tail"


def test_without_a_budget_everything_is_read_in_every_pass() -> None:
    assert Budget(None, MONTH, 300).periods(68) == (300,) * 68


def test_what_the_top_can_not_use_goes_to_the_tail() -> None:
    top, *tail = Budget(20_000, MONTH, 300).periods(4)

    assert top == 300
    assert sum(MONTH / period for period in tail) == pytest.approx(20_000 - MONTH / 300)


def test_nothing_is_due_when_nothing_is_left() -> None:
    budget = Budget(0, MONTH, 300)
    (period,) = budget.periods(1)

    assert budget.is_due(period, None, NOW), "but what was never read is asked for, and refused with a reason"
    assert not budget.is_due(period, (NOW - timedelta(days=40)).isoformat(), NOW)


def test_a_page_is_read_in_the_pass_nearest_to_its_time() -> None:
    budget = Budget(10_000, MONTH, 300)

    assert not budget.is_due(1200, (NOW - timedelta(seconds=900)).isoformat(), NOW)
    assert budget.is_due(1200, (NOW - timedelta(seconds=1100)).isoformat(), NOW)
    assert budget.is_due(300, NOW.isoformat(), NOW), "in every pass, also one that is started by hand"


def test_a_plan_is_said_in_one_line() -> None:
    periods = Budget(10_000, MONTH, 300).periods(68, daily_calls=1)

    words = in_words(periods, 250, 0)
    assert words == "ranks 1–250 every 21 min, 251–500 every 42 min … 16,751–17,000 every 24 h"
    assert in_words((300.0,) * 4, 250, 1000) == "ranks 1–1,000 every 5 min"
