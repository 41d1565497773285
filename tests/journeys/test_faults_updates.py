"""Faults of updates, buttons and flow over the wire; each test is named by its id in the plan."""

from __future__ import annotations

from datetime import datetime

import pytest

from handlers.turn import BEIJING
from storage import history, inbox, leads
from tests.journeys.crashing import POISON
from tests.journeys.town import STORY, Talker, Town, card_of, number_in, photo, words

pytestmark = pytest.mark.asyncio(loop_scope="session")
OLD = "query is too old and response timeout expired or query ID is invalid"


async def parked(town: Town) -> int:
    """How many updates were given up."""
    async with town.deployment.storage() as database, database.read() as tx:
        return len(await inbox.parked(tx))


async def steps(town: Town, number: str) -> list[str]:
    """What happened to a lead, without the looks at it."""
    lead = await town.lead(number)
    async with town.deployment.storage() as database, database.read() as tx:
        return [e.event for e in await history.of_lead(tx, lead.id) if e.event != "viewed"]


async def thread(town: Town, number: str) -> list[leads.Said]:
    """What was said about a lead."""
    lead = await town.lead(number)
    async with town.deployment.storage() as database, database.read() as tx:
        return await leads.thread(tx, lead.id)


async def test_A14_poison_is_parked_and_the_rest_are_served(town: Town) -> None:
    before = await parked(town)
    unlucky, *others = town.monitors
    mark = unlucky.person.says(POISON).id
    for one in others:
        await one.says("/start", "@menu.hello")
    told = await unlucky.hears("@menu.oops", mark)
    assert "E-" in told.text
    assert await parked(town) == before + 1
    await unlucky.says("/start", "@menu.hello")


async def test_B01_an_update_that_comes_again_has_one_effect(town: Town) -> None:
    wang = town.monitors[0]
    await town.drafts_for([wang])
    mark = wang.mark
    wang.taps("@report.confirm_yes")
    again = dict(town.api.updates.pending[-1].body)
    number = number_in((await wang.hears("@report.receipt", mark)).text)
    await town.quiet("answer", "receipt")
    mark = wang.mark
    town.api.inject(again)
    await wang.says("/start", "@menu.hello")
    shown = [m.text for m in wang.person.messages() if m.id > mark]
    assert not any(number in text and words("report.receipt") in text for text in shown)
    assert (await steps(town, number)).count("submitted") == 1


async def test_B03_a_smaller_update_id_is_handled(town: Town) -> None:
    wang = town.monitors[0]
    mark = wang.mark
    town.api.inject({"update_id": 1001, "message": message_of(wang, "/start")})
    await wang.hears("@menu.hello", mark)
    await wang.says("/start", "@menu.hello")


def message_of(one: Talker, text: str, **more: object) -> dict[str, object]:
    """A message as Telegram shows it."""
    return {
        "message_id": one.mark + 1000,
        "date": int(town_time(one)),
        "chat": {"id": one.person.id, "type": "private", "first_name": "x"},
        "from": one.person.account.as_user(),
        "text": text,
        **more,
    }


def town_time(one: Talker) -> float:
    """The time on that phone."""
    return one.api.clock.now()


async def test_B06_an_edit_after_sending_is_offered_as_a_supplement(town: Town) -> None:
    wang = town.monitors[0]
    await wang.says("/start", "@menu.hello")
    await wang.begins()
    await wang.answers("1")
    first = wang.person.says(STORY["what"])
    await wang.answers_all(await wang.question(first.id), STORY)
    number = await wang.submits()
    before = (await town.lead(number)).content
    mark = wang.mark
    wang.person.edits(first, "改过的说法，绿信笺三三")
    town.canaries.append("绿信笺三三")
    await wang.hears(number, mark)
    await wang.presses("@report.late.add", "@mine.say.done")
    assert (await town.lead(number)).content == before
    assert [said.kind for said in await thread(town, number)] == ["supplement"]


async def test_B08_odd_updates_are_on_record_and_leave_no_trace(town: Town) -> None:
    wang = town.monitors[0]
    town.canaries.append("odd canary 8801")
    before, start = await parked(town), message_of(wang, "odd canary 8801")
    anybody = {"id": 7000000003, "is_bot": False, "first_name": "odd canary 8801"}
    odd: list[dict[str, object]] = [
        {"something_new": {"text": "odd canary 8801", "from": anybody}},
        {"message": {"text": "odd canary 8801"}},
        {"message": {k: v for k, v in start.items() if k != "from"}},
        {"message": {**start, "date": 0, "text": "/start"}},
        {"message": {**start, "odd canary 8801": {"deep": ["odd canary 8801"]}}},
        {"message": "odd canary 8801"},
        {"callback_query": {"id": "1", "from": wang.person.account.as_user()}},
        {"callback_query": {"id": "2", "data": "odd canary 8801"}},
        {"poll_answer": {"poll_id": "9", "option_ids": []}},
        {},
    ]
    for one in odd:
        town.api.inject(one)
    mark = wang.mark
    await wang.says("/start", "@menu.hello")
    assert wang.mark > mark
    assert await parked(town) == before


async def test_B11_an_unreadable_update_at_the_head_holds_up_nobody(town: Town) -> None:
    wang = town.monitors[0]
    town.canaries.append("broken canary 1177")
    chat = {"id": wang.person.id, "type": "a kind of chat nobody knows"}
    town.api.inject({"message": {**message_of(wang, "broken canary 1177"), "chat": chat}})
    for one in town.monitors:
        await one.says("/start", "@menu.hello")


async def test_C01_two_presses_at_once_are_one_step(town: Town) -> None:
    zhou, number = town.officers[0], await town.lead_of(town.monitors[1])
    card = await zhou.until(lambda: card_of(town.group, number, "受理"), "the card")
    presses = [zhou.person.presses("受理", card) for _ in range(2)]
    said = [await zhou.toasted(press) for press in presses]
    assert sorted(words("office.act.yours") in text for text in said) == [False, True]
    assert (await steps(town, number)).count("accept") == 2  # received, registered


async def test_C03_an_old_card_changes_nothing(town: Town) -> None:
    zhou, number = town.officers[0], await town.lead_of(town.monitors[1])
    old = await zhou.until(lambda: card_of(town.group, number, "退回补充"), "the card")
    await zhou.presses_card(town.group, "受理", number)
    await closes(town, number)
    before = await steps(town, number)
    assert words("office.act.stale") in await zhou.toasted(zhou.person.presses("退回补充", old))
    assert await steps(town, number) == before


async def closes(town: Town, number: str) -> None:
    """The first officer closes a lead."""
    zhou = town.officers[0]
    mark = zhou.mark
    await zhou.presses_card(town.group, "办结", number)
    await zhou.hears("@office.need.outcome.ask", mark)
    await zhou.says("1", "@office.need.reason.ask")
    await zhou.says("已经补交", "@office.need.feedback.ask")
    await zhou.says("事情办完了。", number)
    await zhou.presses("@office.act.send", "@office.act.done")


async def test_C04_forged_presses_do_nothing_and_tell_nothing(town: Town) -> None:
    lin, wang = town.monitors[1], town.monitors[0]
    number = await town.lead_of(lin)
    lead, before = await town.lead(number), await parked(town)
    said = set()
    for forged in (
        f"c.{lead.id}.{lead.revision}.accept",
        f"c.{lead.id}.{lead.revision}.details",
        "c.nosuchlead.1.accept",
        f"l.see.{lead.id}",
        "l.see.nosuchlead",
        f"d.open.{lead.draft_id}",
        "d.open.nosuchdraft",
        f"o.{lead.id}",
    ):
        said.add((forged[:2], await answered(town, wang, forged)))
    assert len({text for area, text in said if area == "l."}) == 1
    assert len({text for area, text in said if area == "d."}) == 1
    for odd in ("f", "f.", "f.x", "f.x.y", "f.999999.1", "c", "c.", "c.x", "c.x.y", "l", "x" * 64):
        for one in (wang, town.officers[0]):
            await answered(town, one, odd)
    assert (await town.lead(number)).state == "submitted"
    assert await parked(town) == before


async def answered(town: Town, one: Talker, data: str) -> str:
    """What is shown for a forged press, as a toast or as a message."""
    mark = one.mark
    toast = await one.toasted(one.person.forges(data, one.person.last()))
    await town.quiet("answer")
    new = one.newest("", mark)
    return toast + (new.text if new else "")


async def test_C07_a_press_answered_too_late_still_counts(town: Town) -> None:
    from tests.fake_telegram import Refusal

    zhou, number = town.officers[0], await town.lead_of(town.monitors[1])
    card = await zhou.until(lambda: card_of(town.group, number, "受理"), "the card")
    town.api.fault("answerCallbackQuery", 1, Refusal(400, f"Bad Request: {OLD}"))
    zhou.person.presses("受理", card)
    await town.monitors[1].hears("@mine.told.registered", of=number)
    mark = zhou.mark
    town.api.fault("answerCallbackQuery", 1, Refusal(400, f"Bad Request: {OLD}"))
    zhou.person.forges("f.1.gone", zhou.person.last())
    await zhou.hears("@menu.stale", mark)


async def test_C10_a_card_carried_elsewhere_has_no_power(town: Town) -> None:
    zhou, number = town.officers[0], await town.lead_of(town.monitors[1])
    card = await zhou.until(lambda: card_of(town.group, number, "受理"), "the card")
    elsewhere = town.api.group(-1009999900001, [zhou.person], "elsewhere")
    there = {**card.body, "chat": elsewhere.room.as_chat(), "message_id": 5}
    carried = type(card)(elsewhere.id, 5, True, there)
    assert words("office.act.refused") in await zhou.toasted(zhou.person.presses("受理", carried))
    assert (await town.lead(number)).state == "submitted"


async def test_E15_numbers_follow_beijing_wherever_the_server_stands(town: Town) -> None:
    before = datetime.now(BEIJING)
    number = await town.lead_of(town.monitors[2])
    days = {f"{day:%y%m%d}" for day in (before, datetime.now(BEIJING))}
    assert number.split("-")[1] in days


async def test_H04_the_other_phone_learns_that_it_was_sent(town: Town) -> None:
    wang = town.monitors[2]
    await town.drafts_for([wang])
    screen = await wang.has("@report.confirm_yes")
    other = await wang.has("@form.button.save")
    mark = wang.mark
    wang.taps("@report.confirm_yes", screen)
    number = number_in((await wang.hears("@report.receipt", mark)).text)
    press = wang.taps("@form.button.save", other)
    assert number in await wang.toasted(press)


async def test_H06_five_presses_of_send_are_one_lead(town: Town) -> None:
    wang = town.monitors[2]
    await town.drafts_for([wang])
    screen = await wang.has("@report.confirm_yes")
    mark = wang.mark
    presses = [wang.taps("@report.confirm_yes", screen) for _ in range(5)]
    number = number_in((await wang.hears("@report.receipt", mark)).text)
    for press in presses[1:]:
        assert number in await wang.toasted(press)


async def test_H07_an_answer_after_closing_is_kept_and_the_office_told(town: Town) -> None:
    lin, zhou = town.monitors[1], town.officers[0]
    number = await town.accepted(lin)
    await closes(town, number)
    await lin.hears("事情办完了")
    lin.taps("@mine.button.add", await lin.hears("@mine.told.ended", of=number))
    await lin.hears("@mine.say.ask")
    await lin.says("还有一张收据，红信笺二二", "@mine.say.more")
    town.canaries.append("红信笺二二")
    pictures = [photo() for _ in range(3)]
    lin.sent += pictures
    lin.person.sends_album(pictures)
    await lin.hears("@mine.say.more")
    await town.quiet("answer")
    mark = zhou.mark
    await lin.presses("@mine.button.talk", "@mine.say.done_closed")
    await zhou.hears("@office.late_answer", mark)
    (said,) = [one for one in await thread(town, number) if one.kind == "supplement"]
    assert len(said.files) == 3


async def test_H09_closing_needs_an_outcome_a_reason_and_feedback(town: Town) -> None:
    zhou = town.officers[0]
    number = await town.accepted(town.monitors[1])
    mark = zhou.mark
    await zhou.presses_card(town.group, "办结", number)
    await zhou.hears("@office.need.outcome.ask", mark)
    for nothing in (words("form.button.skip"), " . "):
        await zhou.says(nothing, "@office.need.outcome.ask")
    await zhou.says("1", "@office.need.reason.ask")
    await zhou.says(words("form.button.skip"), "@form.hint.required")
    await zhou.presses("@form.button.cancel", "@office.act.cancelled")
    assert (await town.lead(number)).closed_at is None
