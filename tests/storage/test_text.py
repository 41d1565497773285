"""The normaliser: everything it lets through can be kept by both engines; the rest is U+FFFD."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.text import clean, clean_all

ANY_TEXT = st.text(st.characters(codec=None))


@given(ANY_TEXT)
def test_what_comes_out_can_be_kept_and_is_clean_already(words: str) -> None:
    kept = clean(words)
    assert "\0" not in kept
    assert clean(kept.encode().decode()) == kept


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_ordinary_text_is_left_byte_for_byte(words: str) -> None:
    assert clean(words) == words


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ("x\udc00y", "x\N{REPLACEMENT CHARACTER}y"),
        ("\ud83d\ude00", "😀"),
        ("e\u0301 \u202e\ufeff", "e\u0301 \u202e\ufeff"),
    ],
)
def test_what_becomes_of_the_odd_ones(words: str, kept: str) -> None:
    assert clean(words) == kept


def test_cleaning_goes_all_the_way_down() -> None:
    assert clean_all({"a\0": ({"b": "\0"}, 1, None)}) == {"a�": [{"b": "�"}, 1, None]}
