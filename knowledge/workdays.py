"""Days as the law counts them: calendar days, working days with make-up days, months, quarters.

The day on which a time begins does not count; the next day is the first. The last day of a
limit that falls on a day off moves to the next working day (SUPVR:327, CIVIL:201 to 203). A
month ends on the same day of a later month, or on that month's last day.

Which days are worked is announced for one year at a time, so a year may be unknown. Then the
answer is a `NotAnnounced`, never a silent guess. All dates are days in China (UTC+8); nothing
here reads a clock.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import chinese_calendar

Unit = Literal["cd", "wd", "month", "quarter"]
"""Calendar days, working days, months, quarters of three months."""

_DAY = timedelta(days=1)
_MONTHS = {"month": 1, "quarter": 3}


@dataclass(frozen=True, slots=True)
class NotAnnounced:
    """The working days of `year` are not known yet, so the exact day can't be given."""

    year: int
    estimate: date  # if only Saturdays and Sundays were off; say so wherever it is shown
    no_earlier: date  # whatever will be announced, the limit does not end before this day

    def __bool__(self) -> bool:
        """Refuse to be taken for yes or no: `if is_workday(day)` would be a silent guess."""
        raise TypeError(f"the working days of {self.year} are not announced")


@dataclass(frozen=True, slots=True)
class Counted:
    """The days after `start` up to and with `end`, and how they were counted."""

    start: date
    end: date
    days: int
    skipped: tuple[date, ...] = ()  # days off that did not count
    made_up: tuple[date, ...] = ()  # Saturdays and Sundays that were worked, and counted


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day on which something may still be done, and how it was computed."""

    start: date
    n: int
    unit: Unit
    due: date
    skipped: tuple[date, ...] = ()  # days off that did not count (working days only)
    made_up: tuple[date, ...] = ()  # Saturdays and Sundays that were worked, and counted
    rolled: tuple[date, ...] = ()  # days off at the end, over which the last day moved


def is_workday(day: date) -> bool | NotAnnounced:
    """Whether people work on that day in China, holidays and make-up days considered."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return NotAnnounced(day.year, estimate=day, no_earlier=date(day.year, 1, 1))


def workdays_between(start: date, end: date) -> Counted | NotAnnounced:
    """Count the working days after `start` up to and with `end`.

    Raises ValueError if `end` is before `start`.
    """
    if end < start:
        raise ValueError(f"{end} is before {start}")
    skipped, made_up, days = [], [], 0
    day = start
    while day < end:
        day += _DAY
        worked = is_workday(day)
        if isinstance(worked, NotAnnounced):
            return NotAnnounced(day.year, estimate=end, no_earlier=day)
        if not worked:
            skipped.append(day)
            continue
        days += 1
        if _is_weekend(day):
            made_up.append(day)
    return Counted(start, end, days, tuple(skipped), tuple(made_up))


def add_workdays(start: date, n: int) -> Deadline | NotAnnounced:
    """Find the `n`-th working day after `start`. Raises ValueError if `n` is below 1."""
    if n < 1:
        raise ValueError("a time limit has at least one working day")
    skipped, made_up, left = [], [], n
    day = start
    while left:
        day += _DAY
        worked = is_workday(day)
        if isinstance(worked, NotAnnounced):
            return NotAnnounced(day.year, _weekdays_from(day - _DAY, left), no_earlier=day)
        if not worked:
            skipped.append(day)
            continue
        left -= 1
        if _is_weekend(day):
            made_up.append(day)
    return Deadline(start, n, "wd", day, tuple(skipped), tuple(made_up))


def add_months(start: date, n: int) -> date:
    """The same day `n` months later, or that month's last day if it has no such day."""
    year, month = divmod(start.month - 1 + n, 12)
    year, month = start.year + year, month + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def deadline(start: date, n: int, unit: Unit) -> Deadline | NotAnnounced:
    """The last day of a limit of `n` units that begins on `start`, moved over days off.

    With `n` 0 the limit ends on `start` itself (a day agreed upon). Raises ValueError if `n`
    is negative, or 0 working days.
    """
    if n < 0:
        raise ValueError("a time limit is not negative")
    if unit == "wd":
        return add_workdays(start, n)
    last = start + n * _DAY if unit == "cd" else add_months(start, n * _MONTHS[unit])
    rolled = []
    day = last
    while (worked := is_workday(day)) is False:
        rolled.append(day)
        day += _DAY
    if isinstance(worked, NotAnnounced):
        return NotAnnounced(day.year, _next_weekday(day), no_earlier=day)
    return Deadline(start, n, unit, day, rolled=tuple(rolled))


def end_of_next(start: date, unit: Literal["month", "quarter"]) -> date:
    """The last day of the calendar month or quarter after the one that holds `start`.

    What must be done at least once in each is overdue after that day.
    """
    months = _MONTHS[unit]
    first = date(start.year, (start.month - 1) // months * months + 1, 1)
    return add_months(first, 2 * months) - _DAY


def _is_weekend(day: date) -> bool:
    return day.weekday() >= 5


def _next_weekday(day: date) -> date:
    while _is_weekend(day):
        day += _DAY
    return day


def _weekdays_from(day: date, n: int) -> date:
    for _ in range(n):
        day = _next_weekday(day + _DAY)
    return day
