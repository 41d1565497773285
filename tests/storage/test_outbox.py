"""The outbox: once by key, receipts first, in order for each chat, dead ones shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from storage import leads, outbox, places, tables
from storage.database import Database, Tx
from storage.errors import SealBroken
from tests.storage.conftest import House

SECOND = timedelta(seconds=1)


async def _put(tx: Tx, now: datetime, text: str, **given: Any) -> int:
    defaults = {"channel": "telegram", "chat": "9", "lane": "answer"}
    id = await outbox.put(tx, payload={"text": text}, now=now, **(defaults | given))
    assert id is not None
    return id


async def _due(tx: Tx, at: datetime, **given: Any) -> list[str]:
    return [letter.payload["text"] for letter in await outbox.due(tx, at, **given)]


async def test_what_is_put_is_due_as_it_was(database: Database, now: datetime) -> None:
    payload = {"text": "字\0", "picture": b"\x89PNG", "buttons": [[{"label": "是"}]]}
    async with database.write() as tx:
        given = {"channel": "web", "chat": "c", "lane": "card", "lead_id": "l", "key": "k"}
        id = await outbox.put(tx, payload=payload, now=now, **given)
        (letter,) = await outbox.due(tx, now)
        assert letter.payload == payload | {"text": "字�"}
        assert (letter.id, letter.chat, letter.lane, letter.key) == (id, "c", "card", "k")
        assert letter == await outbox.get(tx, letter.id)


async def test_a_second_with_the_same_key_is_superfluous(
    database: Database, now: datetime
) -> None:
    async with database.write() as tx:
        await _put(tx, now, "one", key="receipt:1")
        again = await outbox.put(
            tx, channel="web", chat="x", lane="card", payload={}, now=now, key="receipt:1"
        )
        assert again is None
        await _put(tx, now, "two")
        await _put(tx, now, "two", key="")
        assert await _due(tx, now) == ["one", "two", "two"]


async def test_receipts_first_then_in_order(database: Database, now: datetime) -> None:
    async with database.write() as tx:
        for lane in ("notice", "card", "answer", "receipt", "answer"):
            await _put(tx, now, lane, lane=lane)
        assert await _due(tx, now) == ["receipt", "answer", "answer", "card", "notice"]
        assert await _due(tx, now, limit=2) == ["receipt", "answer"]
        assert await _due(tx, now, skip_chats={"9"}) == []


async def test_nothing_overtakes_in_its_chat_and_lane(database: Database, now: datetime) -> None:
    async with database.write() as tx:
        first = await _put(tx, now, "first")
        await _put(tx, now, "second")
        await _put(tx, now, "other lane", lane="card")
        await _put(tx, now, "other chat", chat="8")
        await outbox.retry(tx, first, now + SECOND, "TimedOut")
        assert await _due(tx, now) == ["other chat", "other lane"]
        assert await _due(tx, now + SECOND) == ["first", "second", "other chat", "other lane"]
        letter = await outbox.get(tx, first)
        assert letter is not None
        assert (letter.tries, letter.error) == (1, "TimedOut")


async def test_how_a_letter_ends(database: Database, now: datetime) -> None:
    async with database.write() as tx:
        gone, dead, late, waiting = [await _put(tx, now, text) for text in "abcd"]
        await outbox.sent(tx, gone, now, "77")
        await outbox.dead(tx, dead, now, "chat not found")
        await outbox.dropped(tx, late, now)
        assert await _due(tx, now) == ["d"]
        shown = await outbox.undelivered(tx, older_than=now)
        assert [(x.id, x.state, x.error) for x in shown] == [(dead, "dead", "chat not found")]
        shown = await outbox.undelivered(tx, older_than=now + SECOND)
        assert [x.id for x in shown] == [dead, waiting]
        assert [x.message for x in await outbox.feed(tx, "telegram", "9")] == ["77"]
        assert await outbox.feed(tx, "telegram", "9", after_id=gone) == []
        assert await outbox.sweep(tx, now) == {}
        assert await outbox.sweep(tx, now + SECOND) == {("telegram", "9"): ["77"]}
        assert await outbox.sweep(tx, now + SECOND) == {}, "wiped"
        wiped = await outbox.get(tx, gone)
        assert wiped is not None
        assert (wiped.payload, wiped.chat, wiped.state) == ({}, "", "sent")
        kept = await outbox.get(tx, dead)
        assert kept is not None
        assert kept.payload == {"text": "b"}, "what nobody got is not wiped"


async def test_who_comes_back_gets_what_died_at_the_block(
    database: Database, now: datetime
) -> None:
    async with database.write() as tx:
        blocked, lost = await _put(tx, now, "a"), await _put(tx, now, "b")
        await outbox.dead(tx, blocked, now, outbox.BLOCKED)
        await outbox.dead(tx, lost, now, "too long")
        assert await outbox.revive(tx, "telegram", "8", now) == 0
        assert await outbox.revive(tx, "telegram", "9", now) == 1
        assert await _due(tx, now) == ["a"]


async def test_held_letters_wait_for_a_yes(database: Database, now: datetime) -> None:
    async with database.write() as tx:
        await _put(tx, now, "a", held=True)
        assert await _due(tx, now) == []
        assert len(await outbox.undelivered(tx)) == 1
        assert await outbox.release(tx, now, send=True) == 1
        assert await _due(tx, now) == ["a"]
        await _put(tx, now, "b", held=True)
        assert await outbox.release(tx, now, send=False) == 1
        assert await _due(tx, now) == ["a"]


async def test_a_group_that_moved_takes_all_along(house: House) -> None:
    async with house.database.write() as tx:
        await places.bind_chat(tx, house.office.id, "telegram", "-1", house.now)
        lead = await house.report(tx)
        await leads.keep_card(tx, lead.id, "telegram", "-1", "5", 1, house.now)
        await _put(tx, house.now, "card", chat="-1")
        await _put(tx, house.now, "other", chat="-1", channel="web")
        assert await outbox.move_chat(tx, "telegram", "-1", "-100999") == 2
        assert [x.chat for x in await outbox.due(tx, house.now)] == ["-100999", "-1"]
        office = await places.office_by_chat(tx, "telegram", "-100999")
        assert office is not None
        assert office.chat == "-100999"
        assert await leads.cards_of(tx, lead.id) == [], "its number may be another card's there"
        assert await places.office_by_chat(tx, "telegram", "-1") == office, "old buttons resolve"
        await places.bind_chat(tx, house.office.id, "telegram", "-3", house.now)
        assert await places.office_by_chat(tx, "telegram", "-1") is None


async def test_a_letter_cannot_be_turned_to_another_chat(
    database: Database, now: datetime
) -> None:
    async with database.write() as tx:
        secret = await _put(tx, now, "secret", chat="monitor")
        mine = await _put(tx, now, "mine", chat="thief")
        row = await tx.one(select(tables.outbox.c.letter).where(tables.outbox.c.id == secret))
        assert row is not None
        await tx.run(
            update(tables.outbox).where(tables.outbox.c.id == mine).values(letter=row.letter)
        )
        with pytest.raises(SealBroken):
            await outbox.get(tx, mine)
