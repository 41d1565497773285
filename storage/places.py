"""Places (district, street, village) as a tree, and the offices that stand at some of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, literal, select, update

from storage import ids, instance
from storage.database import Tx
from storage.tables import offices, places


@dataclass(frozen=True)
class Place:
    """A place; its parent is the place above."""

    id: str
    kind: str  # district | street | village
    name: str
    parent_id: str | None


@dataclass(frozen=True)
class Office:
    """An office that receives leads, and the group chat in which it works."""

    id: str
    place_id: str
    name: str
    code: str  # two letters A-Z, the beginning of its numbers
    card_level: str  # notice | summary | full
    channel: str  # of its group chat; empty: none bound yet
    chat: str
    phone: str
    upper_channel: str  # what people are told when a lead must go above and no office is there


def _tree(*, up: bool) -> Any:
    """The places from one place up to the root, or down to all leaves, each with its depth."""
    tree = (
        select(places, literal(0).label("depth"))
        .where(places.c.id == bindparam("place"))
        .cte("tree", recursive=True)
    )
    step = places.c.id == tree.c.parent_id if up else places.c.parent_id == tree.c.id
    return tree.union_all(select(places, tree.c.depth + 1).where(step))


_UP = _tree(up=True)
_PATH = select(_UP).order_by(_UP.c.depth.desc())
_NEAREST = (
    select(offices)
    .join(_UP, _UP.c.id == offices.c.place_id)
    .where(_UP.c.depth >= bindparam("depth"))
    .order_by(_UP.c.depth)
    .limit(1)
)
below = _tree(up=False)
"""All places at and under the bound parameter `place`; for other modules' queries."""
_PLACE = select(places).where(places.c.id == bindparam("place"))
_OFFICE = select(offices).where(offices.c.id == bindparam("office"))
_BY_CHAT = select(offices).where(
    offices.c.channel == bindparam("channel"), offices.c.chat_key == bindparam("chat")
)


def _place(tx: Tx, row: Any) -> Place:
    name = tx.sealer.open_text(row.name, f"places.name:{row.id}")
    return Place(row.id, row.kind, name, row.parent_id)


def _office(tx: Tx, row: Any) -> Office:
    def opened(column: str) -> str:
        sealed = getattr(row, column)
        return tx.sealer.open_text(sealed, f"offices.{column}:{row.id}") if sealed else ""

    return Office(
        row.id,
        row.place_id,
        opened("name"),
        row.code,
        row.card_level,
        row.channel or "",
        opened("chat"),
        opened("phone"),
        row.upper_channel,
    )


async def add_place(tx: Tx, *, kind: str, name: str, parent_id: str | None = None) -> Place:
    """A new place under another."""
    place = Place(ids.new(), kind, name, parent_id)
    sealed = tx.sealer.seal_text(name, f"places.name:{place.id}")
    await tx.run(insert(places), vars(place) | {"name": sealed})
    return place


async def add_office(
    tx: Tx,
    *,
    place_id: str,
    name: str,
    code: str,
    card_level: str = "summary",
    phone: str = "",
    upper_channel: str = "",
) -> Office:
    """A new office at a place; a place has at most one, and no two share a code."""
    if not re.fullmatch("[A-Z]{2}", code):
        raise ValueError("an office's code is two letters A-Z")
    id = ids.new()
    sealed = tx.sealer.seal_text(phone, f"offices.phone:{id}") if phone else None
    values = {"id": id, "place_id": place_id, "code": code, "phone": sealed}
    values["name"] = tx.sealer.seal_text(name, f"offices.name:{id}")
    values |= {"card_level": _level(card_level), "upper_channel": upper_channel}
    await tx.run(insert(offices), values)
    return Office(id, place_id, name, code, card_level, "", "", phone, upper_channel)


def _level(level: str) -> str:
    if level not in ("notice", "summary", "full"):
        raise ValueError("a card level is notice, summary or full")
    return level


async def get_place(tx: Tx, place_id: str) -> Place | None:
    """One place."""
    row = await tx.one(_PLACE, {"place": place_id})
    return _place(tx, row) if row else None


async def get_office(tx: Tx, office_id: str) -> Office | None:
    """One office."""
    row = await tx.one(_OFFICE, {"office": office_id})
    return _office(tx, row) if row else None


async def all_places(tx: Tx) -> list[Place]:
    """Every place, by name."""
    found = [_place(tx, row) for row in await tx.all(select(places))]
    return sorted(found, key=lambda place: (place.name, place.id))


async def all_offices(tx: Tx) -> list[Office]:
    """Every office, by code."""
    return [_office(tx, row) for row in await tx.all(select(offices).order_by(offices.c.code))]


async def path_of(tx: Tx, place_id: str) -> list[Place]:
    """From the district down to this place."""
    return [_place(tx, row) for row in await tx.all(_PATH, {"place": place_id})]


async def office_for(tx: Tx, place_id: str) -> Office | None:
    """The office that receives what happens at a place: its own, or the nearest above."""
    row = await tx.one(_NEAREST, {"place": place_id, "depth": 0})
    return _office(tx, row) if row else None


async def office_above(tx: Tx, office_id: str) -> Office | None:
    """The next office up the tree; None if there is none."""
    office = await tx.one(_OFFICE, {"office": office_id})
    if office is None:
        return None
    row = await tx.one(_NEAREST, {"place": office.place_id, "depth": 1})
    return _office(tx, row) if row else None


async def office_by_chat(tx: Tx, channel: str, chat: str) -> Office | None:
    """The office whose group chat this is, or was until the group got a new id."""
    key = tx.sealer.fingerprint(chat)
    row = await tx.one(_BY_CHAT, {"channel": channel, "chat": key})
    if row is None and (new := await instance.get(tx, f"moved.{key}")):
        row = await tx.one(_BY_CHAT, {"channel": channel, "chat": new})
    return _office(tx, row) if row else None


async def bind_chat(tx: Tx, office_id: str, channel: str, chat: str, now: datetime) -> None:
    """Makes a group chat the office's; an office that had the same chat loses it."""
    key = tx.sealer.fingerprint(chat)
    taken = (offices.c.channel == channel) & (offices.c.chat_key == key)
    await tx.run(update(offices).where(taken).values(channel=None, chat_key=None, chat=None))
    sealed = tx.sealer.seal_text(chat, f"offices.chat:{office_id}")
    bound = {"channel": channel, "chat_key": key, "chat": sealed, "bound_at": now}
    await tx.run(update(offices).where(offices.c.id == office_id).values(**bound))


async def unbind_chat(tx: Tx, office_id: str) -> None:
    """The office works in no group chat any more."""
    gone = update(offices).where(offices.c.id == office_id)
    await tx.run(gone.values(channel=None, chat_key=None, chat=None))


async def set_card_level(tx: Tx, office_id: str, level: str) -> None:
    """How much a card in the group shows: notice, summary or full."""
    statement = update(offices).where(offices.c.id == office_id)
    await tx.run(statement.values(card_level=_level(level)))
