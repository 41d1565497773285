"""The queue of updates: sequential ids, confirmed by offset, gone when they expire."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from .world import MESSAGE_LIVES, PRESS_LIVES, Clock, Json, Refusal

NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}


@dataclass
class Pending:
    """An update nobody has confirmed yet. `queue` orders it among its own kind only."""

    id: int
    queue: str
    until: float
    body: Json
    tries: int = 0
    due: float = 0.0


class Updates:
    """One bot's updates, for the poller and for the pusher alike."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.next_id = 700_000_001
        self.allowed: set[str] | None = None
        self.pending: list[Pending] = []
        self.expired = 0
        self.confirmed: list[int] = []
        self.arrived = asyncio.Event()
        self._poller: asyncio.Future[None] | None = None

    def put(self, kind: str, content: Json, queue: str) -> int:
        """Queue an update of that kind; its id, or 0 if the bot did not ask for the kind."""
        if kind not in self.allowed if self.allowed else kind in NOT_BY_DEFAULT:
            return 0
        return self.put_raw({kind: content}, queue, PRESS_LIVES if kind == "callback_query" else 0)

    def put_raw(self, update: Json, queue: str = "raw", lives: int = 0) -> int:
        """Queue anything at all; an `update_id` is put in unless there is one."""
        if "update_id" not in update:
            update = {"update_id": self.next_id, **update}
            self.next_id += 1
        number = update["update_id"]
        until = self.clock.now() + (lives or MESSAGE_LIVES)
        self.pending.append(
            Pending(number if isinstance(number, int) else 0, queue, until, update)
        )
        self.arrived.set()
        return self.pending[-1].id

    def living(self) -> list[Pending]:
        """The unconfirmed ones, without those that expired."""
        now = self.clock.now()
        alive = [one for one in self.pending if one.until > now]
        self.expired += len(self.pending) - len(alive)
        self.pending = alive
        return alive

    def confirm(self, offset: int) -> None:
        """Forget those below `offset`. One from the far future counts as none (as TQueue does)."""
        if offset > self.next_id + 10:
            return
        if offset < 0:
            self.pending = self.living()[offset:]
            return
        self.confirmed += [one.id for one in self.pending if one.id < offset]
        self.pending = [one for one in self.pending if one.id >= offset]

    async def poll(self, offset: int, limit: int, wait: float) -> list[Json]:
        """One long poll. A later poller ends an earlier one with 409."""
        if self._poller is not None and not self._poller.done():
            self._poller.set_exception(
                Refusal(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )
            )
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._poller = ended
        self.confirm(offset)
        until = asyncio.get_running_loop().time() + wait
        try:
            while True:
                self.arrived.clear()
                if batch := self.living()[:limit]:
                    return [one.body for one in batch]
                left = until - asyncio.get_running_loop().time()
                if left <= 0:
                    return []
                woken = asyncio.ensure_future(self.arrived.wait())
                waiting: set[asyncio.Future[Any]] = {woken, ended}
                await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                woken.cancel()
                if ended.done():
                    ended.result()
        finally:
            if not ended.done():
                ended.cancel()
