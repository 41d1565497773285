"""The office handles a lead in its group and in private; the monitor learns of each step."""

from __future__ import annotations

import pytest

from handlers.messages import Heard
from handlers.office import cards
from storage import history, leads, people
from storage.people import Role
from tests.handlers.test_report import STORY, answer_all, begin, only_lead, send
from tests.handlers.village import Village, Voice

GROUP = "-100"


@pytest.fixture
async def wang(village: Village) -> Voice:
    """A monitor."""
    return await village.invited(Role.MONITOR, "王阿婆", "u1")


@pytest.fixture
async def zhou(village: Village) -> Voice:
    """An officer."""
    return await village.invited(Role.OFFICER, "周建国", "o1")


@pytest.fixture
async def lead(village: Village, wang: Voice, zhou: Voice) -> leads.Lead:
    """A lead that was just reported."""
    await begin(wang)
    await answer_all(wang, STORY)
    await send(wang)
    return await only_lead(village)


async def again(village: Village, lead: leads.Lead) -> leads.Lead:
    async with village.database.read() as tx:
        found = await leads.get(tx, lead.id)
    assert found is not None
    return found


async def button(village: Village, lead: leads.Lead, code: str) -> str:
    """The data that an action's button carries on the card as it is now."""
    now = await again(village, lead)
    return f"c.{now.id}.{now.revision}.{code}"


async def in_group(village: Village, voice: Voice, lead: leads.Lead, code: str) -> None:
    await voice.presses("", chat=GROUP, at=await button(village, lead, code))


async def test_accepted_returned_answered_closed_and_told(
    village: Village, wang: Voice, zhou: Voice, lead: leads.Lead
) -> None:
    await in_group(village, zhou, lead, "accept")
    assert (await again(village, lead)).state == "registered"
    assert "受理了" in wang.last

    await in_group(village, zhou, lead, "return")
    assert "私聊" in zhou.all
    await zhou.says("塘是哪一年包出去的？")
    await zhou.presses("确定")
    assert (await again(village, lead)).state == "returned"
    assert "塘是哪一年" in wang.last

    await wang.presses("回这句话")
    await wang.says("前年，立冬前后")
    await wang.sends()
    await wang.presses("说完了")
    answered = await again(village, lead)
    assert answered.state == "registered"
    assert answered.holder_id is not None
    async with village.database.read() as tx:
        said = await leads.thread(tx, lead.id)
    assert [one.kind for one in said] == ["question", "answer"]
    assert len(said[1].files) == 1

    await in_group(village, zhou, lead, "verify")
    await zhou.says("成立核查组，主任批准")
    await zhou.presses("确定")
    assert (await again(village, lead)).state == "verify"

    await in_group(village, zhou, lead, "close")
    await zhou.says("1")
    await zhou.says("租金已补交，批评教育")
    await zhou.says("租金已经补上，公示在村口。")
    await zhou.presses("确定")
    closed = await again(village, lead)
    assert closed.state == "feedback"
    assert closed.closed_at is not None
    assert "租金已经补上" in wang.last
    await wang.presses("我报的事")
    await wang.presses("办完了")
    assert "办完" in wang.last


async def test_second_accept_is_told_who_has_it(
    village: Village, zhou: Voice, lead: leads.Lead
) -> None:
    chen = await village.invited(Role.OFFICER, "陈晓燕", "o2")
    old = await button(village, lead, "accept")
    await zhou.presses("", chat=GROUP, at=old)
    await chen.presses("", chat=GROUP, at=old)
    assert "周建国" in chen.last
    await zhou.presses("", chat=GROUP, at=old)
    assert "你在办" in zhou.last
    async with village.database.read() as tx:
        events = [e for e in await history.of_lead(tx, lead.id) if e.event == "accept"]
    assert [e.state for e in events] == ["received", "registered"]


async def test_closing_needs_outcome_reason_and_feedback(
    village: Village, zhou: Voice, lead: leads.Lead
) -> None:
    await in_group(village, zhou, lead, "accept")
    await in_group(village, zhou, lead, "close")
    await zhou.says("1")
    await zhou.says("跳过")
    assert "不能空着" in zhou.last
    await zhou.presses("不写了")
    assert (await again(village, lead)).closed_at is None


async def test_nobody_outside_the_office_can_act(
    village: Village, wang: Voice, lead: leads.Lead
) -> None:
    stranger = await village.stranger("x1")
    data = await button(village, lead, "accept")
    await stranger.presses("", chat=GROUP, at=data)
    await wang.presses("", chat=GROUP, at=data)
    await stranger.presses("", at=data)
    assert (await again(village, lead)).state == "submitted"


async def test_card_pressed_in_another_chat_does_nothing(
    village: Village, zhou: Voice, lead: leads.Lead
) -> None:
    await zhou.presses("", chat="-999", at=await button(village, lead, "accept"))
    assert (await again(village, lead)).state == "submitted"


async def test_removed_officer_is_refused_at_the_next_press(
    village: Village, zhou: Voice, lead: leads.Lead
) -> None:
    async with village.database.write() as tx:
        person = await people.find(tx, "telegram", "o1")
        assert person is not None
        await people.revoke(tx, person.id, village.now, None)
    await zhou.presses("", chat=GROUP, at=await button(village, lead, "accept"))
    assert (await again(village, lead)).state == "submitted"


async def test_transfer_changes_the_holder_and_the_old_card_tells_nothing(
    village: Village, zhou: Voice, lead: leads.Lead
) -> None:
    async with village.database.write() as tx:
        from storage import places

        await places.bind_chat(tx, village.upper.id, "telegram", "-200", village.now)
    await in_group(village, zhou, lead, "transfer")
    await zhou.says("1")
    await zhou.says("归区里管")
    await zhou.presses("确定")
    moved = await again(village, lead)
    assert (moved.office_id, moved.state, moved.holder_id) == (village.upper.id, "submitted", None)
    async with village.database.read() as tx:
        old = await cards.draw(tx, village.house.book, lead.id, "telegram", GROUP)
        new = await cards.draw(tx, village.house.book, lead.id, "telegram", "-200")
    assert old is not None
    assert new is not None
    assert old.rows == ()
    assert "塘" not in old.text
    assert new.rows


async def test_details_go_to_private_and_every_look_is_on_record(
    village: Village, wang: Voice, zhou: Voice, lead: leads.Lead
) -> None:
    await in_group(village, zhou, lead, "details")
    assert "书记小舅子" in zhou.last or "书记小舅子" in zhou.all
    assert all("书记小舅子" not in one.text for one in village.group)
    assert "打开看了" in wang.last
    async with village.database.read() as tx:
        assert "viewed" in [e.event for e in await history.of_lead(tx, lead.id)]


async def test_the_reporter_is_nowhere_in_what_the_office_sees(
    village: Village, zhou: Voice, lead: leads.Lead
) -> None:
    await in_group(village, zhou, lead, "accept")
    await in_group(village, zhou, lead, "details")
    async with village.database.read() as tx:
        card = await cards.draw(tx, village.house.book, lead.id, "telegram", GROUP)
    assert card is not None
    seen = zhou.all + card.text + "".join(one.text for one in village.group)
    assert "王阿婆" not in seen
    assert "u1" not in seen


async def test_a_late_message_after_closing_is_kept_and_the_office_told(
    village: Village, wang: Voice, zhou: Voice, lead: leads.Lead
) -> None:
    await in_group(village, zhou, lead, "accept")
    await in_group(village, zhou, lead, "close")
    await zhou.says("1")
    await zhou.says("没有具体内容")
    await zhou.presses("就用" if "就用" in str(zhou.labels()) else zhou.labels()[0])
    await zhou.presses("确定")
    await wang.presses("我报的事")
    await wang.presses("办完了")
    await wang.presses("补充一点")
    await wang.says("还有一张收据")
    await wang.presses("说完了")
    assert "办完" in wang.last
    assert "又补充" in zhou.last


async def test_an_anonymous_administrator_is_told_how_to_act(village: Village) -> None:
    ghost = await village.stranger("")
    out = await village.hear(
        ghost._said(Heard.TEXT, text="/bind x", chat=GROUP, place="group", anonymous=True), ghost
    )
    assert out
    assert "匿名" in out[0].text


async def test_binding_a_group_takes_a_word_given_to_that_officer(village: Village) -> None:
    zhou = await village.invited(Role.OFFICER, "周建国", "o1")
    chen = await village.invited(Role.OFFICER, "陈晓燕", "o2")
    await zhou.presses("绑定办公群")
    code = zhou.last.rsplit(" ", 1)[1].strip()
    for voice, chat, bound in (
        (chen, "-300", GROUP),
        (zhou, "-300", "-300"),
        (zhou, "-400", "-300"),
    ):
        said = voice._said(Heard.TEXT, text=f"/bind {code}", chat=chat, place="group")
        await village.hear(said, voice)
        async with village.database.read() as tx:
            from storage import places

            office = await places.get_office(tx, village.office.id)
        assert office is not None
        assert office.chat == bound
