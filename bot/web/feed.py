"""What a page shows: the letters of its chats, cards drawn from what is true now.

A page says which letters it has, by number, and gets the others: letters of one chat may be sent
out of order, so the highest number alone would not do.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.channels.web import CHANNEL, room_of
from bot.post import from_letter
from bot.web.guard import Visitor
from handlers.messages import Outbound
from handlers.office import cards
from handlers.texts import say
from knowledge.book import Book
from storage import files, leads, outbox, places
from storage.database import Tx
from storage.outbox import Letter
from storage.people import Role

ME, ROOM = "me", "room"
LATE = timedelta(minutes=30)
"""A letter that is sent later than this after it was written is seen when the page is opened."""

TOAST = timedelta(seconds=20)
MOST_CARDS = 50
PIECE = 200
INLINE = frozenset({"audio/ogg", "audio/mpeg", "audio/mp4", "video/mp4", "video/webm"})
"""Kinds a page plays by itself; everything else but our own copies is only saved."""


@dataclass(frozen=True)
class Batch:
    """What a page is handed: items to show, and the letter up to which it may forget numbers."""

    items: list[dict[str, Any]]
    floor: int


async def room(tx: Tx, visitor: Visitor) -> str:
    """The chat of the visitor's office, if she is an officer and it is bound to the web."""
    person = visitor.person
    if person.role is not Role.OFFICER or not person.office_id:
        return ""
    chat = room_of(person.office_id)
    office = await places.office_by_chat(tx, CHANNEL, chat)
    return chat if office is not None and office.id == person.office_id else ""


async def fresh(
    tx: Tx, book: Book, visitor: Visitor, after: int, seen: Collection[int], now: datetime
) -> Batch:
    """What the visitor's page does not have yet, oldest first; all cards if it has none."""
    chats = {ME: visitor.account}
    if chat := await room(tx, visitor):
        chats[ROOM] = chat
    found: list[tuple[str, Letter]] = []
    for name, chat in chats.items():
        found += [(name, letter) for letter in await _all_after(tx, chat, after)]
    found.sort(key=lambda one: one[1].id)
    floor = max((x.id for _, x in found if now - x.created_at > LATE), default=after)
    newest = {(where, letter.lead_id): letter.id for where, letter in found if letter.lead_id}
    items = []
    for where, letter in found:
        superseded = letter.lead_id and newest[where, letter.lead_id] != letter.id
        if letter.id not in seen and not superseded:
            items.append(await _item(tx, book, visitor, where, letter, now))
    if not after and not seen and ROOM in chats:
        shown = {lead for where, lead in newest if where == ROOM and lead}
        items = await _standing(tx, book, visitor, chats[ROOM], shown, now) + items
    return Batch([item for item in items if item], floor)


async def _all_after(tx: Tx, chat: str, after: int) -> list[Letter]:
    found: list[Letter] = []
    while True:
        piece = await outbox.feed(tx, CHANNEL, chat, after, PIECE)
        found += piece
        if len(piece) < PIECE:
            return found
        after = piece[-1].id


async def _standing(
    tx: Tx, book: Book, visitor: Visitor, chat: str, shown: Collection[str], now: datetime
) -> list[dict[str, Any]]:
    """The cards of open leads whose letters are already wiped: a room shows all open work."""
    items = []
    for lead in await leads.open_of(tx, visitor.person.office_id or "", limit=MOST_CARDS):
        view = None if lead.id in shown else await cards.draw(tx, book, lead.id, CHANNEL, chat)
        if view is not None:
            items.append(
                {
                    "id": 0,
                    "message": await _message_of(tx, lead.id, chat),
                    "chat": ROOM,
                    "at": lead.submitted_at.isoformat(),
                    "text": view.text,
                    "card": lead.id,
                    "rows": [[[b.label, b.data] for b in row] for row in view.rows],
                }
            )
    return sorted(items, key=lambda item: str(item["at"]))


async def _message_of(tx: Tx, lead_id: str, chat: str) -> str:
    known = [c.message for c in await leads.cards_of(tx, lead_id) if c.chat == chat]
    return known[-1] if known else lead_id


async def _item(
    tx: Tx, book: Book, visitor: Visitor, where: str, letter: Letter, now: datetime
) -> dict[str, Any]:
    """A letter as a page draws it; empty if there is nothing to draw."""
    one = from_letter(letter)
    item: dict[str, Any] = {
        "id": letter.id,
        "message": letter.message or str(letter.id),
        "chat": where,
        "at": letter.created_at.isoformat(),
    }
    if one.toast:
        mine = one.toast.startswith(visitor.account)
        if not one.text or not mine or now - letter.created_at > TOAST:
            return {}
        return item | {"toast": one.toast, "text": one.text, "alert": one.alert}
    rows, item["text"] = one.buttons, one.text
    if one.card:
        view = await cards.draw(tx, book, one.card, one.channel, one.chat)
        if view is None:
            return {}
        item |= {"text": view.text, "card": one.card}
        rows = view.rows
    item["rows"] = [[[b.label, b.data] for b in line] for line in rows]
    if one.strip:
        item["strip"] = one.strip
    if one.delete:
        item["delete"] = list(one.delete)
    if one.files:
        item["files"] = await _files(tx, letter.id, one)
    if one.picture:
        item["picture"] = f"picture/{letter.id}"
    if one.quiz:
        item["quiz"] = {
            "ask": one.quiz.ask,
            "choices": list(one.quiz.choices),
            "right": one.quiz.right,
            "why": one.quiz.why,
        }
    return item


async def _files(tx: Tx, id: int, one: Outbound) -> list[dict[str, str]]:
    listed = []
    for number, file_id in enumerate(one.files):
        kept = await files.get(tx, file_id)
        if kept is not None:
            copy = kept.has_copy and not one.originals
            plays = kept.media.partition("/")[0] if kept.media in INLINE else "other"
            listed.append(
                {"url": f"file/{id}/{number}", "kind": "image" if copy else plays}
                | {"name": handed_on(kept, number)}
            )
    return listed


def handed_on(file: files.File, number: int) -> str:
    """What a file is called on an officer's side: the name that her phone gave it may tell who
    she is."""
    return say("web.handed_on", n=number + 1, ending=files.ending(file))


async def letter_for(tx: Tx, visitor: Visitor, id: int) -> Outbound | None:
    """One letter, if it was sent to this visitor or to her office's room."""
    letter = await outbox.get(tx, id)
    if letter is None or letter.channel != CHANNEL or letter.state != "sent":
        return None
    allowed = {visitor.account, await room(tx, visitor)}
    return from_letter(letter) if letter.payload and letter.chat in allowed else None
