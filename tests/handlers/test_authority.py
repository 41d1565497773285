"""A button is a request: whoever sends it, from wherever, edited at will, the roster decides."""

from __future__ import annotations

import pytest

from handlers import refusing
from handlers.messages import Heard
from handlers.office import cards
from storage import history, invitations, leads, outbox, people, sessions
from storage.people import Role
from tests.handlers.test_office import GROUP, again, button, in_group
from tests.handlers.test_report import STORY, answer_all, begin, only_lead, send
from tests.handlers.village import Village, Voice

FORGED = ["", ".", "f", "f.", "f..", "f.x.send", "f.1", "f.٣.send", "f.1.", "c", "c.", "c.x"]
FORGED += [
    "c.x.y",
    "c.x.1.accept",
    "c.x.1.",
    "c..1.accept",
    "o",
    "o.",
    "o.x",
    "l.see.x",
    "l.add.x",
]
FORGED += [
    "l.x",
    "d.open.x",
    "d.",
    "w",
    "w.open.-1",
    "w.open.99999999",
    "e.",
    "e.NOPE",
    "v.",
    "v.x",
]
FORGED += [
    "v.whole.NOPE",
    "b.",
    "b.power/99.9",
    "b.power.x",
    "k.",
    "k.PR99",
    "y.",
    "m.",
    "m.x",
    "a.",
]
FORGED += ["a.1", "q.", "q.x", "zzz", "f." + "9" * 60, "c." + "." * 60, "\x00", "f.1.\ud800"]


@pytest.fixture
async def wang(village: Village) -> Voice:
    """A monitor."""
    return await village.invited(Role.MONITOR, "王阿婆", "u1")


@pytest.fixture
async def zhou(village: Village) -> Voice:
    """An officer."""
    return await village.invited(Role.OFFICER, "周建国", "o1")


@pytest.fixture
async def lead(village: Village, wang: Voice) -> leads.Lead:
    """A lead that was just reported."""
    await begin(wang)
    await answer_all(wang, STORY)
    await send(wang)
    return await only_lead(village)


async def elsewhere(village: Village) -> Voice:
    """An officer of another office."""
    street, village.office = village.office, village.upper
    lin = await village.invited(Role.OFFICER, "林向东", "o9")
    village.office = street
    return lin


async def refusals(village: Village) -> list[history.Event]:
    async with village.database.read() as tx:
        return await history.recent(tx, event="refused")


@pytest.mark.parametrize("role", [Role.MONITOR, Role.OFFICER, Role.STEWARD])
async def test_nonsense_from_a_button_is_answered_and_breaks_nothing(
    village: Village, lead: leads.Lead, role: Role
) -> None:
    voice = await village.invited(role, "某人", "x1")
    for open_first in ("", "报一件事"):
        if open_first and role is Role.MONITOR:
            await voice.says("/start")
            await voice.presses(open_first)
        for data in FORGED:
            for chat in ("", GROUP):
                said = voice._said(
                    Heard.PRESS,
                    data=data,
                    press="p",
                    chat=chat or "x1",
                    place="group" if chat else "private",
                )
                await village.hear(said, voice)
    now = await again(village, lead)
    assert (now.state, now.revision, now.holder_id) == ("submitted", 1, None)


@pytest.mark.parametrize("action", ["accept", "details", "close", "transfer", "note", "clear"])
async def test_another_offices_officer_learns_and_changes_nothing(
    village: Village, lead: leads.Lead, action: str
) -> None:
    lin = await elsewhere(village)
    answers = []
    for id in (lead.id, "aaaaaaaaaa"):
        before = len(lin.seen)
        await lin.presses("", at=f"c.{id}.1.{action}")
        answers.append([one.text for one in lin.seen[before:]])
    assert answers[0] == answers[1]
    await lin.presses("", at=f"o.{lead.id}")
    await lin.says(lead.number)
    assert "塘" not in lin.all
    assert (await again(village, lead)).revision == 1


@pytest.mark.parametrize("data", ["c.{}.1.accept", "c.{}.1.details", "o.{}", "w.open", "w.bind"])
async def test_a_monitor_can_do_nothing_of_an_officers(
    village: Village, wang: Voice, lead: leads.Lead, data: str
) -> None:
    before = len(wang.seen)
    await wang.presses("", at=data.format(lead.id))
    shown = "".join(one.text for one in wang.seen[before:])
    assert "书记小舅子" not in shown
    assert "/bind" not in shown
    assert (await again(village, lead)).state == "submitted"


@pytest.mark.parametrize("data", ["l.see.{}", "l.add.{}", "l.answer.{}"])
async def test_another_monitors_lead_is_as_good_as_none(
    village: Village, lead: leads.Lead, data: str
) -> None:
    lin = await village.invited(Role.MONITOR, "林伯", "u2")
    seen = []
    for id in (lead.id, "aaaaaaaaaa"):
        before = len(lin.seen)
        await lin.presses("", at=data.format(id))
        seen.append([one.text for one in lin.seen[before:]])
    assert seen[0] == seen[1]
    typed = []
    for number in (lead.number, "HY-991231-1"):
        before = len(lin.seen)
        await lin.says(number)
        typed.append([one.text for one in lin.seen[before:]])
    assert "没有这个编号" in typed[0][0]


async def test_another_monitors_draft_is_as_good_as_none(village: Village, wang: Voice) -> None:
    await begin(wang)
    await wang.says("1")
    async with village.database.read() as tx:
        owner = await people.find(tx, "telegram", "u1")
        assert owner is not None
        (draft,) = await sessions.open_drafts(tx, owner.id)
    lin = await village.invited(Role.MONITOR, "林伯", "u2")
    await lin.presses("", at=f"d.open.{draft.id}")
    assert "过时" in lin.all
    assert "出了什么事" not in lin.all


async def test_a_thousand_presses_of_a_stranger_leave_one_row_of_history(
    village: Village, lead: leads.Lead
) -> None:
    stranger = await village.stranger("x1")
    data = await button(village, lead, "accept")
    answered = 0
    async with village.database.read() as tx:
        before = len(await history.recent(tx, limit=5000))
    for _ in range(200):
        out = await stranger.presses("", chat=GROUP, at=data)
        answered += bool(out)
        village.now = lead.submitted_at
    assert answered <= refusing.ANSWERED + 1
    async with village.database.read() as tx:
        assert len(await history.recent(tx, limit=5000)) == before + 1
    village.now += 2 * refusing.EVERY
    await stranger.presses("", chat=GROUP, at=data)
    assert [one.detail["more"] for one in await refusals(village)] == [199, 0]


async def test_an_officer_refused_again_and_again_fills_no_history(
    village: Village, lead: leads.Lead
) -> None:
    lin = await elsewhere(village)
    for _ in range(50):
        await lin.presses("", at=f"c.{lead.id}.1.accept")
        village.now = lead.submitted_at
    assert len(await refusals(village)) == 1


async def test_clearing_is_refused_where_nobody_is_to_be_cleared(
    village: Village, zhou: Voice, lead: leads.Lead
) -> None:
    await in_group(village, zhou, lead, "accept")
    life = cards.life(village.house.book)
    firm = next(one for one in life.outcomes if not one.may_clear)
    async with village.database.write() as tx:
        now = await leads.get(tx, lead.id)
        assert now is not None
        await leads.move(
            tx, now, ("feedback",), event="close", by=None, now=village.now, outcome=firm.code
        )
    await zhou.presses("", at=await button(village, lead, "clear"))
    assert (await again(village, lead)).state == "feedback"
    assert "批准" not in zhou.last


async def test_two_messages_of_the_office_at_one_step_both_arrive(
    village: Village, wang: Voice, zhou: Voice, lead: leads.Lead
) -> None:
    await in_group(village, zhou, lead, "accept")
    keys = []
    for text in ("请到街道来一趟", "改到下周一"):
        await zhou.presses("", at=await button(village, lead, "message"))
        await zhou.says(text)
        out = await zhou.presses("确定")
        keys += [one.key for one in out if one.chat == "u1" and text in one.text]
    assert len(set(keys)) == 2


async def test_a_supplement_before_anybody_accepts_redraws_the_card_and_is_told(
    village: Village, wang: Voice, zhou: Voice, lead: leads.Lead
) -> None:
    from bot.post import lay_in_outbox

    await wang.presses("我报的事")
    await wang.presses("已收下")
    await wang.presses("补充一点")
    await wang.says("还有一张收据")
    out = await wang.presses("说完了")
    told = [one for one in out if one.chat == GROUP and "补充" in one.text]
    assert told
    async with village.database.write() as tx:
        first = f"card:{lead.id}:1:{tx.sealer.fingerprint(GROUP)}:"
        await outbox.put(
            tx, channel="telegram", chat=GROUP, lane="card", payload={}, now=village.now, key=first
        )
        letters = await lay_in_outbox(tx, out, village.now)
    assert [one.lead_id for one in letters if one.lead_id] == [lead.id]


async def test_news_of_a_lead_goes_to_the_office_once_its_holder_left(
    village: Village, wang: Voice, zhou: Voice, lead: leads.Lead
) -> None:
    await in_group(village, zhou, lead, "accept")
    async with village.database.write() as tx:
        person = await people.find(tx, "telegram", "o1")
        assert person is not None
        await people.revoke(tx, person.id, village.now, None)
    await wang.presses("我报的事")
    await wang.presses("已受理")
    await wang.presses("补充一点")
    await wang.says("还有一张收据")
    out = await wang.presses("说完了")
    assert [one.chat for one in out if "补充" in one.text and one.chat != "u1"] == [GROUP]


async def test_no_button_is_taken_away_in_another_chat(
    village: Village, wang: Voice, zhou: Voice
) -> None:
    await begin(wang)
    await answer_all(wang, STORY)
    await wang.presses("报上去")
    out = await wang.presses("是的，报上去")
    assert [one.chat for one in out if one.strip] == ["u1"]
    assert all(not one.card for one in out if one.strip)


async def test_a_spare_card_loses_its_buttons_and_the_lost_one_is_adopted(
    village: Village, zhou: Voice, lead: leads.Lead
) -> None:
    async def pressed(message: str) -> list[str]:
        data = await button(village, lead, "details")
        said = zhou._said(
            Heard.PRESS, data=data, press="p", chat=GROUP, place="group", message=message
        )
        return [one.strip for one in await village.hear(said, zhou) if one.strip]

    assert await pressed("7") == []
    async with village.database.read() as tx:
        assert [card.message for card in await leads.cards_of(tx, lead.id)] == ["7"]
    assert await pressed("7") == []
    assert await pressed("8") == ["8"]


async def test_a_group_hears_of_a_real_invitation_only_and_that_one_is_void(
    village: Village, zhou: Voice
) -> None:
    async with village.database.write() as tx:
        _, code = await invitations.invite(
            tx, role=Role.OFFICER, place_id=village.office.place_id, name="新", now=village.now
        )
    stranger = await village.stranger("x1")
    for text, answers in (("/start guess", 0), (f"/start {code}", 1), (f"/start {code}", 0)):
        said = stranger._said(Heard.TEXT, text=text, chat=GROUP, place="group")
        assert len(await village.hear(said, stranger)) == answers
    await stranger.says(f"/start {code}")
    assert "用不了" in stranger.last


async def test_a_reply_to_a_card_is_told_where_to_write(village: Village, zhou: Voice) -> None:
    said = zhou._said(Heard.TEXT, text="我来办", chat=GROUP, place="group", reply_to="7")
    assert len(await village.hear(said, zhou)) == 1


async def test_what_nobody_said_is_answered_to_nobody(village: Village) -> None:
    nobody = await village.stranger("")
    for account, chat in (("", ""), ("", "-1000"), ("x1", "x1")):
        nobody.account = account
        said = nobody._said(Heard.IGNORED, text="a channel post", chat=chat)
        assert await village.hear(said, nobody) == []


async def test_each_phone_of_a_person_is_reached_or_not_for_itself(
    village: Village, wang: Voice
) -> None:
    async with village.database.write() as tx:
        person = await people.find(tx, "telegram", "u1")
        assert person is not None
        await people.bind(tx, person.id, "telegram", "u7", "u7", village.now)
    new = await village.stranger("u7")
    await new.says("/start")
    await village.hear(wang._said(Heard.BLOCKED), wang)
    async with village.database.read() as tx:
        assert (await people.addresses(tx, person.id))[0] == ("telegram", "u7")
    await village.hear(wang._said(Heard.UNBLOCKED), wang)
    await wang.says("/start")
    async with village.database.read() as tx:
        assert (await people.addresses(tx, person.id))[0] == ("telegram", "u1")
