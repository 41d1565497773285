"""Long texts are cut where a reader would cut them, and never inside a character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.text import clean, cut, split, units
from tests.fake_telegram.limits import units as telegrams_units

FAMILY = "👨‍👩‍👧‍👦"
FLAG = "🇨🇳"
PIECES = st.lists(
    st.sampled_from(["字", "。", "\n", "\n\n", " ", "a\u0301", FAMILY, FLAG, "👍🏽"])
)


@given(st.text())
def test_length_is_counted_as_telegram_counts(text: str) -> None:
    assert units(text) == telegrams_units(text)


@given(PIECES.map("".join), st.integers(12, 40))
def test_nothing_is_lost_and_nothing_too_long(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < units(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.lists(st.sampled_from([FAMILY, FLAG, "👍🏽", "a\u0301", "字"])), st.integers(12, 40))
def test_no_seen_character_is_torn(seen: list[str], limit: int) -> None:
    whole = set()
    for piece in split("".join(seen), limit):
        rest = piece
        while rest:
            head = next(
                one for one in (FAMILY, FLAG, "👍🏽", "a\u0301", "字") if rest.startswith(one)
            )
            whole.add(head)
            rest = rest.removeprefix(head)
    assert whole == set(seen)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("第一段。\n\n第二段。", ["第一段。", "第二段。"]),
        ("一二三四。五六七八九", ["一二三四。", "五六七八九"]),
        ("一二三四五六七八九十甲乙", ["一二三四五六七八", "九十甲乙"]),
        ("   \n ", []),
        ("", []),
    ],
)
def test_the_best_place_is_taken(text: str, pieces: list[str]) -> None:
    assert split(text, 8) == pieces


def test_marks_heaped_on_marks_are_cut_all_the_same() -> None:
    assert [units(piece) for piece in split("a" + "\u0301" * 30, 10)] == [10, 10, 10, 1]


def test_lone_surrogates_are_replaced_and_pairs_joined() -> None:
    assert clean("a\ud800b") == "a\ufffdb"
    assert clean("\ud83d\ude00") == "😀"


def test_a_cut_text_ends_with_an_ellipsis() -> None:
    assert cut("一二三四五", 5) == "一二三四五"
    assert cut("一二三四五六", 5) == "一二三四…"
    assert cut("一二三" + FAMILY, 6) == "一二三…"
