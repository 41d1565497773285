"""How the search reads a text: one spelling, sounds, meanings, clauses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.book import shipped
from knowledge.search import make_tables
from knowledge.search.fold import TABLES, fold, fold_with_places
from knowledge.search.matters import clauses, grouped
from knowledge.search.meanings import AMOUNT, Meanings
from knowledge.search.sounds import sounds
from knowledge.search.views import bags

SAME = Meanings({"亲戚": "堂哥 小舅子", "宅基地": "地基"})


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("ＡＢＣ　１２", "abc 12"),
        ("修祠堂每戶攤兩千", "修祠堂每户摊两千"),
        ("壹拾贰万", "一十二万"),
        ("低\u200b保\u202e，贴", "低保 贴"),
        ("<b>低保</b>\x00\n", "b 低保 b"),
        ("😭！！", ""),
    ],
)
def test_many_spellings_become_one(typed: str, read: str) -> None:
    assert fold(typed) == read


@given(st.text(max_size=200))
def test_folding_knows_where_each_character_came_from(text: str) -> None:
    folded, places = fold_with_places(text)
    assert folded == fold(text)
    assert fold(folded) == folded
    assert len(places) == len(folded)
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["folded", "sounds"])
def test_the_tables_are_what_would_be_written_today(name: str) -> None:
    written = (TABLES / f"{name}.txt").read_text("utf-8")
    assert written == getattr(make_tables, name)(), "python -m knowledge.search.make_tables"


@pytest.mark.parametrize(
    ("letters", "syllables"),
    [
        ("zhaijidi", ["zhai", "ji", "di"]),
        ("caigou", ["cai", "gou"]),
        ("zjd", []),
        ("zxcvbnm", []),
        ("a" * 3000, []),
    ],
)
def test_letters_are_read_as_syllables(letters: str, syllables: list[str]) -> None:
    assert [sounds().names[n] for n in sounds().read(letters)] == syllables


@pytest.mark.parametrize("pair", ["张脏", "牛刘", "进静", "飞挥"])
def test_what_many_do_not_tell_apart_sounds_alike(pair: str) -> None:
    first, second = (sounds().alike[sounds().of_char[ord(each)]] for each in pair)
    assert first == second


def test_words_of_a_group_are_read_as_one() -> None:
    assert SAME.read("他堂哥的") == SAME.read("他小舅子的")
    assert SAME.read("十五天") == SAME.read("15天") == AMOUNT + "天"
    assert SAME.read("一天") == "一天"


def test_words_of_a_group_are_heard_when_mistyped() -> None:
    typed = "宅急地"
    assert SAME.hear(typed, sounds().spell(typed)) == SAME.read("宅基地")


@given(st.lists(st.text(max_size=30), max_size=6))
def test_texts_read_together_are_read_as_if_alone(texts: list[str]) -> None:
    together = bags(texts, SAME)
    for n, text in enumerate(texts):
        alone = bags([text], SAME).features
        assert np.array_equal(together.features[together.ends[n] : together.ends[n + 1]], alone)


def test_a_message_is_cut_where_a_thumb_pauses() -> None:
    assert clauses("账没贴，路也坏了！对，还有低保") == ["账没贴", "路也坏了，对", "还有低保"]
    assert clauses("，。！") == []


def test_clauses_about_nothing_stay_with_the_one_before() -> None:
    one, two, none = frozenset({1, 5}), frozenset({2}), frozenset[int]()
    assert grouped([one, none, frozenset({5}), two, none]) == [[0, 1, 2], [3, 4]]
    assert grouped([none, one]) == [[0, 1]]


def test_what_is_near_is_an_entry_and_outsiders_have_words() -> None:
    book = shipped()
    near = book.table("near")["near"]
    assert {id for pair in near.items() for id in (pair[0], *pair[1])} <= book.ids
    for group in book.table("outside")["outside"].values():
        assert group.keys() == {"words", "says"}
        assert all(isinstance(text, str) for text in group["says"])
