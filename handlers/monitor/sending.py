"""From a finished report to the office that should see it, and to nobody else.

Where a report goes is decided by who is spoken of: a report about the office's own people, or
about someone above its level, never reaches that office (JB20:15; JB20:47).
"""

from typing import Any

from handlers import tidying
from handlers.alerting import alert
from handlers.form import Filled, Plan
from handlers.messages import Lane, Outbound
from handlers.monitor import menu
from handlers.monitor.report_plan import category_of, item_of
from handlers.office import accused, cards
from handlers.texts import say
from handlers.turn import Turn
from knowledge.schema import Category
from storage import files, leads, outbox, places, sessions
from storage.places import Office

UPWARD = accused.UPWARD


async def office_above(turn: Turn) -> Office | None:
    """The office one level above the monitor's own, if it is in the tree."""
    own = await places.office_for(turn.tx, turn.person.place_id)
    return await places.office_above(turn.tx, own.id) if own else None


async def destination(turn: Turn, filled: Filled) -> Office | None:
    """The office that may receive this report; none if no office in the tree may.

    The names are compared with the roster: whoever is on it must not see the report, nor may
    the colleagues who sit in the same chat.
    """
    office = await places.office_for(turn.tx, turn.person.place_id)
    if office is not None and filled.value("level") in UPWARD:
        office = await places.office_above(turn.tx, office.id)
    told = " ".join(filled.text(key) for key in accused.TELLING)
    who, post, level = filled.text("who"), filled.text("post"), filled.value("level")
    while office is not None and await accused.among(
        turn.tx, office, told=told, who=who, post=post, level=level
    ):
        office = await places.office_above(turn.tx, office.id)
    return office


async def submit(turn: Turn, draft_id: str, filled: Filled, plan: Plan, office: Office) -> None:
    """The lead, its history, its receipt and its card, in one transaction; once per draft."""
    category = category_of(filled)
    entry = turn.book.find(Category, category)
    urgent = entry is not None and entry.urgent
    lead, first = await leads.submit(
        turn.tx,
        draft_id=draft_id,
        reporter_id=turn.person.id,
        office=office,
        place_id=turn.person.place_id,
        content=content_of(filled, plan),
        category=category,
        urgent=urgent,
        pack=turn.book.version,
        now=turn.now,
        due_at=cards.due_of(turn, "submitted"),
    )
    turn.leave()
    if not first:
        await already(turn, lead.id)
        return
    kept = await files.of_draft(turn.tx, draft_id)
    await files.attach(turn.tx, [file.id for file in kept], lead.id)
    await sessions.finish_draft(turn.tx, draft_id, "submitted", lead.id, turn.now)
    turn.state["last"] = {"lead": lead.id, "at": turn.said.at.isoformat()}
    reached = await cards.post(turn, lead, office)
    if not reached:
        turn.out += await alert(turn.tx, "unreached", number=lead.number, office=office.name)
    turn.show(
        say(
            "report.receipt" if reached else "report.receipt_later",
            number=lead.number,
            files=len(kept),
            office=office.name,
        ),
        menu.rows(),
        lane=Lane.RECEIPT,
        key=f"receipt:{lead.id}",
    )


async def forgotten(turn: Turn) -> list[Outbound]:
    """What was shown of a report that is not kept leaves our outbox at once. Her chat keeps it
    for the day that everything stays there: she may want to take it elsewhere."""
    shown = await outbox.wipe(turn.tx, turn.said.channel, turn.said.chat)
    return [tidying.later(turn.said, shown, turn.now)] if shown else []


def content_of(filled: Filled, plan: Plan) -> dict[str, Any]:
    """What the lead keeps: each answered question with its label, in the order asked."""
    return {
        "item": item_of(filled),
        "answers": [
            {"key": ask.key, "label": ask.label, **filled.answers[ask.key]}
            for ask in plan(filled)
            if ask.key in filled.answers and not filled.answers[ask.key].get("skipped")
        ],
    }


async def already(turn: Turn, lead_id: str) -> None:
    """The same report again: the same number again."""
    lead = await leads.get(turn.tx, lead_id)
    if lead is not None:
        turn.tell("report.receipt_again", menu.rows(), number=lead.number)
