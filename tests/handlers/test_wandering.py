"""Sixty turns of somebody who is called away, asks, leafs, mistypes, and comes back."""

from handlers.messages import Heard
from storage import files, leads
from storage.people import Role
from tests.handlers.test_report import STORY, answer_all, begin, only_lead, send
from tests.handlers.village import Village, Voice


async def clean_report(village: Village) -> leads.Lead:
    """The same report by somebody who is never called away."""
    lin = await village.invited(Role.MONITOR, "林伯", "u2")
    await begin(lin)
    await answer_all(lin, STORY)
    await send(lin)
    return await only_lead(village)


async def sticker(voice: Voice) -> None:
    said = voice._said(Heard.IGNORED, text="sticker")
    await voice.village.hear(said, voice)


async def answers(voice: Voice, choice: str) -> None:
    said = voice._said(Heard.QUIZ, data=choice, message="poll")
    await voice.village.hear(said, voice)


async def test_sixty_turns_of_wandering_end_with_the_report_as_intended(village: Village) -> None:
    clean = await clean_report(village)
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    turns = 0

    async def does(what: object) -> None:
        nonlocal turns
        turns += 1
        await what  # type: ignore[misc]

    # she asks and leafs before she has made up her mind
    await does(wang.says("/start"))
    await does(wang.says("低保怎么申请"))
    await does(wang.presses("完整程序"))
    await does(wang.presses("返回"))
    await does(wang.says("呃"))
    await does(sticker(wang))
    await does(wang.presses("清单和规矩"))
    await does(wang.presses("负面清单"))
    await does(wang.presses("惠民资金"))
    await does(wang.presses("返回"))
    stale_list = wang.button("惠民资金")
    # the story, begun from a question
    await does(wang.says(STORY["出了什么事"]))
    await does(wang.presses("就报这件事"))
    await does(wang.presses("别的事"))
    await does(wang.presses("", at=wang.button("想问规矩")))
    await does(wang.says(STORY["出了什么事"]))
    await does(wang.presses("就报这件事"))
    await does(wang.presses("管事的人办事不对"))
    old_level = wang.button("村里、社区里")
    await does(wang.says("1"))
    await does(wang.presses("", at=old_level))  # the phone sends an old press again
    await does(sticker(wang))
    # called away: the rule first
    await does(wang.says("/查 低保"))
    await does(wang.presses("依据"))
    await does(wang.presses("接着写刚才的"))
    assert "哪一类" in wang.last
    await does(wang.says("1"))
    await does(wang.says("陈阿大"))
    await does(wang.sends())
    await does(wang.says("/清单"))
    await does(wang.presses("", at=stale_list))
    await does(wang.presses("", at="e.NL3.01"))
    await does(wang.presses("接着写刚才的"))
    await does(wang.presses("上一步"))
    await does(wang.says("李四"))  # a slip, mended below
    await does(wang.says("南礁村书记"))
    # a card to learn, in between
    await does(wang.says("/学"))
    await does(answers(wang, "1"))
    await does(wang.says(STORY["在哪儿"]))
    await does(wang.presses("先存着"))
    # another day: a procedure is looked at, half of it
    await does(wang.says("对步骤"))
    await does(wang.presses("集体资产发包出租"))
    await does(wang.presses("跳过"))
    await does(wang.says("做了"))
    await does(wang.says("上个月的事吧"))
    await does(wang.presses("先存着"))
    await does(wang.says("有没有wifi"))
    await does(wang.presses("我报的事"))
    await does(wang.presses("没写完的"))
    await does(wang.presses("书记小舅子"))
    assert "什么时候" in wang.last
    await does(wang.says("/help"))
    await does(wang.presses("没写完的"))
    await does(wang.presses("书记小舅子"))
    await does(wang.says("啊这个"))  # no time: asked again
    await does(wang.says(STORY["什么时候"]))
    await does(wang.says(STORY["多少钱"]))
    await does(wang.presses("", at="y.one"))
    await does(wang.presses("", at="b.term.1"))
    await does(wang.presses("接着写刚才的"))
    await answer_all(wang, STORY)
    await does(wang.presses("改一处"))
    await does(wang.presses("说的是谁"))
    await does(wang.says("陈阿大"))
    await does(sticker(wang))
    await send(wang)
    assert turns >= 60

    async with village.database.read() as tx:
        (lead,) = [x for x in await leads.open_of(tx, village.office.id) if x.id != clean.id]
        assert len(await files.of_lead(tx, lead.id)) == 1
    assert lead.content == clean.content
    assert lead.category == clean.category
    assert lead.number in wang.all
