"""Leadership: one at a time, given back by leaving and by dying."""

from __future__ import annotations

from storage.database import Database
from storage.leader import Leadership
from tests.storage.test_database import _terminate


async def test_one_leads_at_a_time(database: Database) -> None:
    one, two = Leadership(database, "intake"), Leadership(database, "intake")
    assert await one.take()
    assert not await two.take()
    async with Leadership(database, "another bot") as leads:
        assert leads
    assert await one.still()
    assert not await two.still()
    await one.leave()
    assert not await one.still()
    assert await two.take()
    await two.leave()


async def test_a_broken_line_ends_it(database: Database) -> None:
    leader = Leadership(database)
    assert await leader.take()
    if database.postgres:
        await _terminate(database.url)
        assert not await leader.still()
        async with Leadership(database) as next_one:
            assert next_one
    await leader.leave()
