"""Reporting a lead: one question at a time, changed and checked before anything is sent.

The draft is written down at every step, so that a restart, an idle month or another phone finds
it as it was left. Nothing is ever submitted by itself.
"""

from dataclasses import replace

from handlers import asking, form
from handlers.asking import Told, Wish
from handlers.form import Filled, Plan
from handlers.messages import Heard
from handlers.monitor import menu, sending
from handlers.monitor.report_plan import plan_of
from handlers.monitor.report_view import answered, lines_of, preview_rows, short
from handlers.texts import say
from handlers.texts import words as listed
from handlers.turn import Turn, in_rows, link
from storage import files, places, sessions

NAME = "report"
CONFIRM = "confirm"
WHICH = "which"
SURE = "sure"
SPOKEN = "spoken"
_SPEECH = frozenset({"voice", "audio"})  # files that may be an answer in themselves


async def start(turn: Turn, *, words: str = "", item: str = "", level: str = "") -> None:
    """A new draft at its first question, with what was already typed or chosen."""
    given: dict[str, dict[str, str]] = {}
    if level:
        given["level"] = {"text": say(f"report.level.{level}"), "value": level}
    if words:
        given["what"] = {"text": words}
    filled = Filled(answers=given)
    draft = await sessions.new_draft(turn.tx, turn.person.id, {"item": item}, turn.now)
    turn.enter(NAME, draft=draft.id, item=item)
    filled = form.go_on(filled, plan(turn, filled))
    turn.tell("report.begin")
    await _keep(turn, filled)
    asking.put(turn, filled, plan(turn, filled))


async def resume(turn: Turn, draft_id: str) -> None:
    """Go on where a draft was left."""
    draft = await sessions.get_draft(turn.tx, draft_id, turn.person.id)
    if draft is None or draft.state != "open":
        await _not_open(turn, draft)
        return
    turn.enter(NAME, draft=draft.id, item=draft.content.get("item", ""))
    await _show(turn, Filled.from_json(draft.content["form"]))


async def hear(turn: Turn) -> None:
    """Whatever is said while a report is open."""
    draft = await sessions.get_draft(turn.tx, turn.state["draft"], turn.person.id)
    if draft is None or draft.state != "open":
        await _not_open(turn, draft)
        return
    filled = Filled.from_json(draft.content["form"])
    if turn.said.heard is Heard.FILES:
        await _take_files(turn, filled)
        return
    if turn.said.heard is Heard.LOCATION:
        await _take_location(turn, filled)
        return
    if turn.said.heard is Heard.EDITED:
        turn.tell("report.edited_draft")
        return
    told = asking.listen(turn)
    if told is None:
        turn.toast("form.stale")
        await _show(turn, filled)
        return
    await _heed(turn, filled, told)


def plan(turn: Turn, filled: Filled) -> Plan:
    """The questions of this report."""
    return plan_of(turn.book, turn.finder, turn.state.get("item", ""))


async def _heed(turn: Turn, filled: Filled, told: Told) -> None:
    if told.wish is Wish.SAVE:
        turn.leave()
        turn.tell("report.saved", menu.rows())
        return
    typed = told.text.strip()
    sure = told.wish is Wish.CANCEL or typed in listed("report.typed.sure")
    if turn.state.get("at") == SURE and typed and sure:
        told = Told(verb="drop")
    if told.wish is Wish.CANCEL:
        turn.state["at"] = SURE
        turn.step()
        yes, no = say("report.cancel_yes"), say("report.cancel_no")
        turn.tell("report.sure_cancel", ((turn.button(yes, "drop"),), (turn.button(no, "keep"),)))
        return
    if told.verb == "drop":
        await sessions.finish_draft(turn.tx, turn.state["draft"], "discarded", None, turn.now)
        turn.leave()
        turn.tell("report.cancelled", menu.rows())
        return
    if filled.at == form.PREVIEW:
        await _at_preview(turn, filled, told)
        return
    place = turn.state.pop("at", "")
    if told.verb == SPOKEN or (place == SPOKEN and typed in listed("report.typed.spoken")):
        filled = form.answer_aloud(filled, plan(turn, filled), say("report.voice_mark"))
        await _keep(turn, filled)
        await _show(turn, filled)
        return
    if told.verb:
        await _show(turn, filled)
        return
    if place == SURE and told.wish is None and told.choice is None:
        await _show(turn, filled)
        return
    await _step(turn, filled, told)


async def _step(turn: Turn, filled: Filled, told: Told) -> None:
    """One question answered, skipped or gone back over."""
    step = asking.answer(filled, told, plan(turn, filled), turn)
    if step is None:
        asking.put(turn, filled, plan(turn, filled))
        return
    if filled.at == "level" and step.form.value("level") in sending.UPWARD:
        above = await sending.office_above(turn)
        if above is None:
            await _send_up(turn)
            return
        turn.tell("report.sent_up", office=above.name)
    if step.hint == "choice" and (longer := form.told_more(filled, told.text)):
        await _added(turn, longer)
        return
    await _keep(turn, step.form)
    if step.hint:
        more = asking.aside(turn, told.text)
        asking.put(turn, step.form, plan(turn, step.form), hint=step.hint, more=more)
        return
    await _show(turn, step.form)


async def _at_preview(turn: Turn, filled: Filled, told: Told) -> None:
    told_of, skipped = answered(filled, plan(turn, filled))
    asks = told_of + skipped
    place = turn.state.pop("at", "")
    told = _typed(told, place)
    if told.wish is Wish.BACK:
        await _step(turn, filled, told)
    elif told.verb == "change":
        turn.state["at"] = WHICH
        turn.step()
        buttons = [turn.button(short(ask), n) for n, ask in enumerate(asks)]
        turn.tell(
            "report.which",
            (*in_rows(buttons), (turn.button(say("form.button.review"), "review"),)),
        )
    elif told.verb == "send":
        turn.step()
        _confirm(turn, "report.confirm")
    elif told.verb == "sure":
        await _submit(turn, filled)
    else:
        number = told.choice
        if number is None and told.text.strip().isdecimal():
            number = int(told.text.strip()[:9]) - 1
        if number is None and place == WHICH and told.text:
            number = form.match_choice(told.text, [short(ask) for ask in asks])
        if number is not None and 0 <= number < len(asks) and place != CONFIRM:
            changed = form.change(filled, asks[number].key, plan(turn, filled))
            await _keep(turn, changed)
            asking.put(turn, changed, plan(turn, changed))
            return
        step = form.take(filled, told.text, plan(turn, filled), at=turn.said.at)
        if step.form == filled and told.text and place == CONFIRM:
            _confirm(turn, "report.confirm_hint")
        elif step.form == filled and (longer := form.told_more(filled, told.text)) and not place:
            await _added(turn, longer)
        elif step.form == filled and told.text and not place:
            turn.tell("report.preview_hint", preview_rows(turn))
        else:
            await _keep(turn, step.form)
            await _show(turn, step.form)


async def _added(turn: Turn, longer: Filled) -> None:
    """More of the story, told where something else was asked: kept with it, and she is told."""
    await _keep(turn, longer)
    turn.tell("report.added")
    await _show(turn, longer)


def _confirm(turn: Turn, key: str) -> None:
    turn.state["at"] = CONFIRM
    yes, no = say("report.confirm_yes"), say("report.confirm_no")
    turn.tell(key, ((turn.button(yes, "sure"),), (turn.button(no, "review"),)))


def _typed(told: Told, place: str) -> Told:
    """Words typed where a button is meant: to send, to change, to say that it is so."""
    said = told.text.strip()
    for verb, at in (("sure", CONFIRM), ("change", CONFIRM), ("send", ""), ("change", "")):
        if told.wish is None and place == at and said in listed(f"report.typed.{verb}"):
            return Told(verb=verb)
    return told


async def _submit(turn: Turn, filled: Filled) -> None:
    office = await sending.destination(turn, filled)
    if office is None:
        await _send_up(turn, conflict=True)
        return
    await sending.submit(turn, turn.state["draft"], filled, plan(turn, filled), office)


async def _send_up(turn: Turn, *, conflict: bool = False) -> None:
    """Not for this office, and none above it is in the tree: nothing of it is kept."""
    await sessions.finish_draft(turn.tx, turn.state["draft"], "discarded", None, turn.now)
    turn.leave()
    office = await places.office_for(turn.tx, turn.person.place_id)
    upper = (office.upper_channel if office else "") or say("report.upper_default")
    turn.tell("report.conflict" if conflict else "report.upper", menu.rows(), upper=upper)
    turn.out += await sending.forgotten(turn)


async def _show(turn: Turn, filled: Filled) -> None:
    """The open question, or everything at once."""
    if filled.at != form.PREVIEW:
        asking.put(turn, filled, plan(turn, filled))
        return
    turn.step()
    kept = await files.of_draft(turn.tx, turn.state["draft"])
    lines = "\n".join(lines_of(filled, plan(turn, filled)))
    turn.tell("report.preview", preview_rows(turn), lines=lines, files=len(kept))


async def _take_files(turn: Turn, filled: Filled) -> None:
    """Files belong to the draft, whatever question is open; the question stays open."""
    draft = turn.state["draft"]
    for refused in [file.refused for file in turn.said.files if file.refused]:
        turn.tell(f"report.file_refused.{refused}")
    kept = [file.stored for file in turn.said.files if file.stored]
    await files.claim(turn.tx, kept, draft)
    open_ask = form.current(filled, plan(turn, filled))
    if turn.said.text.strip():  # words under a photo answer the open question
        await _heed(turn, filled, Told(text=turn.said.text))
    if turn.said.text.strip() or not kept:
        return
    speech = any(file.stored and file.kind in _SPEECH for file in turn.said.files)
    if speech and open_ask is not None and form.may_be_spoken(open_ask):
        turn.state["at"] = SPOKEN
        turn.tell("report.voice_kept", ((turn.button(say("report.voice_done"), SPOKEN),),))
        return
    if turn.said.album:
        key = f"album:{turn.person.id}:{turn.said.album}"
        turn.show(say("report.album_kept"), key=key)
    else:
        waits = open_ask is not None and open_ask.kind != "files"
        key = "report.file_kept_meanwhile" if waits else "report.file_kept"
        turn.tell(key, n=len(await files.of_draft(turn.tx, draft)))
    if open_ask is not None and open_ask.kind == "files":
        await _heed(turn, filled, Told(text=say("report.photo_mark")))


async def _take_location(turn: Turn, filled: Filled) -> None:
    """A shared place is added to what was written of the place, or is its answer."""
    at = say(
        "report.location",
        latitude=f"{turn.said.latitude:.5f}",
        longitude=f"{turn.said.longitude:.5f}",
    )
    text = " ".join(filter(None, [filled.text("where"), at]))
    answers = {**filled.answers, "where": {"text": text}}
    changed = replace(filled, answers=answers)
    if filled.at == "where":
        changed = form.go_on(changed, plan(turn, changed))
    await _keep(turn, changed)
    turn.tell("report.location_kept")
    if filled.at == "where":
        await _show(turn, changed)


async def _keep(turn: Turn, filled: Filled) -> None:
    content = {"form": filled.to_json(), "item": turn.state.get("item", "")}
    await sessions.save_draft(turn.tx, turn.state["draft"], content, turn.now)


async def _not_open(turn: Turn, draft: sessions.Draft | None) -> None:
    """It was sent or dropped meanwhile, perhaps on another phone."""
    turn.leave()
    if draft is not None and draft.lead_id:
        await sending.already(turn, draft.lead_id)
        return
    turn.toast("menu.stale")
    menu.show(turn)


async def list_drafts(turn: Turn) -> None:
    """What was begun and not finished; one tap goes on."""
    drafts = await sessions.open_drafts(turn.tx, turn.person.id)
    if not drafts:
        turn.tell("report.drafts.none", menu.rows())
        return
    buttons = []
    for draft in drafts[:10]:
        filled = Filled.from_json(draft.content["form"])
        title = filled.text("what")[:12] or say("report.drafts.untitled")
        date = draft.updated_at.astimezone(menu.BEIJING).strftime("%m-%d")
        buttons.append((link("report.drafts.line", f"d.open.{draft.id}", date=date, title=title),))
    turn.tell("report.drafts.title", (*buttons, menu.home_row()), n=len(drafts))
