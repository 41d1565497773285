"""What an officer does with a lead: accept, return, transfer, decline, dispose, close, clear.

A press is a request. Whether it may be done is judged here, in the transaction that does it:
who presses (the roster), where (the office's own chat or in private), and the lead's state.
Exactly one of two officers who press at once gets the lead; the other is told who did.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from handlers import asking, form, refusing
from handlers.asking import Wish
from handlers.form import Ask, Filled, Plan
from handlers.messages import Button, Heard, Lane, Outbound, Place
from handlers.office import accused, cards, details, telling
from handlers.texts import has, say
from handlers.turn import Turn
from knowledge.schema import Action
from storage import leads, people, places
from storage.leads import KEEP, Lead
from storage.people import Role

NAME = "act"


async def press(turn: Turn) -> None:
    """A button of a card: `c.<lead>.<revision>.<action>`."""
    _, lead_id, revision, code = (*turn.said.data.split(".", 3), "", "", "")[:4]
    lead = await leads.get(turn.tx, lead_id)
    action = cards.life(turn.book).action(code)
    if lead is None or action is None or not await _may_see(turn, lead):
        await refusing.record(turn.tx, turn.said, turn.person.id, turn.now)
        turn.toast("office.act.refused", alert=True)
        return
    await cards.recognise(turn, lead)
    if code == "details":
        await details.show(turn, lead)
        return
    if code == "accept":
        await accept(turn, lead)
        return
    if not await _may_do(turn, lead, action):
        return
    if revision != str(lead.revision) and action.leads_to:
        turn.toast("office.act.changed", alert=True)
        await cards.refresh(turn, lead)
        return
    await _ask_in_private(turn, lead, action)


async def _may_see(turn: Turn, lead: Lead) -> bool:
    """A bound officer of the lead's office, in the office's own chat or in private."""
    if turn.person.role is not Role.OFFICER or turn.person.office_id != lead.office_id:
        return False
    if turn.said.place is Place.PRIVATE:
        return True
    office = await places.office_by_chat(turn.tx, turn.said.channel, turn.said.chat)
    return office is not None and office.id == lead.office_id


async def _may_do(turn: Turn, lead: Lead, action: Action) -> bool:
    barred = action.code == "clear" and not cards.may_clear(turn.book, lead)
    if lead.state not in action.sources or barred:
        turn.toast("office.act.stale", alert=True, state=cards.state_line(lead))
        await cards.refresh(turn, lead)
        return False
    if action.holder_only and lead.holder_id and lead.holder_id != turn.person.id:
        holder = await people.get(turn.tx, lead.holder_id)
        if holder is not None and holder.revoked_at is None:
            turn.toast("office.act.not_holder", alert=True, name=holder.name)
            return False
    return True


async def accept(turn: Turn, lead: Lead) -> None:
    """Take a lead on. One winner; the same officer pressing again is told it is hers already."""
    life = cards.life(turn.book)
    action = life.action("accept")
    if action is None or lead.state not in action.sources:
        await _too_late(turn, lead)
        return
    path = life.path(lead.state, action.leads_to) or ()
    moved = await leads.move(
        turn.tx,
        lead,
        path,
        event="accept",
        by=turn.person.id,
        now=turn.now,
        holder=turn.person.id,
        due_at=cards.due_of(turn, action.leads_to),
    )
    if moved is None:
        again = await leads.get(turn.tx, lead.id)
        await _too_late(turn, again or lead)
        return
    moved = await leads.mark(turn.tx, moved, opened_at=turn.now, accepted_at=turn.now)
    turn.toast("office.act.done", number=moved.number, action=action.title)
    await cards.refresh(turn, moved)
    await telling.tell(turn, moved, "registered")


async def _too_late(turn: Turn, lead: Lead) -> None:
    if lead.holder_id == turn.person.id:
        turn.toast("office.act.yours")
    elif lead.holder_id and (holder := await people.get(turn.tx, lead.holder_id)):
        turn.toast("office.act.taken", alert=True, name=holder.name)
    else:
        turn.toast("office.act.stale", alert=True, state=cards.state_line(lead))
    await cards.refresh(turn, lead)


async def _ask_in_private(turn: Turn, lead: Lead, action: Action) -> None:
    """What an action needs is written in private: a group never sees half-written reasons."""
    chat = turn.said.chat
    if turn.said.place is Place.GROUP:
        own = await people.addresses(turn.tx, turn.person.id)
        chat = next((c for channel, c in own if channel == turn.said.channel), "")
        if not chat:
            turn.toast("office.act.no_private", alert=True)
            return
        turn.toast("office.act.private")
    turn.enter(NAME, lead=lead.id, code=action.code)
    plan = await _plan(turn, lead, action)
    if any(ask.key in {"office", "outcome"} and not ask.choices for ask in plan(Filled())):
        turn.leave()
        turn.toast("office.act.no_office", alert=True)
        return
    if not action.needs:
        await _do(turn, lead, action, Filled())
        return
    filled = form.begin(plan)
    turn.state["form"] = filled.to_json()
    before = len(turn.out)
    asking.put(turn, filled, plan, save=False)
    turn.out[before:] = [_in_chat(one, chat) for one in turn.out[before:]]


def _in_chat(one: Outbound, chat: str) -> Outbound:
    return replace(one, chat=chat)


async def hear(turn: Turn) -> None:
    """Whatever an officer says while an action is open."""
    lead = await leads.get(turn.tx, turn.state["lead"])
    action = cards.life(turn.book).action(turn.state["code"])
    if lead is None or action is None or not await _may_see(turn, lead):
        turn.leave()
        turn.toast("office.act.refused", alert=True)
        return
    if turn.said.heard not in {Heard.TEXT, Heard.PRESS}:
        turn.tell("menu.sticker")
        return
    filled = Filled.from_json(turn.state["form"])
    plan = await _plan(turn, lead, action)
    told = asking.listen(turn)
    if told is None:
        turn.toast("form.stale")
        _show(turn, lead, action, filled, plan)
        return
    if told.wish in {Wish.CANCEL, Wish.SAVE}:
        turn.leave()
        turn.tell("office.act.cancelled", tuple((one,) for one in _details(turn, lead)))
        return
    if filled.at == form.PREVIEW and told.verb == "send":
        if await _may_do(turn, lead, action):
            await _do(turn, lead, action, filled)
        else:
            turn.leave()
        return
    step = asking.answer(filled, told, plan, turn)
    filled = step.form if step else filled
    if filled.at == form.PREVIEW and action.code == "note" and await _may_do(turn, lead, action):
        await _do(turn, lead, action, filled)  # nobody else reads it: nothing to look at twice
        return
    turn.state["form"] = filled.to_json()
    _show(turn, lead, action, filled, plan, hint=step.hint if step else "")


def _show(
    turn: Turn, lead: Lead, action: Action, filled: Filled, plan: Plan, hint: str = ""
) -> None:
    if filled.at != form.PREVIEW:
        asking.put(turn, filled, plan, hint=hint, save=False)
        return
    turn.step()
    lines = [
        say("report.line", n=n, label=ask.label, text=filled.text(ask.key))
        for n, ask in enumerate(plan(filled), start=1)
    ]
    turn.tell(
        "office.act.preview",
        (
            (
                turn.button(say("office.act.send"), "send"),
                turn.button(say("form.button.back"), Wish.BACK),
                turn.button(say("form.button.cancel"), Wish.CANCEL),
            ),
        ),
        number=lead.number,
        action=action.title,
        lines="\n".join(lines),
    )


async def _plan(turn: Turn, lead: Lead, action: Action) -> Plan:
    """The questions an action needs, with the choices there are for this lead."""
    others = [one for one in await places.all_offices(turn.tx) if one.id != lead.office_id]
    endings = cards.life(turn.book).endings(lead.state)

    def plan(filled: Filled) -> list[Ask]:
        asks: list[Ask] = []
        for need in action.needs:
            own = f"office.need.{action.code}"
            name = own if need == "text" and has(f"{own}.ask") else f"office.need.{need}"
            text = say(f"{name}.ask")
            if not asks:  # which lead it is about, and what is being done
                text = say("office.act.head", number=lead.number, action=action.title, ask=text)
            labels: tuple[str, ...] = ()
            values: tuple[str, ...] = ()
            if need == "office":
                labels, values = tuple(o.name for o in others), tuple(o.id for o in others)
            elif need == "outcome":
                labels = tuple(one.title for one in endings)
                values = tuple(one.code for one in endings)
            elif need == "feedback" and (chosen := filled.value("outcome")):
                labels = tuple(one.told for one in endings if one.code == chosen)
            asks.append(
                Ask(
                    need,
                    say(f"{name}.label"),
                    text,
                    choices=labels,
                    values=values,
                    required=True,
                    free=need == "feedback",
                )
            )
        return asks

    return plan


@dataclass(frozen=True)
class _Move:
    """What an action changes about a lead."""

    states: tuple[str, ...]
    office: str = ""
    outcome: str = ""


async def _do(turn: Turn, lead: Lead, action: Action, filled: Filled) -> None:
    """Carry an action out: one conditional change, its history, and everybody who must know."""
    detail = {key: answer["text"] for key, answer in filled.answers.items()}
    turn.leave()
    if action.code in {"note", "message"}:
        kind = "note" if action.code == "note" else "message"
        mark = await leads.say(
            turn.tx, lead, by=turn.person.id, kind=kind, text=detail["text"], now=turn.now
        )
        await leads.note(
            turn.tx, lead, event=action.code, by=turn.person.id, now=turn.now, detail={}
        )
        _done(turn, lead, action)
        if action.code == "message":
            await telling.tell(turn, lead, "message", mark=f":{mark}", text=detail["text"])
        return
    move = await _move_of(turn, lead, action, filled)
    if move is None:
        return
    moved = await leads.move(
        turn.tx,
        lead,
        move.states,
        event=action.code,
        by=turn.person.id,
        now=turn.now,
        detail=detail,
        holder=None if move.office else (lead.holder_id or turn.person.id),
        office=move.office or KEEP,
        before=lead.state if action.leads_to == "returned" else KEEP,
        outcome=move.outcome or KEEP,
        due_at=cards.due_of(turn, move.states[-1]),
        closed_at=_closed(turn, move.states[-1]),
    )
    if moved is None:
        again = await leads.get(turn.tx, lead.id)
        turn.tell("office.act.faster", state=cards.state_line(again or lead))
        return
    _done(turn, moved, action)
    await _record_words(turn, moved, action, detail)
    await cards.refresh(turn, moved)
    if move.office and (office := await places.get_office(turn.tx, move.office)):
        await cards.post(turn, moved, office)
    await telling.after(turn, moved, action, detail)


def _done(turn: Turn, lead: Lead, action: Action) -> None:
    """It is done; what may come next stands below, while the lead is this office's."""
    here = lead.office_id == turn.person.office_id
    rows = cards.buttons(turn.book, lead, in_group=False) if here else ()
    turn.tell("office.act.done", rows, number=lead.number, action=action.title)


def _closed(turn: Turn, state: str) -> datetime | None:
    """A lead is closed from the moment it enters a state in which nobody has to act."""
    return turn.now if state in cards.life(turn.book).ended() else None


async def _move_of(turn: Turn, lead: Lead, action: Action, filled: Filled) -> _Move | None:
    """Where an action leads from here; says why if it may not."""
    life = cards.life(turn.book)
    if action.code == "transfer":
        office = await places.get_office(turn.tx, filled.value("office"))
        if office is None or office.id == lead.office_id:
            turn.tell("office.act.same_office")
            return None
        reached = await cards.chats_for(turn.tx, office)
        if not reached or not await accused.may_receive(turn.tx, lead, office):
            turn.tell("office.act.unreachable")
            return None
        return _Move(("submitted",), office=office.id)
    target = action.leads_to
    outcome = ""
    if action.code == "close":
        chosen = life.outcome(filled.value("outcome"))
        if chosen is None:
            turn.tell("office.act.stale", state=cards.state_line(lead))
            return None
        target, outcome = chosen.state, chosen.code
    path = life.path(lead.state, target)
    if path is None:
        turn.tell("office.act.stale", state=cards.state_line(lead))
        return None
    if action.code in {"close", "decline"} and (fed := life.path(path[-1], "feedback")):
        path = (*path, *fed)
    return _Move(path, outcome=outcome)


async def _record_words(turn: Turn, lead: Lead, action: Action, detail: dict[str, str]) -> None:
    """What was asked or told stands in the lead's exchange, beside the history."""
    for key, kind in (("question", "question"), ("feedback", "feedback")):
        if detail.get(key):
            await leads.say(
                turn.tx, lead, by=turn.person.id, kind=kind, text=detail[key], now=turn.now
            )


async def to_holder(turn: Turn, lead: Lead, key: str) -> None:
    """A word to whoever handles a lead, in private; to the office's chat if nobody does yet."""
    lines = say(f"office.{key}", number=lead.number)
    rows = tuple((one,) for one in _details(turn, lead))
    turn.write_to(await cards.handled_in(turn.tx, lead), lines, rows, lane=Lane.NOTICE)


def _details(turn: Turn, lead: Lead) -> list[Button]:
    action = cards.life(turn.book).action("details")
    return [cards.button(action, lead)] if action else []
