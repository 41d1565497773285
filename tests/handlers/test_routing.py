"""Whoever is spoken of never receives the report, however they are named and by whatever way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers import reminding
from handlers.texts import say
from storage import leads, places
from storage.people import Role
from tests.handlers.test_office import again, button
from tests.handlers.test_report import STORY, answer_all, begin, only_lead, send
from tests.handlers.village import Village, Voice


async def reported(village: Village, **other: str) -> tuple[Voice, leads.Lead]:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await answer_all(wang, {**STORY, **other})
    await send(wang)
    return wang, await only_lead(village)


@pytest.mark.parametrize(
    "who",
    [
        "周建国",
        "周 建 国",
        "周·建国",
        "周建國",
        "周\u200b建国",
        "监察办的周建国",
        "建国",
        "周主任",
    ],
)
async def test_however_an_officer_is_named_the_report_goes_one_level_up(
    village: Village, who: str
) -> None:
    zhou = await village.invited(Role.OFFICER, "周建国", "o1")
    async with village.database.write() as tx:
        from storage import particulars, people

        person = await people.find(tx, "telegram", "o1")
        assert person is not None
        await particulars.change_person(tx, person.id, title="监察办主任")
    _, lead = await reported(village, 在哪里做事="2", 说的是谁=who)
    assert lead.office_id == village.upper.id
    assert zhou.seen[1:] == []


@pytest.mark.parametrize("who", ["陈建国", "周主任", "村里的建国"])
async def test_a_villager_who_is_called_alike_changes_nothing(village: Village, who: str) -> None:
    await village.invited(Role.OFFICER, "周建国", "o1")
    _, lead = await reported(village, 说的是谁=who)
    assert lead.office_id == village.office.id


async def test_a_name_late_in_a_long_story_counts_as_well(village: Village) -> None:
    await village.invited(Role.OFFICER, "周建国", "o1")
    _, lead = await reported(village, 出了什么事="塘" * 2500 + "都是周建国批的")
    assert lead.office_id == village.upper.id


@pytest.mark.parametrize(
    "other",
    [
        {"说的是谁": "监察办的人"},
        {"说的是谁": "他们主任", "管什么": "街道纪工委主任"},
        {"在哪里做事": "5", "说的是谁": "海云街道监察办"},
    ],
)
async def test_who_names_the_office_itself_is_heard_one_level_up(
    village: Village, other: dict[str, str]
) -> None:
    await village.invited(Role.OFFICER, "周建国", "o1")
    _, lead = await reported(village, **other)
    assert lead.office_id == village.upper.id


async def without_a_group(village: Village) -> None:
    async with village.database.write() as tx:
        await places.unbind_chat(tx, village.office.id)


async def test_nobody_there_is_no_reminder_and_is_asked_again(village: Village) -> None:
    await without_a_group(village)
    _, lead = await reported(village)
    assert lead.due_at is not None
    late = lead.due_at + timedelta(days=1)
    async with village.database.write() as tx:
        assert await reminding.due(tx, village.house.book, late) == []
    await village.invited(Role.OFFICER, "周建国", "o1")
    async with village.database.write() as tx:
        (told,) = await reminding.due(tx, village.house.book, late) or []
    assert lead.number in told.text


async def test_who_only_spoke_with_the_office_is_heard_by_it(village: Village) -> None:
    await village.invited(Role.OFFICER, "周建国", "o1")
    _, lead = await reported(village, 出了什么事="跟监察办说过一回，塘租还是没见着")
    assert lead.office_id == village.office.id


async def test_half_a_name_in_an_answer_is_kept_from_him(village: Village) -> None:
    zhou = await village.invited(Role.OFFICER, "周建国", "o1")
    wang, lead = await reported(village, 在哪里做事="2", 说的是谁="窗口那个人")
    assert lead.office_id == village.office.id
    await wang.presses("我报的事")
    await wang.presses("已收下")
    await wang.presses("补充一点")
    await wang.says("窗口那个，就是建国")
    await wang.presses("说完了")
    assert say("mine.say.conflict", upper="").splitlines()[0] in wang.last
    async with village.database.read() as tx:
        assert await leads.thread(tx, lead.id) == []
    assert "就是建国" not in zhou.all


async def test_of_several_messages_only_the_one_about_the_office_is_left_out(
    village: Village,
) -> None:
    await village.invited(Role.OFFICER, "周建国", "o1")
    wang, lead = await reported(village)
    await wang.presses("我报的事")
    await wang.presses("已收下")
    await wang.presses("补充一点")
    await wang.says("合同我看过一眼，写的是五年")
    await wang.says("这事周建国也有份")
    await wang.presses("说完了")
    assert say("mine.say.conflict", upper="").splitlines()[0] in wang.all
    async with village.database.read() as tx:
        (said,) = await leads.thread(tx, lead.id)
    assert said.text == "合同我看过一眼，写的是五年"


async def transfer(voice: Voice, lead: leads.Lead) -> None:
    await voice.presses("", at=await button(voice.village, lead, "accept"))
    await voice.presses("", at=await button(voice.village, lead, "transfer"))
    await voice.says("1")
    await voice.says("归那边管")
    await voice.presses("确定")


async def upper_officer(village: Village) -> Voice:
    street, village.office = village.office, village.upper
    lin = await village.invited(Role.OFFICER, "林向东", "o9")
    village.office = street
    return lin


@pytest.mark.parametrize("other", [{"在哪里做事": "3"}, {"说的是谁": "监察办的周建国"}])
async def test_nobody_above_can_hand_it_down_to_the_accused(
    village: Village, other: dict[str, str]
) -> None:
    await village.invited(Role.OFFICER, "周建国", "o1")
    lin = await upper_officer(village)
    _, lead = await reported(village, **other)
    assert lead.office_id == village.upper.id
    await transfer(lin, lead)
    assert (await again(village, lead)).office_id == village.upper.id


async def test_an_office_that_nobody_can_be_reached_in_is_handed_nothing(
    village: Village,
) -> None:
    zhou = await village.invited(Role.OFFICER, "周建国", "o1")
    _, lead = await reported(village)
    await transfer(zhou, lead)
    now = await again(village, lead)
    assert now.office_id == village.office.id
    assert now.holder_id is not None, "it has one holder all the time"
    assert say("office.act.unreachable") in zhou.all


async def test_a_lead_for_an_office_without_anybody_is_told_to_the_steward(
    village: Village,
) -> None:
    steward = await village.invited(Role.STEWARD, "管", "s1")
    _, lead = await reported(village, 在哪里做事="3")
    assert lead.office_id == village.upper.id
    assert lead.number in steward.last


async def test_a_lead_that_waited_for_somebody_is_shown_to_the_first_officer(
    village: Village,
) -> None:
    await without_a_group(village)
    _, lead = await reported(village)
    zhou = await village.invited(Role.OFFICER, "周建国", "o1")
    assert [one.card for one in zhou.seen if one.card] == [lead.id]
    chen = await village.invited(Role.OFFICER, "陈晓燕", "o2")
    assert [one.card for one in chen.seen if one.card] == []


async def test_what_was_added_later_counts_for_a_transfer(village: Village) -> None:
    async with village.database.write() as tx:
        await places.bind_chat(tx, village.upper.id, "telegram", "-200", village.now)
    zhou = await village.invited(Role.OFFICER, "周建国", "o1")
    await upper_officer(village)
    wang, lead = await reported(village)
    await wang.presses("我报的事")
    await wang.presses("已收下")
    await wang.presses("补充一点")
    await wang.says("林向东也拿了")
    await wang.presses("说完了")
    await transfer(zhou, lead)
    assert (await again(village, lead)).office_id == village.office.id
