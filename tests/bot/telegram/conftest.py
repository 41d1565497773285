"""A fake Telegram, a person and an office on it, and both halves of the channel."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiogram import Bot

from bot.channels.telegram import Me
from bot.channels.telegram.client import connect
from bot.channels.telegram.speak import TelegramMouth
from tests.fake_telegram import FakeTelegram, Group, Person


@pytest.fixture
async def api() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as api:
        yield api


@pytest.fixture
def me(api: FakeTelegram) -> Me:
    return Me(api.world.me.id, api.world.me.username)


@pytest.fixture
def wang(api: FakeTelegram) -> Person:
    return api.user(7, "王秀英", "wang_xiuying")


@pytest.fixture
def office(api: FakeTelegram, wang: Person) -> Group:
    return api.group(-1001234567890, [wang], "街道")


@pytest.fixture
async def mouth(api: FakeTelegram) -> AsyncIterator[TelegramMouth]:
    mouth = TelegramMouth(api.token, api.url, patience=2, gap=0, group_gap=0)
    yield mouth
    await mouth.close()


@pytest.fixture
async def ear(api: FakeTelegram) -> AsyncIterator[Bot]:
    bot = connect(api.token, api.url, patience=2)
    yield bot
    await bot.session.close()
