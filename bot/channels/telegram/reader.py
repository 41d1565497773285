"""Telegram as the worker needs it: stored updates read, and their files fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from bot.channels.telegram import Me
from bot.channels.telegram.files import Files
from bot.channels.telegram.hear import parse
from bot.worker import read_once
from handlers.messages import FileRef, Inbound


class TelegramReader:
    """A `worker.Reader`."""

    def __init__(self, me: Me, files: Files, now: Callable[[], datetime]) -> None:
        self.me = me
        self.files = files
        self.now = now

    def read(self, body: dict[str, Any]) -> Inbound:
        """The update, as it was read when its files were fetched or as it came."""
        return read_once(body) or parse(body, self.me, self.now())

    def fetch(self, ref: FileRef) -> AsyncIterator[bytes]:
        """The bytes of a file."""
        return self.files.fetch(ref)
