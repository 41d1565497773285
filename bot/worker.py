"""The worker: one update after another for each person, one transaction for each.

A transaction holds everything that one update changes: the dialogue, the lead, its history, the
answers in the outbox, and the mark that the update is done. So a crash leaves either all of it or
none. An update that fails again and again is parked, and its sender and the operator are told.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.delivery import Delivery
from bot.keeping import keep
from bot.log import event_log
from bot.post import lay_in_outbox
from handlers import door
from handlers.alerting import alert
from handlers.messages import FileRef, Heard, Inbound
from storage import Busy, history, inbox
from storage.database import Database
from storage.errors import SealBroken
from storage.inbox import Update
from storage.outbox import Letter

IDLE = 0.25
"""Seconds between looks at the inbox while nobody tells of work: other processes store too."""

TRIES = 4
FETCH_TRIES = 6
LEASE = timedelta(seconds=15)
"""How long an update whose files are being fetched is nobody else's; renewed while it lasts, so
that after a crash it is taken up again within that time."""

Once = Callable[[], Awaitable[bool]]
"""Does one thing; false if there was nothing to do."""

log = event_log()


class Reader(Protocol):
    """What the worker needs of a channel: to read what it stored, and to fetch its files."""

    def read(self, body: dict[str, Any]) -> Inbound:
        """The update as an `Inbound`; anything it raises counts as a failed try."""

    def fetch(self, ref: FileRef) -> AsyncIterator[bytes]:
        """The bytes of a file. Raises `Refused` for good, anything else for now."""


@dataclass
class Worker:
    """Takes updates from the inbox and answers them."""

    database: Database
    house: door.House
    readers: Mapping[str, Reader]
    delivery: Delivery
    now: Callable[[], datetime]
    _woken: Mapping[bool, asyncio.Event] = field(
        default_factory=lambda: {False: asyncio.Event(), True: asyncio.Event()}
    )

    def wake(self, *, needs_files: bool) -> None:
        """Something new is in the inbox, to be answered or to have its files fetched first. Only
        those whose work it is look for it: on SQLite each look waits for its turn to write."""
        self._woken[needs_files].set()

    async def run(self, stop: asyncio.Event, *, hands: int = 1, fetchers: int = 3) -> None:
        """Work until told to stop; what is under way is finished first."""
        jobs = [self._look(stop)]
        jobs += [self._loop(stop, self.work_one, self._woken[False]) for _ in range(hands)]
        jobs += [self._loop(stop, self.fetch_one, self._woken[True]) for _ in range(fetchers)]
        await asyncio.gather(*map(asyncio.create_task, jobs))

    async def _look(self, stop: asyncio.Event) -> None:
        """Again and again find work that nobody told of; at the end let everybody go."""
        while not stop.is_set():
            await self._steadily(self._find)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), IDLE)
        for woken in self._woken.values():
            woken.set()

    async def _find(self) -> bool:
        """Wake for what was put off until now, or stored by another process."""
        async with self.database.read() as tx:
            waiting = await inbox.waits(tx, self.now(), channels=self.readers)
        for needs_files in waiting:
            self.wake(needs_files=needs_files)
        return bool(waiting)

    async def _loop(self, stop: asyncio.Event, once: Once, woken: asyncio.Event) -> None:
        while not stop.is_set():
            await woken.wait()
            woken.clear()  # before the look, so that what comes during it is not overlooked
            if not stop.is_set() and await self._steadily(once):
                woken.set()

    async def _steadily(self, once: Once) -> bool:
        """Whatever goes wrong, those who wait behind it are still to be served."""
        try:
            return await once()
        except Busy:
            log.warning("database_busy")
        except Exception as error:
            log.error("work_failed", error=type(error).__name__)
        await asyncio.sleep(1)
        return False

    async def work_one(self) -> bool:
        """Answer the next update. False if none waits."""
        now = self.now()
        letters: list[Letter] = []
        update: Update | None = None
        try:
            async with self.database.write() as tx:
                update = await inbox.take(tx, now, needs_files=False, channels=self.readers)
                if update is None:
                    return False
                if not update.whole:
                    raise SealBroken
                said = self.readers[update.channel].read(update.body)
                out = await door.receive(self.house, tx, said, now)
                letters = await lay_in_outbox(tx, out, now)
                await inbox.done(tx, update.id, now)
        except Busy:
            raise
        except Exception as error:
            if update is None:
                raise
            await self._failed(update, error)
            return True
        self.delivery.push(letters)
        return True

    async def fetch_one(self) -> bool:
        """Fetch the files of the next update that has any; keep them before anything is said."""
        now = self.now()
        async with self.database.write() as tx:
            update = await inbox.take(
                tx, now, needs_files=True, lease=LEASE, channels=self.readers
            )
        if update is None:
            return False
        if not update.whole:
            await self._failed(update, SealBroken())
            return True
        fetched = asyncio.Event()
        holding = asyncio.create_task(self._hold(update, fetched))
        try:
            await self._fetch(update, now)
        finally:
            fetched.set()
            await holding
        self.wake(needs_files=False)
        return True

    async def _hold(self, update: Update, fetched: asyncio.Event) -> None:
        """Renew the lease until the files are fetched."""
        while not fetched.is_set():
            try:
                await asyncio.wait_for(fetched.wait(), LEASE.total_seconds() / 3)
            except TimeoutError:
                with contextlib.suppress(Busy):
                    async with self.database.write() as tx:
                        await inbox.hold(tx, update.id, self.now() + LEASE)

    async def _fetch(self, update: Update, now: datetime) -> None:
        """Keep its files, or learn why they cannot be kept; a passing trouble is tried again."""
        try:
            said = self.readers[update.channel].read(update.body)
            kept = [
                await keep(
                    self.database,
                    said.channel,
                    said.account,
                    ref,
                    self.readers[update.channel].fetch(ref),
                    now,
                )
                for ref in said.files
            ]
        except Busy:
            raise
        except Exception as error:
            last = update.tries + 1 >= FETCH_TRIES
            if not last:
                async with self.database.write() as tx:
                    wait = timedelta(seconds=2**update.tries)
                    await inbox.fail(
                        tx, update.id, self.now(), type(error).__name__, limit=99, wait=wait
                    )
                return
            try:
                said = self.readers[update.channel].read(update.body)
            except Exception as unreadable:
                await self._failed(update, unreadable)
                return
            kept = [replace(ref, refused="unreachable") for ref in said.files]
        async with self.database.write() as tx:
            body = {"read": replace(said, files=tuple(kept)).to_json()}
            await inbox.replace_body(tx, update.id, body)

    async def _failed(self, update: Update, error: Exception) -> None:
        """One more failed try; after the last the update is parked and its sender told."""
        number = f"E-{secrets.randbelow(9000) + 1000}"
        now = self.now()
        async with self.database.write() as tx:
            parked = await inbox.fail(
                tx, update.id, now, type(error).__name__, limit=TRIES, wait=timedelta(seconds=1)
            )
            if not parked:
                return
            await history.append(
                tx,
                lead_id=None,
                event="parked",
                by=None,
                now=now,
                detail={"number": number, "row": update.id, "error": type(error).__name__},
            )
            letters: list[Letter] = []
            try:
                said = self.readers[update.channel].read(update.body)
            except Exception:
                said = None
            with contextlib.suppress(Exception):  # it is parked, whoever can be told of it
                async with tx.savepoint():
                    out = await alert(tx, "parked", number=number)
                    if said is not None and said.heard is not Heard.IGNORED:
                        out += await door.apologise(tx, said, number)
                    letters = await lay_in_outbox(tx, out, now)
        log.error("parked", number=number, error=type(error).__name__, row=update.id)
        self.delivery.push(letters)


def read_once(body: dict[str, Any]) -> Inbound | None:
    """An update whose files were fetched is kept as it was read then; none for a raw one."""
    return Inbound.from_json(body["read"]) if "read" in body else None
