"""Leafing through the lists: list, group, item, and from there to a report about it."""

from collections.abc import AsyncIterator

import pytest

from handlers.messages import Button
from handlers.monitor import browse
from knowledge.book import Book
from storage.people import Role
from tests.handlers.test_report import STORY, answer_all, only_lead, send
from tests.handlers.village import Village, Voice


@pytest.fixture
async def wang(village: Village) -> AsyncIterator[Voice]:
    """She leafs; at the end every button she ever saw must fit into Telegram's 64 bytes."""
    voice = await village.invited(Role.MONITOR, "王阿婆", "u1")
    yield voice
    shown = [button for one in voice.seen for row in one.buttons for button in row]
    assert all(0 < len(button.data.encode()) <= 64 for button in shown)
    assert all(button.label for button in shown)


async def test_from_the_lists_to_an_item_and_all_the_way_back(wang: Voice) -> None:
    await wang.presses("清单和规矩")
    assert {"小微权力", "负面清单", "办事程序", "时限"} <= set(wang.labels())
    await wang.presses("小微权力")
    await wang.presses("集体资产资源")
    assert "小微权力 ▸ 集体资产资源" in wang.last
    await wang.presses("集体资产出租")
    assert wang.last.startswith("集体资产出租、发包和处置")
    await wang.presses("返回")
    assert "小微权力 ▸ 集体资产资源" in wang.last
    await wang.presses("返回")
    assert "决策与公开" in wang.labels()
    await wang.presses("返回")
    assert "要看哪一类" in wang.last
    await wang.presses("回到开头")
    assert "报一件事" in wang.labels()


async def test_leafing_rewrites_the_message_in_place(wang: Voice) -> None:
    await wang.presses("清单和规矩")
    for label in ("小微权力", "集体资产资源", "集体资产出租", "完整程序", "返回"):
        await wang.presses(label)
        assert wang.seen[-1].replaces == "m1"


async def test_no_page_has_more_than_eight_items_and_none_is_lost(
    village: Village, wang: Voice
) -> None:
    for kind in browse.LISTS:
        seen: set[str] = set()
        for start in await pages_of(wang, f"b.{kind}.0"):
            seen |= {one.data for one in start if one.data.startswith("e.")}
            assert len([one for one in start if one.data.startswith("e.")]) <= 8
        every = {f"e.{one.id}" for one in village.house.book.of_kind(kind)}
        assert seen == every


async def pages_of(voice: Voice, first: str) -> list[list[Button]]:
    """All pages that can be reached from one without leaving its list."""
    found, todo, done = [], [first], set[str]()
    kind = first.split(".")[1]
    while todo:
        data = todo.pop()
        if data in done:
            continue
        done.add(data)
        await voice.presses("", at=data)
        buttons = [button for row in voice.seen[-1].buttons for button in row]
        found.append(buttons)
        todo += [one.data for one in buttons if one.data.startswith((f"b.{kind}.", f"b.{kind}/"))]
    return found


async def test_an_item_leads_to_its_group_wherever_it_was_found(wang: Voice) -> None:
    await wang.presses("", at="e.NL3.09")
    await wang.presses("返回")
    assert "负面清单 ▸ 惠民资金和群众办事" in wang.last
    assert any(button.data == "e.NL3.09" for row in wang.seen[-1].buttons for button in row)


async def test_what_she_looks_up_most_stands_above_the_lists(
    village: Village, wang: Voice
) -> None:
    for _ in range(3):
        await wang.presses("", at="e.SP22")
    for _ in range(2):
        await wang.presses("", at="e.SP07")
    await wang.presses("", at="e.SP01")
    await wang.presses("", at="v.basis.SP01")
    await wang.presses("返回")  # coming back from a view is no second look
    await wang.presses("清单和规矩")
    tops = [village.house.book.get(id) for id in ("SP22", "SP07")]
    assert wang.labels()[:2] == [one.title for one in tops if one]
    assert wang.labels()[2] == "小微权力"


def test_only_so_many_looks_are_remembered() -> None:
    looked: dict[str, int] = {}
    for n in range(200):
        looked = browse.counted(looked, f"SP{n % 90:02}")
    assert len(looked) == browse.REMEMBERED


async def test_a_report_begun_from_an_item_asks_for_that_item_first(
    village: Village, wang: Voice
) -> None:
    await wang.presses("", at="e.SP22")
    await wang.presses("报一下这件事")
    story = {**STORY, "出了什么事": "西头那口大塘的事，说不清楚"}
    await answer_all(wang, story)
    await send(wang)
    lead = await only_lead(village)
    assert lead.content["item"] == "SP22"
    assert lead.category == "LC01"


async def test_the_item_is_still_first_after_the_draft_has_waited(
    village: Village, wang: Voice
) -> None:
    await wang.presses("", at="e.NL3.01")
    await wang.presses("报一下这件事")
    await wang.says("1")
    await wang.presses("先存着")
    await wang.presses("", at="e.SP01")
    await wang.presses("", at="m.home")
    await wang.presses("没写完的")
    await wang.presses("还没写几句")
    await answer_all(wang, {**STORY, "出了什么事": "西头那口大塘的事，说不清楚"})
    await send(wang)
    assert (await only_lead(village)).content["item"] == "NL3.01"


JUNK = ("b.power/99.7", "b.nothing.1", "b.power.x", "b.", "b.term.999999", "k.all.77", "b.term.-1")


@pytest.mark.parametrize("data", JUNK)
async def test_a_page_that_is_none_is_the_nearest_that_is(wang: Voice, data: str) -> None:
    await wang.presses("", at=data)
    assert "回到开头" in wang.labels()


@pytest.mark.parametrize("data", ["e.SP99", "v.basis.SP99", "v.nothing.SP01", "e.", "z.1", "y.x"])
async def test_a_button_to_nothing_is_stale(wang: Voice, data: str) -> None:
    await wang.presses("", at=data)
    assert "已经过时" in wang.all
    assert "报一件事" in wang.labels()


async def test_a_card_as_a_picture(wang: Voice, monkeypatch: pytest.MonkeyPatch) -> None:
    await wang.presses("", at="v.picture.SP22")
    if wang.seen[-1].picture:
        assert wang.seen[-1].picture.startswith(b"\x89PNG")
    monkeypatch.setattr("handlers.monitor.picture._face", lambda: None)
    from handlers.monitor import picture

    picture._font.cache_clear()
    try:
        await wang.presses("", at="v.picture.SP22")
        assert wang.seen[-1].picture == b""
        assert "村里只协助" in wang.last
        await wang.presses("", at="e.SP22")
        assert "做成图片" not in wang.labels()
    finally:
        picture._font.cache_clear()


def test_a_book_has_something_in_every_list(book: Book) -> None:
    assert all(book.of_kind(kind) for kind in browse.LISTS)
