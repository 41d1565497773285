"""Checking a procedure in chat: what is asked, what is found, and the way to a report."""

import pytest

from handlers.form import begin, take
from handlers.monitor.check_plan import Sheet
from handlers.monitor.check_words import Words
from knowledge.book import PACKS, Book
from knowledge.procedures import check, read_facts
from knowledge.schema import Procedure
from storage.people import Role
from tests.handlers.test_report import STORY, answer_all, only_lead, send
from tests.handlers.village import Village, Voice
from tests.knowledge.procedures import TODAY, golden_cases, golden_facts, procedure


@pytest.fixture
async def wang(village: Village) -> Voice:
    return await village.invited(Role.MONITOR, "王阿婆", "u1")


async def begun(voice: Voice, title: str = "五议决策") -> None:
    await voice.presses("对步骤")
    await voice.presses(title)


FIVE = (
    "2",  # the appraisal comes last
    "村民代表会议",
    "有",
    "3月1日",
    "做了",
    "3月5日",
    "见着了",
    "3月2日",  # the party meeting before the two committees
    "50",
    "40",
    "30",
    "1",
    "3月20日",
    "45",
    "40",
    "20",  # just half of those present
    "没见着",
    "做了",
    "3月25日",
    "4月3日",  # nine days
)


async def answered(voice: Voice, answers: tuple[str, ...] = FIVE) -> None:
    for said in answers:
        await voice.says(said)


async def test_step_by_step_to_what_was_found(wang: Voice) -> None:
    await begun(wang)
    assert "哪一种走法" in wang.last
    await answered(wang)
    assert wang.last.startswith("五议决策（五步）\n✅ 1. 村党组织提议　没看出问题")
    assert "△ 3. 党员大会审议　先后不对" in wang.last
    assert "△ 4. 村民代表会议决议　人数不够" in wang.last
    assert "△ 5. 公开实施并由群众评议　没见到" in wang.last
    assert "△ 6. 实施结果公开　天数不够" in wang.last
    assert "4步对不上" in wang.last
    assert "到底有没有问题，由街道去查" in wang.last


async def test_each_finding_tells_the_rule_its_article_and_how_it_was_computed(
    wang: Voice,
) -> None:
    await begun(wang)
    await answered(wang)
    await wang.presses("3. 党员大会审议")
    assert "这一步是3月2日，「两委商议」是3月5日" in wang.last
    assert "全国的规定：《农村基层干部廉洁履职规定》第15条" in wang.last
    await wang.presses("返回")
    await wang.says("4")
    assert "一共40个，要有21个，这次是20个" in wang.last
    assert "《村民委员会组织法》" in wang.last
    await wang.presses("返回")
    await wang.presses("全部说明")
    assert "从3月25日到4月3日，9天，要够15天" in wang.last


async def test_a_timeline_is_drawn_where_there_is_a_font(
    wang: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[str, int]] = []

    def timeline(title: str, rows: list[object]) -> bytes:
        drawn.append((title, len(rows)))
        return b"\x89PNG"

    monkeypatch.setattr("handlers.monitor.picture.timeline", timeline)
    await begun(wang)
    await answered(wang)
    assert drawn == [("五议决策（五步）", 6)]
    assert wang.seen[-2].picture == b"\x89PNG"
    await wang.says("3")
    await wang.presses("返回")
    assert len(drawn) == 1


async def test_without_a_font_there_is_the_text_alone(
    wang: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.monitor.picture.timeline", lambda title, rows: b"")
    await begun(wang)
    await answered(wang)
    assert not any(one.picture for one in wang.seen)
    assert "4步对不上" in wang.last


async def test_a_rough_day_is_not_taken_for_an_exact_one(wang: Voice) -> None:
    await begun(wang)
    await answered(wang, (*FIVE[:3], "三月份", *FIVE[4:]))
    await wang.says("2")
    assert "日子或者数目记得太粗，比不出来" in wang.last
    assert "日子是大概的，按你说的最早和最晚都算过" in wang.last


async def test_a_rough_count_is_kept_as_written_and_said_to_be_of_no_use(wang: Voice) -> None:
    await begun(wang)
    await answered(wang, (*FIVE[:8], "50", "四十来个", *FIVE[10:]))
    assert "写的是「四十来个」，没读出准数，没拿来比" in wang.last


async def test_more_votes_than_people_is_asked_again(wang: Voice) -> None:
    await begun(wang)
    await answered(wang, (*FIVE[:9], "60"))
    assert "「来了多少」写的是60，比前面的该来的一共多少还多" in wang.all
    assert "实际来了多少" in wang.last
    await wang.says("40")
    assert "同意的有多少" in wang.last


async def test_an_end_before_its_beginning_is_asked_again(wang: Voice) -> None:
    await begun(wang)
    await answered(wang, (*FIVE[:-1], "3月1日"))
    assert "这一天比开始那天还早" in wang.all
    await wang.says("还贴着")
    assert "△ 6. 实施结果公开" not in wang.last


async def test_not_seen_and_not_known_are_two_things(wang: Voice) -> None:
    await begun(wang)
    await answered(wang, ("2", "跳过", "不清楚", "没有", "做了", "3月2日"))
    await wang.presses("先看结果")
    assert "❔ 1. 村党组织提议　说不准" in wang.last
    assert "△ 2. 两委商议　没见到" in wang.last
    await wang.presses("接着答")
    assert "党员大会审议：按名单一共该来多少" in wang.last


async def test_one_step_is_mended_and_the_others_stay(wang: Voice) -> None:
    await begun(wang)
    await answered(wang)
    await wang.says("3")
    await wang.presses("改这一步")
    for said in ("做了", "3月10日", "50", "40", "30"):
        await wang.says(said)
    assert "✅ 3. 党员大会审议" in wang.last
    assert "3步对不上" in wang.last


async def test_back_over_a_question_and_an_old_button(wang: Voice) -> None:
    await begun(wang)
    old = wang.button("评议在后")
    await wang.presses("评议在后")
    await wang.says("1")
    await wang.presses("上一步")
    assert "最后是哪个会定的" in wang.last
    await wang.presses("", at=old)
    assert "已经过去了" in wang.all
    assert "最后是哪个会定的" in wang.last


async def test_it_waits_until_a_paper_is_seen_and_goes_on(wang: Voice) -> None:
    await begun(wang)
    await answered(wang, FIVE[:5])
    await wang.presses("先存着")
    await wang.says("低保怎么申请")
    await wang.presses("", at="m.home")
    await wang.presses("对步骤")
    assert "上回「五议决策（五步）」还没对完" in wang.last
    await wang.presses("接着对")
    assert "两委商议：是哪一天" in wang.last
    await wang.presses("不写了")
    await wang.presses("对步骤")
    assert "还没对完" not in wang.last


async def test_findings_become_a_report_in_one_tap(village: Village, wang: Voice) -> None:
    await begun(wang)
    await answered(wang)
    await wang.presses("拿这个去报")
    await answer_all(wang, STORY)
    assert "公开实施并由群众评议：没见到这一步" in wang.last
    await send(wang)
    lead = await only_lead(village)
    said = next(one["text"] for one in lead.content["answers"] if one["key"] == "what")
    assert "照着「五议决策（五步）」一步一步对过" in said
    assert "村民代表会议决议：一共40个，要有21个，这次是20个" in said
    assert lead.content["item"] == "SP01"


async def test_photos_are_for_the_report_and_a_question_for_the_lists(wang: Voice) -> None:
    await begun(wang)
    await wang.sends()
    assert "照片先不收" in wang.all
    assert "哪一种走法" in wang.last
    await answered(wang)
    await wang.says("低保怎么申请")
    assert "低保特困" in wang.last


async def test_an_open_report_waits_as_a_draft(wang: Voice) -> None:
    await wang.presses("报一件事")
    await wang.presses("管事的人办事不对")
    await wang.says("1")
    await wang.says("西头那口塘")
    await wang.presses("", at="k.PR07")
    assert "存好了" in wang.all
    await wang.presses("不写了")
    await wang.presses("没写完的")
    await wang.presses("西头那口塘")
    assert "哪一类" in wang.last


async def test_an_officer_checks_and_is_offered_no_report(village: Village) -> None:
    zhou = await village.invited(Role.OFFICER, "周", "u9")
    await zhou.says("/对")
    await zhou.presses("五议决策")
    await answered(zhou)
    assert "4步对不上" in zhou.last
    assert "拿这个去报" not in zhou.labels()


async def test_what_a_place_has_not_set_is_not_asked(village: Village, wang: Voice) -> None:
    await begun(wang, "集体经济组织购车")
    await answered(wang, ("村民代表会议", *["不清楚"] * 4))
    assert "报区纪委备案" in wang.last  # told, not asked
    assert "报区纪委备案（" not in wang.all
    village.house.book = Book.load([PACKS / "national", PACKS / "sample-district"])
    await begun(wang)
    assert "哪一种走法" not in wang.last  # the district has chosen


async def test_every_procedure_can_be_walked_through(wang: Voice, book: Book) -> None:
    for one in book.every(Procedure):
        await wang.presses("", at=f"k.{one.id}")
        for _ in range(80):
            if "这里只比日子和人数" in wang.last:
                break
            if "见到了吗" in wang.last:
                await wang.says("做了")
            elif "哪" in wang.last and "天" in wang.last:
                await wang.says("3月1日")
            elif any("跳过" in label for label in wang.labels()):
                await wang.says("1")
        assert "这里只比日子和人数" in wang.last, one.id
        await wang.presses("全部说明")
        assert len(wang.last) > 100


@pytest.mark.parametrize(("entry", "told", "case"), golden_cases(), ids=lambda one: str(one)[:20])
def test_every_golden_case_can_be_told(
    book: Book, entry: str, told: dict[str, object], case: dict[str, object]
) -> None:
    of = procedure(entry)
    facts = read_facts(of, golden_facts(told, case), TODAY)
    words = Words(book, check(of, facts, {}, today=TODAY))
    assert words.summary()
    for n, _ in enumerate(words.findings.steps, start=1):
        text = words.detail(n)
        assert "{" not in text
        assert "None" not in text
    assert words.rows()
    if words.findings.wrong:
        assert words.for_report().count("\n") == len(words.findings.wrong)


def test_answers_are_read_as_the_checker_reads_them(book: Book) -> None:
    of = book.find(Procedure, "PR03")
    assert of is not None
    sheet = Sheet.of(book, of, TODAY)
    filled = begin(sheet.plan)
    from datetime import UTC, datetime

    at = datetime(2026, 11, 22, 4, tzinfo=UTC)
    for said in ("80万", "是", "做了", "3月1日"):
        filled = take(filled, said, sheet.plan, at=at).form
    facts = sheet.facts(filled)
    expected = read_facts(
        of,
        {
            "matter": {"amount": "80万", "mandatory": "是"},
            "steps": {"decide": {"done": True, "on": "2026-03-01"}},
        },
        TODAY,
    )
    assert facts.matter == expected.matter
    assert facts.steps["decide"] == expected.steps["decide"]
    assert facts.steps["review"].done is None
