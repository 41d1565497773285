"""Long polling that loses nothing: raw updates, confirmed only when the caller asks for more.

aiogram's own poller confirms before anybody stored anything, and one update that it cannot parse
stops it. Here updates stay raw; `hear.parse` reads them later, one by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiogram import Bot
from aiogram.methods import TelegramMethod

from bot.channels import Failed, Retry
from bot.channels.patience import growing
from bot.channels.telegram import ASKED_FOR
from bot.channels.telegram.client import ask


class GetRawUpdates(TelegramMethod[list[Any]]):
    """`getUpdates`, whose answer is left as it came."""

    __returning__ = list[Any]
    __api_method__ = "getUpdates"

    offset: int
    timeout: int
    limit: int = 100
    allowed_updates: tuple[str, ...] = ASKED_FOR


class Poller:
    """An `Ear`. `trouble` says in a word why nothing can be heard now; empty if all is well."""

    def __init__(self, bot: Bot, *, hold: int = 30, most_wait: float = 60.0) -> None:
        """`hold`: seconds that Telegram may hold a call open; `most_wait`: the longest pause."""
        self.bot = bot
        self.hold = hold
        self.most_wait = most_wait
        self.trouble = ""

    async def updates(self) -> AsyncIterator[list[Mapping[str, Any]]]:
        """Yield batches of raw updates for ever; see `Ear.updates`.

        The first call confirms nothing, so what was not stored before a crash comes again. The
        offset follows the last batch even downwards, since ids begin anew after a quiet week.
        """
        offset, failures = 0, 0
        while True:
            batch, wait = await self._fetch(offset)
            if numbers := [number for number in map(_number, batch) if number is not None]:
                offset, failures = numbers[-1] + 1, 0
                yield [update for update in batch if isinstance(update, Mapping)]
            elif self.trouble:
                failures += 1
                await asyncio.sleep(wait or growing(failures, most=self.most_wait))

    async def _fetch(self, offset: int) -> tuple[list[Any], float | None]:
        """One call: what came, and how long Telegram asks to wait if it said so."""
        method = GetRawUpdates(offset=offset, timeout=self.hold)
        try:
            batch = await ask(self.bot, method, patience=self.hold + 15)
        except Failed as failed:
            if not isinstance(failed.outcome, Retry):
                self.trouble = type(failed.outcome).__name__
                raise
            self.trouble = failed.outcome.error
            return [], failed.outcome.after
        readable = isinstance(batch, list) and (not batch or any(_number(one) for one in batch))
        self.trouble = "" if readable else "unreadable"
        return (batch if readable else []), None


def _number(update: object) -> int | None:
    """An update's id; None if it has none that could be confirmed (a negative one forgets all)."""
    found = update.get("update_id") if isinstance(update, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None
