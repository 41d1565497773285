"""Leads: what a monitor reported, who holds it, and in which state it stands.

Every change is one conditional UPDATE on the lead's revision, with its history rows in the same
transaction: of two people who press at once, one wins and the other learns it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from storage import history, ids, numbers, tables
from storage.cards import Card, cards_of, keep_card, retire_card
from storage.database import Tx, upsert
from storage.places import Office
from storage.tables import drafts, files, leads
from storage.talk import Said, say, thread

__all__ = [
    "KEEP",
    "Card",
    "Keep",
    "Lead",
    "Said",
    "all_leads",
    "by_number",
    "cards_of",
    "content_mark",
    "count_mine",
    "count_open",
    "get",
    "keep_card",
    "mark",
    "mine",
    "move",
    "note",
    "open_of",
    "overdue",
    "retire_card",
    "say",
    "submit",
    "thread",
    "waiting_for",
]


class Keep(Enum):
    """Leave a field as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP


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
_BY_DRAFT = select(leads).where(leads.c.draft_id == bindparam("draft"))
_LOCK_DRAFT = select(drafts.c.id).where(drafts.c.id == bindparam("draft")).with_for_update()
_NEXT = upsert(
    lambda i: i.on_conflict_do_update(
        index_elements=["code", "day"], set_={"n": tables.numbers.c.n + 1}
    ).returning(tables.numbers.c.n),
    tables.numbers,
)


def _lead(tx: Tx, row: Any) -> Lead:
    values = dict(row._mapping)
    values["content"] = tx.sealer.open_json(row.content, f"leads.content:{row.id}")
    return Lead(**values)


def content_mark(tx: Tx, content: dict[str, Any]) -> str:
    """What the history says of a lead's content, so that a later change of it shows."""
    return tx.sealer.fingerprint("content", repr(_sorted(content)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((str(key), _sorted(item)) for key, item in value.items())
    return [_sorted(item) for item in value] if isinstance(value, list | tuple) else value


async def submit(
    tx: Tx,
    *,
    draft_id: str | None,
    reporter_id: str,
    office: Office,
    place_id: str,
    content: dict[str, Any],
    category: str,
    urgent: bool,
    pack: str,
    now: datetime,
    due_at: datetime | None = None,
) -> tuple[Lead, bool]:
    """Makes a lead of a draft and gives it a number; False: this draft was submitted before.

    The draft is ended and its files become the lead's in the same stroke.
    """
    if draft_id is not None:
        await tx.one(_LOCK_DRAFT, {"draft": draft_id})
        if row := await tx.one(_BY_DRAFT, {"draft": draft_id}):
            return _lead(tx, row), False
    day = numbers.day_of(now)
    counted = await tx.once(_NEXT, {"code": office.code, "day": day, "n": 1})
    number = numbers.make(office.code, day, counted.n if counted else 1)
    id = ids.new()
    sealed = tx.sealer.seal_json(content, f"leads.content:{id}")
    kept = tx.sealer.open_json(sealed, f"leads.content:{id}")
    lead = Lead(
        id,
        number,
        place_id,
        office.id,
        reporter_id,
        None,
        "submitted",
        "",
        category,
        urgent,
        1,
        kept,
        pack,
        now,
        now,
        due_at,
        "",
        None,
        None,
        None,
        None,
        draft_id,
    )
    await tx.run(insert(leads), vars(lead) | {"content": sealed})
    if draft_id is not None:
        ended = update(drafts).where(drafts.c.id == draft_id)
        await tx.run(ended.values(state="submitted", lead_id=id, updated_at=now))
        theirs = files.c.draft_id == draft_id
        await tx.run(update(files).where(theirs).values(lead_id=id))
    detail = {"number": number, "office": office.id, "content": content_mark(tx, kept)}
    await history.append(
        tx,
        lead_id=id,
        event="submitted",
        state="submitted",
        by=reporter_id,
        now=now,
        detail=detail,
    )
    return lead, True


async def get(tx: Tx, lead_id: str) -> Lead | None:
    """One lead."""
    row = await tx.one(_BY_ID, {"lead": lead_id})
    return _lead(tx, row) if row else None


async def by_number(tx: Tx, number: str) -> Lead | None:
    """The lead whose number somebody typed, however they typed it."""
    parsed = numbers.parse(number)
    row = await tx.one(_BY_NUMBER, {"said": parsed}) if parsed else None
    return _lead(tx, row) if row else None


async def move(
    tx: Tx,
    lead: Lead,
    states: Sequence[str] = (),
    *,
    event: str,
    by: str | None,
    now: datetime,
    detail: dict[str, Any] | None = None,
    holder: str | Keep | None = KEEP,
    office: str | Keep = KEEP,
    due_at: datetime | Keep | None = KEEP,
    outcome: str | Keep = KEEP,
    before: str | Keep = KEEP,
    closed_at: datetime | Keep | None = KEEP,
) -> Lead | None:
    """Walks a lead through states (none: it stays) and changes what is given.

    None: somebody was faster, nothing was changed; read the lead again. What changed is written
    into the history beside `detail`, under the names of the fields.
    """
    given = {
        "holder_id": holder,
        "office_id": office,
        "due_at": due_at,
        "outcome": outcome,
        "before": before,
        "closed_at": closed_at,
    }
    changes: dict[str, Any] = {k: v for k, v in given.items() if v is not KEEP}
    if states:
        changes |= {"state": states[-1], "state_since": now}
    changes["revision"] = lead.revision + 1
    mine = (leads.c.id == lead.id) & (leads.c.revision == lead.revision)
    if await tx.run(update(leads).where(mine).values(**changes)) != 1:
        return None
    written = {k: changes[k] for k in ("holder_id", "office_id", "outcome") if k in changes}
    await history.append_all(
        tx,
        lead_id=lead.id,
        event=event,
        by=by,
        now=now,
        states=list(states) or [""],
        detail=(detail or {}) | written,
    )
    return replace(lead, **changes)


async def note(
    tx: Tx,
    lead: Lead,
    *,
    event: str,
    by: str | None,
    now: datetime,
    detail: dict[str, Any] | None = None,
) -> int:
    """Writes into the history of a lead without changing it."""
    return await history.append(tx, lead_id=lead.id, event=event, by=by, now=now, detail=detail)


async def mark(
    tx: Tx,
    lead: Lead,
    *,
    forwarded_at: datetime | None = None,
    opened_at: datetime | None = None,
    accepted_at: datetime | None = None,
    closed_at: datetime | None = None,
) -> Lead:
    """Notes when something first happened to a lead; later times change nothing."""
    given = {
        "forwarded_at": forwarded_at,
        "opened_at": opened_at,
        "accepted_at": accepted_at,
        "closed_at": closed_at,
    }
    first = {k: func.coalesce(leads.c[k], v) for k, v in given.items() if v is not None}
    if not first:
        return lead
    statement = update(leads).where(leads.c.id == lead.id).values(**first)
    row = await tx.one(statement.returning(*(leads.c[k] for k in first)))
    return replace(lead, **row._mapping) if row else lead


_ORDER = (leads.c.urgent.desc(), leads.c.submitted_at, leads.c.id)
_OPEN = (leads.c.office_id == bindparam("office")) & leads.c.closed_at.is_(None)
_MINE = leads.c.reporter_id == bindparam("person")
_COUNT = select(func.count()).select_from(leads)


async def open_of(tx: Tx, office_id: str, *, limit: int = 20, offset: int = 0) -> list[Lead]:
    """The open leads of an office: urgent ones first, then oldest."""
    statement = select(leads).where(_OPEN).order_by(*_ORDER).limit(limit).offset(offset)
    return [_lead(tx, row) for row in await tx.all(statement, {"office": office_id})]


async def count_open(tx: Tx, office_id: str) -> int:
    """How many leads of an office are open."""
    row = await tx.one(_COUNT.where(_OPEN), {"office": office_id})
    return int(row[0]) if row else 0


async def mine(tx: Tx, person_id: str, limit: int = 20, offset: int = 0) -> list[Lead]:
    """What this person reported, latest first."""
    statement = select(leads).where(_MINE).order_by(leads.c.submitted_at.desc(), leads.c.id)
    rows = await tx.all(statement.limit(limit).offset(offset), {"person": person_id})
    return [_lead(tx, row) for row in rows]


async def count_mine(tx: Tx, person_id: str) -> int:
    """How many leads this person reported."""
    row = await tx.one(_COUNT.where(_MINE), {"person": person_id})
    return int(row[0]) if row else 0


async def waiting_for(tx: Tx, person_id: str) -> list[Lead]:
    """The leads of this person about which the office asked something."""
    asked = _MINE & (leads.c.state == "returned")
    return [
        _lead(tx, row) for row in await tx.all(select(leads).where(asked), {"person": person_id})
    ]


async def overdue(tx: Tx, now: datetime) -> list[Lead]:
    """Open leads whose deadline has passed, longest first."""
    late = leads.c.closed_at.is_(None) & (leads.c.due_at <= now)
    rows = await tx.all(select(leads).where(late).order_by(leads.c.due_at, leads.c.id))
    return [_lead(tx, row) for row in rows]


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
    for wanted, condition in (
        (office_id, leads.c.office_id == office_id),
        (state, leads.c.state == state),
        (since, leads.c.submitted_at >= since),
        (until, leads.c.submitted_at < until),
    ):
        if wanted is not None:
            statement = statement.where(condition)
    if limit is not None:
        statement = statement.limit(limit)
    return [_lead(tx, row) for row in await tx.all(statement)]
