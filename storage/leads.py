"""Leads: what is done with what a monitor reported. Reading them stands in `storage.register`.

Every change is one conditional UPDATE on the lead's revision, with its history rows in the same
transaction: of two people who press at once, one wins and the other learns it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from storage import history, ids, numbers, tables
from storage.cards import Card, cards_of, keep_card, retire_card, shown_in
from storage.database import Tx, upsert
from storage.places import Office
from storage.register import (
    Lead,
    all_leads,
    by_number,
    count_mine,
    count_open,
    count_timed,
    get,
    lead_of,
    mine,
    open_of,
    overdue,
    waiting_for,
)
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
    "count_timed",
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
    "shown_in",
    "submit",
    "thread",
    "waiting_for",
]


class Keep(Enum):
    """Leave a field as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP


_BY_DRAFT = select(leads).where(leads.c.draft_id == bindparam("draft"))
_LOCK_DRAFT = select(drafts.c.id).where(drafts.c.id == bindparam("draft")).with_for_update()
_NEXT = upsert(
    lambda i: i.on_conflict_do_update(
        index_elements=["code", "day"], set_={"n": tables.numbers.c.n + 1}
    ).returning(tables.numbers.c.n),
    tables.numbers,
)


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
            return lead_of(tx, row), False
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
