"""Faults of the webhook, of keys and tokens, and of stopping; each test is named by its id."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator

import aiohttp
import pytest
from sqlalchemy import func, select

from handlers.texts import say
from storage import inbox, leads, tables
from storage.database import FILE
from tests.journeys.founder import Founder, all_holds
from tests.journeys.serving import HOOK, SECRET
from tests.journeys.town import STORY, Talker, Town, number_in, words

pytestmark = pytest.mark.asyncio(loop_scope="session")
HEADER = "X-Telegram-Bot-Api-Secret-Token"


async def push(town: Town, body: object, secret: str | None = SECRET, **headers: str) -> int:
    """Push to the webhook as anybody on the network can; the status."""
    url = f"http://127.0.0.1:{town.deployment.port}{HOOK}"
    told = {**headers, **({HEADER: secret} if secret is not None else {})}
    data = body if isinstance(body, bytes) or hasattr(body, "__aiter__") else json.dumps(body)
    async with aiohttp.ClientSession() as session:
        try:
            async with session.post(url, data=data, headers=told) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0  # it hung up before all was said


async def stored(town: Town) -> int:
    """How many updates are on record."""
    async with town.deployment.storage() as database, database.read() as tx:
        row = await tx.one(select(func.count()).select_from(tables.inbox))
    return int(row[0]) if row else 0


def start_of(one: Talker, update_id: int) -> dict[str, object]:
    """`/start`, as Telegram pushes it."""
    account = one.person.account
    return {
        "update_id": update_id,
        "message": {
            "message_id": 90000,
            "date": int(one.api.clock.now()),
            "chat": {"id": account.id, "type": "private", "first_name": account.name},
            "from": account.as_user(),
            "text": "/start",
        },
    }


async def test_K01_a_push_without_the_secret_is_not_read(hooked: Town) -> None:
    wang, before = hooked.monitors[0], await stored(hooked)
    mark = wang.mark
    for wrong in (None, "", "wrong", SECRET + "x", SECRET[:-1], SECRET.lower()):
        assert await push(hooked, start_of(wang, 910_000_001), wrong) in {401, 403}
    assert await stored(hooked) == before
    assert wang.mark == mark


async def test_K01_a_webhook_without_a_secret_does_not_start(shared: Founder) -> None:
    town = await shared.found(webhook=True, serve=False)
    for empty in ("", "contains spaces"):
        town.deployment.extra["CUNJIAN_WEBHOOK_SECRET"] = empty
        await town.deployment.launch()
        assert await town.deployment.ended() == 1


async def test_K02_hostile_bodies_are_refused_and_the_rest_served(hooked: Town) -> None:
    wang, before = hooked.monitors[0], await stored(hooked)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1600):
            yield b" " * 65536

    deep = b"[" * 100_000 + b"]" * 100_000
    twice = b'{"update_id": 1, "update_id": 910000009, "update_id": "x"}'
    for body in (endless(), deep, b"", b"not json", b"[]", b"null", b'"x"', twice, b"\xff\xfe{}"):
        assert await push(hooked, body) in {0, 400, 413}
    gzip = {"Content-Encoding": "gzip"}
    assert await push(hooked, b"\x1f\x8b\x08" + bytes(64), **gzip) in {0, 400, 413, 415}
    assert await stored(hooked) == before
    slow = asyncio.create_task(_slow(hooked.deployment.port))
    await wang.goes_home()
    slow.cancel()


async def _slow(port: int) -> None:
    """Open a push and say a byte a second."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {HOOK} HTTP/1.1\r\nHost: x\r\n{HEADER}: {SECRET}\r\nContent-Length: 900\r\n\r\n"
    writer.write(head.encode())
    try:
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(1)
    finally:
        writer.close()


async def test_K04_a_recorded_push_has_no_effect_a_second_time(hooked: Town) -> None:
    wang = hooked.monitors[0]
    mark = wang.mark
    recorded = start_of(wang, 910_000_050)
    assert await push(hooked, recorded) == 200
    await wang.hears("@menu.hello", mark)
    await hooked.quiet("answer")
    mark = wang.mark
    for _ in range(3):
        assert await push(hooked, recorded) == 200
    await wang.goes_home()
    assert sum(words("menu.hello") in m.text for m in wang.person.messages() if m.id > mark) == 1


async def test_B02_the_press_of_send_overtakes_the_last_words(hooked: Town) -> None:
    wang = hooked.monitors[0]
    await hooked.drafts_for([wang])
    said_at = int(hooked.api.clock.now()) - 2
    mark = wang.mark
    wang.taps("@report.confirm_yes")
    number = number_in((await wang.hears("@report.receipt", mark)).text)
    late = wang.person.says("还有，账本在会计家，紫信笺六一", date=said_at)
    hooked.canaries.append("紫信笺六一")
    await wang.hears("@report.late.ask", late.id, of=number)
    await wang.presses("@report.late.add", "@mine.say.done")
    async with hooked.deployment.storage() as database, database.read() as tx:
        lead = await leads.by_number(tx, number)
        assert lead is not None
        (said,) = await leads.thread(tx, lead.id)
    assert "紫信笺六一" in said.text


async def test_K07_an_unfit_key_does_not_start(shared: Founder) -> None:
    town = await shared.found(serve=False)
    key = town.deployment.key_file
    whole = key.read_bytes()

    async def refuses(content: bytes | None, mode: int = 0o600) -> None:
        key.unlink(missing_ok=True)
        if content is not None:
            key.write_bytes(content)
            key.chmod(mode)
        begun = len(town.deployment.printed())
        await town.deployment.launch()
        assert await town.deployment.ended() == 1
        assert "Traceback" not in town.deployment.printed(begun)
        assert "key" in town.deployment.printed(begun) or "密钥" in town.deployment.printed(begun)

    await refuses(None)
    await refuses(b"")
    await refuses(b"k1 c2hvcnQ=\n")
    await refuses(b"k1 " + b"A" * 43 + b"=\n")
    await refuses(whole, 0o644)
    await refuses(b"k9 NGVmMGE5YjNkMTJjNTg3ZTY5YTBjMWYyYjNkNGU1ZjY=\n")


async def test_B09_a_second_instance_stops_and_says_why(shared: Founder) -> None:
    town = await shared.found()
    town.api.fault("getUpdates", 1, "409")
    town.monitors[0].person.says("/start")
    assert await town.deployment.ended() == 1
    assert say("serve.halt.conflict") in town.deployment.printed()
    await town.deployment.start()
    await town.monitors[0].hears("@menu.hello")
    await all_holds(town)


async def test_B09_a_webhook_of_somebody_else_is_not_taken_over(shared: Founder) -> None:
    town = await shared.found(serve=False)
    town.api.pusher.aim("http://127.0.0.1:9/", "")
    await town.deployment.launch()
    assert await town.deployment.ended() == 1
    assert say("serve.webhook_set") in town.deployment.printed()
    await town.deployment.start("--take-over")
    await town.assemble()


async def test_D08_a_revoked_token_stops_it_and_a_new_one_goes_on(shared: Founder) -> None:
    town = await shared.found()
    wang = town.monitors[0]
    number = await town.lead_of(wang)
    await town.quiet()
    town.api.world.revoked = True
    assert await town.deployment.ended(60) == 1
    assert say("serve.halt.token") in town.deployment.printed()
    mark = wang.person.says(number).id
    town.api.world.revoked = False
    town.api.world.token = town.api.token.replace("Canary", "Second")
    await town.deployment.start()
    await wang.hears(number, mark)
    await all_holds(town)


async def test_D14_under_another_bot_evidence_still_opens(shared: Founder) -> None:
    town = await shared.found()
    wang, zhou = town.monitors[0], town.officers[0]
    number = await wang.reports(STORY, photos=1)
    await town.quiet()
    assert await town.deployment.stop() == 0
    town.api.world.replace_bot("4343434343:AnotherCanaryToken_55", "another_bot")
    await town.deployment.start()
    mark = zhou.mark
    await zhou.presses_card(town.group, "看详情", number)
    await zhou.until(
        lambda: next((m for m in zhou.person.messages() if m.id > mark and m.file), None),
        "the photo",
    )
    await wang.goes_home()
    await all_holds(town)


async def test_E01_somebody_else_holds_the_lock(shared: Founder) -> None:
    town = await shared.found()
    wang = town.monitors[0]
    await town.drafts_for([wang])
    file = sqlite3.connect(town.deployment.data / FILE, isolation_level=None)
    file.execute("BEGIN IMMEDIATE")
    try:
        mark = wang.mark
        wang.taps("@report.confirm_yes")
        await wang.hears("@menu.busy", mark)
    finally:
        file.execute("ROLLBACK")
        file.close()
    number = number_in((await wang.hears("@report.receipt", mark)).text)
    assert (await town.lead(number)).state == "submitted"
    assert "database is locked" not in town.api.transcript(wang.person)
    await all_holds(town)


async def test_A10_asked_to_stop_with_fifty_updates_waiting(shared: Founder) -> None:
    town = await shared.found(monitors=6)
    marks = {one.person.id: one.mark for one in town.monitors}
    for n in range(54):
        town.monitors[n % 6].person.says("/start")
    await asyncio.sleep(0.2)
    assert await town.deployment.stop(within=12) == 0
    await town.deployment.start()
    await town.quiet("answer")
    for one in town.monitors:
        after = marks[one.person.id]
        shown = [m for m in one.person.messages() if m.id > after]
        assert sum(words("menu.hello") in m.text for m in shown) == 9
    await all_holds(town)
    async with town.deployment.storage() as database, database.read() as tx:
        assert not await inbox.unfinished(tx)
