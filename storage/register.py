"""The register: leads as they are read, by id, by number, by office, by reporter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from storage import numbers
from storage.database import Tx
from storage.tables import leads


@dataclass(frozen=True)
class Lead:
    """A lead. It is open until `closed_at`."""

    id: str
    number: str
    place_id: str
    office_id: str
    reporter_id: str
    holder_id: str | None
    state: str  # a code of the life pack
    before: str  # the state to go back to from `returned`
    category: str
    urgent: bool
    revision: int
    content: dict[str, Any]
    pack: str  # the version of the knowledge it was written under
    submitted_at: datetime
    state_since: datetime
    due_at: datetime | None
    outcome: str
    forwarded_at: datetime | None
    opened_at: datetime | None
    accepted_at: datetime | None
    closed_at: datetime | None
    draft_id: str | None = None


_BY_ID = select(leads).where(leads.c.id == bindparam("lead"))
_BY_NUMBER = select(leads).where(leads.c.number == bindparam("said"))
_ORDER = (leads.c.urgent.desc(), leads.c.submitted_at, leads.c.id)
_OPEN = (leads.c.office_id == bindparam("office")) & leads.c.closed_at.is_(None)
_MINE = leads.c.reporter_id == bindparam("person")
_COUNT = select(func.count()).select_from(leads)


def lead_of(tx: Tx, row: Any) -> Lead:
    """The lead of a row of `leads`."""
    values = dict(row._mapping)
    values["content"] = tx.sealer.open_json(row.content, f"leads.content:{row.id}")
    return Lead(**values)


async def get(tx: Tx, lead_id: str) -> Lead | None:
    """One lead."""
    row = await tx.one(_BY_ID, {"lead": lead_id})
    return lead_of(tx, row) if row else None


async def by_number(tx: Tx, number: str) -> Lead | None:
    """The lead whose number somebody typed, however they typed it."""
    parsed = numbers.parse(number)
    row = await tx.one(_BY_NUMBER, {"said": parsed}) if parsed else None
    return lead_of(tx, row) if row else None


async def open_of(tx: Tx, office_id: str, *, limit: int = 20, offset: int = 0) -> list[Lead]:
    """The open leads of an office: urgent ones first, then oldest."""
    statement = select(leads).where(_OPEN).order_by(*_ORDER).limit(limit).offset(offset)
    return [lead_of(tx, row) for row in await tx.all(statement, {"office": office_id})]


async def count_open(tx: Tx, office_id: str) -> int:
    """How many leads of an office are open."""
    row = await tx.one(_COUNT.where(_OPEN), {"office": office_id})
    return int(row[0]) if row else 0


async def mine(tx: Tx, person_id: str, limit: int = 20, offset: int = 0) -> list[Lead]:
    """What this person reported, latest first."""
    statement = select(leads).where(_MINE).order_by(leads.c.submitted_at.desc(), leads.c.id)
    rows = await tx.all(statement.limit(limit).offset(offset), {"person": person_id})
    return [lead_of(tx, row) for row in rows]


async def count_mine(tx: Tx, person_id: str) -> int:
    """How many leads this person reported."""
    row = await tx.one(_COUNT.where(_MINE), {"person": person_id})
    return int(row[0]) if row else 0


async def waiting_for(tx: Tx, person_id: str) -> list[Lead]:
    """The leads of this person about which the office asked something."""
    asked = _MINE & (leads.c.state == "returned")
    return [
        lead_of(tx, row) for row in await tx.all(select(leads).where(asked), {"person": person_id})
    ]


async def count_timed(tx: Tx) -> int:
    """How many open leads have a deadline."""
    timed = leads.c.closed_at.is_(None) & leads.c.due_at.is_not(None)
    row = await tx.one(_COUNT.where(timed))
    return int(row[0]) if row else 0


async def overdue(tx: Tx, now: datetime) -> list[Lead]:
    """Open leads whose deadline has passed, longest first."""
    late = leads.c.closed_at.is_(None) & (leads.c.due_at <= now)
    rows = await tx.all(select(leads).where(late).order_by(leads.c.due_at, leads.c.id))
    return [lead_of(tx, row) for row in rows]


async def all_leads(
    tx: Tx,
    *,
    office_id: str | None = None,
    state: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Lead]:
    """Leads in the order they came, for the register and the terminal; `until` is excluded."""
    statement = select(leads).order_by(leads.c.submitted_at, leads.c.id).offset(offset)
    if office_id is not None:
        statement = statement.where(leads.c.office_id == office_id)
    if state is not None:
        statement = statement.where(leads.c.state == state)
    if since is not None:
        statement = statement.where(leads.c.submitted_at >= since)
    if until is not None:
        statement = statement.where(leads.c.submitted_at < until)
    if limit is not None:
        statement = statement.limit(limit)
    return [lead_of(tx, row) for row in await tx.all(statement)]
