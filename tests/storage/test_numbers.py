"""Case numbers: typed as people type, and every single slip is found."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.numbers import ALPHABET, day_of, make, parse

NUMBERS = st.builds(
    make,
    st.text(ALPHABET, min_size=2, max_size=2),
    st.dates(date(2025, 1, 1), date(2060, 1, 1)),
    st.integers(1, 4000),
)


@given(NUMBERS)
def test_a_number_is_read_back(number: str) -> None:
    assert parse(number) == number


@given(NUMBERS)
def test_it_is_read_as_people_type_it(number: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in number)
    for typed in (number.lower(), wide, number.replace("-", " "), number.replace("-", "")):
        assert parse(f" {typed}\n") == number
    assert parse(number.replace("-", "—")) == number


@given(NUMBERS)
def test_any_one_wrong_character_is_found(number: str) -> None:
    for position, right in enumerate(number):
        same_kind = string.digits if right.isdigit() else ALPHABET
        for wrong in same_kind if right != "-" else "":
            if wrong != right:
                assert parse(number[:position] + wrong + number[position + 1 :]) is None


@given(NUMBERS)
def test_any_two_neighbours_exchanged_are_found(number: str) -> None:
    bare = number.replace("-", "")
    for i in range(len(bare) - 1):
        if bare[i] != bare[i + 1]:
            assert parse(bare[:i] + bare[i + 1] + bare[i] + bare[i + 2 :]) is None


@pytest.mark.parametrize(
    "typed", ["", "你好", "QS", "QS-261122-", "QS-261122-0A", "12345678", "²³" * 5, "Q" * 5000]
)
def test_other_words_are_no_number(typed: str) -> None:
    assert parse(typed) is None


def test_a_code_with_look_alikes_is_taken() -> None:
    number = make("SQ", date(2026, 11, 22), 1)
    assert parse(number) == number


@pytest.mark.parametrize(("code", "n"), [("A", 1), ("ab", 1), ("A1", 1), ("AB", 0)])
def test_what_no_number_can_be_made_of(code: str, n: int) -> None:
    with pytest.raises(ValueError, match="number needs"):
        make(code, date(2026, 11, 22), n)


def test_the_day_is_beijings() -> None:
    assert day_of(datetime(2026, 11, 22, 15, 59, tzinfo=UTC)) == date(2026, 11, 22)
    assert day_of(datetime(2026, 11, 22, 16, 0, tzinfo=UTC)) == date(2026, 11, 23)
