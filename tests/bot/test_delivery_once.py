"""A letter that is written down while the outbox is being looked through is not sent again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

from bot.channels import Parcel, Sent, Spoken
from bot.delivery import Delivery
from bot.post import lay_in_outbox
from handlers.messages import Outbound
from storage.database import Database, Tx


class Counting:
    """A mouth that keeps what it was given to say."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def speak(self, letter: Outbound, parcels: Sequence[Parcel] = ()) -> Spoken:
        """Say it."""
        self.said.append(letter.text)
        return Sent("1")


async def test_what_ends_during_a_scan_is_not_sent_twice(
    database: Database, now: datetime
) -> None:
    mouth = Counting()
    slow = SlowLook(database)
    delivery = Delivery(cast(Database, slow), cast(Any, None), {"telegram": mouth}, lambda: now)
    async with database.write() as tx:
        letters = await lay_in_outbox(tx, [Outbound("telegram", "7", text="hello")], now)
    keeper = asyncio.create_task(delivery._write_down())
    scanning = asyncio.create_task(delivery.scan())
    await slow.looked.wait()
    delivery.push(letters)
    await asyncio.wait_for(_all_written(delivery, mouth), 5)
    slow.go_on.set()
    await scanning
    await asyncio.gather(*delivery._tasks.values())
    assert mouth.said == ["hello"]
    keeper.cancel()


async def _all_written(delivery: Delivery, mouth: Counting) -> None:
    while not mouth.said or delivery._known:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.01)


class SlowLook:
    """A database whose readers take long to give back what they saw."""

    def __init__(self, database: Database) -> None:
        self.write = database.write
        self.looked, self.go_on = asyncio.Event(), asyncio.Event()
        self._database = database

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """One moment of the database, given back late."""
        async with self._database.read() as tx:
            yield tx
        self.looked.set()
        await self.go_on.wait()
