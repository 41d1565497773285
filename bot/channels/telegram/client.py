"""aiogram's connection, made quiet: no token and no content in what it raises, no endless answer.

Both libraries take their proxy from the usual environment variables (`HTTPS_PROXY`).
"""

from __future__ import annotations

import ssl
from math import ceil
from typing import Any, cast

import certifi
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramConflictError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiohttp import ClientSession, ClientTimeout, TCPConnector

from bot.channels import Dead, Failed, Halt, Migrated, Retry, Stop, Why
from bot.channels.telegram import OFFICIAL

LONGEST_ANSWER = 16 * 1024 * 1024
"""More bytes than a hundred updates can have: an answer beyond it is garbage."""


class QuietSession(AiohttpSession):
    """aiogram's session, which reads at most `LONGEST_ANSWER` bytes and decodes leniently."""

    async def create_session(self) -> ClientSession:
        """As aiogram's, and mindful of the proxy in the environment."""
        if self._session is None or self._session.closed:
            context = ssl.create_default_context(cafile=certifi.where())
            self._session = ClientSession(connector=TCPConnector(ssl=context), trust_env=True)
            self._should_reset_connector = False
        return self._session

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's signature
    ) -> TelegramType:
        """Ask, and read the answer within bounds."""
        session = await self.create_session()
        form = self.build_form_data(bot=bot, method=method)
        url = self.api.api_url(token=bot.token, method=method.__api_method__)
        patience = ClientTimeout(total=self.timeout if timeout is None else timeout)
        content = bytearray()
        async with session.post(url, data=form, timeout=patience) as answer:
            async for chunk in answer.content.iter_chunked(65536):
                content += chunk
                if len(content) > LONGEST_ANSWER:
                    raise TelegramNetworkError(method=method, message="endless answer")
        told = self.check_response(bot, method, answer.status, content.decode(errors="replace"))
        return cast(TelegramType, told.result)


def connect(token: str, base: str = OFFICIAL, *, patience: float = 20.0) -> Bot:
    """A bot that asks `base`, each time for at most `patience` seconds. Close its session."""
    api = TelegramAPIServer.from_base(base)
    return Bot(token, session=QuietSession(api=api, timeout=patience))


async def ask(bot: Bot, method: TelegramMethod[Any], *, patience: float | None = None) -> Any:
    """Call a method, within `patience` seconds. Raises `Failed`, and nothing else."""
    try:
        return await bot(method, request_timeout=None if patience is None else ceil(patience))
    except Exception as error:
        outcome = read(error)
    raise Failed(outcome)  # outside of `except`, so that the library's error is not chained


def read(error: Exception) -> Retry | Migrated | Dead | Stop:
    """What follows from an error of aiogram or aiohttp."""
    match error:
        case TelegramRetryAfter():
            return Retry(float(error.retry_after), "429")
        case TelegramMigrateToChat():
            return Migrated(str(error.migrate_to_chat_id))
        case TelegramUnauthorizedError() | TelegramNotFound():
            return Stop(Halt.TOKEN)
        case TelegramConflictError():
            return Stop(Halt.CONFLICT)
        case TelegramNetworkError() | TelegramServerError():
            return Retry(None, type(error).__name__)
        case TelegramAPIError():
            return Dead(Why.BUG, error.message)
        case _:
            return Retry(None, type(error).__name__)
