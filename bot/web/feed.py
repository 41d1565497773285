"""What a page shows: the letters of its chats, cards drawn from what is true now."""

from __future__ import annotations

from typing import Any

from bot.channels.web import CHANNEL, room_of
from bot.post import from_letter
from bot.web.guard import Visitor
from handlers.messages import Outbound
from handlers.office import cards
from knowledge.book import Book
from storage import files, outbox, places
from storage.database import Tx
from storage.outbox import Letter
from storage.people import Role


async def room(tx: Tx, visitor: Visitor) -> str:
    """The chat of the visitor's office, if she is an officer and it is bound to the web."""
    person = visitor.person
    if person.role is not Role.OFFICER or not person.office_id:
        return ""
    chat = room_of(person.office_id)
    office = await places.office_by_chat(tx, CHANNEL, chat)
    return chat if office is not None and office.id == person.office_id else ""


async def items(tx: Tx, book: Book, visitor: Visitor, after: int) -> list[dict[str, Any]]:
    """Everything after a letter's number in the visitor's chats, oldest first."""
    found = [("me", letter) for letter in await outbox.feed(tx, CHANNEL, visitor.account, after)]
    if chat := await room(tx, visitor):
        found += [("room", letter) for letter in await outbox.feed(tx, CHANNEL, chat, after)]
    newest = {letter.lead_id: letter.id for _, letter in found if letter.lead_id}
    shown = []
    for where, letter in sorted(found, key=lambda one: one[1].id):
        if not letter.lead_id or newest[letter.lead_id] == letter.id:
            shown.append(await _item(tx, book, where, letter))
    return shown


async def _item(tx: Tx, book: Book, where: str, letter: Letter) -> dict[str, Any]:
    one = from_letter(letter)
    item: dict[str, Any] = {"id": letter.id, "chat": where, "at": letter.created_at.isoformat()}
    rows = one.buttons
    text = one.text
    if one.card:
        view = await cards.draw(tx, book, one.card, one.channel, one.chat)
        text, rows = (view.text, view.rows) if view else ("", ())
        item["card"] = one.card
    item["text"] = text
    item["rows"] = [[[b.label, b.data] for b in line] for line in rows]
    for name in ("replaces", "strip", "toast", "alert"):
        if value := getattr(one, name):
            item[name] = value
    if one.files:
        item["files"] = await _files(tx, letter.id, one)
    if one.picture:
        item["picture"] = f"picture/{letter.id}"
    if one.quiz:
        item["quiz"] = {"ask": one.quiz.ask, "choices": list(one.quiz.choices)}
    return item


async def _files(tx: Tx, id: int, one: Outbound) -> list[dict[str, str]]:
    listed = []
    for number, file_id in enumerate(one.files):
        kept = await files.get(tx, file_id)
        if kept is not None:
            image = kept.has_copy and not one.originals
            listed.append(
                {"url": f"file/{id}/{number}", "kind": "image" if image else "other"}
                | {"name": kept.name}
            )
    return listed


async def letter_for(tx: Tx, visitor: Visitor, id: int) -> Outbound | None:
    """One letter, if it was said to this visitor or in her office's room."""
    letter = await outbox.get(tx, id)
    if letter is None or letter.channel != CHANNEL or not letter.payload:
        return None
    allowed = {visitor.account, await room(tx, visitor)}
    return from_letter(letter) if letter.chat in allowed else None
