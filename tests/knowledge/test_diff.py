"""What changed between two versions, as people would be told it."""

from pathlib import Path

from bot.commands.knowledge import told_of
from knowledge.book import Book
from knowledge.diff import Change, diff
from tests.knowledge.small_pack import FILES, lower, write

CARDS = FILES["cards.yaml"]


def changes(tmp_path: Path, **changed: str) -> list[Change]:
    """What differs between the small pack and one with some files changed."""
    before = Book.load([write(tmp_path / "before")])
    after = Book.load([write(tmp_path / "after", **changed)])
    found = diff(before, after)
    assert all(told_of(each) for each in found)
    return found


def test_the_same_pack_has_not_changed(tmp_path: Path) -> None:
    assert changes(tmp_path) == []


def test_a_changed_text_shows_before_and_after(tmp_path: Path) -> None:
    (change,) = changes(tmp_path, cards=CARDS.replace("账要贴够15天", "账要贴够20天"))
    assert (change.what, change.kind, change.id, change.field) == (
        "changed", "card", "C001", "summary",
    )  # fmt: skip
    assert (change.before, change.after) == ("账要贴够15天。", "账要贴够20天。")


def test_added_and_removed_entries_are_told(tmp_path: Path) -> None:
    added, removed = changes(tmp_path, cards=CARDS.replace("C001", "C002"))[::-1]
    assert (removed.what, removed.id) == ("removed", "C001")
    assert (added.what, added.id, added.after) == ("added", "C002", "账要贴够15天。")


def test_an_end_is_told_as_an_end(tmp_path: Path) -> None:
    ended = CARDS.replace("    summary:", "    until: 2026-07-01\n    summary:")
    (change,) = changes(tmp_path, cards=ended)
    assert (change.what, change.id, change.after) == ("ended", "C001", "2026-07-01")


def test_a_parameter_that_is_set_is_told_as_set(tmp_path: Path) -> None:
    set_to = FILES["parameters.yaml"].replace("value: 15", "value: 20")
    (change,) = changes(tmp_path, parameters=set_to)
    assert (change.what, change.before, change.after) == ("set", "15", "20")


def test_words_that_came_and_went_are_told_whatever_their_order(tmp_path: Path) -> None:
    lines = FILES["words/powers.yaml"].splitlines()
    turned = "\n".join([*lines[:3], *lines[:2:-1]])
    assert changes(tmp_path / "turned", **{"words/powers": turned}) == []
    new = FILES["words/powers.yaml"].replace("第3种问法", "公开栏空着")
    (change,) = changes(tmp_path / "new", **{"words/powers": new})
    assert (change.what, change.id) == ("words", "SP01")
    assert (change.before, change.after) == ("第3种问法", "公开栏空着")


def test_lists_are_shown_one_item_a_line(tmp_path: Path) -> None:
    powers = FILES["powers.yaml"].replace("[公示照片,", "[公示照片, 会议记录,")
    (change,) = changes(tmp_path, powers=powers)
    assert change.after.splitlines()[:2] == ["公示照片", "会议记录"]


def test_a_new_version_says_so_first(tmp_path: Path) -> None:
    newer = lower("national", "2026.2.1")
    (change,) = changes(tmp_path, manifest=newer)
    assert (change.what, change.before, change.after) == (
        "version", "national@2026.1.1", "national@2026.2.1",
    )  # fmt: skip
