"""The web's mouth, and the hub that wakes the pages.

A letter is delivered once it stands in the outbox as sent; whoever waits comes and looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bot.channels import Parcel, Sent, Spoken
from handlers.messages import Outbound
from storage import ids


class Hub:
    """Who waits for news of which chat, in this process.

    Pages served by another process than the one that sends look by
    themselves every other second, so nothing is lost without it."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self.closed = False

    def wake(self, chat: str) -> None:
        """There is something new in a chat."""
        for event in self._waiting.get(chat, ()):
            event.set()

    def close(self) -> None:
        """Every open page is to come back later: the server stops."""
        self.closed = True
        for events in self._waiting.values():
            for event in events:
                event.set()

    @contextmanager
    def listening(self, chats: Sequence[str]) -> Iterator[asyncio.Event]:
        """An event that is set whenever there may be something new in one of the chats."""
        event = asyncio.Event()
        for chat in chats:
            self._waiting.setdefault(chat, set()).add(event)
        try:
            yield event
        finally:
            for chat in chats:
                self._waiting[chat].discard(event)
                if not self._waiting[chat]:
                    del self._waiting[chat]


async def news(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event of `listening`, and make it ready for the next. False: nothing came."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    event.clear()
    return True


class WebMouth:
    """A `Mouth` whose listeners come and look.

    What is said gets a name of its own, by which pages know it. Something that replaces an
    earlier message keeps that one's name, so that a page draws it in the same place.
    """

    async def speak(self, letter: Outbound, parcels: Sequence[Parcel] = ()) -> Spoken:
        """Name it; the outbox does the rest."""
        says = letter.text or letter.card or letter.files or letter.picture or letter.quiz
        if letter.toast or not says:
            return Sent()
        message = letter.replaces or ids.new()
        return Sent(message, quiz=message if letter.quiz else "")
