"""The main job over the web page, in a real browser: from invitation to outcome.

A monitor at a phone 320 pixels wide, two officers at a desk, one server between them.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, FilePayload, Page

from handlers.texts import say
from knowledge.book import Book, shipped
from storage import files, leads
from storage.database import Database
from tests.bot.web.house import Site, serving
from tests.handlers.test_report import STORY
from tests.journeys.browser import Person, chromium
from tests.journeys.town import document, number_in, photo

PHONE = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 800}
WRONG = {**STORY, "说的是谁": "李四", "多少钱": "三千"}


@pytest.fixture(scope="session")
def book() -> Book:
    """The national pack as it ships."""
    return shipped()


async def opens(browser: Browser, site: Site, name: str, size: dict[str, int]) -> Person:
    """Somebody opens her invitation and comes in; whatever her page complains of is an error."""
    context = await browser.new_context(viewport=size, locale="zh-CN")  # type: ignore[arg-type]
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"{name}: {error}"))
    page.on("console", lambda said: fail_on_error(name, said.type, said.text))
    await page.goto(f"{site.url}/i/{await site.code(name)}")
    await page.get_by_role("button", name="进去").click()
    person = Person(page)
    await person.hears(name)
    return person


def fail_on_error(name: str, kind: str, text: str) -> None:
    """An error in the console, such as a refusal by the content policy."""
    if kind == "error":
        pytest.fail(f"{name}: {text}")


def picture(name: str) -> FilePayload:
    """A photo as a phone's chooser gives it."""
    return FilePayload(name=name, mimeType="image/jpeg", buffer=photo())


async def test_from_invitation_to_outcome(database: Database, book: Book, tmp_path: Path) -> None:
    async with serving(database, book, tmp_path) as site, chromium() as browser:
        wang = await opens(browser, site, "王阿婆", PHONE)
        zhou = await opens(browser, site, "周建国", DESK)
        chen = await opens(browser, site, "陈晓燕", DESK)
        number = await reports(wang)
        await card_stands(site, wang, zhou, number)
        zhou, chen = await accepted_by_one(wang, zhou, chen)
        await details_in_private(zhou)
        await returned_and_answered(wang, zhou)
        await closed_and_told(wang, zhou, number)
        await still_there_after_reload(zhou, number)
        await nothing_sideways(wang.page)


async def reports(wang: Person) -> str:
    """With two photos in one go and a document, two steps back and two edits."""
    await wang.presses(say("menu.button.report"))
    question = await wang.presses(say("triage.button.IT1"))
    await wang.attaches(picture("塘.jpg"), picture("路.jpg"))
    paper = FilePayload(name="租塘合同.pdf", mimeType="application/pdf", buffer=document())
    await wang.attaches(paper, into="#file")
    for _ in range(4):
        question = await wang.says(next(said for word, said in WRONG.items() if word in question))
    for _ in range(2):
        question = await wang.presses(say("form.button.back"))
    for _ in range(40):
        if await wang.mine.locator("[data-data$='.send']").count():
            break
        answers = (said for word, said in WRONG.items() if word in question)
        question = await wang.says(next(answers, "跳过"))
    for label, truth in (("说的是谁", STORY["说的是谁"]), ("多少", STORY["多少钱"])):
        await wang.presses(say("form.button.change"))
        await wang.presses(label)
        assert truth in await wang.says(truth)
    await wang.presses(say("form.button.send"))
    await wang.presses(say("report.confirm_yes"))
    return number_in(await wang.hears("编号"))


async def card_stands(site: Site, wang: Person, zhou: Person, number: str) -> None:
    """In the room, without her name or the accused's; and she is told that it is there."""
    card = await zhou.hears(number, room=True)
    assert "王阿婆" not in card
    assert STORY["说的是谁"] not in card
    assert "材料：3" in card
    await wang.hears("已经送到")
    async with site.app.database.read() as tx:
        lead = await leads.by_number(tx, number)
        assert lead is not None
        assert len(await files.of_lead(tx, lead.id)) == 3


async def accepted_by_one(wang: Person, zhou: Person, chen: Person) -> tuple[Person, Person]:
    """Two press at once: one has it, the other is told who. First the one who has it."""
    await chen.hears("待受理", room=True)
    await asyncio.gather(zhou.presses_card("受理"), chen.presses_card("受理"))
    toasts = {zhou: await zhou.toast(), chen: await chen.toast()}
    holder, other = (zhou, chen) if "已办" in toasts[zhou] else (chen, zhou)
    assert "已办" in toasts[holder]
    assert ("周建国" if holder is zhou else "陈晓燕") in toasts[other]
    await wang.hears("受理了")
    await other.hears("已受理", room=True)
    assert await other.room.locator(".said.card").count() == 1
    return holder, other


async def details_in_private(zhou: Person) -> None:
    """Everything but who reported; both pictures as clean copies."""
    await zhou.presses_card("看详情")
    shown = await zhou.hears("提交：")
    assert STORY["出了什么事"] in shown
    assert "王阿婆" not in shown
    images = zhou.mine.locator(".said img")
    await images.nth(1).wait_for()
    assert await images.count() == 2
    await zhou.page.wait_for_function(
        "[...document.querySelectorAll('#me .said img')].every((image) => image.naturalWidth)"
    )
    await zhou.presses("取原件")
    async with zhou.page.expect_download() as coming:
        await zhou.mine.locator("a.save").click()
    kept = await (await coming.value).path()
    assert kept.read_bytes().startswith(b"%PDF-1.4")


async def returned_and_answered(wang: Person, zhou: Person) -> None:
    """The office asks; she answers with words and a photo; the office reads it."""
    await zhou.presses_card("退回补充")
    await zhou.hears(say("office.need.question.ask")[:5])
    await zhou.says("塘是哪一年包出去的？")
    await zhou.presses("确定")
    await wang.hears("塘是哪一年")
    await wang.presses("回这句话")
    await wang.says("前年，立冬前后")
    await wang.attaches(picture("碑.jpg"))
    await wang.presses("说完了")
    await zhou.hears("回话了")
    await zhou.presses("看详情")
    assert "立冬前后" in await zhou.hears("往来")


async def closed_and_told(wang: Person, zhou: Person, number: str) -> None:
    """Checked, closed with an outcome and a reason; she is told, and sees every step."""
    await zhou.presses("初步核实")
    await zhou.says("成立核查组，主任批准")
    await zhou.presses("确定")
    await wang.hears("正在办")
    await zhou.presses_card("办结")
    await zhou.hears(say("office.need.outcome.ask")[:5])
    await zhou.says("1")
    await zhou.says("租金已补交，批评教育")
    await zhou.says("租金已经补上，公示在村口。")
    await zhou.presses("确定")
    await wang.hears("租金已经补上")
    await zhou.hears("已办结", room=True)
    await wang.presses("我报的事")
    trail = await wang.presses(number)
    for step in ("存好了", "送到海云街道监察办", "打开看了", "受理了", "办完"):
        assert step in trail


async def still_there_after_reload(zhou: Person, number: str) -> None:
    """One card a lead, as it is now; toasts are not shown again."""
    await zhou.page.reload()
    await zhou.hears(number, room=True)
    assert await zhou.room.locator(".said.card", has_text=number).count() == 1
    assert not await zhou.page.locator("#toast:not([hidden])").count()
    assert say("web.room_hint")[:6] in await zhou.room.inner_text()


async def nothing_sideways(page: Page) -> None:
    """On the narrowest phone nothing has to be pushed sideways, and a thumb finds every button."""
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert await page.evaluate("document.querySelector('#me').scrollWidth") <= PHONE["width"]
    small = await page.evaluate(
        """[...document.querySelectorAll('button, .tool')].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.height && (box.height < 48 || box.width < 48);
        }).map((one) => one.textContent)"""
    )
    assert small == []
    sizes = await page.evaluate(
        """[...document.querySelectorAll('button, .said > span:not(.mark), textarea, .tool')]
            .map((one) => parseFloat(getComputedStyle(one).fontSize))"""
    )
    assert min(sizes) >= 18
