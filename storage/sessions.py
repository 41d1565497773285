"""Where each person stands in the conversation, and the drafts they have begun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from storage import ids
from storage.database import Tx, upsert
from storage.tables import Moment, drafts, files, sessions


@dataclass(frozen=True)
class Session:
    """The state of one person's dialogue; the revision counts its saves."""

    state: dict[str, Any]
    revision: int


@dataclass(frozen=True)
class Draft:
    """A report that somebody writes."""

    id: str
    person_id: str
    content: dict[str, Any]  # empty once it was wiped
    updated_at: datetime
    state: str  # open | submitted | discarded
    lead_id: str | None


_LOAD = select(sessions.c.state, sessions.c.revision).where(
    sessions.c.person_id == bindparam("person")
)
_SAVE = upsert(
    lambda i: i.on_conflict_do_update(
        index_elements=["person_id"],
        set_={
            "state": i.excluded.state,
            "updated_at": i.excluded.updated_at,
            "revision": sessions.c.revision + 1,
        },
    ).returning(sessions.c.revision),
    sessions,
)
_MINE = select(drafts).where(
    drafts.c.id == bindparam("draft"), drafts.c.person_id == bindparam("person")
)
_OPEN = (
    select(drafts)
    .where(drafts.c.person_id == bindparam("person"), drafts.c.state == "open")
    .order_by(drafts.c.updated_at.desc(), drafts.c.id)
)
_WRITE = (
    update(drafts)
    .where(drafts.c.id == bindparam("draft"), drafts.c.state == "open")
    .values(content=bindparam("sealed"), updated_at=bindparam("at", type_=Moment))
)


async def load(tx: Tx, person_id: str) -> Session:
    """Where this person stands; an empty state at revision 0 if they never spoke."""
    row = await tx.one(_LOAD, {"person": person_id})
    if row is None:
        return Session({}, 0)
    return Session(tx.sealer.open_json(row.state, f"sessions.state:{person_id}"), row.revision)


async def save(tx: Tx, person_id: str, state: dict[str, Any], now: datetime) -> int:
    """Keeps where this person stands; gives the new revision."""
    sealed = tx.sealer.seal_json(state, f"sessions.state:{person_id}")
    values = {"person_id": person_id, "state": sealed, "revision": 1, "updated_at": now}
    row = await tx.once(_SAVE, values)
    return int(row.revision) if row else 0


def _draft(tx: Tx, row: Any) -> Draft:
    content = {}
    if row.content is not None:
        content = tx.sealer.open_json(row.content, f"drafts.content:{row.id}")
    return Draft(row.id, row.person_id, content, row.updated_at, row.state, row.lead_id)


async def new_draft(tx: Tx, person_id: str, content: dict[str, Any], now: datetime) -> Draft:
    """Begins a draft."""
    id = ids.new()
    sealed = tx.sealer.seal_json(content, f"drafts.content:{id}")
    values = {"id": id, "person_id": person_id, "content": sealed, "state": "open"}
    await tx.run(insert(drafts), values | {"updated_at": now})
    return Draft(id, person_id, content, now, "open", None)


async def save_draft(tx: Tx, id: str, content: dict[str, Any], now: datetime) -> bool:
    """Keeps what was written so far; False if the draft is no longer open."""
    sealed = tx.sealer.seal_json(content, f"drafts.content:{id}")
    return await tx.run(_WRITE, {"draft": id, "sealed": sealed, "at": now}) == 1


async def get_draft(tx: Tx, id: str, person_id: str) -> Draft | None:
    """A draft of this person; nobody sees another's."""
    row = await tx.one(_MINE, {"draft": id, "person": person_id})
    return _draft(tx, row) if row else None


async def open_drafts(tx: Tx, person_id: str) -> list[Draft]:
    """What this person has begun, latest first."""
    return [_draft(tx, row) for row in await tx.all(_OPEN, {"person": person_id})]


async def finish_draft(tx: Tx, id: str, state: str, lead_id: str | None, now: datetime) -> None:
    """Ends a draft. Discarded: what it said is wiped and its files' keys are thrown away."""
    ended: dict[str, Any] = {"state": state, "lead_id": lead_id, "updated_at": now}
    if state == "discarded":
        ended["content"] = None
        await tx.run(delete(files).where(files.c.draft_id == id, files.c.lead_id.is_(None)))
    await tx.run(update(drafts).where(drafts.c.id == id).values(**ended))


async def stale_drafts(tx: Tx, before: datetime) -> list[Draft]:
    """Open drafts untouched since before a time, to remind of or to discard."""
    old = (drafts.c.state == "open") & (drafts.c.updated_at < before)
    rows = await tx.all(select(drafts).where(old).order_by(drafts.c.updated_at))
    return [_draft(tx, row) for row in rows]


async def purge_draft_content(tx: Tx, before: datetime) -> int:
    """Wipes what submitted drafts said, once they ended before a time; the lead has it all."""
    ended = (drafts.c.state != "open") & (drafts.c.updated_at < before)
    wiped = update(drafts).where(ended, drafts.c.content.is_not(None))
    return await tx.run(wiped.values(content=None))
