"""The first question: what kind of matter is it. Only a problem lead goes on to a report.

Danger comes first. Matters above the street's level and secret matters end here: nothing of
them is stored (JB20:15).
"""

from handlers.messages import Button, Heard, Keyboard
from handlers.monitor import menu, report, sending
from handlers.texts import nothing_but, say
from handlers.texts import words as listed
from handlers.turn import Turn, in_rows
from knowledge.schema import Intake
from storage import places

FIRST = ("IT6", "IT1", "IT2")
MORE = ("IT3", "IT4", "IT5", "IT7", "IT8", "IT9")


def asked_for(text: str) -> bool:
    """Whether somebody says that there is something to report, and not yet what."""
    return nothing_but(text, "menu.wants_to_report.says", "menu.wants_to_report.around")


def start(turn: Turn, *, words: str = "", item: str = "", key: str = "triage.ask") -> None:
    """Ask what kind of matter it is; what was already typed goes along to the report."""
    turn.enter("triage", words=words, item=item)
    turn.step()
    more = (turn.button(say("triage.button.more"), "more"),)
    turn.tell(key, (*_buttons(turn, FIRST), more, menu.home_row()))


async def hear(turn: Turn) -> None:
    """One of the kinds, by button or by its words. Photos begin a report, as they do elsewhere."""
    if turn.said.heard in {Heard.FILES, Heard.LOCATION}:
        await report.start(turn, words=turn.state["words"], item=turn.state["item"])
        await report.hear(turn)
        return
    if turn.said.text.strip() in listed("form.cancel"):
        turn.leave()
        menu.show(turn)
        return
    kind = _chosen(turn)
    if kind == "more":
        turn.step()
        turn.tell("triage.ask_more", (*_buttons(turn, MORE), menu.home_row()))
        return
    entry = turn.book.find(Intake, kind)
    if entry is None:
        # Whatever else she types while this question is open is her story: keep it for the report.
        story, said = turn.state["words"], turn.said.text.strip()
        if any(letter.isalnum() for letter in said) and said not in story:
            story = f"{story}\n{said}".strip()
        again = {"words": story, "item": turn.state["item"]}
        if turn.said.press:
            turn.toast("menu.stale")
        if any(word in said for word in listed("ask.danger")):
            turn.tell("triage.looks_like_danger")
        start(turn, **again, key="triage.ask_heard" if again["words"] else "triage.ask")
        return
    await _go(turn, entry)


async def _go(turn: Turn, kind: Intake) -> None:
    words, item = turn.state.get("words", ""), turn.state.get("item", "")
    if kind.route == "lead":
        await report.start(turn, words=words, item=item)
        return
    if kind.route == "upper" and (above := await sending.office_above(turn)) is not None:
        # She has said who it is about: it must not depend on how she answers the same once more.
        turn.tell("report.sent_up", office=above.name)
        await report.start(turn, words=words, item=item, level="leaders")
        return
    turn.leave()
    office = await places.office_for(turn.tx, turn.person.place_id)
    lines = [kind.reply]
    if kind.route == "upper":
        upper = office.upper_channel if office else ""
        lines.append(upper or say("report.upper_default"))
    elif kind.route == "elsewhere" and office is not None and office.phone:
        lines.append(say("triage.contact", office=office.name, phone=office.phone))
    rows: Keyboard = (menu.home_row(),)
    if kind.route in {"elsewhere", "danger"}:
        turn.state["story"] = words  # so that it need not be told again
        still = Button(say("triage.still_report"), "m.still")
        rows = ((still,), menu.home_row())
    turn.show("\n".join(lines), rows)


def _buttons(turn: Turn, kinds: tuple[str, ...]) -> Keyboard:
    return in_rows([turn.button(say(f"triage.button.{kind}"), kind) for kind in kinds])


def _chosen(turn: Turn) -> str:
    if turn.said.press:
        _, step, verb = turn.said.data.split(".", 2)
        return verb if int(step) == turn.state.get("step") else ""
    typed = turn.said.text.strip()
    if not typed:
        return ""
    for number, kind in enumerate((*FIRST, "more", *MORE), start=1):
        if typed in {say(f"triage.button.{kind}"), str(number) if number <= 4 else ""}:
            return kind
    return ""
