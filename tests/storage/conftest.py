"""A small district to store things about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from storage import leads, people, places, sessions
from storage.database import Database, Tx
from storage.leads import Lead
from storage.people import Person
from storage.places import Office, Place


@dataclass(frozen=True)
class House:
    """One district with its office, one street with its office, a village, and who is there."""

    database: Database
    district: Place
    street: Place
    village: Place
    above: Office
    office: Office
    monitor: Person
    officer: Person
    colleague: Person
    now: datetime

    async def draft(self, tx: Tx, content: dict[str, Any] | None = None) -> str:
        """A draft of the monitor."""
        return (await sessions.new_draft(tx, self.monitor.id, content or {}, self.now)).id

    async def report(self, tx: Tx, text: str = "修路的钱没有公示", **other: Any) -> Lead:
        """A submitted lead of the monitor."""
        given: dict[str, Any] = {
            "draft_id": await self.draft(tx),
            "reporter_id": self.monitor.id,
            "office": self.office,
            "place_id": self.village.id,
            "content": {"what": text},
            "category": "money",
            "urgent": False,
            "pack": "2026.11",
            "now": self.now,
        }
        lead, _ = await leads.submit(tx, **(given | other))
        return lead


@pytest.fixture
async def house(database: Database, now: datetime) -> House:
    """See `House`."""
    async with database.write() as tx:
        district = await places.add_place(tx, kind="district", name="云溪区")
        street = await places.add_place(tx, kind="street", name="青石街道", parent_id=district.id)
        village = await places.add_place(tx, kind="village", name="柳树村", parent_id=street.id)
        above = await places.add_office(tx, place_id=district.id, name="区纪委", code="YX")
        office = await places.add_office(tx, place_id=street.id, name="街道纪工委", code="QS")
        monitor = await people.add(tx, role="monitor", place_id=village.id, name="王大山", now=now)
        await people.bind(tx, monitor.id, "telegram", "1001", "1001", now)
        officer, colleague = [
            await people.add(
                tx, role="officer", place_id=street.id, office_id=office.id, name=name, now=now
            )
            for name in ("李 小河", "赵田")
        ]
        await people.bind(tx, officer.id, "telegram", "2001", "2001", now)
    return House(
        database, district, street, village, above, office, monitor, officer, colleague, now
    )
