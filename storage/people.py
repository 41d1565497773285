"""People: everything one may ask about them, or do to their place on the roster.

Who they are stands in `storage.roster`, how they come in in `storage.invitations`; both are
offered here, since to the rest of the house they are one matter.
"""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from storage import history, tables
from storage.database import Tx
from storage.invitations import (
    Invitation,
    expose,
    invitations,
    invite,
    redeem,
    revoke_invitation,
    why,
)
from storage.outbox import LANES
from storage.places import below
from storage.roster import (
    Person,
    Role,
    add,
    addresses,
    bind,
    find,
    get,
    mark_reachable,
    mark_unreachable,
    person,
    touch,
    unsealed,
)
from storage.tables import drafts, files, offices, outbox, people, sessions

__all__ = [
    "Invitation",
    "Person",
    "Role",
    "add",
    "addresses",
    "bind",
    "everyone",
    "expose",
    "find",
    "get",
    "invitations",
    "invite",
    "mark_reachable",
    "mark_unreachable",
    "monitors_under",
    "officers",
    "redeem",
    "revoke",
    "revoke_invitation",
    "roster_match",
    "touch",
    "why",
]

_ACTIVE = people.c.revoked_at.is_(None)
_OFFICERS = (
    select(people)
    .where(people.c.office_id == bindparam("office"), people.c.role == Role.OFFICER.value, _ACTIVE)
    .order_by(people.c.id)
)
_PLACE_OF = select(offices.c.place_id).where(offices.c.id == bindparam("office"))
_MONITORS = (
    select(people)
    .join(below, below.c.id == people.c.place_id)
    .where(people.c.role == Role.MONITOR.value, _ACTIVE)
    .order_by(people.c.id)
)
_EVERYONE = select(people).where(_ACTIVE).order_by(people.c.id)
_ROSTER = select(people).where(people.c.office_id == bindparam("office"), _ACTIVE)


async def officers(tx: Tx, office_id: str) -> list[Person]:
    """The officers of an office."""
    return [person(tx, row) for row in await tx.all(_OFFICERS, {"office": office_id})]


async def monitors_under(tx: Tx, office_id: str) -> list[Person]:
    """The monitors of the places at and below an office's own."""
    at = await tx.one(_PLACE_OF, {"office": office_id})
    if at is None:
        return []
    return [person(tx, row) for row in await tx.all(_MONITORS, {"place": at.place_id})]


async def everyone(tx: Tx) -> list[Person]:
    """All who are not revoked."""
    return [person(tx, row) for row in await tx.all(_EVERYONE)]


async def roster_match(tx: Tx, office_id: str, names: str, *, called: str = "") -> bool:
    """Whether a free text names somebody of that office (names of two Han characters or more).

    `called` is what one person is called: there, a name without its surname and a surname with
    the end of a title are taken for a name as well.
    """
    text, parts = _folded(names), [_folded(part) for part in re.split(r"[\W_]+", called)]
    for row in await tx.all(_ROSTER, {"office": office_id}):
        name, title = _folded(unsealed(tx, row, "name")), _folded(row.title)
        given, office = name[1:], name[:1] + title[-2:]
        if len(name) >= 2 and name in text:
            return True
        if len(given) >= 2 and any(part.startswith(given) for part in parts):
            return True
        if len(title) >= 2 and any(office in part for part in parts):
            return True
    return False


def _folded(words: str) -> str:
    """Han characters alone: no spaces, dots or marks between them, compatibility forms and
    traditional characters folded."""
    from knowledge.search.fold import MOST, fold  # late: it brings the whole search along

    pieces = [words[start : start + MOST] for start in range(0, len(words), MOST)]
    return re.sub(r"[^\u3400-\u9fff\U00020000-\U0003ffff]", "", "".join(map(fold, pieces)))


async def revoke(tx: Tx, person_id: str, now: datetime, by: str | None) -> bool:
    """Takes somebody off the roster, at once and for good; False if they were off it already.

    Their invitations, open drafts, dialogue and waiting letters go with it; what takes old words
    out of their chat stays. A notice to them is to be put into the outbox afterwards; `addresses`
    still knows where.
    """
    mine = people.c.id == person_id
    if not await tx.run(update(people).where(mine, _ACTIVE).values(revoked_at=now)):
        return False
    open_ones = (drafts.c.person_id == person_id) & (drafts.c.state == "open")
    open_ids = select(drafts.c.id).where(open_ones).scalar_subquery()
    await tx.run(delete(files).where(files.c.draft_id.in_(open_ids), files.c.lead_id.is_(None)))
    await tx.run(
        update(drafts).where(open_ones).values(state="discarded", content=None, updated_at=now)
    )
    await tx.run(delete(sessions).where(sessions.c.person_id == person_id))
    theirs = outbox.c.person_id == person_id
    for channel, chat in await addresses(tx, person_id):
        there = (outbox.c.channel == channel) & (outbox.c.chat == tx.sealer.fingerprint(chat))
        theirs |= there & (outbox.c.lane != LANES.index("sweep"))
    await tx.run(
        update(outbox)
        .where(theirs, outbox.c.state.in_(["pending", "held"]))
        .values(state="dropped", sent_at=now, error="revoked")
    )
    table = tables.invitations
    unused = table.c.used_at.is_(None) & table.c.revoked_at.is_(None)
    from_or_for = (table.c.person_id == person_id) | (table.c.issued_by == person_id)
    await tx.run(update(table).where(unused, from_or_for).values(revoked_at=now))
    await history.append(
        tx, lead_id=None, event="person_revoked", by=by, now=now, detail={"person": person_id}
    )
    return True
