"""What the monitor is told of what the office does: coarse words, never who, never what for."""

from handlers.messages import Button, Lane
from handlers.texts import say
from handlers.turn import Turn, link
from knowledge.schema import Action
from storage import leads, people, places
from storage.leads import Lead

ONCE = "working"
"""What is told once, however many steps it stands for."""


async def tell(turn: Turn, lead: Lead, what: str, *, mark: str = "", **values: object) -> bool:
    """One step, told to the monitor once; `mark` tells apart what may be told again at the same
    step. False if she can't be reached or is no longer one."""
    person = await people.get(turn.tx, lead.reporter_id)
    if person is None or person.revoked_at is not None:
        return False
    office = await places.get_office(turn.tx, lead.office_id)
    values = {"office": office.name if office else "", **values}
    rows: tuple[tuple[Button, ...], ...] = ((link("mine.button.add", f"l.add.{lead.id}"),),)
    if what == "returned":
        rows = ((link("mine.button.answer", f"l.answer.{lead.id}"),),)
    return turn.write_to(
        await people.addresses(turn.tx, person.id),
        say(f"mine.told.{what}", number=lead.number, **values),
        rows,
        lane=Lane.NOTICE,
        key=f"told:{lead.id}:{what}" + ("" if what == ONCE else f":{lead.revision}{mark}"),
    )


async def after(turn: Turn, lead: Lead, action: Action, detail: dict[str, str]) -> None:
    """The word that belongs to an action."""
    match action.code:
        case "return":
            await tell(turn, lead, "returned", question=detail["question"])
        case "transfer":
            office = await places.get_office(turn.tx, lead.office_id)
            await tell(turn, lead, "transferred", office=office.name if office else "")
        case "refer":
            await tell(turn, lead, "referred")
        case "decline":
            await tell(turn, lead, "declined", feedback=detail["feedback"])
        case "close":
            await tell(turn, lead, "ended", feedback=detail["feedback"])
        case "clear":
            await tell(turn, lead, "cleared")
        case "reopen":
            await tell(turn, lead, "reopened")
        case "talk" | "verify" | "hold" | "hand_over":
            await tell(turn, lead, "working")


async def opened(turn: Turn, lead: Lead) -> None:
    """The office looked at it for the first time."""
    if lead.opened_at is None:
        await leads.mark(turn.tx, lead, opened_at=turn.now)
        await tell(turn, lead, "opened")
