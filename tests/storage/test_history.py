"""History: the engine refuses to rewrite it, and whoever goes round the engine is found."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from storage import history
from storage.database import Database, Tx
from storage.errors import SealBroken
from storage.tables import chain
from storage.tables import history as table
from tests.storage.conftest import House


async def _events(house: House, tx: Tx, n: int = 5) -> None:
    for i in range(n):
        await history.append(
            tx, lead_id=None, event=f"e{i}", by="p", now=house.now, detail={"i": i}
        )


async def _unguarded(tx: Tx) -> None:
    """What somebody does who goes round the engine."""
    if tx.postgres:
        await tx.conn.execute(text("ALTER TABLE history DISABLE TRIGGER history_guard"))
    else:
        for name in ("history_no_update", "history_no_delete"):
            await tx.conn.execute(text(f"DROP TRIGGER {name}"))


@pytest.fixture(autouse=True)
async def _guarded_again(database: Database) -> object:
    yield
    if database.postgres:
        async with database.write() as tx:
            await tx.conn.execute(text("ALTER TABLE history ENABLE TRIGGER history_guard"))


@pytest.mark.parametrize(
    "rewriting",
    ["UPDATE history SET event = 'x'", "DELETE FROM history", "DELETE FROM history WHERE seq = 3"],
)
async def test_the_engine_refuses(house: House, rewriting: str) -> None:
    async with house.database.write() as tx:
        await _events(house, tx)
    with pytest.raises(DBAPIError, match="append-only"):
        async with house.database.write() as tx:
            await tx.conn.execute(text(rewriting))


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_the_engine_refuses_to_empty_it(house: House) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        async with house.database.write() as tx:
            await tx.conn.execute(text("TRUNCATE history"))


async def test_an_untouched_chain_holds(house: House) -> None:
    async with house.database.write() as tx:
        assert await history.verify(tx) == []
        await _events(house, tx, 7)
        assert await history.verify(tx, step=3) == []
        assert [e.event for e in await history.recent(tx, limit=2)] == ["e6", "e5"]
        assert [e.detail for e in await history.recent(tx, event="e3", by="p")] == [{"i": 3}]


async def test_many_append_at_once_and_the_chain_holds(house: House) -> None:
    async def append() -> int:
        async with house.database.write() as tx:
            return await history.append(tx, lead_id=None, event="e", by=None, now=house.now)

    places = await asyncio.gather(*(append() for _ in range(12)))
    assert len(set(places)) == 12
    async with house.database.read() as tx:
        assert await history.verify(tx) == []


@pytest.mark.parametrize("column", ["event", "state", "by", "lead_id", "detail", "hash", "at"])
async def test_any_changed_field_is_found(house: House, column: str) -> None:
    async with house.database.write() as tx:
        await _events(house, tx)
        await _unguarded(tx)
        other = {"detail": b"x", "hash": b"x", "at": house.now.replace(year=2025)}
        changed = {column: other.get(column, "x")}
        await tx.run(update(table).where(table.c.seq == 3).values(**changed))
        assert 3 in [b.seq for b in await history.verify(tx)]


@pytest.mark.parametrize(("gone", "what"), [(1, "missing"), (3, "missing"), (5, "tail")])
async def test_a_row_taken_out_is_found(house: House, gone: int, what: str) -> None:
    async with house.database.write() as tx:
        await _events(house, tx)
        await _unguarded(tx)
        await tx.run(delete(table).where(table.c.seq == gone))
        assert history.Break(gone, what) in await history.verify(tx)


async def test_the_last_rows_taken_out_with_the_head_set_back_show_a_forged_head(
    house: House,
) -> None:
    """Setting back table and head together is an older state; a lead's own state tells that."""
    async with house.database.write() as tx:
        await _events(house, tx)
        await _unguarded(tx)
        await tx.run(delete(table).where(table.c.seq == 5))
        await tx.run(update(chain).values(seq=4, hash=b"guess"))
        assert history.Break(5, "tail") in await history.verify(tx)


async def test_a_row_put_in_without_the_key_is_found(house: House) -> None:
    async with house.database.write() as tx:
        await _events(house, tx)
        row = await tx.one(select(table).where(table.c.seq == 5))
        assert row is not None
        await tx.run(insert(table), dict(row._mapping) | {"seq": 6, "event": "forged"})
        await tx.run(update(chain).values(seq=6, hash=row.hash))
        assert history.Break(6, "changed") in await history.verify(tx)


async def test_a_detail_moved_to_another_row_does_not_open(house: House) -> None:
    async with house.database.write() as tx:
        await _events(house, tx)
        await _unguarded(tx)
        row = await tx.one(select(table.c.detail).where(table.c.seq == 2))
        assert row is not None
        await tx.run(update(table).where(table.c.seq == 3).values(detail=row.detail))
        with pytest.raises(SealBroken):
            await history.recent(tx)
