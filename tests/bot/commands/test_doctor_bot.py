"""`doctor` asks the channel who the bot is: over HTTP, as the server would."""

import asyncio
import json

import pytest

from storage import instance
from tests.bot.commands.conftest import ORG, Terminal
from tests.fake_telegram import FakeTelegram


async def bot_line(house: Terminal) -> dict[str, str]:
    """What `doctor` says of the bot, while the fake Telegram answers."""
    done = await asyncio.to_thread(house.run, "doctor", "--json")
    return next(each for each in json.loads(done.stdout) if each["name"] == "bot")


async def test_the_bots_name_is_told_and_kept_for_invitations(
    house: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FakeTelegram() as api:
        monkeypatch.setenv("CUNJIAN_BOT_TOKEN", api.token)
        monkeypatch.setenv("CUNJIAN_TELEGRAM_API", api.url)
        name = api.world.me.username
        assert await bot_line(house) == {"name": "bot", "mark": "ok", "said": f"@{name}"}
    kept = await asyncio.to_thread(house.within, lambda tx: instance.get(tx, "telegram.username"))
    assert kept == name
    house.write("org.yaml", ORG)
    await asyncio.to_thread(house.ok, "org", "import", "org.yaml", "--write")
    words = ["invite", "--role", "monitor", "--place", "南礁村"]
    assert f"https://t.me/{name}?start=" in await asyncio.to_thread(house.ok, *words)


async def test_a_wrong_token_and_a_silent_server_are_told_apart(
    house: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FakeTelegram() as api:
        monkeypatch.setenv("CUNJIAN_TELEGRAM_API", api.url)
        monkeypatch.setenv("CUNJIAN_BOT_TOKEN", "43:WRONG")
        assert "口令不对" in (await bot_line(house))["said"]
    monkeypatch.setenv("CUNJIAN_BOT_TOKEN", "42:TEST")
    line = await bot_line(house)
    assert "连不上" in line["said"]
    assert "TEST" not in json.dumps(line)
