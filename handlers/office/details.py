"""The details of a lead, for a bound officer, in private; every look is on record."""

from handlers import redact
from handlers.messages import Button, Keyboard, Lane, Place
from handlers.office import cards, telling
from handlers.texts import say
from handlers.turn import BEIJING, Turn, title_of
from storage import files, history, leads, people, places
from storage.database import Tx
from storage.leads import Lead


async def show(turn: Turn, lead: Lead) -> None:
    """Everything but who reported, to the officer's own chat."""
    where = await _private(turn)
    if where is None:
        turn.toast("office.act.no_private", alert=True)
        return
    if turn.said.place is Place.GROUP:
        turn.toast("office.act.private")
    await history.append(
        turn.tx, lead_id=lead.id, event="viewed", by=turn.person.id, now=turn.now, detail={}
    )
    kept = await files.of_lead(turn.tx, lead.id)
    copies = tuple(file.id for file in kept if file.has_copy)
    sealed = len(kept) - len(copies)
    rows: Keyboard = cards.buttons(turn.book, lead, in_group=False, but="details")
    if sealed:
        rows = (*rows, (Button(say("office.details.originals"), f"o.{lead.id}"),))
    turn.write_to(
        [where], await _text(turn, lead, len(copies), sealed), rows, lane=Lane.ANSWER, protect=True
    )
    if copies:
        turn.write_to([where], "", lane=Lane.ANSWER, files=copies, protect=True)
    await telling.opened(turn, lead)


async def originals(turn: Turn, lead: Lead) -> None:
    """The files that have no safe copy, as they came; on record."""
    where = await _private(turn)
    if where is None:
        turn.toast("office.act.no_private", alert=True)
        return
    kept = await files.of_lead(turn.tx, lead.id)
    wanted = tuple(file.id for file in kept if not file.has_copy)
    await history.append(
        turn.tx,
        lead_id=lead.id,
        event="originals",
        by=turn.person.id,
        now=turn.now,
        detail={"files": list(wanted)},
    )
    turn.write_to([where], "", lane=Lane.ANSWER, files=wanted, originals=True, protect=True)


async def _private(turn: Turn) -> tuple[str, str] | None:
    if turn.said.place is Place.PRIVATE:
        return turn.said.channel, turn.said.chat
    own = await people.addresses(turn.tx, turn.person.id)
    return next((address for address in own if address[0] == turn.said.channel), None)


async def thread_for(tx: Tx, lead: Lead, office_id: str | None) -> list[leads.Said]:
    """What was said of a lead, as an office may read it: a note stays with the office whose
    officer made it, wherever the lead goes."""
    shown = []
    for said in await leads.thread(tx, lead.id):
        author = await people.get(tx, said.by) if said.kind == "note" and said.by else None
        if said.kind != "note" or (author is not None and author.office_id == office_id):
            shown.append(said)
    return shown


async def _text(turn: Turn, lead: Lead, copies: int, sealed: int) -> str:
    place = await places.get_place(turn.tx, lead.place_id)
    reporter = await people.get(turn.tx, lead.reporter_id)
    hidden = cards.own_names(reporter.name) if reporter else []

    def shown(text: object) -> str:
        masked = redact.mask_names(str(text), hidden, say("office.card.somebody"))
        return redact.for_reader(masked)

    lines = [
        say(
            "office.details.head",
            number=lead.number,
            category=title_of(turn.book, lead.category),
            place=place.name if place else "",
            state=cards.state_line(lead),
            until=cards.until(lead),
            at=lead.submitted_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M"),
        )
    ]
    item = str(lead.content.get("item") or "")
    if item:
        lines.append(say("office.card.item", title=title_of(turn.book, item)))
    lines += [
        say("office.details.line", label=a["label"], text=shown(a["text"]))
        for a in lead.content["answers"]
        if a["key"] not in {"category", "category_all", "item", "level"}
    ]
    thread = await thread_for(turn.tx, lead, turn.person.office_id)
    if thread:
        lines.append(say("office.details.thread"))
    lines += [
        say(
            "office.details.said",
            at=said.at.astimezone(BEIJING).strftime("%m-%d %H:%M"),
            who=say(f"office.details.who.{said.kind}"),
            text=shown(said.text) or say("office.details.only_files", n=len(said.files)),
        )
        for said in thread
    ]
    if copies:
        lines.append(say("office.details.files", n=copies))
    if sealed:
        lines.append(say("office.details.no_copy", n=sealed))
    viewer = await people.get(turn.tx, turn.person.id)
    lines.append(
        say(
            "office.details.seen",
            viewer=viewer.name if viewer else "",
            at=turn.now.astimezone(BEIJING).strftime("%m-%d %H:%M"),
        )
    )
    return "\n".join(lines)
