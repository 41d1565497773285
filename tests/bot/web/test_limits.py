"""Too large, too slow, too often, twice: each has an answer, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.joined import App
from bot.web import guard, reading
from handlers.texts import say
from knowledge.book import Book
from storage import Busy, files
from storage.database import Database
from tests.bot.web.house import Site, fresh, serving
from tests.journeys.town import document, photo

MIB = 1024 * 1024
SECRET = "a-Hook_Secret-9Qx"


async def kept(site: Site, name: str) -> int:
    """How many files of somebody's are in no lead yet."""
    person = await site.person(name)
    async with site.app.database.read() as tx:
        return (await files.under_way(tx, person.id))[0]


async def test_21_mib_are_refused_declared_or_not(site: Site) -> None:
    wang = await site.invited("王阿婆")
    assert await wang.send(b"\xff\xd8\xff" + bytes(21 * MIB)) == 413

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(21):
            yield bytes(MIB)

    assert await wang.send(pieces()) == 413
    assert await kept(site, "王阿婆") == 0
    assert await wang.send(document() + bytes(19 * MIB), name="大.pdf") == 202
    assert await kept(site, "王阿婆") == 1


async def test_slow_body_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "IDLE", 0.2)
    wang = await site.invited("王阿婆")

    async def drops() -> AsyncIterator[bytes]:
        yield b"\xff\xd8\xff"
        await asyncio.sleep(1.5)
        yield b"late"

    assert await wang.send(drops()) == 408
    assert await kept(site, "王阿婆") == 0
    assert await wang.say("你好") == 202


async def test_replayed_post_has_one_effect(site: Site) -> None:
    wang = await site.invited("王阿婆")
    id = fresh()
    for _ in range(3):
        assert await wang.say("/help", id=id) == 202
    await wang.hears(HELP)
    await asyncio.sleep(0.3)
    helps = [item for item in await wang.feed() if HELP in str(item["text"])]
    assert len(helps) == 1


async def test_name_of_a_message_is_hers_alone(site: Site) -> None:
    wang, zhou = await site.invited("王阿婆"), await site.invited("周建国")
    id = fresh()
    await wang.say("/help", id=id)
    await zhou.say("/help", id=id)
    await wang.hears(HELP)
    await zhou.hears(say("menu.help_officer")[:6])


HELP = say("menu.help")[:4]
ODD = (
    None,
    [],
    {},
    {"id": "x", "text": "短名"},
    {"id": "a" * 70, "text": "长名"},
    {"id": "abcdefgh", "text": ""},
    {"id": "abcdefgh", "text": "长" * 8001},
    {"id": "abcdefgh", "text": 7},
    {"id": "../../etc/passwd", "text": "路径"},
)


async def test_odd_bodies_are_refused(site: Site) -> None:
    wang = await site.invited("王阿婆")
    assert [await wang.post("/say", body) for body in ODD] == [400] * len(ODD)


async def test_odd_bytes_are_refused_or_cleaned(site: Site) -> None:
    wang = await site.invited("王阿婆")
    for raw in (b"", b"{", b"\xff\xfe", b"[" * 30_000):
        assert (await wang.client.post("/say", content=raw)).status_code == 400
    assert (await wang.client.post("/say", content=bytes(70_000))).status_code == 413
    nul = b'{"id": "abcdefgh1", "text": "\\u0000\\ud800 \\u4f4e\\u4fdd"}'
    assert (await wang.client.post("/say", content=nul)).status_code in {202, 400}
    assert await wang.post("/press", {"id": fresh(), "data": "x" * 65}) == 400
    spot = {"id": fresh(), "latitude": 999, "longitude": 0}
    assert await wang.post("/where", spot) == 400


async def test_unknown_buttons_do_nothing(site: Site) -> None:
    wang = await site.invited("王阿婆")
    for data in ("", "f", "f.x.y", "c", "c.a", "c.zzz.1.accept", "o.zzz", "nonsense", "l.see.x"):
        assert await wang.press(data) == 202
    await asyncio.sleep(0.5)
    async with site.app.database.read() as tx:
        from storage import inbox

        assert await inbox.parked(tx) == []


async def test_too_often_is_slowed_down(site: Site) -> None:
    wang, zhou = await site.invited("王阿婆"), await site.invited("周建国")
    statuses = [await wang.press("m.home") for _ in range(70)]
    assert statuses[0] == 202
    assert statuses[-1] == 429
    assert await zhou.press("m.home") == 202


async def test_too_many_open_pages_of_one_account(site: Site) -> None:
    wang = await site.invited("王阿婆")
    seen = ",".join(str(item["id"]) for item in await wang.feed())
    asked = {"seen": seen, "wait": "true"}
    waits = [asyncio.create_task(wang.client.get("/feed", params=asked)) for _ in range(12)]
    refused, held = await asyncio.wait(waits, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    assert {wait.result().status_code for wait in refused} == {429}
    assert held
    await wang.say("/help")
    assert 200 in {(await wait).status_code for wait in waits}


async def test_news_come_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "GLANCE", 60)  # nobody looks again without being called
    monkeypatch.setattr(reading, "WAIT", 60)
    wang = await site.invited("王阿婆")
    await wang.hears("你好")
    seen = ",".join(str(item["id"]) for item in await wang.feed())
    waiting = asyncio.create_task(wang.client.get("/feed", params={"seen": seen, "wait": "true"}))
    await asyncio.sleep(0.1)
    await wang.say("/help")
    async with asyncio.timeout(20):
        shown = (await waiting).json()["items"]
    assert HELP in shown[0]["text"]


async def test_database_away_is_said_and_nothing_confirmed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    wang = await site.invited("王阿婆")

    async def away(_batch: object) -> int:
        raise Busy

    monkeypatch.setattr(site.app.intake, "receive", away)
    assert await wang.say("你好") == 503
    assert await wang.send(photo()) == 503


async def test_health_and_figures_are_numbers(site: Site) -> None:
    wang = await site.invited("王阿婆")
    await wang.hears("你好")
    stranger = site.phone()
    health = await stranger.client.get("/healthz")
    assert health.status_code == 200
    state = health.json()
    assert state["ok"] is True
    assert state["inbox_unfinished"] == 0
    site.app.clock.alarm = "clock"
    assert (await stranger.client.get("/healthz")).status_code == 503
    figures = (await stranger.client.get("/metrics")).text
    assert "cunjian_up 0.0" in figures
    assert 'cunjian_sent_total{lane="answer"} 1.0' in figures
    assert "cunjian_answer_seconds_count 1.0" in figures
    assert "王阿婆" not in figures


async def test_webhook_reads_nothing_before_the_secret(
    database: Database, book: Book, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUNJIAN_WEBHOOK_SECRET", SECRET)
    took: list[bytes] = []

    async def take(body: bytes) -> None:
        if body == b"busy":
            raise Busy
        if body == b"odd":
            raise ValueError
        took.append(body)

    def change(app: App) -> None:
        app.webhook = take

    name = "X-Telegram-Bot-Api-Secret-Token"
    async with serving(database, book, tmp_path, change=change) as site:  # type: ignore[arg-type]
        client = site.phone().client
        for given in ({}, {name: ""}, {name: SECRET[:-1]}, {name: SECRET + "x"}):
            assert (
                await client.post("/telegram", content=b"{}", headers=given)
            ).status_code == 401
        right = {name: SECRET}
        for path, body, status in (
            ("/telegram", b"{}", 200),
            ("/telegram/abc", b"{}", 200),
            ("/telegram", b"odd", 400),
            ("/telegram", b"busy", 503),
            ("/telegram", bytes(MIB + 1), 413),
        ):
            answer = await client.post(path, content=body, headers=right)
            assert answer.status_code == status
        assert took == [b"{}", b"{}"]


async def test_without_telegram_there_is_no_webhook(site: Site) -> None:
    assert (await site.phone().client.post("/telegram", content=b"{}")).status_code == 404
