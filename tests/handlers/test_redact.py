"""What a group may read of what somebody wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import redact


@pytest.mark.parametrize(
    "secret",
    [
        "33032419800101123X",
        "6222 0212 3456 7890 123",
        "13812345678",
        "１３８１２３４５６７８",
        "wx13812345678",
        "138\u200b1234\u20605678",
    ],
)
def test_identity_bank_and_telephone_numbers_are_masked(secret: str) -> None:
    shown = redact.for_group(f"他的号是{secret}，记一下", [], "某某", 200)
    assert secret not in shown
    assert secret[5:] not in shown


def test_amounts_and_dates_stay_readable() -> None:
    assert "2025年3月" in redact.for_group("2025年3月收了18000元", [], "某某", 200)
    assert "18000元" in redact.for_group("2025年3月收了18000元", [], "某某", 200)


def test_the_person_spoken_of_is_masked_wherever_she_stands() -> None:
    shown = redact.for_group("陈阿大包了塘，陈阿大没交钱", ["陈阿大"], "某某", 200)
    assert shown == "某某包了塘，某某没交钱"


@pytest.mark.parametrize(
    "live", ["http://a.example/x", "t.me/joinchat", "@wang", "/accept", "#tag"]
)
def test_nothing_in_it_is_live(live: str) -> None:
    shown = redact.for_group(f"看 {live} 这里", [], "某某", 200)
    assert live not in shown


def test_writing_that_turns_or_hides_is_made_visible() -> None:
    shown = redact.visible("a\u202eb\u200bc\u2066d")
    assert shown == "a·b·c·d"


@pytest.mark.parametrize("cluster", ["👨‍👩‍👧‍👦", "👍🏽", "🇨🇳", "𠀀", "é"])
def test_a_cut_never_falls_inside_what_is_drawn_as_one(cluster: str) -> None:
    whole = {"".join([cluster] * n) for n in range(20)}
    for length in range(1, 30):
        cut = redact.cut(cluster * 12, length).removesuffix("…")
        assert cut in whole


@given(st.text(), st.integers(1, 80))
def test_any_text_can_be_shown(text: str, length: int) -> None:
    shown = redact.for_group(text, [text[:3]], "某某", length)
    assert "\n" not in shown
    assert "\u202e" not in shown
