"""Twenty and more planted faults: each is caught, named, and pointed at in its file."""

import re
from pathlib import Path

import pytest
import yaml

from bot.commands.knowledge import sentence
from handlers.texts import find
from knowledge.book import PACKS, Book, shipped
from knowledge.check import check, counts
from knowledge.findings import Finding, PackError
from tests.knowledge.small_pack import FILES, lower, spoilt, write

FAULTS = yaml.safe_load((Path(__file__).parent / "faults.yaml").read_text("utf-8"))
ADDED_ELSEWHERE = {"few_words", "few_entries", "missing_entry"}
"""Findings that name the place where something is to be added, not the file that was spoilt."""


def findings(folder: Path) -> list[Finding]:
    """What a steward would be told of a pack, whether it is refused or only doubted."""
    try:
        return check(Book.load([folder]))
    except PackError as error:
        return list(error.findings)


@pytest.mark.parametrize("fault", FAULTS, ids=[fault["name"] for fault in FAULTS])
def test_a_planted_fault_is_caught_and_named(tmp_path: Path, fault: dict[str, str]) -> None:
    folder = spoilt(tmp_path / "national", fault["file"], fault["was"], fault["now"])
    found = findings(folder)
    caught = [each for each in found if each.code == fault["code"]]
    assert caught, found
    assert caught[0].entry == fault["entry"]
    if fault["code"] not in ADDED_ELSEWHERE:
        assert caught[0].file == f"national/{fault['file']}"
        assert caught[0].line > 0


def test_the_line_is_the_line_of_the_fault(tmp_path: Path) -> None:
    folder = spoilt(tmp_path / "national", "powers.yaml", "VOPEN04:2.4", "VOPEN04:9")
    (found,) = findings(folder)
    line = (folder / "powers.yaml").read_text("utf-8").splitlines()[found.line - 1]
    assert "VOPEN04:9" in line


def test_a_small_sound_pack_has_no_findings(tmp_path: Path) -> None:
    assert findings(write(tmp_path / "national")) == []


def test_every_fault_of_a_pack_is_told_at_once(tmp_path: Path) -> None:
    cards = FILES["cards.yaml"].replace("right: 1", "right: x").replace("why:", "whi:")
    powers = FILES["powers.yaml"].replace("decides:", "decidez:")
    found = findings(write(tmp_path / "national", cards=cards, powers=powers))
    assert {each.code for each in found} == {"not_a_number", "unknown_field", "missing_field"}
    assert {each.file for each in found} == {"national/cards.yaml", "national/powers.yaml"}


def test_an_ended_entry_may_rest_on_a_law_that_ended_with_it(tmp_path: Path) -> None:
    old = FILES["cards.yaml"].replace("VCOL:35", "VCOL18:30")
    ended = old.replace("    summary:", "    until: 2026-01-01\n    summary:")
    assert findings(write(tmp_path / "national", cards=ended)) == []
    late = old.replace("    summary:", "    until: 2026-06-01\n    summary:")
    (found,) = findings(write(tmp_path / "late", cards=late))
    assert found.code == "not_in_force"
    assert found.values["replaced_by"] == "中华人民共和国村民委员会组织法"


def test_two_versions_of_an_entry_must_not_overlap(tmp_path: Path) -> None:
    body = FILES["cards.yaml"].split("entries:\n")[1]
    newer = body.replace("    summary:", "    effective_from: 2026-07-01\n    summary:")
    (found,) = findings(write(tmp_path / "a", cards=FILES["cards.yaml"] + newer))
    assert found.code == "dates_overlap"
    older = FILES["cards.yaml"].replace("    summary:", "    until: 2026-07-01\n    summary:")
    assert findings(write(tmp_path / "b", cards=older + newer)) == []


def test_what_points_at_an_ended_entry_is_named(tmp_path: Path) -> None:
    ended = FILES["prohibitions.yaml"].replace("    means:", "    until: 2026-03-01\n    means:")
    (found,) = findings(write(tmp_path / "national", prohibitions=ended))
    assert (found.code, found.entry, found.values["id"]) == ("ended_id", "SP01", "NL1.01")
    assert found.file == "national/powers.yaml"


def test_one_phrase_for_two_entries_is_named(tmp_path: Path) -> None:
    text = FILES["powers.yaml"]
    twin = text.split("entries:\n")[1].replace("SP01", "SP02")
    words = FILES["words/powers.yaml"]
    words += words.split("words:\n")[1].replace("SP01", "SP02").replace("种问", "样问")
    words += "    - 第3种问法\n"
    folder = write(
        tmp_path / "national", {**FILES, "words/powers.yaml": words}, powers=text + twin
    )
    (found,) = findings(folder)
    assert (found.code, found.entry, found.values["other"]) == ("phrase_twice", "SP02", "SP01")


def test_a_lower_pack_may_point_at_a_higher_one_and_is_checked_with_it(tmp_path: Path) -> None:
    national = write(tmp_path / "national")
    cards = FILES["cards.yaml"].replace("C001", "C900").replace("[SP01]", "[SP01, SP88]")
    street = write(tmp_path / "street", {}, manifest=lower("street"), cards=cards)
    (found,) = check(Book.load([national, street]))
    assert (found.code, found.file, found.values["id"]) == (
        "dangling_id",
        "street/cards.yaml",
        "SP88",
    )


def law_text(folder: Path, in_force: str, articles: int, body: str) -> Path:
    folder.mkdir(exist_ok=True)
    head = (
        f'title: "中华人民共和国村民委员会组织法"\nin_force: "{in_force}"\narticles: {articles}\n'
    )
    (folder / "vcol.md").write_text(f"---\n{head}---\n{body}", "utf-8")
    head = 'title: "村务公开意见"\nin_force: "yes"\narticles: 0\n'
    (folder / "open.md").write_text(f"---\n{head}---\n", "utf-8")
    return folder


@pytest.mark.parametrize(
    ("in_force", "articles", "body", "code"),
    [
        ("no, replaced", 50, "", "text_not_in_force"),
        ("yes", 49, "", "articles_differ"),
        ("yes", 50, "第九条　村里的账目，应当张贴在大家都看得到的地方并且贴够日子。", "copied"),
    ],
)
def test_a_book_is_held_against_the_texts(
    tmp_path: Path, in_force: str, articles: int, body: str, code: str
) -> None:
    copied = "村里的账目应当张贴在大家都看得到的地方。"
    cards = FILES["cards.yaml"].replace("账要贴够15天。", copied)
    book = Book.load([write(tmp_path / "national", cards=cards)])
    law = law_text(tmp_path / "law", in_force, articles, body)
    assert [each.code for each in check(book, law)] == [code]


def test_a_cited_text_that_is_not_there_is_named(tmp_path: Path) -> None:
    book = Book.load([write(tmp_path / "national")])
    found = check(book, law_text(tmp_path / "law", "yes", 50, ""))
    assert found == []
    (tmp_path / "law" / "open.md").unlink()
    (missing,) = check(book, tmp_path / "law")
    assert (missing.code, missing.values["name"]) == ("text_missing", "村务公开意见")


def test_every_finding_has_a_sentence(tmp_path: Path) -> None:
    told = set()
    for number, fault in enumerate(FAULTS):
        folder = spoilt(tmp_path / f"n{number}", fault["file"], fault["was"], fault["now"])
        for each in findings(folder):
            said = sentence(each)
            assert said
            assert "{" not in said.replace("{'", "")
            told.add(each.code)
    assert told <= set(find("knowledge.finding"))


def test_every_code_in_the_source_has_a_sentence() -> None:
    said = re.compile(r'(?:find|refuse|Finding|_at)\(\s*(?:document, )?"([a-z0-9_]+)"')
    sources = [path.read_text("utf-8") for path in PACKS.parent.glob("*.py")]
    codes = {code for source in sources for code in said.findall(source)}
    assert len(codes) > 40
    assert codes <= set(find("knowledge.finding"))


def test_the_shipped_pack_is_clean_and_complete() -> None:
    book = shipped()
    assert [sentence(each) for each in check(book)] == []
    totals = counts(book)
    for kind, n in {
        "power": 26,
        "prohibition": 51,
        "procedure": 14,
        "risk": 51,
        "measure": 78,
    }.items():
        assert totals[kind] == n
