"""Adding to a lead, or answering what the office asked: as many messages as it takes.

What is said is kept at once, so that nothing is lost if the sitting ends here; "done" passes
it on. The office learns what was said, never by whom.
"""

from typing import Any

from handlers.messages import Heard
from handlers.monitor import ask, menu, mine
from handlers.office import accused, actions, cards
from handlers.texts import say, words
from handlers.turn import Turn
from storage import files, leads, places
from storage.leads import Lead
from storage.places import Office

NAME = "talk"


async def start(turn: Turn, lead: Lead) -> None:
    """Collect what she has to say about a lead; what she said before and did not pass on is
    still there, wherever she has been in between."""
    begun = turn.state.get("unsaid", {}).get(lead.id, {"texts": [], "files": []})
    turn.enter(NAME, lead=lead.id, **begun)
    turn.step()
    waiting = len(begun["texts"]) + len(begun["files"])
    turn.tell("mine.say.again" if waiting else "mine.say.ask", _rows(turn), n=waiting)


async def hear(turn: Turn) -> None:
    """One more message, or the end of them."""
    lead = await mine.own(turn, turn.state["lead"])
    if lead is None:
        turn.leave()
        return
    said = turn.said
    if said.heard is Heard.PRESS:
        _, step, verb = said.data.split(".", 2)
        if int(step) != turn.state.get("step"):
            turn.toast("menu.stale")
            turn.tell("mine.say.ask", _rows(turn))
        elif verb == "done":
            await _finish(turn, lead)
        else:
            await _drop(turn)
        return
    text = said.text.strip()
    if text.casefold() in words("form.cancel"):
        await _drop(turn)
        return
    if text == say("mine.button.talk"):
        await _finish(turn, lead)
        return
    collect(turn.state, turn)
    waits = {"texts": turn.state["texts"], "files": turn.state["files"]}
    turn.state["unsaid"] = {**turn.state.get("unsaid", {}), lead.id: waits}
    if text or any(file.stored for file in said.files):
        turn.show(
            say("mine.say.more"),
            _rows(turn),
            key=f"album:{turn.person.id}:{said.album}" if said.album else "",
        )


def collect(state: dict[str, Any], turn: Turn) -> None:
    """Keep what this message brought, and say of each file that could not be kept why."""
    said = turn.said
    if said.text.strip():
        state["texts"] = [*state["texts"], said.text]
    if said.heard is Heard.LOCATION:
        at = say(
            "report.location", latitude=f"{said.latitude:.5f}", longitude=f"{said.longitude:.5f}"
        )
        state["texts"] = [*state["texts"], at]
    state["files"] = [*state["files"], *(file.stored for file in said.files if file.stored)]
    for file in said.files:
        if file.refused:
            turn.tell(f"report.file_refused.{file.refused}")


async def _finish(turn: Turn, lead: Lead) -> None:
    texts, kept = turn.state["texts"], turn.state["files"]
    if not texts and not kept:
        turn.tell("mine.say.empty", _rows(turn))
        return
    _leave(turn)
    fit = [text for text in texts if not await _speaks_of(turn, lead, text)]
    if fit and fit != texts:  # of several messages only that one is not passed on
        await _kept_from(turn, lead, "\n".join(texts))
        texts = fit
    await pass_on(turn, lead, "\n".join(texts), kept)


async def _drop(turn: Turn) -> None:
    """Nothing of it is passed on, and nothing of it is kept."""
    await files.discard(turn.tx, turn.state["files"])
    _leave(turn)
    turn.tell("mine.say.cancelled", menu.rows())


def _leave(turn: Turn) -> None:
    """Nothing waits any more to be said about this lead."""
    unsaid = turn.state.get("unsaid", {})
    turn.state["unsaid"] = {id: it for id, it in unsaid.items() if id != turn.state["lead"]}
    turn.leave()


async def _speaks_of(turn: Turn, lead: Lead, text: str) -> Office | None:
    """The office that has the lead, if somebody of it is spoken of: it must not read that."""
    office = await places.get_office(turn.tx, lead.office_id)
    named = office is not None and await accused.mentioned(turn.tx, lead, office, text)
    return office if named else None


async def _kept_from(turn: Turn, lead: Lead, text: str) -> bool:
    """Whether it speaks of somebody of the office that has the lead: then it is not kept, and
    she is told where to go with it."""
    office = await _speaks_of(turn, lead, text)
    if office is None:
        return False
    upper = office.upper_channel or say("report.upper_default")
    turn.tell("mine.say.conflict", menu.rows(), upper=upper)
    return True


async def pass_on(turn: Turn, lead: Lead, text: str, kept: list[str]) -> None:
    """Put it into the lead: an answer, if the office asked; otherwise a supplement."""
    if await _kept_from(turn, lead, text):
        await files.discard(turn.tx, kept)
        return
    asked = lead.state == "returned"
    kind = "answer" if asked else "supplement"
    there = [id for id in kept if await files.get(turn.tx, id) is not None]
    if gone := len(kept) - len(there):
        turn.tell("mine.say.files_gone", n=gone)
    kept = there
    await files.attach(turn.tx, kept, lead.id)
    await leads.say(
        turn.tx, lead, by=turn.person.id, kind=kind, text=text, files=kept, now=turn.now
    )
    moved: Lead | None = lead
    if asked:
        moved = await leads.move(
            turn.tx,
            lead,
            (lead.before or "submitted",),
            event="answered",
            by=turn.person.id,
            now=turn.now,
            before="",
            due_at=cards.due_of(turn, lead.before or "submitted"),
        )
    else:
        await leads.note(turn.tx, lead, event=kind, by=turn.person.id, now=turn.now, detail={})
    again = moved or await leads.get(turn.tx, lead.id)
    if again is None:
        return
    ended = again.state in cards.life(turn.book).ended()
    key = "answered" if asked else "late_answer" if ended else "supplemented"
    # A supplement leaves the revision as it was: without a mark, nothing would be drawn anew.
    await cards.refresh(turn, again, again=turn.now.isoformat())
    await actions.to_holder(turn, again, key)
    turn.tell("mine.say.done_closed" if ended else "mine.say.done", menu.rows())


def _rows(turn: Turn) -> Any:
    return (
        (
            turn.button(say("mine.button.talk"), "done"),
            turn.button(say("mine.button.cancel"), "stop"),
        ),
    )


async def offer(turn: Turn, lead: Lead, key: str) -> None:
    """Ask whether loose words belong to a lead; they wait, kept, until she says."""
    turn.enter("offer", lead=lead.id, texts=[], files=[], key=key)
    collect(turn.state, turn)
    _offer(turn, lead)


def _offer(turn: Turn, lead: Lead) -> None:
    turn.step()
    key = turn.state["key"]
    yes, no = ("mine.guess_yes", "mine.guess_no")
    if key != "mine.guess":
        yes, no = ("report.late.add", "report.late.no")
    row = (turn.button(say(yes), "add"), turn.button(say(no), "no"))
    turn.tell(key, (row, menu.home_row()), number=lead.number)


def _said_to_offer(turn: Turn) -> str:
    """Yes or no, pressed or typed; empty if it is neither, or an old button."""
    if turn.said.heard is Heard.PRESS:
        _, step, verb = turn.said.data.split(".", 2)
        return verb if int(step) == turn.state.get("step") else ""
    typed = turn.said.text.strip()
    if typed in {*words("report.typed.sure"), say("report.late.add"), say("mine.guess_yes")}:
        return "add"
    return "no" if typed in words("report.typed.no") else ""


async def hear_offer(turn: Turn) -> None:
    """Yes or no to such an offer; anything else said meanwhile is added to what waits."""
    lead = await mine.own(turn, turn.state["lead"])
    if lead is None:
        turn.leave()
        return
    verb = _said_to_offer(turn)
    if turn.said.heard is Heard.PRESS and not verb:
        turn.toast("menu.stale")
        _offer(turn, lead)
        return
    if verb:
        texts, kept = turn.state["texts"], turn.state["files"]
        turn.leave()
        if verb == "add":
            await pass_on(turn, lead, "\n".join(texts), kept)
            return
        await files.discard(turn.tx, kept)
        if texts:
            await ask.question(turn, "\n".join(texts))
        else:
            menu.show(turn)
        return
    collect(turn.state, turn)
    _offer(turn, lead)
