"""Invitations: one-time expiring codes that bind an account to a role and a place.

Of a code only its fingerprint is kept. Whoever holds it learns nothing from a refusal; why it was
refused is told to the issuer alone.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from storage import ids, roster, tables
from storage.database import Tx
from storage.roster import Person, Role, unsealed
from storage.tables import Moment
from storage.text import clean

_table = tables.invitations
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Invitation:
    """An invitation, without its code."""

    id: str
    role: Role
    place_id: str
    office_id: str | None
    person_id: str | None  # whom it is for, or who used it
    name: str
    issued_by: str | None
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    exposed: bool = False


_CODE = _table.c.code == bindparam("of")
_UNUSED = _table.c.used_at.is_(None) & _table.c.revoked_at.is_(None)
_USE = (
    update(_table)
    .where(_CODE, _UNUSED, _table.c.expires_at > bindparam("at", type_=Moment))
    .values(used_at=bindparam("at", type_=Moment))
    .returning(*_table.c)
)
_EXPOSE = (
    update(_table)
    .where(_CODE, _UNUSED)
    .values(revoked_at=bindparam("at", type_=Moment), exposed=True)
    .returning(*_table.c)
)
_BY_CODE = select(_table).where(_CODE)


def _invitation(tx: Tx, row: Any) -> Invitation:
    return Invitation(
        row.id,
        Role(row.role),
        row.place_id,
        row.office_id,
        row.person_id,
        unsealed(tx, row, "name", "invitations"),
        row.issued_by,
        row.issued_at,
        row.expires_at,
        row.used_at,
        row.revoked_at,
        row.exposed,
    )


async def invite(
    tx: Tx,
    *,
    role: Role | str,
    place_id: str,
    office_id: str | None = None,
    name: str = "",
    issued_by: str | None = None,
    now: datetime,
    lifetime: timedelta = WEEK,
    person_id: str | None = None,
) -> tuple[Invitation, str]:
    """An invitation and its code, 22 characters fit for a link; the code is shown only now.

    With `person_id` it binds a further account to somebody already on the roster.
    """
    code = secrets.token_urlsafe(16)
    invitation = Invitation(
        ids.new(),
        Role(role),
        place_id,
        office_id,
        person_id,
        clean(name),
        issued_by,
        now,
        now + lifetime,
    )
    sealed = tx.sealer.seal_text(invitation.name, f"invitations.name:{invitation.id}")
    await tx.run(
        insert(_table),
        {
            "id": invitation.id,
            "code": _fingerprint(tx, code),
            "role": str(invitation.role),
            "place_id": place_id,
            "office_id": office_id,
            "person_id": person_id,
            "name": sealed if name else None,
            "issued_by": issued_by,
            "issued_at": now,
            "expires_at": invitation.expires_at,
        },
    )
    return invitation, code


def _fingerprint(tx: Tx, code: str) -> str:
    return tx.sealer.fingerprint("invitation", code)


async def redeem(
    tx: Tx, code: str, channel: str, account: str, chat: str, now: datetime
) -> Person | None:
    """Binds this account to whom the code was made for; None if the code is good for nothing.

    An account that was somebody else until now is only the new one from here on.
    """
    row = await tx.one(_USE, {"of": _fingerprint(tx, code), "at": now})
    if row is None:
        return None
    if row.person_id is None:
        name = unsealed(tx, row, "name", "invitations")
        person = await roster.add(
            tx, role=row.role, place_id=row.place_id, office_id=row.office_id, name=name, now=now
        )
        used = update(_table).where(_table.c.id == row.id).values(person_id=person.id)
        await tx.run(used)
    else:
        known = await roster.get(tx, row.person_id)
        if known is None or known.revoked_at is not None:
            return None
        person = known
    await roster.bind(tx, person.id, channel, account, chat, now)
    return person


async def why(tx: Tx, code: str, now: datetime) -> str:
    """Why a code was refused, for the issuer: used, expired, revoked, unknown; or `good`."""
    row = await tx.one(_BY_CODE, {"of": _fingerprint(tx, code)})
    if row is None:
        return "unknown"
    if row.used_at is not None:
        return "used"
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at <= now else "good"


async def expose(tx: Tx, code: str, now: datetime) -> Invitation | None:
    """Revokes a code that was shown where others could read it; None if it was good no more."""
    row = await tx.one(_EXPOSE, {"of": _fingerprint(tx, code), "at": now})
    return _invitation(tx, row) if row else None


async def revoke_invitation(tx: Tx, invitation_id: str, now: datetime) -> bool:
    """Takes an unused invitation back; False if it was used or taken back before."""
    mine = update(_table).where(_table.c.id == invitation_id, _UNUSED)
    return await tx.run(mine.values(revoked_at=now)) == 1


async def invitations(tx: Tx) -> list[Invitation]:
    """All invitations, latest first."""
    statement = select(_table).order_by(_table.c.issued_at.desc(), _table.c.id)
    return [_invitation(tx, row) for row in await tx.all(statement)]
