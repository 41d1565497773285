"""The pusher keeps order in a queue, sends the secret, tries again; and the control over HTTP."""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.fake_telegram import FakeTelegram


class Hook:
    """A webhook that answers as it is told."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.secrets: set[str] = set()
        self.answer: Callable[[dict[str, Any]], int] = lambda update: 200
        self.url = ""

    async def serve(self, request: web.Request) -> web.Response:
        update = await request.json()
        status = self.answer(update)
        self.secrets.add(request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""))
        if status == 200:
            self.got.append(update)
        return web.Response(status=status)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


@pytest.fixture
async def api() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as api:
        yield api


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_order_holds_within_a_queue_only(api: FakeTelegram, hook: Hook) -> None:
    wang = api.user(7, "王")
    failing = {"一": 3}

    def answer(update: dict[str, Any]) -> int:
        text = update.get("message", {}).get("text", "")
        failing[text] = failing.get(text, 0) - 1
        return 500 if failing[text] >= 0 else 200

    hook.answer = answer
    api.pusher.aim(hook.url, "s3cret")
    wang.says("一")
    wang.says("二")
    wang.forges("go")
    await until(lambda: len(hook.got) == 3)
    assert "callback_query" in hook.got[0]
    assert [update["message"]["text"] for update in hook.got[1:]] == ["一", "二"]
    assert hook.secrets == {"s3cret"}
    assert "500" in api.pusher.info()["last_error_message"]
    assert api.pusher.info()["pending_update_count"] == 0


async def test_an_update_that_is_never_taken_expires(api: FakeTelegram, hook: Hook) -> None:
    hook.answer = lambda update: 503
    api.pusher.aim(hook.url, "s3cret")
    api.user(7, "王").says("一")
    await until(lambda: api.pusher.info().get("last_error_message"))
    api.clock.advance(24 * 3600 + 1)
    assert api.pusher.info()["pending_update_count"] == 0
    assert api.updates.expired == 1


async def test_it_runs_alone_and_is_driven_over_http() -> None:
    alone = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fake_telegram", stdout=asyncio.subprocess.PIPE
    )
    assert alone.stdout is not None
    base = (await alone.stdout.readline()).decode().strip()
    try:
        async with aiohttp.ClientSession() as http:

            async def tell(name: str, /, **given: Any) -> Any:
                async with http.post(f"{base}/_test/{name}", json=given) as answer:
                    assert answer.status == 200
                    return await answer.json()

            async def ask(name: str, /, **given: Any) -> Any:
                async with http.post(f"{base}/bot42:TEST/{name}", json=given) as answer:
                    return await answer.json()

            await tell("user", id=7, name="王")
            await tell("group", id=-1001, members=[7])
            await tell("do", who=7, does="says", **{"with": {"text": "在吗"}})
            photo = base64.b64encode(b"\x89PNG").decode()
            await tell("do", who=7, does="sends_photo", **{"with": {"body": photo}})
            updates = (await ask("getUpdates"))["result"]
            assert updates[0]["message"]["text"] == "在吗"
            assert "photo" in updates[1]["message"]
            buttons = {"inline_keyboard": [[{"text": "报", "callback_data": "go"}]]}
            await ask("sendMessage", chat_id=7, text="选", reply_markup=buttons)
            await tell("do", who=7, does="presses", **{"with": {"wanted": "报"}})
            await tell("fault", method="sendMessage", kind="500")
            assert (await ask("sendMessage", chat_id=7, text="好"))["error_code"] == 500
            async with http.get(f"{base}/_test/messages?chat=7") as answer:
                (said,) = await answer.json()
            assert said["buttons"] == [["报", "go"]]
            async with http.get(f"{base}/_test/transcript?chat=7") as answer:
                assert "bot: 选" in await answer.text()
    finally:
        alone.terminate()
        await alone.wait()
