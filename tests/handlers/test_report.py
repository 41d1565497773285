"""A monitor reports a lead: conversations, read as transcripts."""

import pytest

from handlers.messages import Outbound
from handlers.office import cards
from handlers.texts import say
from storage import files, leads
from storage.people import Role
from tests.handlers.village import Village, Voice


async def answer_all(voice: Voice, answers: dict[str, str]) -> None:
    """Answer each question as it comes, by a word of the question; skip what is not listed."""
    for _ in range(40):
        question = voice.last
        if "你看看" in question:
            return
        said = next((a for word, a in answers.items() if word in question), "跳过")
        await voice.says(said)
    raise AssertionError(f"the form does not end: {voice.last}")


STORY = {
    "在哪里做事": "1",
    "出了什么事": "书记小舅子包了西头那口大塘，租金没见着",
    "哪一类": "1",
    "说的是谁": "陈阿大",
    "管什么": "南礁村书记",
    "在哪儿": "西头大塘",
    "什么时候": "去年秋天",
    "多少钱": "两万多",
    "清单里的一条": "1",
    "怎么知道": "亲眼看见",
    "亲戚": "没有",
    "毁账本": "没有",
    "怎么署名": "1",
}


async def begin(monitor: Voice) -> None:
    await monitor.says("/start")
    await monitor.presses("报一件事")
    await monitor.presses("管事的人办事不对")


async def send(monitor: Voice) -> None:
    await monitor.presses("报上去")
    await monitor.presses("是的，报上去")


async def only_lead(village: Village) -> leads.Lead:
    async with village.database.read() as tx:
        found = [*await leads.open_of(tx, village.office.id)]
        found += await leads.open_of(tx, village.upper.id)
    assert len(found) == 1
    return found[0]


async def test_first_report_alone_from_invitation_to_receipt(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await answer_all(wang, STORY)
    await send(wang)
    lead = await only_lead(village)
    assert lead.number in wang.all
    assert lead.category == "LC03"
    assert lead.content["item"] == "SP17"
    assert lead.pack == village.house.book.version
    assert cards_of(village) == [lead.id]


def cards_of(village: Village) -> list[str]:
    return [one.card for one in village.group if one.card]


async def test_going_back_and_editing_leaves_the_same_lead(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await answer_all(wang, STORY)
    await send(wang)
    clean = await only_lead(village)

    lin = await village.invited(Role.MONITOR, "林伯", "u2")
    await begin(lin)
    wrong = {**STORY, "说的是谁": "李四", "多少钱": "三千"}
    for _ in range(4):
        said = next(a for word, a in wrong.items() if word in lin.last)
        await lin.says(said)
    for _ in range(3):
        await lin.presses("上一步")
    await answer_all(lin, wrong)
    await lin.presses("改一处")
    await lin.presses("说的是谁")
    await lin.says("陈阿大")
    await lin.presses("改一处")
    await lin.presses("多少")
    await lin.says("两万多")
    await send(lin)
    async with village.database.read() as tx:
        found = [x for x in await leads.open_of(tx, village.office.id) if x.id != clean.id]
    assert found[0].content == clean.content
    assert found[0].category == clean.category


async def test_album_and_document_belong_to_the_lead(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await wang.says("1")
    await wang.sends(album="g1")
    await wang.sends(album="g1")
    await answer_all(wang, STORY)
    await wang.sends(name="合同.pdf", body=b"%PDF-1.4 x")
    await send(wang)
    lead = await only_lead(village)
    async with village.database.read() as tx:
        assert len(await files.of_lead(tx, lead.id)) == 3


async def test_five_presses_of_send_are_one_lead(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await answer_all(wang, STORY)
    await wang.presses("报上去")
    yes = wang.button("是的，报上去")
    for _ in range(5):
        await wang.presses("", at=yes)
    lead = await only_lead(village)
    assert sum(lead.number in one.text for one in wang.seen) >= 1
    assert lead.number in wang.seen[-2].text


async def test_report_about_street_leaders_goes_one_level_up(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await answer_all(wang, {**STORY, "在哪里做事": "3"})
    await send(wang)
    lead = await only_lead(village)
    assert lead.office_id == village.upper.id
    assert cards_of(village) == []


async def test_name_on_the_offices_roster_keeps_the_lead_from_it(village: Village) -> None:
    await village.invited(Role.OFFICER, "周建国", "u9")
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await answer_all(wang, {**STORY, "说的是谁": "监察办的周建国"})
    await send(wang)
    assert (await only_lead(village)).office_id == village.upper.id


async def test_draft_is_resumed_on_another_day_and_can_be_dropped(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await wang.says("1")
    await wang.says(STORY["出了什么事"])
    await wang.presses("先存着")
    await wang.presses("没写完的")
    await wang.presses("书记小舅子")
    assert "哪一类" in wang.last
    await wang.presses("不写了")
    await wang.presses("不写了，删掉")
    out: list[Outbound] = await wang.presses("没写完的")
    assert out
    assert "没有剩下的" in wang.all


async def test_stale_button_repeats_the_open_question(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    old = wang.button("村里、社区里")
    await wang.says("1")
    await wang.presses("", at=old)
    assert "出了什么事" in wang.last


async def test_long_text_in_three_parts_is_one_answer(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await wang.says("1")
    parts = ["塘" * 4096, "租" * 4096, "金" * 1808]
    for part in parts:
        await wang.says(part)
        village.now = village.now.replace(microsecond=0)
        village.now -= village.now - village.now
    assert "哪一类" in wang.all


async def test_the_finer_questions_can_be_left_out_with_one_tap(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    asked = 0
    for _ in range(30):
        if "你看看" in wang.last:
            break
        asked += 1
        if "细的都跳过" in wang.labels():
            await wang.presses("细的都跳过")
        else:
            await wang.says(next((a for word, a in STORY.items() if word in wang.last), "没有"))
    assert asked <= 11
    await send(wang)
    lead = await only_lead(village)
    answered = {answer["key"] for answer in lead.content["answers"]}
    assert {"what", "who", "post", "where", "when", "origin", "kinship", "real_name"} <= answered
    assert "amount" not in answered


@pytest.mark.parametrize(
    "said",
    [
        "我要反映个情况",
        "俺有个事要说说",
        "我发现个问题",
        "想告一个村干部。",
        "你好，我要举报村干部",
        "村干部有问题找谁说",
    ],
)
async def test_who_says_only_that_there_is_something_is_asked_what(
    village: Village, said: str
) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await wang.says(said)
    assert "是哪一种事" in wang.last
    await wang.presses("管事的人办事不对")
    await answer_all(wang, STORY)
    await send(wang)
    assert said not in str((await only_lead(village)).content)


@pytest.mark.parametrize(
    "said",
    ["举报会不会被报复", "街道主任的事能报吗", "报销找谁签字", "书记说了算", "有事找谁盖章"],
)
async def test_what_is_a_question_stays_one(village: Village, said: str) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await wang.says(said)
    assert "是哪一种事" not in wang.last


async def test_an_officer_who_says_so_is_not_asked(village: Village) -> None:
    zhou = await village.invited(Role.OFFICER, "周", "u9")
    await zhou.says("我要反映个情况")
    assert "是哪一种事" not in zhou.last


async def tells_aloud(voice: Voice) -> None:
    await voice.sends(name="1.oga", body=b"OggS" + bytes(60), kind="voice")


async def test_who_can_t_type_tells_it_in_voice_notes(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await wang.says("1")
    assert "出了什么事" in wang.last
    await tells_aloud(wang)
    await tells_aloud(wang)  # nothing goes on by itself while she is still telling
    await wang.presses("说完了")
    assert "哪一类" in wang.last
    assert len(wang.labels()) > 10  # of what can't be read, no list is guessed
    await wang.says("3")
    assert "说的是谁" in wang.last
    await tells_aloud(wang)
    await wang.says("说完了")
    assert "说的是谁" not in wang.last
    await answer_all(wang, {**STORY, "管什么": "不知道"})
    await send(wang)
    lead = await only_lead(village)
    assert cards.text_of(lead, "what") == cards.text_of(lead, "who") == "说在语音里了"
    async with village.database.read() as tx:
        assert [file.kind for file in await files.of_lead(tx, lead.id)] == ["voice"] * 3


async def test_a_voice_note_and_then_words_leave_the_words(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await wang.says("1")
    await tells_aloud(wang)
    await answer_all(wang, STORY)
    await send(wang)
    assert cards.text_of(await only_lead(village), "what") == STORY["出了什么事"]


async def test_a_voice_note_is_no_choice(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    assert "在哪里做事" in wang.last
    await tells_aloud(wang)
    assert not any("说完了" in label for label in wang.labels())
    await wang.says("1")
    assert "出了什么事" in wang.last


async def test_pressed_twice_it_answers_one_question(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await wang.says("1")
    await tells_aloud(wang)
    done = wang.button("说完了")
    await wang.presses("说完了")
    await wang.says("3")
    await wang.presses("说完了", at=done)
    assert "说的是谁" in wang.last


async def test_a_story_in_several_messages_is_kept_whole(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await wang.says("1")
    told = ["村里修那条路呀", "才三个月就裂了", "包工头是书记的表弟"]
    for part in told:
        await wang.says(part)
    assert say("report.added") in wang.all
    await wang.says("都不像")  # no more than a word: asked again, as ever
    assert "没对上" in wang.last
    await answer_all(wang, {**STORY, "哪一类": "1"})
    more = "想起来了，去年的账上也没有这笔钱"
    await wang.says(more)
    assert more in wang.last
    await send(wang)
    assert cards.text_of(await only_lead(village), "what").splitlines() == [*told, more]


async def test_a_photo_whose_words_begin_with_a_stroke_stays_in_the_report(
    village: Village,
) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await wang.says("1")
    await wang.sends(text="/3月的收据，三张都没有章")
    await answer_all(wang, STORY)
    await send(wang)
    async with village.database.read() as tx:
        assert len(await files.of_lead(tx, (await only_lead(village)).id)) == 1


async def test_words_that_begin_with_a_stroke_are_words(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await wang.says("1")
    await wang.says("/西头大塘租给了书记小舅子，租金没见着")
    assert "哪一类" in wang.last or "听着像" in wang.last
