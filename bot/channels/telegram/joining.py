"""Telegram joined to the rest: what the composition root calls if there is a token."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from functools import partial
from itertools import count
from typing import Any

from bot.channels import Failed, Retry
from bot.channels.patience import growing
from bot.channels.telegram import Me, preflight
from bot.channels.telegram.client import connect
from bot.channels.telegram.files import Files
from bot.channels.telegram.peek import peek
from bot.channels.telegram.poll import Poller
from bot.channels.telegram.reader import TelegramReader
from bot.channels.telegram.speak import TelegramMouth
from bot.channels.telegram.watch import watch
from bot.joined import App, receive_patiently, remember_name, unfit
from bot.log import event_log
from bot.unfit import Unfit
from handlers.texts import find

log = event_log()


async def join(app: App, stack: AsyncExitStack, parts: frozenset[str]) -> None:
    """Add Telegram's mouth, reader and ear. Raises Unfit for a bad token or a missing secret."""
    settings = app.settings
    token, base = settings.bot_token.get_secret_value(), settings.telegram_api
    secret = settings.webhook_secret.get_secret_value()
    if settings.webhook_url and not secret:
        raise Unfit("serve.webhook_secret")
    mouth = TelegramMouth(token, base)
    stack.push_async_callback(mouth.close)
    bot = connect(token, base)
    stack.push_async_callback(bot.session.close)
    try:
        me = await _who(mouth)
        await remember_name(app, me.username)
        if "intake" in parts or "web" in parts:
            await preflight.set_menu(mouth.people, find("menu.commands"))
            if settings.webhook_url:
                await preflight.open_webhook(mouth.people, settings.webhook_url, secret)
            elif "intake" in parts and await preflight.webhook_is_set(mouth.people):
                if not app.take_over:
                    raise Unfit("serve.webhook_set")
                await preflight.close_webhook(mouth.people)
    except Failed as failed:
        raise unfit(failed) from None
    app.mouths["telegram"] = mouth
    app.readers["telegram"] = TelegramReader(me, Files(bot), app.worker.now)
    if settings.webhook_url:
        app.webhook = _webhook(app)
    else:
        app.poll = _polling(app, Poller(bot))
    app.watch = partial(watch, app, mouth.people, me)


async def _who(mouth: TelegramMouth) -> Me:
    """Ask who we are, through passing troubles."""
    for tries in count(1):
        try:
            return await preflight.who_am_i(mouth.people)
        except Failed as failed:
            if not isinstance(failed.outcome, Retry):
                raise
            log.warning("channel_unreachable", channel="telegram", tries=tries)
            await asyncio.sleep(growing(tries, most=15))
    raise AssertionError("counting has no end")


def _polling(app: App, poller: Poller) -> Callable[[], Coroutine[Any, Any, None]]:
    async def poll() -> None:
        """Store each batch, then ask for the next, which confirms it."""

        async def listen() -> None:
            async for batch in poller.updates():
                await receive_patiently(app, [(peek(raw), dict(raw)) for raw in batch])

        listening = asyncio.create_task(listen())
        stopping = asyncio.create_task(app.stop.wait())
        await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if listening.done() and not listening.cancelled() and (error := listening.exception()):
            raise (unfit(error) if isinstance(error, Failed) else error) from None
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening

    return poll


def _webhook(app: App) -> Callable[[bytes], Awaitable[None]]:
    async def take(body: bytes) -> None:
        """One pushed update, stored when this returns. Raises ValueError for what is no update,
        and Busy, at which Telegram must be told to come again."""
        raw = json.loads(body)
        if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
            raise ValueError("not an update")
        await app.intake.receive([(peek(raw), raw)])

    return take
