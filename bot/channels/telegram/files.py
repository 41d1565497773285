"""Fetching what people sent: at once, since a link lives an hour and an id is this bot's only."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiogram import Bot
from aiogram.methods import GetFile
from aiohttp import ClientError, ClientTimeout

from bot.channels import Failed, Halt, Refused, Retry, Stop
from bot.channels.telegram.client import QuietSession, ask
from handlers.messages import FileRef

LIMIT = 20 * 1024 * 1024
"""Bytes that Telegram hands to a bot at most."""


class Files:
    """A `Fetcher`."""

    def __init__(self, bot: Bot, *, patience: float = 120.0) -> None:
        """`patience`: seconds that one download may take in all."""
        self.bot = bot
        self.patience = patience

    async def fetch(self, file: FileRef) -> AsyncIterator[bytes]:
        """Yield the bytes in pieces.

        Raises `Refused` with `too_big`, `empty` or `unreachable`, and `Failed` with a `Retry` when
        it was cut short: then what was yielded so far must be thrown away.
        """
        if file.size is not None and file.size > LIMIT:
            raise Refused("too_big")
        path, size = await self._where(file)
        got = 0
        async for chunk in self._stream(path):
            got += len(chunk)
            if got > LIMIT:
                raise Refused("too_big")
            yield chunk
        if size is not None and got < size:
            raise Failed(Retry(None, "cut short"))
        if not got:
            raise Refused("empty")

    async def _where(self, file: FileRef) -> tuple[str, int | None]:
        """Telegram's path of the file, and its true size if known."""
        try:
            found = await ask(self.bot, GetFile(file_id=file.ref))
        except Failed as failed:
            if isinstance(failed.outcome, Retry | Stop):
                raise
            too_big = "too big" in getattr(failed.outcome, "error", "")
            raise Refused("too_big" if too_big else "unreachable") from None
        if not found.file_path:
            raise Refused("unreachable")
        return found.file_path, found.file_size

    async def _stream(self, path: str) -> AsyncIterator[bytes]:
        session = self.bot.session
        assert isinstance(session, QuietSession)  # `client.connect` makes no other
        url = session.api.file_url(self.bot.token, path)
        try:
            http = await session.create_session()
            async with http.get(url, timeout=ClientTimeout(total=self.patience)) as answer:
                if answer.status == 200:
                    async for chunk in answer.content.iter_chunked(65536):
                        yield chunk
                    return
                trouble = str(answer.status)
        except (ClientError, TimeoutError, OSError) as error:
            trouble = type(error).__name__
        if trouble == "401":
            raise Failed(Stop(Halt.TOKEN))
        raise Failed(Retry(None, trouble))  # outside of `except`: its error holds the address
