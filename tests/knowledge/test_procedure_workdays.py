"""Days counted as the law counts them, against the announced calendars of 2025 and 2026."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.workdays import (
    Counted,
    Deadline,
    NotAnnounced,
    add_months,
    add_workdays,
    deadline,
    end_of_next,
    is_workday,
    workdays_between,
)

KNOWN = st.dates(date(2020, 1, 1), date(2026, 9, 30))


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 11, 20), True),  # a Friday
        (date(2026, 11, 21), False),  # a Saturday
        (date(2026, 10, 1), False),  # National Day, a Thursday
        (date(2026, 10, 10), True),  # a Saturday made up for the National Day week
        (date(2026, 4, 6), False),  # the Monday after Qingming
    ],
)
def test_make_up_days_are_worked_and_holidays_are_not(day, worked):
    assert is_workday(day) is worked


def test_counting_over_a_holiday_skips_it_and_counts_the_make_up_day():
    limit = add_workdays(date(2026, 9, 30), 3)
    assert isinstance(limit, Deadline)
    assert limit.due == date(2026, 10, 10)
    assert limit.made_up == (date(2026, 10, 10),)
    assert limit.skipped == tuple(date(2026, 10, n) for n in range(1, 8))


def test_first_day_does_not_count():
    limit = add_workdays(date(2026, 3, 2), 3)
    assert isinstance(limit, Deadline)
    assert limit.due == date(2026, 3, 5)


def test_calendar_days_roll_over_days_off_at_the_end():
    limit = deadline(date(2026, 9, 21), 10, "cd")
    assert isinstance(limit, Deadline)
    assert limit.due == date(2026, 10, 8)
    assert limit.rolled == tuple(date(2026, 10, n) for n in range(1, 8))


def test_last_day_on_a_worked_saturday_does_not_roll():
    limit = deadline(date(2026, 9, 30), 10, "cd")
    assert isinstance(limit, Deadline)
    assert (limit.due, limit.rolled) == (date(2026, 10, 10), ())


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 3, 15), 12, date(2027, 3, 15)),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last_one(start, months, end):
    assert add_months(start, months) == end


def test_a_quarter_is_three_months():
    limit = deadline(date(2026, 1, 20), 1, "quarter")
    assert isinstance(limit, Deadline)
    assert limit.due == date(2026, 4, 20)


@pytest.mark.parametrize(
    ("start", "unit", "end"),
    [
        (date(2026, 2, 10), "quarter", date(2026, 6, 30)),
        (date(2026, 11, 10), "quarter", date(2027, 3, 31)),
        (date(2026, 1, 5), "month", date(2026, 2, 28)),
        (date(2026, 12, 31), "month", date(2027, 1, 31)),
    ],
)
def test_once_in_each_period_is_overdue_after_the_next_one(start, unit, end):
    assert end_of_next(start, unit) == end


def test_a_year_that_is_not_announced_is_said_never_guessed():
    limit = add_workdays(date(2027, 12, 20), 15)
    assert isinstance(limit, NotAnnounced)
    assert limit.year == 2027
    assert limit.estimate == date(2028, 1, 10)
    assert limit.no_earlier == date(2027, 12, 21)
    with pytest.raises(TypeError):
        bool(is_workday(date(2031, 5, 5)))


def test_a_limit_of_no_days_or_backwards_is_refused():
    with pytest.raises(ValueError, match="negative"):
        deadline(date(2026, 3, 1), -1, "cd")
    with pytest.raises(ValueError, match="at least one"):
        add_workdays(date(2026, 3, 1), 0)
    with pytest.raises(ValueError, match="before"):
        workdays_between(date(2026, 3, 2), date(2026, 3, 1))


@given(KNOWN, st.integers(1, 45))
def test_the_nth_working_day_is_n_working_days_away(start, n):
    limit = add_workdays(start, n)
    assert isinstance(limit, Deadline)
    counted = workdays_between(start, limit.due)
    assert counted == Counted(start, limit.due, n, limit.skipped, limit.made_up)
    assert (limit.due - start).days == n + len(limit.skipped)


@given(KNOWN, st.integers(0, 60), st.sampled_from(["cd", "month", "quarter"]))
def test_a_limit_never_ends_on_a_day_off_nor_before_its_days(start, n, unit):
    limit = deadline(start, n % 4 if unit != "cd" else n, unit)
    if isinstance(limit, Deadline):
        assert is_workday(limit.due) is True
        assert all(is_workday(day) is False for day in limit.rolled)
        assert limit.due - timedelta(days=len(limit.rolled)) >= start
