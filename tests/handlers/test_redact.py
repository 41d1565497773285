"""What a group may read of what somebody wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import redact

TOLD = redact.Told("书记 小舅子 叫", "王 阮 欧阳", "某某")


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
    shown = redact.for_group(f"他的号是{secret}，记一下", [], TOLD, 200)
    assert secret not in shown
    assert secret[5:] not in shown


def test_amounts_and_dates_stay_readable() -> None:
    assert "2025年3月" in redact.for_group("2025年3月收了18000元", [], TOLD, 200)
    assert "18000元" in redact.for_group("2025年3月收了18000元", [], TOLD, 200)


def test_the_person_spoken_of_is_masked_wherever_she_stands() -> None:
    shown = redact.for_group("陈阿大包了塘，陈阿大没交钱", ["陈阿大"], TOLD, 200)
    assert shown == "某某包了塘，某某没交钱"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("书记小舅子阮阿大包了塘", "书记小舅子某某包了塘"),
        ("有个叫欧阳二狗的", "有个叫某某的"),
        ("书记王强", "书记某某"),
        ("书记包了塘", "书记包了塘"),
        ("王庄村的塘", "王庄村的塘"),
    ],
)
def test_a_name_nobody_gave_as_one_is_known_by_the_word_before_it(
    written: str, shown: str
) -> None:
    assert redact.for_group(written, [], TOLD, 200) == shown


@pytest.mark.parametrize(
    "live", ["http://a.example/x", "t.me/joinchat", "@wang", "/accept", "#tag"]
)
def test_nothing_in_it_is_live(live: str) -> None:
    shown = redact.for_group(f"看 {live} 这里", [], TOLD, 200)
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
    shown = redact.for_group(text, [text[:3]], TOLD, length)
    assert "\n" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("mark", [".", "/", "_", "，", ",", "-", " "])
def test_a_telephone_is_masked_whatever_stands_between_its_parts(mark: str) -> None:
    assert "8000" not in redact.mask_numbers(f"打 {mark.join(('138', '0013', '8000'))} 找他")
