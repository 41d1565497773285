"""Who is speaking, and which dialogue answers: the one door to everything that is said.

Authority is the roster, read in the same transaction as the act. A group gives none: in a group
only buttons of cards and the one binding command are heard.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from handlers import refusing
from handlers.messages import Heard, Keyboard, Place
from handlers.monitor import ask, browse, check, entry, learn, menu, mine, report, talk, triage
from handlers.office import actions, desk, details
from handlers.texts import find, say, words
from handlers.turn import Turn
from storage import leads, numbers
from storage.people import Role

SENTENCE_END = re.compile(r"[\W_]+$")

LATE = timedelta(minutes=10)
"""How long after a report a straggling message is taken for part of it."""

DIALOGUES: dict[str, Callable[[Turn], Awaitable[None]]] = {
    report.NAME: report.hear,
    talk.NAME: talk.hear,
    "offer": talk.hear_offer,
    "triage": triage.hear,
    check.NAME: check.hear,
    actions.NAME: actions.hear,
}
"""The dialogue that is open decides who hears what is said next."""

READING: dict[str, Callable[[Turn], Awaitable[bool]]] = {
    "e": entry.press,
    "v": entry.press,
    "b": browse.press,
    "k": check.press,
    "y": learn.press,
    "a": ask.report_words,
    "q": ask.aside,
}
"""Buttons of cards, lists and learning: good at any time, whatever is open."""


async def answer(turn: Turn) -> None:
    """Answer one thing said by a person on the roster."""
    if turn.said.heard is Heard.INLINE:
        await ask.inline(turn)
        return
    if turn.said.heard is Heard.QUIZ:
        learn.answered(turn)
        return
    if turn.said.heard is Heard.IGNORED:
        if turn.said.place is Place.PRIVATE:
            turn.tell("menu.sticker", home(turn))
        return
    if turn.said.place is Place.GROUP:
        await _in_group(turn)
        return
    if turn.said.heard is Heard.PRESS:
        await _press(turn)
    elif turn.said.heard is Heard.TEXT and _is_command(turn.said.text):
        await _command(turn)
    else:
        await _words(turn)


def home(turn: Turn) -> Keyboard:
    """The front door of whoever speaks."""
    if turn.person.role is Role.MONITOR:
        return menu.rows()
    return desk.rows(office=turn.person.role is Role.OFFICER)


async def _in_group(turn: Turn) -> None:
    said = turn.said
    if said.anonymous:
        turn.toast("office.act.anonymous", alert=True)
    elif said.heard is Heard.PRESS and said.data.startswith("c."):
        await actions.press(turn)
    elif said.text.startswith("/bind"):
        await desk.bind(turn, said.text.partition(" ")[2].strip())
    elif said.text.startswith("/") or said.reply_to:
        turn.tell("office.group.use_buttons")


async def _press(turn: Turn) -> None:
    """A button: of an open dialogue (`f.`), of a lead, or one that is good at any time."""
    area, _, rest = turn.said.data.partition(".")
    verb, _, argument = rest.partition(".")
    if area == "f":
        dialogue = DIALOGUES.get(turn.state.get("in", ""))
        # What comes back from a button is whatever a client sends: `f.<step>.<verb>`, or not.
        if dialogue is None or not (verb.isdecimal() and argument):
            await _stale(turn)
            return
        await dialogue(turn)
    elif area == "c" and turn.person.role is Role.OFFICER:
        await actions.press(turn)
    elif area == "o" and turn.person.role is Role.OFFICER:
        lead = await leads.get(turn.tx, verb)
        if lead is not None and lead.office_id == turn.person.office_id:
            await details.originals(turn, lead)
        else:
            await refusing.record(turn.tx, turn.said, turn.person.id, turn.now)
            turn.toast("office.act.refused", alert=True)
    elif area == "w" and turn.person.role is Role.OFFICER:
        await (desk.bind_code(turn) if verb == "bind" else desk.show_open(turn, _page(argument)))
    elif area in {"l", "d"} and turn.person.role is Role.MONITOR:
        await _own(turn, area, verb, argument)
    elif area == "m":
        await _menu(turn, verb, argument)
    elif area not in READING or not await READING[area](turn):
        await _stale(turn)


def _page(argument: str) -> int:
    return int(argument) if argument.isdecimal() and len(argument) < 5 else 0


async def _own(turn: Turn, area: str, verb: str, argument: str) -> None:
    """A monitor's own leads and drafts."""
    if area == "d":
        await report.resume(turn, argument)
        return
    lead = await mine.own(turn, argument)
    if lead is None:
        return
    if verb == "see":
        await mine.see(turn, lead)
    else:
        await talk.start(turn, lead)


def _named(text: str) -> str:
    """The button of the front door that was typed instead of pressed, or a greeting; or empty."""
    said = SENTENCE_END.sub("", text.strip()).casefold()
    return next((verb for verb in find("menu.typed") if said in words(f"menu.typed.{verb}")), "")


async def _menu(turn: Turn, verb: str, argument: str) -> None:
    monitor = turn.person.role is Role.MONITOR
    if verb == "help":
        key = {Role.MONITOR: "help", Role.OFFICER: "help_officer"}.get(turn.person.role)
        turn.tell(f"menu.{key or 'help_steward'}", home(turn))
    elif verb == "lists":
        browse.lists(turn)
    elif verb == "report" and monitor:
        triage.start(turn)
    elif verb == "still" and monitor:
        await report.start(turn, words=turn.state.get("story", ""))
    elif verb == "mine" and monitor:
        await mine.show(turn, _page(argument))
    elif verb == "drafts" and monitor:
        await report.list_drafts(turn)
    elif verb == "hello":
        turn.leave()
        _greet(turn)
    elif verb == "open" and turn.person.role is Role.OFFICER:
        await desk.show_open(turn)
    else:
        turn.leave()
        key = "office.menu" if turn.person.role is Role.OFFICER else "menu.menu"
        turn.tell(key, home(turn))


async def _stale(turn: Turn) -> None:
    """An old button: say so, show the way on. A report that was sent says its number."""
    last = turn.state.get("last")
    if last and (lead := await leads.get(turn.tx, last["lead"])):
        turn.toast("report.receipt_again", number=lead.number)
    else:
        turn.toast("menu.stale")
    turn.tell("menu.menu", home(turn))


def _is_command(text: str) -> bool:
    """Whether it is a command: a stroke before Latin letters, or one of ours. What else begins
    with a stroke is what somebody has to say."""
    command = text.partition(" ")[0].casefold()
    if not command.startswith("/"):
        return False
    ours = [
        *words("form.cancel"),
        *(name for names in find("ask.commands").values() for name in names),
    ]
    return command.isascii() or command in ours


async def _command(turn: Turn) -> None:
    """A typed command. An open report is kept as a draft and offered back."""
    command, _, argument = turn.said.text.partition(" ")
    command = command.partition("@")[0].casefold()
    if command == "/start" and argument:
        turn.tell("menu.already", home(turn))
        return
    if command in words("form.cancel") and turn.state.get("in") in DIALOGUES:
        await DIALOGUES[turn.state["in"]](turn)
        return
    if await _read(turn, command, argument):
        return
    if turn.state.get("in") == report.NAME:
        turn.leave()
        turn.tell("report.saved", home(turn))
        return
    turn.leave()
    if command == "/help":
        await _menu(turn, "help", "")
        return
    _greet(turn)


def _greet(turn: Turn) -> None:
    name = turn.person.name
    if turn.person.role is Role.OFFICER:
        turn.tell("office.menu", home(turn))
    elif turn.person.role is Role.STEWARD:
        turn.tell("menu.help_steward", home(turn))
    else:
        turn.show(say("menu.hello", name=name) if name else say("menu.hello_plain"), home(turn))


async def _read(turn: Turn, command: str, argument: str = "") -> bool:
    """A command that asks, leafs, checks or learns; what is open stays open. False if none."""
    if command in words("ask.commands.look") and argument.strip():
        await ask.question(turn, argument)
    elif command in words("ask.commands.lists"):
        browse.lists(turn)
    elif command in words("ask.commands.check"):
        check.choose(turn)
    elif command in words("ask.commands.learn"):
        learn.one(turn)
    else:
        return False
    return True


async def _words(turn: Turn) -> None:
    """Words, files or a place. In a dialogue they belong to it; outside, they may belong to a
    lead that asked, to the report just sent, or be a question."""
    said = turn.said
    dialogue = DIALOGUES.get(turn.state.get("in", ""))
    if dialogue is not None:
        await dialogue(turn)
        return
    if turn.person.role is Role.MONITOR:
        if (lead := await _meant(turn)) is not None:
            asked = lead.state == "returned"
            await talk.offer(turn, lead, "mine.guess" if asked else "report.late.ask")
            return
        if said.heard is Heard.EDITED:
            return
        if said.heard in {Heard.FILES, Heard.LOCATION}:
            await report.start(turn)
            await report.hear(turn)
            return
        if await mine.by_number(turn, said.text):
            return
    elif await _by_number(turn, said.text):
        return
    if said.heard is Heard.TEXT:
        if verb := _named(said.text):
            await _menu(turn, verb, "")
        elif turn.person.role is Role.MONITOR and triage.asked_for(said.text):
            triage.start(turn)
        elif not await _read(turn, said.text.strip()):
            await ask.question(turn, said.text)
    elif said.heard is not Heard.EDITED:
        turn.tell("menu.sticker", home(turn))


async def _by_number(turn: Turn, text: str) -> bool:
    """A number that an officer types opens the details, if the lead is her office's."""
    if turn.person.role is not Role.OFFICER or not numbers.parse(text):
        return False
    lead = await leads.by_number(turn.tx, text)
    if lead is None or lead.office_id != turn.person.office_id:
        turn.tell("office.lead_gone", home(turn))
    else:
        await details.show(turn, lead)
    return True


async def _meant(turn: Turn) -> leads.Lead | None:
    """The lead that loose words may belong to: the one just sent, if they were said before it
    was, were edited, or are files; or the only one that waits for an answer."""
    last = turn.state.get("last")
    if last:
        sent = datetime.fromisoformat(last["at"])
        straggler = turn.said.at <= sent or turn.said.heard in {Heard.EDITED, Heard.FILES}
        if straggler and turn.said.at - sent < LATE:
            return await leads.get(turn.tx, last["lead"])
    if turn.said.heard is Heard.EDITED:
        return None
    waiting = await leads.waiting_for(turn.tx, turn.person.id)
    return waiting[0] if len(waiting) == 1 else None
