"""The main job, end to end over the fake Bot API: from invitation to outcome.

One story, four ways: on SQLite and on PostgreSQL, by polling and by webhook. It is told in the
order in which it happens, by what each person sees.
"""

from __future__ import annotations

import asyncio

from handlers.texts import say
from tests.fake_telegram import Seen
from tests.journeys.checker import check
from tests.journeys.founder import Founder
from tests.journeys.town import (
    STORY,
    Talker,
    Town,
    answer_to,
    card_of,
    document,
    number_in,
    photo,
    wait,
    words,
)

WRONG = {**STORY, "who": "李四", "amount": "三千"}


async def test_from_invitation_to_outcome(founder: Founder) -> None:
    await asyncio.gather(story(founder, webhook=False), story(founder, webhook=True))


async def story(founder: Founder, *, webhook: bool) -> None:
    town = await founder.found(webhook=webhook)
    wang = town.monitors[0]
    number = await reports(wang)
    await card_arrives(town, number)
    zhou = await accepted_by_one(town, number)
    await details_in_private(town, zhou, number)
    await returned_and_answered(town, zhou, wang, number)
    await disposed_and_closed(town, zhou, wang, number)
    await stands_among_hers(wang, number)
    assert await town.deployment.stop() == 0
    outcome = await check(town, submitted=1)
    outcome.hold()
    assert (outcome.repeated_receipts, outcome.repeated_cards) == (0, 0)
    lead = await town.lead(number)
    answers = {one["key"]: one["text"] for one in lead.content["answers"]}
    assert (answers["who"], lead.outcome != "") == (STORY["who"], True)


async def reports(wang: Talker) -> str:
    """With an album, a document, two steps back and two edits."""
    question = await wang.begins()
    album = [photo() for _ in range(3)]
    paper = document()
    wang.sent += [*album, paper]
    mark = wang.person.sends_album(album)[-1].id
    await wang.hears("@report.album_kept", mark)
    await wang.hears("@report.file_kept", wang.person.sends_document("租塘合同.pdf", paper).id)
    for _ in range(5):
        question = await wang.answers(answer_to(question, WRONG))
    for _ in range(2):
        question = await pressed(wang, "@form.button.back")
    await wang.answers_all(question, WRONG)
    for label, truth in (
        ("@report.short.who", STORY["who"]),
        ("@report.short.amount", STORY["amount"]),
    ):
        await pressed(wang, "@form.button.change")
        await pressed(wang, label)
        preview = await wang.answers(truth)
        assert truth in preview.text
    assert say("report.preview", lines="", files=4).splitlines()[-2] in preview.text
    return await wang.submits()


async def pressed(one: Talker, label: str) -> Seen:
    """Press a button of the open dialogue; what it asks next."""
    under = await one.has(label)
    mark = one.mark
    one.taps(label, under)
    return await one.question(mark)


async def card_arrives(town: Town, number: str) -> None:
    """In the group, without her name; and she is told that it is there."""
    wang = town.monitors[0]

    def whole() -> Seen | None:
        card = card_of(town.group, number)
        return card if card and "材料：4" in card.text else None

    card = await wang.until(whole, "the card, once the group was looked at")
    assert wang.roster_name not in card.text
    assert STORY["who"] not in card.text
    await wang.hears("@mine.told.forwarded")


async def accepted_by_one(town: Town, number: str) -> Talker:
    """Two press at once: one has it, the other is told who. The one who has it."""
    zhou, chen = town.officers
    card = await zhou.until(lambda: card_of(town.group, number, "受理"), "the button")
    presses = {one: one.person.presses("受理", card) for one in (zhou, chen)}
    said = {one: await one.toasted(press) for one, press in presses.items()}
    holder = next(one for one in (zhou, chen) if words("office.act.done") in said[one])
    other = chen if holder is zhou else zhou
    assert holder.roster_name in said[other]
    await town.monitors[0].hears("@mine.told.registered")
    return holder


async def details_in_private(town: Town, zhou: Talker, number: str) -> None:
    """Everything but who reported; pictures without their traces, papers on request."""
    mark = zhou.mark
    await zhou.presses_card(town.group, "看详情", number)
    shown = await zhou.hears("@office.details.seen", mark)
    assert STORY["what"][:20] in shown.text
    assert town.monitors[0].roster_name not in shown.text
    assert shown.protected
    await wait(lambda: len(files(zhou, mark)) == 3, "the copies", 20)
    copies = [town.api.bytes_of(one) for one in files(zhou, mark)]
    assert not any(body in copies for body in town.monitors[0].sent)
    zhou.taps("@office.details.originals")
    await wait(lambda: len(files(zhou, mark)) == 4, "the original", 20)
    assert town.api.bytes_of(files(zhou, mark)[-1]) == town.monitors[0].sent[3]


def files(one: Talker, after: int) -> list[Seen]:
    """The files somebody was shown."""
    return [m for m in one.person.messages() if m.id > after and m.kind in {"photo", "document"}]


async def returned_and_answered(town: Town, zhou: Talker, wang: Talker, number: str) -> None:
    """The office asks; she answers with words and photos; the office reads it."""
    await zhou.presses_card(town.group, "退回补充", number)
    await zhou.hears("@office.need.question.ask")
    await zhou.says("塘是哪一年包出去的？", "退回")
    await zhou.presses("@office.act.send", "@office.act.done")
    await wang.hears("塘是哪一年")
    await wang.presses("@mine.button.answer", "@mine.say.ask")
    await wang.says("前年，立冬前后", "@mine.say.more")
    for _ in range(2):
        body = photo()
        wang.sent.append(body)
        await wang.hears("@mine.say.more", wang.person.sends_photo(body).id)
    mark = zhou.mark
    await wang.presses("@mine.button.talk", "@mine.say.done")
    told = await zhou.hears("@office.answered", mark)
    mark = zhou.mark
    zhou.person.presses("看详情", told)
    assert "立冬前后" in (await zhou.hears("@office.details.thread", mark)).text


async def disposed_and_closed(town: Town, zhou: Talker, wang: Talker, number: str) -> None:
    """Checked, then closed with an outcome, a reason and what she is told."""
    mark = zhou.mark
    zhou.person.presses("初步核实", await zhou.has("初步核实"))
    await zhou.hears("@office.need.reason.ask", mark)
    await zhou.says("成立核查组，主任批准", "初步核实")
    await zhou.presses("@office.act.send", "@office.act.done")
    await wang.hears("@mine.told.working")
    await zhou.presses_card(town.group, "办结", number)
    await zhou.hears("@office.need.outcome.ask")
    await zhou.says("1", "@office.need.reason.ask")
    await zhou.says("租金已补交，批评教育", "@office.need.feedback.ask")
    await zhou.says("租金已经补上，公示在村口。", number)
    mark = wang.mark
    await zhou.presses("@office.act.send", "@office.act.done")
    told = await wang.hears("租金已经补上", mark)
    assert number_in(told.text) == number
    await zhou.until(lambda: card_of(town.group, number) and closed(town, number), "a closed card")


def closed(town: Town, number: str) -> Seen | None:
    """The card, once it shows the end."""
    card = card_of(town.group, number)
    return card if card and words("office.state.feedback") in card.text else None


async def stands_among_hers(wang: Talker, number: str) -> None:
    """Every step with its time, and nothing of what she wrote."""
    wang.taps("@menu.button.mine")
    await wang.hears("@mine.title")
    shown = await wang.presses(number, "@mine.trail.stored")
    for step in ("stored", "forwarded", "opened", "accepted", "closed"):
        assert words(f"mine.trail.{step}") in shown.text
    assert "塘" not in shown.text
