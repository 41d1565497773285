"""Dates as people say them: seasons, months, festivals, "some ten years ago", "last week".

The words stand in the pack's `reading.yaml`.
"""

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from knowledge.reading.amount import read_number
from knowledge.reading.lexicon import lexicon, longest_first


@dataclass(frozen=True)
class Span:
    """From the first to the last day that may be meant, both included (Beijing dates)."""

    first: date
    last: date


def read_when(text: str, today: date) -> Span | None:
    """The days a text may mean, seen from `today`; none if it names no time.

    A month without a year is the latest such month that is not in the future.
    """
    text = unicodedata.normalize("NFKC", text).replace(" ", "")
    for read in (_iso, _ago, _day_word, _week_word, _calendar):
        if span := read(text, today):
            return Span(span.first, max(span.first, min(span.last, today)))
    return None


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _months(year: int, first: int, last: int) -> Span:
    """Whole months; the 14th month of a year is February of the next."""
    end_year, end = (year + 1, last - 12) if last > 12 else (year, last)
    start_year, start = (year + 1, first - 12) if first > 12 else (year, first)
    return Span(date(start_year, start, 1), _month_end(end_year, end))


def _iso(text: str, today: date) -> Span | None:
    match = re.search(r"(20\d\d|19\d\d)[-./](\d{1,2})(?:[-./](\d{1,2}))?", text)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2]), match[3]
    try:
        if day:
            return Span(date(year, month, int(day)), date(year, month, int(day)))
        return _months(year, month, month) if 1 <= month <= 12 else None
    except ValueError:
        return None


def _ago(text: str, today: date) -> Span | None:
    """So long ago: as far back, give or take what the words leave open."""
    units = lexicon()["ago"]
    numeral = "".join([*lexicon()["digits"], *lexicon()["small_units"]])
    over = longest_first(lexicon()["over"])
    some = lexicon()["some"]
    match = re.search(rf"(\d+|[{numeral}]+|{some})({over})?({longest_first(units)})", text)
    if match is None:
        return None
    number = 2.0 if match[1] == some else read_number(match[1])
    if number is None or number > 200:
        return None
    days = units[match[3]]
    low = round(number * days)
    spread = days if match[1] != some else 7 * days
    high = round((number + (9 if match[2] and number >= 10 else 1)) * days)
    if match[1] == some:
        high = low + spread
    return Span(today - timedelta(days=high), today - timedelta(days=max(low - days // 2, 0)))


def _day_word(text: str, today: date) -> Span | None:
    days = lexicon()["days"]
    match = re.search(longest_first(days), text)
    if match is None:
        return None
    day = today + timedelta(days=days[match[0]])
    return Span(day, day)


def _week_word(text: str, today: date) -> Span | None:
    weeks = lexicon()["weeks"]
    match = re.search(longest_first(weeks), text)
    if match is None:
        return None
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks[match[0]])
    return Span(monday, monday + timedelta(days=6))


@cache
def _parts() -> dict[str, re.Pattern[str]]:
    words = lexicon()
    numeral = "".join([*words["digits"], *words["small_units"]])
    before = words["before"]
    signs = {key: longest_first(value) for key, value in words["signs"].items()}
    return {
        "year": re.compile(
            rf"(\d{{4}}|\d{{2}}|[{numeral}]{{2,4}})(?:{signs['year']})(?!{before})"
        ),
        "year_word": re.compile(longest_first(words["years"])),
        "month": re.compile(rf"(\d{{1,2}}|[{numeral}]{{1,2}})(?:{signs['month']})(?!{before})"),
        "month_word": re.compile(longest_first(words["months"])),
        "day": re.compile(rf"(\d{{1,2}}|[{numeral}]{{1,3}})(?:{signs['day']})"),
        "season": re.compile(longest_first(words["seasons"])),
        "part": re.compile(longest_first(words["month_parts"])),
    }


def _calendar(text: str, today: date) -> Span | None:
    """A year, a month, a day or a season, each in figures or in words, some of them missing."""
    words, parts = lexicon(), _parts()
    year: int | None = None
    if match := parts["year_word"].search(text):
        year = today.year + words["years"][match[0]]
    elif match := parts["year"].search(text):
        year = _year(match[1], today)
    if match := parts["month_word"].search(text):
        back = today.year * 12 + today.month - 1 + words["months"][match[0]]
        return _part_of_month(text, back // 12, back % 12 + 1)
    if match := parts["month"].search(text):
        month = _whole(match[1])
        if month is None or not 1 <= month <= 12:
            return None
        named = year or (today.year if month <= today.month else today.year - 1)
        return _part_of_month(text[match.end() :], named, month)
    if match := parts["season"].search(text):
        first, last = words["seasons"][match[0]]
        named = (
            year
            if year is not None
            else today.year - (date(today.year, first % 12 or 12, 1) > today)
        )
        return _months(named, first, last)
    return Span(date(year, 1, 1), date(year, 12, 31)) if year is not None else None


def _part_of_month(rest: str, year: int, month: int) -> Span:
    parts = _parts()
    end = _month_end(year, month)
    if (match := parts["day"].search(rest)) and (day := _whole(match[1])) and 1 <= day <= end.day:
        return Span(date(year, month, day), date(year, month, day))
    if match := parts["part"].search(rest):
        first, last = lexicon()["month_parts"][match[0]]
        return Span(date(year, month, first), date(year, month, min(last, end.day)))
    return Span(date(year, month, 1), end)


def _whole(text: str) -> int | None:
    number = read_number(text)
    return int(number) if number is not None and number == int(number) else None


def _year(text: str, today: date) -> int | None:
    number = _whole(text)
    if number is None:
        return None
    if number < 100 and (text.isdecimal() or number <= today.year % 100):
        number += 2000 if number <= today.year % 100 else 1900
    return number if 1949 <= number <= today.year + 1 else None
