"""A thousand times two officers accept the same lead at once: one holder each time."""

from __future__ import annotations

import asyncio

from storage import history, leads
from storage.leads import Lead
from tests.storage.conftest import House

TIMES = 1000
AT_ONCE = 20


async def accepted(house: House, seen: Lead, who: str) -> Lead | None:
    async with house.database.write() as tx:
        return await leads.move(
            tx, seen, ["received"], event="accept", by=who, now=house.now, holder=who
        )


async def duel(house: House) -> tuple[str, list[str | None]]:
    """Two accept a new lead at once: who holds it, and who the history says accepted it."""
    async with house.database.write() as tx:
        seen = await house.report(tx)
    both = (house.officer.id, house.colleague.id)
    results = await asyncio.gather(*(accepted(house, seen, who) for who in both))
    assert sum(lead is not None for lead in results) == 1
    async with house.database.read() as tx:
        kept = await leads.get(tx, seen.id)
        events = [e for e in await history.of_lead(tx, seen.id) if e.event == "accept"]
    assert kept is not None
    return kept.holder_id or "", [event.by for event in events]


async def test_a_thousand_double_accepts_have_one_holder_each(house: House) -> None:
    for _ in range(TIMES // AT_ONCE):
        for holder, by in await asyncio.gather(*(duel(house) for _ in range(AT_ONCE))):
            assert by == [holder]
