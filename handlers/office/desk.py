"""The officer's own chat: open leads, and the command that binds the office's group."""

import secrets
from datetime import timedelta

from handlers.messages import Button, Keyboard, Place
from handlers.monitor.mine import turning
from handlers.office import cards, guarding
from handlers.texts import say
from handlers.turn import Turn, link, title_of
from storage import instance, leads, places

PAGE = 6
BIND_FOR = timedelta(minutes=10)


def rows(*, office: bool = True) -> Keyboard:
    """The officer's front door; of a steward, who sits in no office, only what she can use."""
    reading = (link("menu.button.lists", "m.lists"), link("menu.button.help", "m.help"))
    if not office:
        return (reading,)
    bind = (link("office.group.bind_button", "w.bind"),)
    return ((link("menu.button.open", "w.open"),), reading, bind)


async def show_open(turn: Turn, page: int = 0) -> None:
    """One page of the office's open leads, the most pressing first."""
    office = await places.get_office(turn.tx, turn.person.office_id or "")
    if office is None:
        turn.tell("office.act.refused")
        return
    count = await leads.count_open(turn.tx, office.id)
    if not count:
        turn.tell("office.list.none", rows())
        return
    pages = -(-count // PAGE)
    page = min(max(page, 0), pages - 1)
    shown = await leads.open_of(turn.tx, office.id, limit=PAGE, offset=page * PAGE)
    details = cards.life(turn.book).action("details")
    lines: Keyboard = tuple(
        (
            Button(
                say(
                    "office.list.line",
                    number=lead.number,
                    category=title_of(turn.book, lead.category),
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
    code = secrets.token_hex(4)
    until = (turn.now + BIND_FOR).isoformat()
    await instance.put(turn.tx, _key(turn, code), f"{turn.person.office_id}|{until}")
    turn.tell("office.group.bind_code", rows(), code=code)


async def bind(turn: Turn, code: str) -> None:
    """`/bind CODE` in a group, by the officer who was given the code."""
    if turn.said.place is not Place.GROUP:
        turn.tell("office.group.bind_bad")
        return
    office_id, _, until = (await instance.get(turn.tx, _key(turn, code)) or "").partition("|")
    await instance.drop(turn.tx, _key(turn, code))
    office = await places.get_office(turn.tx, office_id)
    good = office_id == turn.person.office_id and until > turn.now.isoformat()
    if office is None or not good:
        turn.tell("office.group.bind_bad")
        return
    loser = await places.office_by_chat(turn.tx, turn.said.channel, turn.said.chat)
    await places.bind_chat(turn.tx, office.id, turn.said.channel, turn.said.chat, turn.now)
    await instance.put(turn.tx, "groups.due", turn.now.isoformat())
    turn.tell("office.group.bound", office=office.name)
    turn.out += await cards.anew(turn.tx, office, turn.now)
    if loser is not None and loser.id != office.id:
        turn.out += await cards.anew(turn.tx, loser, turn.now)
        turn.out += await guarding.without_group(turn.tx, loser)


def _key(turn: Turn, code: str) -> str:
    """Where a binding word is kept: known only as a fingerprint, good only for who asked."""
    return f"bind:{turn.tx.sealer.fingerprint('bind', turn.person.id, code.strip().lower())}"
