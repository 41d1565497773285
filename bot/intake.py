"""Intake: what comes in is stored before it is confirmed to its channel, and read later.

Nothing is parsed here beyond what decides whether it may be stored at all: the update's id, who
speaks, whether files hang on it. So one update that no library can read stops nobody.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.log import event_log
from storage import Busy, inbox, instance, people
from storage.database import Database, Tx

QUIET = timedelta(minutes=1)
"""A stranger is answered, and somebody on the roster told that we are busy, at most this often."""

MOST_STRANGERS = 5
"""Strangers answered in one second, so that a crowd at the door holds up nobody inside."""

log = event_log()


@dataclass(frozen=True)
class Peek:
    """What can be told of an update without reading it."""

    channel: str
    update_id: str
    account: str  # empty if nobody speaks
    chat: str
    private: bool
    invites: bool = False  # it opens an invitation
    has_files: bool = False
    acts: bool = True  # false: nothing we would ever act on


Tell = Callable[[Peek], Awaitable[None]]
"""Says one constant sentence to whoever spoke, if it can be said at once; else nothing."""


class Wake(Protocol):
    """Tells the worker that something new is stored."""

    def __call__(self, *, needs_files: bool) -> None: ...


@dataclass
class Intake:
    """Stores what one channel brings. `wake` is called once something new is stored."""

    database: Database
    now: Callable[[], datetime]
    wake: Wake
    refuse: Tell  # a stranger
    soothe: Tell  # somebody on the roster, while nothing can be stored
    _soothed: dict[str, datetime] = field(default_factory=dict)
    _answered: dict[str, datetime] = field(default_factory=dict)
    _second: tuple[int, int] = (0, 0)

    async def receive(self, batch: Sequence[tuple[Peek, dict[str, Any]]]) -> int:
        """Store a batch in one transaction; when this returns it may be confirmed. How many were
        new. Raises storage.Busy, and then nothing was stored and nothing may be confirmed: those
        who spoke are told that it is not lost.
        """
        try:
            return await self._receive(batch, self.now())
        except Busy:
            await self._soothe([peek for peek, _ in batch if peek.acts and peek.private])
            raise

    async def _receive(self, batch: Sequence[tuple[Peek, dict[str, Any]]], now: datetime) -> int:
        strangers: list[Peek] = []
        stored: list[str] = []
        async with self.database.write() as tx:
            for peek, body in batch:
                state = await self._state(tx, peek)
                if state == "stranger":
                    if await inbox.ignore(tx, peek.channel, peek.update_id, state, now):
                        strangers.append(peek)
                elif state == "idle":
                    await inbox.ignore(tx, peek.channel, peek.update_id, state, now)
                else:
                    person = tx.sealer.fingerprint(peek.channel, peek.account)
                    kept = await inbox.store(
                        tx,
                        peek.channel,
                        peek.update_id,
                        person if peek.account else "",
                        body,
                        now,
                        state=state,
                    )
                    stored += [state] if kept is not None else []
            if strangers:
                await instance.count_stranger(tx, strangers[0].channel)
        for state in set(stored):
            self.wake(needs_files=state == "fetch")
        await asyncio.gather(*(self._refuse(peek, now) for peek in strangers))
        return len(stored)

    async def _state(self, tx: Tx, peek: Peek) -> str:
        """How it is stored: with files to fetch, as it is, as a stranger's, or as nothing."""
        if not peek.acts:
            return "idle"
        if not peek.private or peek.invites or not peek.account:
            return "new"
        if await people.find(tx, peek.channel, peek.account) is None:
            return "stranger"
        return "fetch" if peek.has_files else "new"

    async def _soothe(self, spoke: Iterable[Peek]) -> None:
        """Tell them once a minute; only those on the roster, if it can be read at all."""
        now = self.now()
        fresh = {who: at for who, at in self._soothed.items() if now - at < QUIET}
        waiting = {peek.account: peek for peek in spoke if peek.account not in fresh}
        self._soothed = fresh | dict.fromkeys(waiting, now)
        with contextlib.suppress(Busy):
            async with self.database.read() as tx:
                for peek in waiting.values():
                    if await people.find(tx, peek.channel, peek.account) is not None:
                        await self.soothe(peek)

    async def _refuse(self, peek: Peek, now: datetime) -> None:
        """One constant sentence, seldom enough that nobody can be made to flood."""
        last = self._answered.get(peek.account)
        second, count = self._second
        if second != int(now.timestamp()):
            second, count = int(now.timestamp()), 0
        if (last and now - last < QUIET) or count >= MOST_STRANGERS:
            return
        self._second = (second, count + 1)
        self._answered = {who: at for who, at in self._answered.items() if now - at < QUIET} | {
            peek.account: now
        }
        await self.refuse(peek)
