"""What is said because time passed: late leads, old drafts, an absence of our own."""

from datetime import datetime, timedelta

from handlers.messages import Lane, Outbound
from handlers.monitor import learn
from handlers.office import cards
from handlers.texts import say
from handlers.turn import BEIJING
from knowledge.book import Book
from storage import instance, leads, people, sessions
from storage.database import Tx
from storage.people import Role

MOST = 20
"""More leads than this coming due at once, and more than half of all that have a day, look like
a wrong clock, not like work."""

STALE = timedelta(days=7)
MORNING = 8
DROPPED = timedelta(days=37)


async def due(tx: Tx, book: Book, now: datetime) -> list[Outbound] | None:
    """A word for each lead past its date, once per date; none (not sent) if they are too many."""
    out: list[Outbound] = []
    fresh: list[tuple[leads.Lead, str]] = []
    for lead in await leads.overdue(tx, now):
        key = f"due:{lead.id}:{lead.due_at:%Y%m%d}" if lead.due_at else ""
        if not await instance.get(tx, key):
            fresh.append((lead, key))
    if len(fresh) > MOST and 2 * len(fresh) > await leads.count_timed(tx):
        return None
    for lead, key in fresh:
        where = await cards.handled_in(tx, lead)
        if not where:
            continue  # nobody is there yet: it is asked again
        await instance.put(tx, key, now.isoformat())
        text = say("office.overdue", number=lead.number, state=cards.state_line(lead))
        details = cards.life(book).action("details")
        rows = ((cards.button(details, lead),),) if details else ()
        out += [
            Outbound(channel, chat, text=text, buttons=rows, lane=Lane.NOTICE, key=key)
            for channel, chat in where[:1]
        ]
    return out


async def drafts(tx: Tx, now: datetime) -> list[Outbound]:
    """A draft left for a week is called to mind once; a month later what it held is dropped,
    and that is said too. Nothing is ever submitted by itself."""
    out: list[Outbound] = []
    for draft in await sessions.stale_drafts(tx, now - STALE):
        gone = draft.updated_at < now - DROPPED
        key = f"draft:{draft.id}:{'gone' if gone else 'stale'}"
        if await instance.get(tx, key):
            continue
        await instance.put(tx, key, now.isoformat())
        if gone:
            await sessions.finish_draft(tx, draft.id, "discarded", None, now)
        where = await people.addresses(tx, draft.person_id)
        text = say("menu.draft_gone" if gone else "menu.draft_waits")
        out += [Outbound(*address, text=text, lane=Lane.NOTICE, key=key) for address in where[:1]]
    return out


async def cards_of_the_day(tx: Tx, book: Book, now: datetime) -> list[Outbound]:
    """From eight in the morning, a learning card to whoever wished one a day."""
    local = now.astimezone(BEIJING)
    done = await instance.get(tx, "daily.sent")
    if local.hour < MORNING or done == local.date().isoformat():
        return []
    await instance.put(tx, "daily.sent", local.date().isoformat())
    out: list[Outbound] = []
    for person in await people.everyone(tx):
        where = await people.addresses(tx, person.id) if person.revoked_at is None else []
        state = (await sessions.load(tx, person.id)).state if where else {}
        card = learn.todays_card(state, book, local.date()) if state else None
        if card is not None:
            out += learn.letters(state, book, card, local.date(), *where[0])
            await sessions.save(tx, person.id, learn.sent_today(state, card, local.date()), now)
    return out


async def gap(tx: Tx, since: datetime, until: datetime) -> list[Outbound]:
    """To everybody on the roster: from when to when we did not hear, and what to check."""
    text = say("menu.gap", since=_clock(since), until=_clock(until))
    out: list[Outbound] = []
    for person in await people.everyone(tx):
        if person.revoked_at is None and person.role in {Role.MONITOR, Role.OFFICER}:
            for channel, chat in (await people.addresses(tx, person.id))[:1]:
                out.append(Outbound(channel, chat, text=text, lane=Lane.NOTICE))
    return out


def _clock(at: datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.month}-{local.day:02} {local:%H:%M}"
