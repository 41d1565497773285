"""Dialogue state and drafts: kept as they were, seen by nobody else, wiped when they end."""

from __future__ import annotations

from datetime import timedelta

from storage import sessions
from tests.storage.conftest import House


async def test_where_somebody_stands(house: House) -> None:
    async with house.database.write() as tx:
        assert (await sessions.load(tx, house.monitor.id)) == sessions.Session({}, 0)
        assert await sessions.save(tx, house.monitor.id, {"step": "who"}, house.now) == 1
        assert await sessions.save(tx, house.monitor.id, {"step": "why\0"}, house.now) == 2
        assert (await sessions.load(tx, house.monitor.id)).state == {"step": "why�"}
        assert (await sessions.load(tx, house.officer.id)).revision == 0


async def test_a_draft_lives_and_ends(house: House) -> None:
    async with house.database.write() as tx:
        one = await sessions.new_draft(tx, house.monitor.id, {"a": 1}, house.now)
        later = house.now + timedelta(hours=1)
        two = await sessions.new_draft(tx, house.monitor.id, {"b": 1}, later)
        assert await sessions.get_draft(tx, one.id, house.monitor.id) == one
        assert await sessions.get_draft(tx, one.id, house.officer.id) is None
        assert await sessions.open_drafts(tx, house.monitor.id) == [two, one]
        assert await sessions.stale_drafts(tx, later) == [one]
        assert await sessions.save_draft(tx, one.id, {"a": 2}, later)
        await sessions.finish_draft(tx, one.id, "discarded", None, later)
        assert not await sessions.save_draft(tx, one.id, {"a": 3}, later)
        ended = await sessions.get_draft(tx, one.id, house.monitor.id)
        assert ended is not None
        assert (ended.content, ended.state) == ({}, "discarded")
        await sessions.finish_draft(tx, two.id, "submitted", "lead", later)
        assert await sessions.purge_draft_content(tx, later) == 0
        assert await sessions.purge_draft_content(tx, later + timedelta(seconds=1)) == 1
        assert await sessions.open_drafts(tx, house.monitor.id) == []
