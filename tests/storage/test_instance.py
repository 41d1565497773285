"""The installation: it has a name, knows when it was last alive, and counts strangers."""

from __future__ import annotations

from datetime import datetime

from storage import instance
from storage.database import Database


async def test_it_keeps_its_name(database: Database) -> None:
    async with database.read() as tx:
        name = await instance.name(tx)
    assert len(name) == 10
    again = await Database.open(database.url, database.sealer, database.data)
    async with again.read() as tx:
        assert await instance.name(tx) == name
    await again.close()


async def test_it_knows_when_it_was_last_alive(database: Database, now: datetime) -> None:
    async with database.write() as tx:
        assert await instance.last_alive(tx) is None
        await instance.heartbeat(tx, now)
        assert await instance.last_alive(tx) == now


async def test_small_settings_and_counts(database: Database) -> None:
    async with database.write() as tx:
        await instance.put(tx, "a", "1")
        await instance.put(tx, "a", "2")
        assert await instance.get(tx, "a") == "2"
        await instance.drop(tx, "a")
        assert await instance.get(tx, "a") is None
        assert [await instance.count_stranger(tx, "telegram") for _ in range(3)] == [1, 2, 3]
        assert await instance.count_stranger(tx, "web") == 1
