"""The roster: who is bound to which role and place, and the accounts they speak from.

Authority is what stands here, read in the same transaction as the act. Names, phones and chats are
sealed; an account is only a fingerprint. The rest of the house comes in by `storage.people`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from storage import ids
from storage.database import Tx, upsert
from storage.tables import Moment, accounts, people
from storage.text import clean


class Role(StrEnum):
    """What somebody is here."""

    MONITOR = "monitor"
    OFFICER = "officer"
    STEWARD = "steward"


@dataclass(frozen=True)
class Person:
    """Somebody bound by invitation to a role and a place."""

    id: str
    role: Role
    place_id: str
    office_id: str | None
    name: str
    title: str
    revoked_at: datetime | None = None
    phone: str = ""


_GET = select(people).where(people.c.id == bindparam("person"))
_ACCOUNT = (accounts.c.channel == bindparam("on")) & (accounts.c.account == bindparam("who"))
_FIND = (
    select(people)
    .join(accounts, accounts.c.person_id == people.c.id)
    .where(_ACCOUNT, people.c.revoked_at.is_(None))
)
_BIND = upsert(
    lambda i: i.on_conflict_do_update(
        index_elements=["channel", "account"],
        set_={
            "person_id": i.excluded.person_id,
            "chat": i.excluded.chat,
            "used_at": i.excluded.used_at,
            "unreachable_at": None,
        },
    ).returning(accounts.c.account),
    accounts,
)
_ADDRESSES = (
    select(accounts)
    .where(accounts.c.person_id == bindparam("person"))
    .order_by(
        accounts.c.unreachable_at.is_not(None), accounts.c.used_at.desc(), accounts.c.channel
    )
)
_TOUCH = update(accounts).where(_ACCOUNT).values(used_at=bindparam("at", type_=Moment))
_REACH = update(accounts).where(_ACCOUNT).values(unreachable_at=bindparam("at", type_=Moment))


def unsealed(tx: Tx, row: Any, column: str, table: str = "people") -> str:
    """A sealed text of a row; empty if there is none."""
    value = getattr(row, column)
    return tx.sealer.open_text(value, f"{table}.{column}:{row.id}") if value else ""


def person(tx: Tx, row: Any) -> Person:
    """The person of a row of `people`."""
    return Person(
        row.id,
        Role(row.role),
        row.place_id,
        row.office_id,
        unsealed(tx, row, "name"),
        row.title,
        row.revoked_at,
        unsealed(tx, row, "phone"),
    )


async def add(
    tx: Tx,
    *,
    role: Role | str,
    place_id: str,
    office_id: str | None = None,
    name: str = "",
    title: str = "",
    phone: str = "",
    now: datetime,
) -> Person:
    """Puts somebody on the roster; they can do nothing until an account is bound to them."""
    added = Person(
        ids.new(), Role(role), place_id, office_id, clean(name), clean(title), None, clean(phone)
    )
    sealed = {
        column: tx.sealer.seal_text(words, f"people.{column}:{added.id}") if words else None
        for column, words in (("name", name), ("phone", phone))
    }
    values = {"id": added.id, "role": str(added.role), "place_id": place_id, **sealed}
    rest = {"office_id": office_id, "title": title, "added_at": now}
    await tx.run(insert(people), {**values, **rest})
    return added


async def get(tx: Tx, person_id: str) -> Person | None:
    """One person, revoked or not."""
    row = await tx.one(_GET, {"person": person_id})
    return person(tx, row) if row else None


async def find(tx: Tx, channel: str, account: str) -> Person | None:
    """Who speaks from this account: bound and not revoked, else None."""
    row = await tx.one(_FIND, {"on": channel, "who": tx.sealer.fingerprint(channel, account)})
    return person(tx, row) if row else None


async def bind(
    tx: Tx, person_id: str, channel: str, account: str, chat: str, now: datetime
) -> None:
    """From now on this account is this person, and nobody else."""
    who = tx.sealer.fingerprint(channel, account)
    chat_sealed = tx.sealer.seal_text(chat, f"accounts.chat:{channel}:{who}")
    values = {"channel": channel, "account": who, "person_id": person_id, "chat": chat_sealed}
    await tx.once(_BIND, values | {"used_at": now, "unreachable_at": None})


async def addresses(tx: Tx, person_id: str) -> list[tuple[str, str]]:
    """(channel, chat) of a person: most recently used first, unreachable last."""
    return [
        (r.channel, tx.sealer.open_text(r.chat, f"accounts.chat:{r.channel}:{r.account}"))
        for r in await tx.all(_ADDRESSES, {"person": person_id})
    ]


async def touch(tx: Tx, channel: str, account: str, now: datetime) -> None:
    """Somebody was just heard from this account."""
    who = tx.sealer.fingerprint(channel, account)
    await tx.run(_TOUCH, {"on": channel, "who": who, "at": now})


async def mark_unreachable(tx: Tx, channel: str, account: str, now: datetime) -> None:
    """This account cannot be written to."""
    await _reach(tx, channel, account, now)


async def mark_reachable(tx: Tx, channel: str, account: str) -> None:
    """This account can be written to again."""
    await _reach(tx, channel, account, None)


async def _reach(tx: Tx, channel: str, account: str, at: datetime | None) -> None:
    who = tx.sealer.fingerprint(channel, account)
    await tx.run(_REACH, {"on": channel, "who": who, "at": at})
