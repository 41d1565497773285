"""The clock: what has to happen because time passed, and nobody said anything.

Deadlines come from the database and are compared with the wall clock; waiting is done on the
monotonic one. A wall clock that jumps raises an alarm and stops the reminders: no mass of them
is ever sent because a clock was wrong.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.delivery import Delivery
from bot.log import event_log
from bot.post import lay_in_outbox
from handlers import door, reminding
from handlers.alerting import alert
from handlers.messages import Lane, Outbound
from storage import Busy, files, inbox, instance, outbox, sessions
from storage.database import Database, Tx

BEAT = 30.0
"""Seconds between beats; at each the instance says that it is alive."""

JUMP = timedelta(hours=1)
"""The wall clock may differ from the monotonic one by so much in a beat, and no more."""

GAP = timedelta(hours=20)
"""Telegram drops messages after 24 hours: an absence of about that long is owned up to."""

ABSURD = timedelta(days=60)
"""An absence longer than this is more likely a wrong clock."""

SHOWN = timedelta(hours=24)
"""How long our own messages stand in a monitor's chat."""

KEPT = timedelta(days=30)
"""How long numbers of updates are kept against repeats."""

ORPHANS = timedelta(hours=6)
UNCLAIMED = timedelta(days=7)
"""How long a file waits that was sent for a lead and not yet passed on."""

LATE = timedelta(minutes=10)
"""A letter that waits longer than this makes whoever runs the installation hear of it."""

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that no one sets, and that goes on while the machine sleeps."""

CLOCK, TOO_MANY = "clock", "too_many_overdue"
"""Why nobody is reminded: the clock went astray, or it seems so."""

log = event_log()


@dataclass
class Clock:
    """Runs the jobs that time brings."""

    database: Database
    house: door.House
    delivery: Delivery
    now: Callable[[], datetime]
    monotonic: Callable[[], float] = field(default=lambda: time.clock_gettime(_STEADY))
    alarm: str = ""  # why reminders are stopped; empty if all is well
    _last: tuple[datetime, float] | None = field(default=None)  # when both clocks agreed
    _away: bool = False  # the wall clock has left the monotonic one

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until told to stop."""
        owned = False
        beats = 0
        while not stop.is_set():
            # A beat says that we were there: not before it was told how long we were not.
            owned = owned or await self._guarded(self.own_up)
            if owned:
                await self._guarded(self.beat)
                if beats % 20 == 0:
                    await self._guarded(self.tidy)
                beats += 1
            try:
                await asyncio.wait_for(stop.wait(), BEAT)
            except TimeoutError:
                continue

    async def _guarded(self, job: Callable[[], object]) -> bool:
        """Do a job; False if the database could not take it now."""
        try:
            await job()  # type: ignore[misc]
        except Busy:
            log.warning("database_busy")
            return False
        except Exception as error:
            log.error("job_failed", error=type(error).__name__)
        return True

    async def own_up(self) -> None:
        """After a long absence, say from when to when, and what to check."""
        now = self.now()
        async with self.database.write() as tx:
            since = await instance.last_alive(tx)
            await instance.heartbeat(tx, now)
            if since is None or now - since < GAP:
                return
            if now - since > ABSURD:
                self.alarm = CLOCK
                log.error("clock_alarm", since=since.isoformat(), until=now.isoformat())
                told = await alert(tx, CLOCK, once=f"{CLOCK}:{now:%Y%m%d}")
                self.delivery.push(await lay_in_outbox(tx, told, now))
                return
            out = await reminding.gap(tx, since, now)
            letters = await lay_in_outbox(tx, out, now)
        self.delivery.push(letters)

    async def beat(self) -> None:
        """Say that we are alive; remind whoever is late, once for each deadline."""
        now = self.now()
        if await self._astray(now):
            return
        async with self.database.write() as tx:
            await instance.heartbeat(tx, now)
            out = await reminding.due(tx, self.house.book, now)
            if out is None:
                out = await self._too_many(tx, now)
            else:
                self.alarm = ""
                out += await reminding.drafts(tx, now)
            out += await reminding.cards_of_the_day(tx, self.house.book, now)
            if late := await outbox.late(tx, now - LATE):
                out += await alert(tx, "late", n=late, once=f"late:{now:%Y%m%d}")
            letters = await lay_in_outbox(tx, out, now)
        self.delivery.push(letters)

    async def _too_many(self, tx: Tx, now: datetime) -> list[Outbound]:
        """So many leads came due at once that nobody is reminded: the operator looks first."""
        if self.alarm != TOO_MANY:
            log.error("clock_alarm", until=now.isoformat())
        self.alarm = TOO_MANY
        return await alert(tx, TOO_MANY, once=f"{TOO_MANY}:{now:%Y%m%d}")

    async def _astray(self, now: datetime) -> bool:
        """Whether the wall clock can't be trusted; whoever runs the installation is told once."""
        before = self.alarm
        if not self._jumped(now):
            return self.alarm == CLOCK
        if before != CLOCK:
            async with self.database.write() as tx:
                told = await alert(tx, CLOCK, once=f"{CLOCK}:{now:%Y%m%d}")
                letters = await lay_in_outbox(tx, told, now)
            self.delivery.push(letters)
        return True

    def _jumped(self, now: datetime) -> bool:
        """Whether the wall clock moved otherwise than time did. Once it is put right again, all
        goes on as before."""
        mono = self.monotonic()
        last = self._last or (now, mono)
        drift = (now - last[0]) - timedelta(seconds=mono - last[1])
        if abs(drift) > JUMP:
            if not self._away:
                log.error("clock_alarm", since=last[0].isoformat(), until=now.isoformat())
            self.alarm, self._away = CLOCK, True
            return True
        if self._away:
            self.alarm, self._away = "", False
        self._last = (now, mono)
        return False

    async def tidy(self) -> None:
        """Take our old messages out of private chats; forget numbers; sweep loose bytes."""
        if self.alarm == CLOCK:
            return
        now = self.now()
        async with self.database.write() as tx:
            swept = await outbox.sweep(tx, now - SHOWN)
            out = [
                Outbound(channel, chat, delete=tuple(messages), lane=Lane.SWEEP)
                for (channel, chat), messages in swept.items()
                if channel == "telegram" and not chat.startswith("-")
            ]
            letters = await lay_in_outbox(tx, out, now)
            if not self.alarm:
                await inbox.forget(tx, now - KEPT)
                await outbox.forget(tx, now - KEPT)
                await files.sweep_orphans(tx, now - ORPHANS, unclaimed=now - UNCLAIMED)
                await sessions.purge_draft_content(tx, now - KEPT)
        self.delivery.push(letters)
