"""Who may come in, what each may see, and how quickly it ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx

from bot.joined import now
from bot.web import feed
from handlers.texts import say
from storage import files, invitations, outbox, people
from tests.bot.web.house import Phone, Site, button, fresh
from tests.handlers.test_report import STORY
from tests.journeys.town import photo


async def report(phone: Phone) -> None:
    """A whole report with one photo."""
    await phone.press("m.report")
    item = await newest(phone, "")
    await phone.press(button(item, say("triage.button.IT1")))
    item = await newest(phone, str(item["message"]))
    assert await phone.send(photo(), name="塘.jpg") == 202
    for _ in range(40):
        if verb(item, "send"):
            break
        answers = (said for word, said in STORY.items() if word in str(item["text"]))
        await phone.say(next(answers, "跳过"))
        item = await newest(phone, str(item["message"]))
    await phone.press(verb(item, "send"))
    item = await newest(phone, str(item["message"]))
    await phone.press(verb(item, "sure"))
    await phone.hears("编号")


def verb(item: dict[str, object], name: str) -> str:
    """The data of a button of an open dialogue; empty if there is none like it."""
    rows: list[list[list[str]]] = item["rows"]  # type: ignore[assignment]
    return next((d for row in rows for _, d in row if d.endswith(f".{name}")), "")


async def newest(phone: Phone, before: str) -> dict[str, object]:
    """The newest question, once it is another one than before."""
    for _ in range(400):
        asks = [item for item in await phone.feed() if "'f." in str(item.get("rows"))]
        if asks and asks[-1]["message"] != before:
            return asks[-1]
        await asyncio.sleep(0.03)
    raise AssertionError("no further question")


async def test_stranger_sees_one_sentence_and_leaves_nothing(site: Site) -> None:
    stranger = site.phone()
    page = await stranger.client.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 403
    assert "要有街道发的邀请才能用" in page.text
    for path in ("/feed", "/file/1/0", "/picture/1"):
        assert (await stranger.client.get(path)).status_code == 403
    assert await stranger.say("有人贪污") == 403
    assert await stranger.press("m.report") == 403
    assert await stranger.send(photo()) == 403
    assert not list(site.app.database.data.glob("files/*/*"))
    assert await site.count_rows() == 0


async def test_preview_of_an_invitation_does_not_use_it_up(site: Site) -> None:
    code = await site.code("王阿婆")
    preview = httpx.AsyncClient(base_url=site.url, trust_env=False)
    async with preview:
        for _ in range(3):
            seen = await preview.get(f"/i/{code}")
            assert seen.status_code == 200
            assert "set-cookie" not in seen.headers
            assert "王阿婆" not in seen.text
    unknown = await site.phone().client.get("/i/no-such-code-at-all")
    assert unknown.status_code == 200
    phone = site.phone()
    assert (await phone.client.post(f"/i/{code}")).status_code == 303
    assert (await phone.client.get("/")).status_code == 200
    again = await site.phone().client.post(f"/i/{code}")
    assert again.status_code == 403
    assert "用不了" in again.text


async def test_second_tap_on_the_same_page_is_the_same_visit(site: Site) -> None:
    code = await site.code("王阿婆")
    phone = site.phone()
    page = (await phone.client.get(f"/i/{code}")).text
    seat = page.split('name="seat" value="')[1].split('"')[0]
    for _ in range(2):
        answer = await phone.client.post(f"/i/{code}", data={"seat": seat})
        assert answer.status_code == 303
        assert "httponly" in answer.headers["set-cookie"].lower()
        assert "samesite=strict" in answer.headers["set-cookie"].lower()
    reopened = await phone.client.get(f"/i/{code}")
    assert (reopened.status_code, reopened.headers["location"]) == (303, "/")


async def test_guesses_are_slowed_down_and_never_stored(site: Site) -> None:
    phone = site.phone()
    statuses = [(await phone.client.post(f"/i/{fresh()}")).status_code for _ in range(12)]
    assert statuses[0] == 403
    assert statuses[-1] == 429
    assert await site.count_rows() == 0


FOREIGN = (
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null", "Sec-Fetch-Site": "same-site"},
    {"Origin": "null"},
    {},
)


async def test_other_sites_cannot_act_for_her(site: Site) -> None:
    wang = await site.invited("王阿婆")
    code = await site.code("王阿婆")
    for headers in FOREIGN:
        foreign = site.phone()
        del foreign.client.headers["Origin"], foreign.client.headers["Sec-Fetch-Site"]
        foreign.client.headers.update(headers)
        foreign.client.cookies = wang.client.cookies
        assert await foreign.say("替她说") == 403
        assert await foreign.press("m.report") == 403
        assert await foreign.send(photo()) == 403
        assert (await foreign.client.post(f"/i/{code}")).status_code == 403


async def test_old_browser_is_known_by_its_origin(site: Site) -> None:
    wang = await site.invited("王阿婆")
    del wang.client.headers["Sec-Fetch-Site"]
    assert await wang.say("你好") == 202


async def test_revoked_person_is_refused_at_the_next_request(site: Site) -> None:
    wang = await site.invited("王阿婆")
    assert (await wang.client.get("/feed")).status_code == 200
    person = await site.person("王阿婆")
    async with site.app.database.write() as tx:
        await people.revoke(tx, person.id, now(), None)
    assert (await wang.client.get("/feed")).status_code == 403
    assert await wang.say("还在吗") == 403
    page = await wang.client.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 403
    assert "要有街道发的邀请才能用" in page.text


async def test_revoked_while_waiting_hears_nothing_more(site: Site) -> None:
    wang = await site.invited("王阿婆")
    seen = ",".join(str(item["id"]) for item in await wang.feed())
    person = await site.person("王阿婆")
    async with site.app.database.write() as tx:
        await people.revoke(tx, person.id, now(), None)
    site.app.hub.wake(person.id)
    answer = await wang.client.get("/feed", params={"seen": seen, "wait": True})
    assert answer.status_code == 403


async def test_room_and_files_are_for_that_office_alone(site: Site) -> None:
    await site.other_office()
    wang, zhou = await site.invited("王阿婆"), await site.invited("周建国")
    other = await site.invited("邻办人")
    await report(wang)
    card = await zhou.hears("待受理")
    assert card["chat"] == "room"
    assert not [item for item in await wang.feed() if item["chat"] == "room"]
    assert not [item for item in await other.feed() if item.get("card")]
    accept = button(card, "受理")
    assert await wang.press(accept, room=True) == 403
    await other.press(accept, room=True)
    await wang.press(accept)
    assert "待受理" in str((await zhou.hears(str(card["text"])[:14]))["text"])

    await zhou.press(button(card, "看详情"), room=True)
    await zhou.hears("提交：")
    shown = await with_files(zhou)
    url = str(shown["files"][0]["url"])  # type: ignore[index]
    mine = await zhou.client.get(f"/{url}")
    assert mine.status_code == 200
    assert mine.headers["content-type"] == "image/jpeg"
    assert b"ExifCanary" not in mine.content
    assert "sandbox" in mine.headers["content-security-policy"]
    for stranger in (wang, other, site.phone()):
        assert (await stranger.client.get(f"/{url}")).status_code in {403, 404}
    assert (await zhou.client.get(f"/file/{shown['id']}/7")).status_code == 404
    assert (await zhou.client.get("/file/999999999/0")).status_code == 404


async def with_files(phone: Phone) -> dict[str, object]:
    """The first message that shows files."""
    for _ in range(200):
        for item in await phone.feed():
            if item.get("files"):
                return item
        await asyncio.sleep(0.03)
    raise AssertionError("no files came")


async def test_toast_is_for_the_presser_alone(site: Site) -> None:
    wang = await site.invited("王阿婆")
    zhou, chen = await site.invited("周建国"), await site.invited("陈晓燕")
    await report(wang)
    card = await zhou.hears("待受理")
    await zhou.press(button(card, "受理"), room=True)
    await zhou.hears("已受理")
    assert [item for item in await zhou.feed() if item.get("toast")]
    assert not [item for item in await chen.feed() if item.get("toast")]


async def test_room_shows_open_work_after_its_letters_are_wiped(site: Site) -> None:
    wang, zhou = await site.invited("王阿婆"), await site.invited("周建国")
    await report(wang)
    card = await zhou.hears("待受理")
    async with site.app.database.write() as tx:
        await outbox.sweep(tx, now() + timedelta(days=2))
    assert not await wang.feed()
    shown = await zhou.feed()
    assert [item["text"] for item in shown] == [card["text"]]
    assert shown[0]["message"] == card["message"]


async def test_answers_carry_the_protective_headers(site: Site) -> None:
    wang = await site.invited("王阿婆")
    for path in ("/", "/feed", "/i/abc", "/nowhere", "/healthz"):
        answer = await wang.client.get(path)
        headers = answer.headers
        assert "script-src 'self'" in headers["content-security-policy"], path
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert wang.token not in answer.text
    page = (await wang.client.get("/")).text
    assert "<script>" not in page
    assert "style=" not in page
    assert "http" not in page.replace("http-equiv", "")


async def test_invitation_names_nobody_and_expires(site: Site) -> None:
    person = await site.person("王阿婆")
    async with site.app.database.write() as tx:
        _, code = await invitations.invite(
            tx,
            role=person.role,
            place_id=person.place_id,
            name=person.name,
            now=now() - timedelta(days=9),
        )
    page = await site.phone().client.get(f"/i/{code}")
    assert "海云街道监察办" in page.text
    assert (await site.phone().client.post(f"/i/{code}")).status_code == 403


def test_what_her_phone_called_a_file_stays_on_her_side() -> None:
    kept = files.File(
        "f1", "document", "application/pdf", 9, "", "王阿婆家的收条.pdf", False, False
    )
    assert feed.handed_on(kept, 1) == "材料2.pdf"
