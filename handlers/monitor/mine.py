"""What a monitor reported: where each lead stands, in coarse words, and nothing of its text.

The list shows numbers and states only, so that a phone in other hands tells little.
"""

from datetime import datetime

from handlers.messages import Keyboard
from handlers.monitor import menu
from handlers.office import cards
from handlers.texts import say
from handlers.turn import BEIJING, Turn, link
from storage import leads, numbers, places
from storage.leads import Lead

PAGE = 6


async def show(turn: Turn, page: int = 0) -> None:
    """One page of her leads, newest first."""
    count = await leads.count_mine(turn.tx, turn.person.id)
    if not count:
        turn.tell("mine.none", menu.rows())
        return
    pages = -(-count // PAGE)
    page = min(max(page, 0), pages - 1)
    shown = await leads.mine(turn.tx, turn.person.id, limit=PAGE, offset=page * PAGE)
    rows: Keyboard = tuple(
        (link("mine.line", f"l.see.{lead.id}", number=lead.number, state=state(turn, lead)),)
        for lead in shown
    )
    text = say("mine.title", n=count, page=page + 1, pages=pages)
    leafed = turn.said.data.startswith("m.mine.")  # a receipt with the front door is kept
    replaces = turn.said.message if turn.said.press and leafed else ""
    turn.show(text, (*rows, *turning(page, pages, "m.mine")), replaces=replaces)


def turning(page: int, pages: int, data: str) -> Keyboard:
    """Buttons to the page before and after, and the way back."""
    line = []
    if page > 0:
        line.append(link("menu.button.less", f"{data}.{page - 1}"))
    if page < pages - 1:
        line.append(link("menu.button.more", f"{data}.{page + 1}"))
    return (tuple(line), menu.home_row()) if line else (menu.home_row(),)


def state(turn: Turn, lead: Lead) -> str:
    """The state as a monitor is told it."""
    return say(f"mine.state.{cards.life(turn.book).state(lead.state).coarse}")


async def own(turn: Turn, lead_id: str) -> Lead | None:
    """Her lead; for anybody else's the same answer as for none."""
    lead = await leads.get(turn.tx, lead_id)
    if lead is None or lead.reporter_id != turn.person.id:
        turn.tell("mine.not_found", menu.rows())
        return None
    return lead


async def see(turn: Turn, lead: Lead) -> None:
    """Each step with its time: stored, forwarded, opened, accepted, closed."""
    office = await places.get_office(turn.tx, lead.office_id)
    trail = [say("mine.trail.stored", at=clock(lead.submitted_at))]
    if lead.forwarded_at is None:
        trail.append(say("mine.trail.waiting"))
    else:
        name = office.name if office else ""
        trail.append(say("mine.trail.forwarded", at=clock(lead.forwarded_at), office=name))
    for key, at in (
        ("opened", lead.opened_at),
        ("accepted", lead.accepted_at),
        ("closed", lead.closed_at),
    ):
        if at is not None:
            trail.append(say(f"mine.trail.{key}", at=clock(at)))
    verb = "answer" if lead.state == "returned" else "add"
    turn.tell(
        "mine.detail",
        (
            (link(f"mine.button.{verb}", f"l.{verb}.{lead.id}"),),
            (link("menu.button.mine", "m.mine"), *menu.home_row()),
        ),
        number=lead.number,
        state=state(turn, lead),
        trail="\n".join(trail),
    )


def clock(at: datetime) -> str:
    """A Beijing time as people read it."""
    local = at.astimezone(BEIJING)
    return f"{local.month}-{local.day:02} {local:%H:%M}"


async def by_number(turn: Turn, text: str) -> bool:
    """A typed number opens that lead, if it is hers. False if the text is no number at all."""
    lead = await leads.by_number(turn.tx, text)
    if lead is None and not numbers.parse(text):
        return False
    if lead is None or lead.reporter_id != turn.person.id:
        turn.tell("mine.not_found", menu.rows())
        return True
    await see(turn, lead)
    return True
