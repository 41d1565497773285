"""The inbox: once, in order for each person, apart for different ones, and poison is parked."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from storage import inbox, tables
from storage.database import Database

SECOND = timedelta(seconds=1)


async def _store(database: Database, now: datetime, *given: tuple[str, str]) -> None:
    async with database.write() as tx:
        for update, person in given:
            await inbox.store(tx, "telegram", update, person, {"n": update}, now)


async def test_an_update_is_kept_once(database: Database, now: datetime) -> None:
    async with database.write() as tx:
        first = await inbox.store(tx, "telegram", "7", "p", {"a": 1}, now)
        assert first is not None
        assert await inbox.store(tx, "telegram", "7", "p", {"a": 2}, now) is None
        assert await inbox.store(tx, "web", "7", "p", {"a": 3}, now) is not None
    async with database.write() as tx:
        update = await inbox.take(tx, now)
        assert update is not None
        assert (update.id, update.body, update.received_at) == (first, {"a": 1}, now)
        await inbox.done(tx, first, now)
        assert await inbox.store(tx, "telegram", "7", "p", {"a": 2}, now) is None


async def test_a_smaller_number_is_as_good(database: Database, now: datetime) -> None:
    await _store(database, now, ("900", "p"), ("3", "q"))
    async with database.read() as tx:
        assert await inbox.unfinished(tx) == 2


async def test_the_same_update_from_two_sides_is_kept_once(
    database: Database, now: datetime
) -> None:
    async def store() -> int | None:
        async with database.write() as tx:
            return await inbox.store(tx, "telegram", "7", "p", {}, now)

    kept = await asyncio.gather(*(store() for _ in range(8)))
    assert len([id for id in kept if id is not None]) == 1


async def test_each_person_in_order(database: Database, now: datetime) -> None:
    await _store(database, now, ("1", "p"), ("2", "p"), ("3", "q"), ("4", ""), ("5", ""))
    async with database.write() as tx:
        first = await inbox.take(tx, now)
        assert first is not None
        assert first.update_id == "1"
        await inbox.fail(tx, first.id, now, "ValueError", wait=SECOND)
        order = []
        while update := await inbox.take(tx, now):
            order.append(update.update_id)
            await inbox.done(tx, update.id, now)
        assert order == ["3", "4", "5"], "the second of p waits for the first"
        later = now + SECOND
        while update := await inbox.take(tx, later):
            order.append(update.update_id)
            await inbox.done(tx, update.id, later)
        assert order == ["3", "4", "5", "1", "2"]


async def test_it_is_told_what_waits(database: Database, now: datetime) -> None:
    await _store(database, now, ("1", "p"))
    async with database.write() as tx:
        await inbox.store(tx, "telegram", "2", "q", {"files": 0}, now, state="fetch")
    async with database.read() as tx:
        assert await inbox.waits(tx, now, channels=["telegram"]) == {False, True}
        assert await inbox.waits(tx, now, channels=["web"]) == set()
        assert await inbox.waits(tx, now - SECOND, channels=["telegram"]) == set()


async def test_files_first(database: Database, now: datetime) -> None:
    async with database.write() as tx:
        id = await inbox.store(tx, "telegram", "1", "p", {"files": 0}, now, state="fetch")
        await inbox.store(tx, "telegram", "2", "p", {}, now)
        assert id is not None
        assert await inbox.take(tx, now, needs_files=False) is None, "words wait for their files"
        fetching = await inbox.take(tx, now, needs_files=True, lease=SECOND)
        assert fetching is not None
        assert fetching.state == "fetch"
        assert await inbox.take(tx, now, needs_files=True) is None, "leased"
        await inbox.replace_body(tx, id, {"files": 1})
        ready = await inbox.take(tx, now, needs_files=False)
        assert ready is not None
        assert (ready.id, ready.body) == (id, {"files": 1})


async def test_poison_is_parked_and_the_others_go_on(database: Database, now: datetime) -> None:
    await _store(database, now, ("1", "p"), ("2", "p"))
    async with database.write() as tx:
        parked = []
        for n in range(3):
            poison = await inbox.take(tx, now + n * SECOND)
            assert poison is not None
            parked.append(
                await inbox.fail(tx, poison.id, now + n * SECOND, "KeyError", limit=3, wait=SECOND)
            )
        assert parked == [False, False, True]
        shown = await inbox.parked(tx)
        assert [(u.update_id, u.error, u.body) for u in shown] == [("1", "KeyError", {})]
        following = await inbox.take(tx, now)
        assert following is not None
        assert following.update_id == "2"
        await inbox.done(tx, following.id, now)
        assert await inbox.unpark(tx, shown[0].id, now)
        again = await inbox.take(tx, now)
        assert again is not None
        assert (again.update_id, again.tries, again.body) == ("1", 0, {"n": "1"})


async def test_done_and_ignored_keep_no_words(database: Database, now: datetime) -> None:
    async with database.write() as tx:
        id = await inbox.store(tx, "telegram", "1", "p", {"secret": 1}, now)
        assert id is not None
        await inbox.done(tx, id, now)
        assert await inbox.ignore(tx, "telegram", "2", "stranger", now)
        assert not await inbox.ignore(tx, "telegram", "2", "stranger", now)
        rows = await tx.all(select(tables.inbox.c.body, tables.inbox.c.person))
        assert [row.body for row in rows] == [None, None]
        assert rows[1].person == ""
        assert await inbox.take(tx, now) is None
        assert await inbox.forget(tx, now) == 0
        assert await inbox.forget(tx, now + SECOND) == 2


async def test_odd_text_is_kept_alike(database: Database, now: datetime) -> None:
    body = {"text": "a\0b\ud800c", "deep": [{"\0": "\udc00"}]}
    async with database.write() as tx:
        await inbox.store(tx, "tele\0gram", "\ud800", "p", body, now)
        update = await inbox.take(tx, now)
    assert update is not None
    assert update.body == {"text": "a�b�c", "deep": [{"�": "�"}]}


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_two_workers_never_take_the_same(database: Database, now: datetime) -> None:
    await _store(database, now, ("1", "p"), ("2", "p"), ("3", "q"))
    async with database.write() as one, database.write() as two:
        first, second = await inbox.take(one, now), await inbox.take(two, now)
        assert first is not None
        assert second is not None
        assert (first.update_id, second.update_id) == ("1", "3")
        async with database.write() as three:
            assert await inbox.take(three, now) is None, "2 waits for 1"
