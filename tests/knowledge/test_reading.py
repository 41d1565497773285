"""Amounts and dates as people write them on a phone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.reading import read_amount, read_number, read_when

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("两万多", 20000, 30000),
        ("肆万伍仟", 45000, 45000),
        ("3.5万", 35000, 35000),
        ("五六千", 5000, 6000),
        ("一千二", 1200, 1200),
        ("六百五", 650, 650),
        ("2千5", 2500, 2500),
        ("十几万", 100000, 200000),
        ("壹拾贰万", 120000, 120000),
        ("两百来块", 200, 300),
        ("一万二千五百块", 12500, 12500),
        ("1,200元", 1200, 1200),
        ("三块五", 3.5, 3.5),
        ("１２万", 120000, 120000),
        ("大概有八百吧", 800, 800),
    ],
)
def test_amount(said: str, low: float, high: float) -> None:
    found = read_amount(said)
    assert found is not None
    assert (found.low, found.high) == (low, high)


def test_amount_says_per_what_and_of_what() -> None:
    each = read_amount("每人500")
    land = read_amount("三亩左右")
    assert each is not None
    assert each.each == "每人"
    assert land is not None
    assert (land.low, land.measure) == (3, "亩")


@pytest.mark.parametrize("said", ["没有", "不知道", "很多钱", "", "……"])
def test_no_amount(said: str) -> None:
    assert read_amount(said) is None


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("去年秋天", "2025-09-01", "2025-11-30"),
        ("三月份", "2026-03-01", "2026-03-31"),
        ("12月", "2025-12-01", "2025-12-31"),
        ("前年年底", "2024-11-01", "2024-12-31"),
        ("2025年3月1日", "2025-03-01", "2025-03-01"),
        ("二〇二五年五月", "2025-05-01", "2025-05-31"),
        ("2025-03", "2025-03-01", "2025-03-31"),
        ("上周", "2026-11-09", "2026-11-15"),
        ("昨天", "2026-11-21", "2026-11-21"),
        ("上个月初", "2026-10-01", "2026-10-10"),
        ("今年", "2026-01-01", "2026-11-22"),
        ("去年冬天", "2025-12-01", "2026-02-28"),
        ("11月20号", "2026-11-20", "2026-11-20"),
    ],
)
def test_when(said: str, first: str, last: str) -> None:
    span = read_when(said, TODAY)
    assert span is not None
    assert (span.first.isoformat(), span.last.isoformat()) == (first, last)


def test_long_ago_is_wide() -> None:
    span = read_when("十多年前", TODAY)
    assert span is not None
    assert span.first.year < 2010
    assert span.last.year > 2014


@pytest.mark.parametrize(
    "said", ["记不清", "很久以前吧", "", "2025年13月", "2月30日那天2025-02-30"]
)
def test_no_time_or_an_impossible_one_is_no_crash(said: str) -> None:
    span = read_when(said, TODAY)
    assert span is None or span.first <= span.last


@given(st.text(max_size=200))
def test_any_text_can_be_read(said: str) -> None:
    amount = read_amount(said)
    assert amount is None or amount.low <= amount.high
    span = read_when(said, TODAY)
    assert span is None or span.first <= span.last
    read_number(said)
