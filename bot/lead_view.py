"""A lead as a terminal, a folder and the register show it: everything but who reported.

The reporter's name is masked wherever it was written; what was written cannot act on a terminal.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.commands.common import BEIJING, beijing
from handlers import redact
from handlers.office.cards import own_names, state_line
from handlers.office.details import thread_for
from handlers.texts import find, has, say
from handlers.turn import title_of
from knowledge.book import Book
from storage import files, history, people, places
from storage.database import Tx
from storage.files import File
from storage.register import Lead

SHOWN_ELSEWHERE = frozenset({"category", "category_all", "item", "level"})
"""Answers that stand in the head."""

_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/amr": ".amr",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "application/pdf": ".pdf",
}


@dataclass
class View:
    """The book for titles, and names that were looked up before."""

    book: Book
    names: dict[str, str] = field(default_factory=dict)

    async def place(self, tx: Tx, place_id: str) -> str:
        """A place's name."""
        if place_id not in self.names:
            place = await places.get_place(tx, place_id)
            self.names[place_id] = place.name if place else ""
        return self.names[place_id]

    async def office(self, tx: Tx, office_id: str) -> str:
        """An office's name."""
        if office_id not in self.names:
            office = await places.get_office(tx, office_id)
            self.names[office_id] = office.name if office else ""
        return self.names[office_id]

    async def person(self, tx: Tx, person_id: str | None) -> str:
        """The name of somebody of an office; never ask it for a reporter."""
        if person_id is None:
            return ""
        if person_id not in self.names:
            person = await people.get(tx, person_id)
            self.names[person_id] = person.name if person else ""
        return self.names[person_id]


async def line_of(tx: Tx, view: View, lead: Lead) -> dict[str, Any]:
    """A lead's facts: no word that anybody wrote."""
    return {
        "number": lead.number,
        "received": beijing(lead.submitted_at),
        "category": title_of(view.book, lead.category),
        "place": await view.place(tx, lead.place_id),
        "office": await view.office(tx, lead.office_id),
        "urgent": lead.urgent,
        "state_code": lead.state,
        "state": state_line(lead),
        "holder": await view.person(tx, lead.holder_id),
        "due": beijing(lead.due_at),
        "outcome": _outcome(view, lead),
        "closed": beijing(lead.closed_at),
    }


def _outcome(view: View, lead: Lead) -> str:
    from handlers.office.cards import life

    outcome = life(view.book).outcome(lead.outcome) if lead.outcome else None
    return outcome.title if outcome else lead.outcome


async def data_of(tx: Tx, view: View, lead: Lead) -> dict[str, Any]:
    """All of a lead that an office may read."""
    reporter = await people.get(tx, lead.reporter_id)
    hidden = own_names(reporter.name) if reporter and reporter.name else []

    def clean(text: object) -> str:
        masked = redact.mask_names(str(text), hidden, say("cli.lead.somebody"))
        return redact.for_reader(masked)

    item = str(lead.content.get("item") or "")
    return {
        **await line_of(tx, view, lead),
        "item": title_of(view.book, item) if item else "",
        "answers": [
            {"label": str(one["label"]), "text": clean(one["text"])}
            for one in lead.content.get("answers", ())
            if one["key"] not in SHOWN_ELSEWHERE
        ],
        "thread": [
            {"at": beijing(said.at), "kind": said.kind, "text": clean(said.text)}
            for said in await thread_for(tx, lead, lead.office_id)
        ],
        "files": [_file(one) for one in await files.of_lead(tx, lead.id)],
        "history": [
            {
                "at": beijing(event.at),
                "event": event.event,
                "state": event.state,
                "by": await _by(tx, view, lead, event.by),
            }
            for event in await history.of_lead(tx, lead.id)
        ],
    }


def _file(one: File) -> dict[str, Any]:
    """What is told of a file: never the name that the sender's phone gave it."""
    return {"media": one.media, "size": one.size, "sha256": one.sha256, "copy": one.has_copy}


async def _by(tx: Tx, view: View, lead: Lead, person_id: str | None) -> str:
    if person_id is None:
        return say("cli.lead.by.program")
    if person_id == lead.reporter_id:
        return say("cli.lead.by.reporter")
    person = await people.get(tx, person_id)
    if person is None or person.role is people.Role.MONITOR:
        return say("cli.lead.by.gone")
    return await view.person(tx, person_id)


def text_of(data: dict[str, Any]) -> str:
    """The same, as lines to read."""
    lines = [say("cli.lead.head", **data).rstrip()]
    if data["item"]:
        lines.append(say("cli.lead.item", title=data["item"]))
    lines += [say("cli.lead.answer", **one) for one in data["answers"]]
    if data["thread"]:
        lines.append(say("cli.lead.thread"))
    for one in data["thread"]:
        who = say(f"office.details.who.{one['kind']}")
        lines.append(say("cli.lead.said", at=one["at"], who=who, text=one["text"]))
    if data["files"]:
        lines.append(say("cli.lead.files", n=len(data["files"])))
    for n, one in enumerate(data["files"], start=1):
        copy = say("cli.lead.copy" if one["copy"] else "cli.lead.no_copy")
        lines.append(say("cli.lead.file", **{**one, "n": n, "copy": copy}))
    lines.append(say("cli.lead.history"))
    for one in data["history"]:
        event, state = (
            _named("cli.lead.events", one["event"]),
            _named("office.state", one["state"]),
        )
        lines.append(say("cli.lead.event", at=one["at"], event=event, state=state, by=one["by"]))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _named(group: str, code: str) -> str:
    return str(find(f"{group}.{code}")) if code and has(f"{group}.{code}") else code


async def packed(tx: Tx, lead: Lead, *, originals: bool) -> dict[str, bytes]:
    """The files of a lead under names of our own: the copies, and the originals if asked for."""
    parts: dict[str, bytes] = {}
    for n, one in enumerate(await files.of_lead(tx, lead.id), start=1):
        if (copy := await files.read(tx, one.id)) is not None:
            parts[say("cli.lead.file_name", n=n, suffix=".jpg")] = copy
        original = await files.read(tx, one.id, original=True) if originals else None
        if original is not None:
            suffix = _ENDINGS.get(one.media, ".bin")
            parts[say("cli.lead.original_name", n=n, suffix=suffix)] = original
    return parts


async def register_row(tx: Tx, view: View, lead: Lead) -> list[str]:
    """A line of the register, in the order of its columns."""
    item = str(lead.content.get("item") or "")
    return [
        lead.number,
        _day(lead.submitted_at),
        await view.place(tx, lead.place_id),
        await view.office(tx, lead.office_id),
        title_of(view.book, lead.category),
        title_of(view.book, item) if item else "",
        say("cli.register.urgent" if lead.urgent else "cli.register.normal"),
        state_line(lead),
        await view.person(tx, lead.holder_id),
        _day(lead.accepted_at),
        _day(lead.due_at),
        _outcome(view, lead),
        _day(lead.closed_at),
        str(len(await files.of_lead(tx, lead.id))),
    ]


def _day(at: datetime | None) -> str:
    return at.astimezone(BEIJING).date().isoformat() if at else ""
