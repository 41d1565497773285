"""The officer's own chat: open leads, and the command that binds the office's group."""

from datetime import timedelta

from handlers.messages import Button, Keyboard, Place
from handlers.monitor.mine import turning
from handlers.office import cards
from handlers.texts import say
from handlers.turn import Turn, link
from storage import instance, leads, people, places
from storage.people import Role

PAGE = 6
BIND_FOR = timedelta(minutes=10)


def rows() -> Keyboard:
    """The officer's front door."""
    return (
        (link("menu.button.open", "w.open"),),
        (link("menu.button.lists", "m.lists"), link("menu.button.help", "m.help")),
        (link("office.group.bind_button", "w.bind"),),
    )


async def show_open(turn: Turn, page: int = 0) -> None:
    """One page of the office's open leads, the most pressing first."""
    office = await places.get_office(turn.tx, turn.person.office_id or "")
    if office is None:
        turn.tell("office.act.refused")
        return
    ended = cards.life(turn.book).ended()
    count = await leads.count_open(turn.tx, office.id, ended=ended)
    if not count:
        turn.tell("office.list.none", rows())
        return
    pages = -(-count // PAGE)
    page = min(max(page, 0), pages - 1)
    shown = await leads.open_of(
        turn.tx, office.id, ended=ended, limit=PAGE, offset=page * PAGE
    )
    details = cards.life(turn.book).action("details")
    lines: Keyboard = tuple(
        (
            Button(
                say(
                    "office.list.line",
                    number=lead.number,
                    category=turn.book.get(lead.category).title,
                    state=cards.state_line(lead),
                    until=cards.until(lead),
                ),
                f"c.{lead.id}.{lead.revision}.{details.code if details else ''}",
            ),
        )
        for lead in shown
    )
    text = say("office.list.title", office=office.name, n=count, page=page + 1, pages=pages)
    replaces = turn.said.message if turn.said.press and page else ""
    turn.show(text, (*lines, *turning(page, pages, "w.open")), replaces=replaces)


async def bind_code(turn: Turn) -> None:
    """A one-time word that, said in a group, makes that group the office's own."""
    _, code = await people.invite(
        turn.tx,
        role=Role.OFFICER,
        place_id=turn.person.place_id,
        office_id=turn.person.office_id,
        issued_by=turn.person.id,
        person_id=turn.person.id,
        purpose="chat",
        now=turn.now,
        lifetime=BIND_FOR,
    )
    turn.tell("office.group.bind_code", rows(), code=code)


async def bind(turn: Turn, code: str) -> None:
    """`/bind CODE` in a group, by the officer who was given the code."""
    if turn.said.place is not Place.GROUP:
        turn.tell("office.group.bind_bad")
        return
    found = await people.take_bind_code(turn.tx, code, turn.person.id, turn.now)
    office = await places.get_office(turn.tx, found or "")
    if office is None:
        turn.tell("office.group.bind_bad")
        return
    await places.bind_chat(turn.tx, office.id, turn.said.channel, turn.said.chat, turn.now)
    await instance.put(turn.tx, f"preflight:{office.id}", "due")
    turn.tell("office.group.bound", office=office.name)
    ended = cards.life(turn.book).ended()
    for lead in await leads.open_of(turn.tx, office.id, ended=ended, limit=50, offset=0):
        await cards.refresh(turn, lead)
