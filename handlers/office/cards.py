"""A lead as the office sees it: the card in its chat, always drawn from the database.

A card is a view. It is posted once, rewritten after every change, and never carries who reported.
How much it shows is the office's card level: notice, summary (usual) or full.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import redact
from handlers.messages import Button, Keyboard, Lane, Outbound, Place
from handlers.office import guarding
from handlers.texts import find, say
from handlers.turn import BEIJING, Turn, in_rows, title_of
from knowledge.book import Book
from knowledge.life import Life, life_of
from knowledge.schema import Action
from knowledge.workdays import NotAnnounced, deadline
from storage import files, leads, people, places
from storage.database import Tx
from storage.leads import Lead
from storage.people import Role
from storage.places import Office

ABSTRACT = 60
"""Characters of what was written that a summary card shows."""

FULL = 1500
PRIVATE_ONLY = frozenset(
    {"note", "message", "clear", "reopen", "archive", "notify"}
    | {"talk", "verify", "hold", "hand_over", "file"}
)
"""Actions left off a card in a group: they stand under the details, in private."""


@dataclass(frozen=True)
class View:
    """A card's words and buttons."""

    text: str
    rows: Keyboard


def life(book: Book) -> Life:
    """The life of a lead, as this book has it."""
    return life_of([*book.of_kind("state"), *book.of_kind("action"), *book.of_kind("outcome")])


async def draw(tx: Tx, book: Book, lead_id: str, channel: str, chat: str) -> View | None:
    """The card of a lead for one chat; none if there is no such lead, or that chat is nobody's
    who may read it.

    A group that belongs to another office now sees only that it has moved.
    """
    lead = await leads.get(tx, lead_id)
    if lead is None:
        return None
    office = await places.get_office(tx, lead.office_id)
    if office is None:
        return None
    group = await places.office_by_chat(tx, channel, chat)
    if group is not None and group.id != office.id:
        return View(say("office.card.moved", number=lead.number, office=office.name), ())
    if not await may_read(tx, lead, channel, chat):
        return None
    kept = await files.of_lead(tx, lead.id)
    place = await places.get_place(tx, lead.place_id)
    holder = await people.get(tx, lead.holder_id) if lead.holder_id else None
    reporter = await people.get(tx, lead.reporter_id)
    hidden = own_names(reporter.name) if reporter else []
    level = office.card_level if group is None else await guarding.level(tx, office)
    text = say(
        f"office.card.{level}",
        mark=_mark(book, lead),
        number=lead.number,
        category=title_of(book, lead.category),
        place=place.name if place else "",
        level=say("office.level.urgent" if lead.urgent else "office.level.normal"),
        abstract=abstract(lead, hidden) if level == "summary" else "",
        text=whole(lead, hidden) if level == "full" else "",
        item=_item(book, lead),
        files=len(kept),
        state=state_line(lead) + (say("office.card.holder", name=holder.name) if holder else ""),
        until=until(lead),
    )
    return View(text, buttons(book, lead, in_group=group is not None))


def buttons(book: Book, lead: Lead, *, in_group: bool, but: str = "") -> Keyboard:
    """What may be done next, `but` for what is just being shown; a request each, judged anew
    when it is pressed."""
    offered = [
        action
        for action in life(book).offered(lead.state)
        if action.code != but
        and not (in_group and action.code in PRIVATE_ONLY)
        and not (action.code == "clear" and not may_clear(book, lead))
    ]
    offered.sort(key=_rank)
    return in_rows([button(action, lead) for action in offered], width=3)


def may_clear(book: Book, lead: Lead) -> bool:
    """Whether the way it ended leaves somebody's name to be cleared (JB20:50)."""
    outcome = life(book).outcome(lead.outcome)
    return outcome is not None and outcome.may_clear


def button(action: Action, lead: Lead) -> Button:
    """One action's button, with the revision it was drawn at."""
    return Button(action.title, f"c.{lead.id}.{lead.revision}.{action.code}")


def _rank(action: Action) -> int:
    order = ("accept", "details", "return", "transfer", "decline", "refer", "close")
    return order.index(action.code) if action.code in order else len(order)


def _mark(book: Book, lead: Lead) -> str:
    coarse = life(book).state(lead.state).coarse
    if lead.state == "submitted":
        return say("office.card.mark.urgent" if lead.urgent else "office.card.mark.submitted")
    return say(f"office.card.mark.{coarse if coarse in ('asked', 'ended') else 'open'}")


def _item(book: Book, lead: Lead) -> str:
    item = str(lead.content.get("item") or "")
    return say("office.card.item", title=title_of(book, item)) if item else ""


def state_line(lead: Lead) -> str:
    """The state in the office's words."""
    return say(f"office.state.{lead.state}")


def until(lead: Lead) -> str:
    """Until when the next step is due, as a Beijing date."""
    if lead.due_at is None:
        return ""
    day = lead.due_at.astimezone(BEIJING)
    year = "" if day.year == lead.submitted_at.astimezone(BEIJING).year else f"{day.year}-"
    return say("office.card.until", date=f"{year}{day.month}-{day.day:02}")


def text_of(lead: Lead, key: str) -> str:
    """One answer of the lead."""
    return next((str(a["text"]) for a in lead.content["answers"] if a["key"] == key), "")


def names_in(lead: Lead) -> list[str]:
    """The names that were given as names: whoever is spoken of, and whoever knows of it."""
    found: list[str] = []
    for key in ("who", "witness"):
        given = [part for part in redact.split_names(text_of(lead, key)) if len(part) >= 2]
        found += [*given, *(name for whole in given if (name := _given_name(whole)))]
    return found


def _given_name(whole: str) -> str:
    """Of a name of three characters what comes after the family's; nothing if that is a title."""
    family, given = whole[:1], whole[1:]
    known = find("office.names.family").split(), find("office.names.before").split()
    return given if len(given) == 2 and family in known[0] and given not in known[1] else ""


def own_names(name: str) -> list[str]:
    """What somebody is called: the name, and the name without the first character."""
    return [name, name[1:]]


def abstract(lead: Lead, hidden: Sequence[str]) -> str:
    """A few words of what was written, without names or numbers; `hidden` are the reporter's."""
    names = [*names_in(lead), *hidden]
    return redact.for_group(text_of(lead, "what"), names, _told(), ABSTRACT)


def _told() -> redact.Told:
    """How a name is known that stands only in what happened."""
    return redact.Told(
        find("office.names.before"), find("office.names.family"), say("office.card.somebody")
    )


def whole(lead: Lead, hidden: Sequence[str]) -> str:
    """What was written, for an office that chose full cards; names of people stay masked."""
    text = text_of(lead, "what")
    names = [*names_in(lead), *hidden]
    shown = redact.for_group(text, names, _told(), FULL)
    return shown + (say("office.card.cut", n=len(text)) if len(text) > FULL else "")


def due_of(turn: Turn, state: str) -> datetime | None:
    """When a lead that enters a state now must have left it; none if no clock runs.

    The day ends at midnight in Beijing. Where next year's working days are not announced yet,
    the estimate without make-up days is used.
    """
    clock = life(turn.book).state(state).clock
    if clock is None:
        return None
    if clock.unit == "h":
        return turn.now + timedelta(hours=clock.n)
    found = deadline(turn.today, clock.n, clock.unit)  # type: ignore[arg-type]
    day = found.estimate if isinstance(found, NotAnnounced) else found.due
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=BEIJING)


async def chats_for(tx: Tx, office: Office) -> Sequence[tuple[str, str]]:
    """Where an office is written to: its chat, or else each of its officers in private."""
    if office.channel and office.chat:
        return [(office.channel, office.chat)]
    found = []
    for officer in await people.officers(tx, office.id):
        found += (await people.addresses(tx, officer.id))[:1]
    return found


async def may_read(tx: Tx, lead: Lead, channel: str, chat: str) -> bool:
    """Whether a chat may show a lead now: its office's own group, or one of its officers alone."""
    group = await places.office_by_chat(tx, channel, chat)
    if group is not None:
        return group.id == lead.office_id
    person = await people.find(tx, channel, chat)  # a private chat is named as its account
    return person is not None and (person.role, person.office_id) == (
        Role.OFFICER,
        lead.office_id,
    )


async def handled_in(tx: Tx, lead: Lead) -> Sequence[tuple[str, str]]:
    """Where a word about a lead goes: to whoever handles it; while nobody does (any more), to its
    office."""
    holder = await people.get(tx, lead.holder_id) if lead.holder_id else None
    bound = holder is not None and holder.revoked_at is None
    if bound and (where := await people.addresses(tx, lead.holder_id or "")):
        return where
    office = await places.get_office(tx, lead.office_id)
    return await chats_for(tx, office) if office is not None else []


async def recognise(turn: Turn, lead: Lead) -> None:
    """A press in the office's group from a message that is not known to be this lead's card.

    If no card is known there, its sending was never confirmed: this is it. Otherwise it is a
    spare copy: what was pressed counts, but its buttons go.
    """
    said = turn.said
    if said.place is not Place.GROUP or not said.message:
        return
    known = [
        card.message
        for card in await leads.cards_of(turn.tx, lead.id)
        if (card.channel, card.chat) == (said.channel, said.chat)
    ]
    if not known:
        revision = lead.revision
        await leads.keep_card(
            turn.tx, lead.id, said.channel, said.chat, said.message, revision, turn.now
        )
    elif said.message not in known:
        turn.out.append(Outbound(said.channel, said.chat, strip=said.message))


async def post(turn: Turn, lead: Lead, office: Office) -> bool:
    """Send a lead's card to its office. False if nobody there can be reached yet."""
    chats = await chats_for(turn.tx, office)
    for channel, chat in chats:
        turn.out.append(letter(turn.tx, lead, channel, chat))
    return bool(chats)


async def refresh(turn: Turn, lead: Lead, *, again: str = "") -> None:
    """Redraw every copy of a card, and post it where its office now is; see `redrawn`."""
    turn.out += await redrawn(turn.tx, lead, again=again)


async def redrawn(tx: Tx, lead: Lead, *, again: str = "") -> list[Outbound]:
    """A lead's card everywhere it is to be seen now.

    A copy that stands where nobody may read it any more (the lead was transferred, the group was
    given up, the officer left) loses what it says and its buttons, and is drawn no more.
    """
    office = await places.get_office(tx, lead.office_id)
    known: set[tuple[str, str]] = set()
    out: list[Outbound] = []
    for card in await leads.cards_of(tx, lead.id):
        if await may_read(tx, lead, card.channel, card.chat):
            known.add((card.channel, card.chat))
            continue
        await leads.retire_card(tx, lead.id, card.channel, card.chat, card.message)
        text = say("office.card.gone", number=lead.number)
        if office is not None and await places.office_by_chat(tx, card.channel, card.chat):
            text = say("office.card.moved", number=lead.number, office=office.name)
        out.append(
            Outbound(card.channel, card.chat, text=text, replaces=card.message, lane=Lane.CARD)
        )
    if office is not None and (not known or office.chat):
        known.update(await chats_for(tx, office))
    return out + [letter(tx, lead, *place, again=again) for place in sorted(known)]


async def anew(tx: Tx, before: Office, now: datetime) -> list[Outbound]:
    """The cards of an office whose group, or what may be shown in it, is another than `before`:
    all that stand in the old one, and every open lead."""
    ids = await leads.shown_in(tx, before.channel, before.chat) if before.chat else []
    found = [await leads.get(tx, id) for id in ids]
    found += [one for one in await leads.open_of(tx, before.id, limit=200) if one.id not in ids]
    return [
        one
        for lead in found
        if lead is not None
        for one in await redrawn(tx, lead, again=now.isoformat())
    ]


async def waiting(tx: Tx, person: people.Person, now: datetime) -> list[Outbound]:
    """The cards of leads that nobody of an office could be shown, once its first officer came."""
    own = person.office_id if person.role is Role.OFFICER else None
    office = await places.get_office(tx, own) if own else None
    if office is None or office.chat or len(await chats_for(tx, office)) > 1:
        return []
    unseen = [one for one in await leads.open_of(tx, office.id, limit=200) if not one.forwarded_at]
    again = now.isoformat()
    return [one for lead in unseen for one in await redrawn(tx, lead, again=again)]


def letter(tx: Tx, lead: Lead, channel: str, chat: str, *, again: str = "") -> Outbound:
    """A lead's card for one chat; `again` tells a redrawing of the same revision apart.

    Its key stands unsealed in the outbox: the chat, which may be an account, is not in it.
    """
    return Outbound(
        channel,
        chat,
        lane=Lane.CARD,
        card=lead.id,
        key=f"card:{lead.id}:{lead.revision}:{tx.sealer.fingerprint(chat)}:{again}",
    )
