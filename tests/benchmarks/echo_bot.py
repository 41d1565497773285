"""The least that a bot on aiogram can do: `python -m tests.benchmarks.echo_bot API TOKEN FILE`.

aiogram's own poller, one row inserted and committed for each message (SQLite, WAL,
`synchronous=FULL`, as the program has it), then the same text sent back. It is what the time of
an answer is compared with; unlike the program it loses messages when it is killed.
"""

import asyncio
import sqlite3
import sys

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message


async def main(api: str, token: str, file: str) -> None:
    """Echo until it is ended."""
    base = sqlite3.connect(file, isolation_level=None)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = FULL")
    base.execute("CREATE TABLE heard (id INTEGER PRIMARY KEY, text TEXT)")
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def echo(message: Message) -> None:
        base.execute("INSERT INTO heard (text) VALUES (?)", (message.text,))
        await message.answer(message.text or "")

    session = AiohttpSession(api=TelegramAPIServer.from_base(api))
    await dispatcher.start_polling(Bot(token, session=session), handle_signals=False)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
