"""The main job, end to end over the fake Bot API: from invitation to outcome.

One story, four ways: on SQLite and on PostgreSQL, by polling and by webhook. It is told in the
order in which it happens, by what each person sees.
"""

from __future__ import annotations

import asyncio

from tests.fake_telegram import Seen
from tests.journeys.checker import check
from tests.journeys.conftest import Founder
from tests.journeys.town import STORY, Talker, Town, card_of, document, number_in, photo, wait

WRONG = {**STORY, "说的是谁": "李四", "多少钱": "三千"}


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
    assert (answers["who"], lead.outcome != "") == (STORY["说的是谁"], True)


async def reports(wang: Talker) -> str:
    """With an album, a document, two steps back and two edits."""
    question = await wang.begins()
    album = [photo() for _ in range(3)]
    paper = document()
    wang.sent += [*album, paper]
    mark = wang.person.sends_album(album)[-1].id
    await wang.hears("这一组照片", mark)
    await wang.hears("材料收到", wang.person.sends_document("租塘合同.pdf", paper).id)
    for _ in range(5):
        said = next(said for word, said in WRONG.items() if word in question.text)
        question = await wang.answers(said)
    for _ in range(2):
        question = await pressed(wang, "上一步")
    await wang.answers_all(question, WRONG)
    for label, truth in (("说的是谁", STORY["说的是谁"]), ("多少", STORY["多少钱"])):
        await pressed(wang, "改一处")
        await pressed(wang, label)
        preview = await wang.answers(truth)
        assert truth in preview.text
    assert "材料：4 个" in preview.text
    return await wang.submits()


async def pressed(one: Talker, label: str) -> Seen:
    """Press a button of the open dialogue; what it asks next."""
    under = await one.has(label)
    mark = one.mark
    one.person.presses(label, under)
    return await one.question(mark)


async def card_arrives(town: Town, number: str) -> None:
    """In the group, without her name; and she is told that it is there."""
    wang = town.monitors[0]

    def whole() -> Seen | None:
        card = card_of(town.group, number)
        return card if card and "材料：4" in card.text else None

    card = await wang.until(whole, "the card, once the group was looked at")
    assert wang.roster_name not in card.text
    assert STORY["说的是谁"] not in card.text
    await wang.hears("已经送到")


async def accepted_by_one(town: Town, number: str) -> Talker:
    """Two press at once: one has it, the other is told who. The one who has it."""
    zhou, chen = town.officers
    card = await zhou.until(lambda: card_of(town.group, number, "受理"), "the button")
    presses = {one: one.person.presses("受理", card) for one in (zhou, chen)}
    said = {one: await one.toasted(press) for one, press in presses.items()}
    holder = next(one for one in (zhou, chen) if "已办" in said[one])
    other = chen if holder is zhou else zhou
    assert holder.roster_name in said[other]
    await town.monitors[0].hears("受理了")
    return holder


async def details_in_private(town: Town, zhou: Talker, number: str) -> None:
    """Everything but who reported; pictures without their traces, papers on request."""
    mark = zhou.mark
    await zhou.presses_card(town.group, "看详情", number)
    shown = await zhou.hears("提交：", mark)
    assert STORY["出了什么事"][:20] in shown.text
    assert town.monitors[0].roster_name not in shown.text
    assert shown.protected
    await wait(lambda: len(files(zhou, mark)) == 3, "the copies", 20)
    copies = [town.api.bytes_of(one) for one in files(zhou, mark)]
    assert not any(body in copies for body in town.monitors[0].sent)
    zhou.person.presses("取原件")
    await wait(lambda: len(files(zhou, mark)) == 4, "the original", 20)
    assert town.api.bytes_of(files(zhou, mark)[-1]) == town.monitors[0].sent[3]


def files(one: Talker, after: int) -> list[Seen]:
    """The files somebody was shown."""
    return [m for m in one.person.messages() if m.id > after and m.kind in {"photo", "document"}]


async def returned_and_answered(town: Town, zhou: Talker, wang: Talker, number: str) -> None:
    """The office asks; she answers with words and photos; the office reads it."""
    await zhou.presses_card(town.group, "退回补充", number)
    await zhou.hears("要补哪一句")
    await zhou.says("塘是哪一年包出去的？", "退回")
    await zhou.presses("确定", "已办")
    await wang.hears("塘是哪一年")
    await wang.presses("回这句话", "请说")
    await wang.says("前年，立冬前后", "记下了")
    for _ in range(2):
        body = photo()
        wang.sent.append(body)
        await wang.hears("记下了", wang.person.sends_photo(body).id)
    mark = zhou.mark
    await wang.presses("说完了", "转过去")
    told = await zhou.hears("回话了", mark)
    mark = zhou.mark
    zhou.person.presses("看详情", told)
    assert "立冬前后" in (await zhou.hears("往来", mark)).text


async def disposed_and_closed(town: Town, zhou: Talker, wang: Talker, number: str) -> None:
    """Checked, then closed with an outcome, a reason and what she is told."""
    mark = zhou.mark
    zhou.person.presses("初步核实", await zhou.has("初步核实"))
    await zhou.hears("理由", mark)
    await zhou.says("成立核查组，主任批准", "初步核实")
    await zhou.presses("确定", "已办")
    await wang.hears("正在办")
    await zhou.presses_card(town.group, "办结", number)
    await zhou.hears("结果是哪一种")
    await zhou.says("1", "理由")
    await zhou.says("租金已补交，批评教育", "告诉报的人")
    await zhou.says("租金已经补上，公示在村口。", number)
    mark = wang.mark
    await zhou.presses("确定", "已办")
    told = await wang.hears("租金已经补上", mark)
    assert number_in(told.text) == number
    await zhou.until(lambda: card_of(town.group, number) and closed(town, number), "a closed card")


def closed(town: Town, number: str) -> Seen | None:
    """The card, once it shows the end."""
    card = card_of(town.group, number)
    return card if card and "已办结" in card.text else None


async def stands_among_hers(wang: Talker, number: str) -> None:
    """Every step with its time, and nothing of what she wrote."""
    wang.person.presses("我报的事")
    await wang.hears("你报过 1 件")
    shown = await wang.presses(number, "存好了")
    for step in ("存好了", "送到海云街道监察办", "打开看了", "受理了", "办结"):
        assert step in shown.text
    assert "塘" not in shown.text
