"""Packs are read as written, stacked from the country to the village, and answer as of a day."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.book import PACKS, Book, shipped
from knowledge.check import check
from knowledge.findings import PackError
from knowledge.load import load_pack
from knowledge.schema import Card, Power, Prohibition
from knowledge.yaml_text import parse
from tests.knowledge.small_pack import FILES, lower, write

CARDS = FILES["cards.yaml"]
PARAMETERS = FILES["parameters.yaml"]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: no", {"a": "no"}),
        ("on: 12:30", {"on": "12:30"}),
        ("a: 010", {"a": "010"}),
        ("a: 7\nb: -1.5\nc: 1e3", {"a": 7, "b": -1.5, "c": "1e3"}),
        ("a: 2026-01-31\nb: '2026-01-31'", {"a": date(2026, 1, 31), "b": "2026-01-31"}),
        ("a: ~\nb: true\nc:", {"a": None, "b": True, "c": None}),
        ("[一, [二, {三: 四}]]", ["一", ["二", {"三": "四"}]]),
        ("", None),
        ("a: |\n  两行\n  字\n", {"a": "两行\n字\n"}),
    ],
)
def test_plain_words_stay_what_was_typed(text: str, data: object) -> None:
    assert parse(text) == data


def test_a_pack_is_read_whole(tmp_path: Path) -> None:
    pack = load_pack(write(tmp_path / "national"))
    assert pack.manifest.name == "national"
    assert {placed.kind for placed in pack.entries} == {
        "power", "prohibition", "procedure", "parameter", "state", "card",
    }  # fmt: skip
    assert pack.groups["power"] == {"A": "决策与公开"}
    assert len(pack.words["SP01"]) == 20
    assert pack.forms["report"].never_ask == ("身份证号",)
    assert pack.instruments["VCOL"].articles == 50


def test_a_pack_says_the_same_wherever_it_stands(tmp_path: Path) -> None:
    assert load_pack(write(tmp_path / "here")) == load_pack(write(tmp_path / "there"))


def test_the_lowest_pack_speaks(tmp_path: Path) -> None:
    own = CARDS.replace("账要贴够15天。", "我们街道贴20天。")
    street = write(tmp_path / "street", {}, manifest=lower("street"), cards=own)
    book = Book.load([write(tmp_path / "national"), street])
    card = book.get("C001")
    assert card is not None
    assert card.summary == "我们街道贴20天。"
    assert book.level_of("C001") == "street"
    assert book.level_of("SP01") == "national"
    assert book.version == "national@2026.1.1+street@2026.1.1"
    assert [card.id for card in book.every(Card)] == ["C001"]


def test_when_a_local_rule_ends_the_one_above_is_heard_again(tmp_path: Path) -> None:
    dates = "    effective_from: 2026-03-01\n    until: 2026-05-01\n    summary:"
    own = CARDS.replace("    summary:", dates)
    street = write(tmp_path / "street", {}, manifest=lower("street"), cards=own)
    book = Book.load([write(tmp_path / "national"), street])
    levels = [book.level_of("C001", date(2026, month, 1)) for month in (2, 3, 4, 5)]
    assert levels == ["national", "street", "street", "national"]


def test_an_entry_is_asked_as_of_a_day(tmp_path: Path) -> None:
    older = CARDS.replace("    summary:", "    until: 2026-07-01\n    summary:")
    newer = CARDS.split("entries:\n")[1].replace("15天。", "20天。")
    newer = newer.replace("    summary:", "    effective_from: 2026-07-01\n    summary:")
    book = Book.load([write(tmp_path / "national", cards=older + newer)])
    june, july, last = (book.get("C001", on) for on in (date(2026, 6, 30), date(2026, 7, 1), None))
    assert june is not None
    assert "15天" in june.summary
    assert july is not None
    assert "20天" in july.summary
    assert last == july


def test_an_ended_entry_is_silent_but_not_gone(tmp_path: Path) -> None:
    ended = CARDS.replace("    summary:", "    until: 2026-07-01\n    summary:")
    book = Book.load([write(tmp_path / "national", cards=ended)])
    assert book.get("C001") is None
    assert book.get("C001", date(2026, 7, 1)) is None
    assert book.get("C001", date(2026, 6, 30)) is not None
    assert "C001" in book.ids


def test_a_place_sets_its_parameters(tmp_path: Path) -> None:
    national = write(tmp_path / "national", parameters=PARAMETERS.replace("value: 15, ", ""))
    own = PARAMETERS.replace("value: 15", "value: 20, source: 街道2026年3号文")
    street = write(tmp_path / "street", {}, manifest=lower("street"), parameters=own)
    alone, stacked = Book.load([national]), Book.load([national, street])
    unset, set_here = alone.parameter("posting_days"), stacked.parameter("posting_days")
    assert unset is not None
    assert unset.value is None
    assert set_here is not None
    assert (set_here.value, set_here.source) == (20, "街道2026年3号文")
    assert stacked.parameter("nothing") is None


def test_words_add_up_and_groups_and_forms_merge(tmp_path: Path) -> None:
    words = "kind: words\nwords: {SP01: [塘边那块牌子, 第3种问法]}\n"
    street = write(tmp_path / "street", {}, manifest=lower("street"), words=words)
    book = Book.load([write(tmp_path / "national"), street])
    assert len(book.words("SP01")) == 21
    assert book.words("SP01")[-1] == "塘边那块牌子"
    assert book.groups("power") == {"A": "决策与公开"}
    assert book.form("report").fields[0].key == "what"
    assert book.words("NL1.01") == ()


def test_entries_are_found_by_model_kind_and_id(tmp_path: Path) -> None:
    book = Book.load([write(tmp_path / "national")])
    assert [power.id for power in book.every(Power)] == ["SP01"]
    assert [entry.id for entry in book.of_kind("prohibition")] == ["NL1.01"]
    assert book.find(Power, "SP01") is not None
    assert book.find(Prohibition, "SP01") is None
    assert book.kind_of("SP01") == "power"
    assert book.kind_of("SP99") == ""
    assert book.get("SP99") is None


@pytest.mark.parametrize("levels", [("street", "district"), ("village", "village")])
def test_packs_that_don_t_stack_are_refused(tmp_path: Path, levels: tuple[str, str]) -> None:
    packs = [
        write(tmp_path / f"p{n}", {}, manifest=lower(level)) for n, level in enumerate(levels)
    ]
    with pytest.raises(PackError, match="level_order"):
        Book.load(packs)


def test_a_lower_pack_may_not_make_an_id_mean_another_thing(tmp_path: Path) -> None:
    cards = CARDS.replace("C001", "SP01")
    street = write(tmp_path / "street", {}, manifest=lower("street"), cards=cards)
    with pytest.raises(PackError, match="other_kind"):
        Book.load([write(tmp_path / "national"), street])


def test_the_shipped_packs_have_nothing_to_mend() -> None:
    assert check(Book.load([PACKS / "national", PACKS / "sample-district"])) == []


def test_the_shipped_book_has_the_lists_monitors_know() -> None:
    book = shipped()
    disclosure = book.find(Power, "SP03")
    assert disclosure is not None
    assert disclosure.title == "党务村务财务公开"
    assert book.level_of("SP03") == "national"
    measure = book.measure("CM01")
    assert measure is not None
    assert measure[1].id == "RP01"
    assert book.instruments["VCOL18"].replaced_by == "VCOL"
