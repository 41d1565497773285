"""What only a browser shows: hostile words stay words, keys suffice, a lost line is mended."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.channels.web import account_of
from handlers.messages import Button, Outbound, Quiz
from handlers.texts import say
from knowledge.book import Book
from storage.database import Database
from tests.bot.web.house import Site, serving
from tests.journeys.browser import Person, chromium

HOSTILE = "<img src=x onerror=alert(1)> <script>alert(2)</script> [x](javascript:alert(3)) \u202e"


async def opens(page: Page, site: Site, name: str) -> Person:
    """Somebody opens her invitation and comes in."""
    page.on("dialog", lambda _: pytest.fail("a script ran"))
    await page.goto(f"{site.url}/i/{await site.code(name)}")
    await page.get_by_role("button", name=say("web.invited_button")).press("Enter")
    person = Person(page)
    await person.hears(name)
    return person


async def tell(site: Site, person: Person, **what: object) -> None:
    """Something is said to her by the house."""
    from bot.joined import now
    from bot.post import lay_in_outbox

    cookies = await person.page.context.cookies()
    account = account_of(str(cookies[0]["value"]))
    one = Outbound("web", account, **what)  # type: ignore[arg-type]
    async with site.app.database.write() as tx:
        letters = await lay_in_outbox(tx, [one], now())
    site.app.delivery.push(letters)


async def test_page_in_a_browser(database: Database, book: Book, tmp_path: Path) -> None:
    async with serving(database, book, tmp_path) as site, chromium() as browser:
        page = await browser.new_page(viewport={"width": 320, "height": 560})
        wang = await opens(page, site, "王阿婆")
        await hostile_text_stays_text(site, wang)
        await keys_suffice(wang)
        await quiz_is_answered(site, wang)
        await message_is_rewritten_in_place(site, wang)
        await lost_line_is_mended(wang)
        await removed_person_is_told(site, wang)


async def hostile_text_stays_text(site: Site, wang: Person) -> None:
    """In what the house says, on its buttons, and in what she says herself."""
    await tell(site, wang, text=HOSTILE, buttons=((Button(HOSTILE[:30], "x"),),))
    assert "<script>" in await wang.hears("onerror")
    await wang.says(HOSTILE)
    inside = wang.page.locator("#me img, #me script, #me a")
    assert await inside.count() == 0


async def keys_suffice(wang: Person) -> None:
    """The first key reaches the way to the box; a question is sent and a button pressed."""
    page = wang.page
    await page.reload()
    await wang.hears("王阿婆")
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.locator("#text").focus()
    await page.keyboard.insert_text("/help")

    async def enter() -> None:
        await page.keyboard.press("Enter")

    await wang.turned(enter())
    button = wang.mine.locator(".row button").last
    await button.focus()
    await wang.turned(enter())
    assert await page.locator("#me").get_attribute("role") == "log"
    for box in await page.locator("textarea, input:not([hidden]), button").all():
        named = await box.evaluate(
            "one => one.getAttribute('aria-label') || one.textContent || one.labels?.length"
            " || one.getAttribute('aria-hidden')"
        )
        assert named


async def quiz_is_answered(site: Site, wang: Person) -> None:
    """A choice shows at once whether it was right, and why."""
    quiz = Quiz("低保贴几天？", ("3 天", "7 天"), 1, "贴 7 天。")
    await tell(site, wang, quiz=quiz)
    await wang.hears("低保贴几天")
    await wang.mine.get_by_role("button", name="3 天", exact=True).click()
    assert "贴 7 天" in await wang.hears(say("web.script.wrong")[:2])


async def message_is_rewritten_in_place(site: Site, wang: Person) -> None:
    """A message that replaces another stands where that one stood."""
    await tell(site, wang, text="第一页")
    await wang.hears("第一页")
    group = wang.mine.locator(".group").last
    message = str(await group.get_attribute("data-message"))
    count = await wang.mine.locator(".group").count()
    await tell(site, wang, text="第二页", replaces=message)
    await wang.hears("第二页")
    assert await wang.mine.locator(".group").count() == count
    await tell(site, wang, text="再说一句", delete=(message,))
    await wang.hears("再说一句")
    assert await wang.mine.get_by_text("第二页").count() == 0


async def lost_line_is_mended(wang: Person) -> None:
    """What could not be sent can be sent again, once."""
    await wang.page.route("**/say", lambda route: route.abort())
    await wang.page.fill("#text", "/start")
    await wang.page.click("#send")
    retry = wang.mine.get_by_role("button", name=say("web.script.again"))
    await retry.wait_for(timeout=20_000)
    await wang.page.unroute("**/say")
    await wang.turned(retry.click())
    assert await retry.count() == 0


async def removed_person_is_told(site: Site, wang: Person) -> None:
    """The open page closes by itself."""
    from bot.joined import now
    from storage import people

    person = await site.person("王阿婆")
    async with site.app.database.write() as tx:
        await people.revoke(tx, person.id, now(), None)
    await wang.page.get_by_text(say("web.script.gone")[:8]).wait_for(timeout=10_000)
    assert await wang.page.locator("#form").is_hidden()


async def test_demo_has_three_seats_that_stay_apart(
    database: Database, book: Book, tmp_path: Path
) -> None:
    async with serving(database, book, tmp_path, demo=True) as site, chromium() as browser:
        page = await (
            await browser.new_context(viewport={"width": 1280, "height": 800})
        ).new_page()
        for _ in range(2):
            await page.goto(f"{site.url}/demo")
            phone, desk = page.frame_locator(".handset iframe"), page.frame_locator(".desk iframe")
            await phone.locator("#me .said", has_text="王阿婆").wait_for()
            await desk.locator("#who", has_text="周建国").wait_for()
            assert await phone.locator("#me .said").count() == 1
        await page.get_by_role("link", name=say("web.demo_colleague")).click()
        await desk.locator("#who", has_text="陈晓燕").wait_for()
        assert await phone.locator("#me .said", has_text="王阿婆").count() == 1
        assert await phone.locator("#room").count() == 0
        assert await desk.locator("#room").count() == 1
