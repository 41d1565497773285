"""The first question: what kind of matter is it. Only a problem lead goes on to a report.

Danger comes first. Matters above the street's level and secret matters end here: nothing of
them is stored (JB20:15).
"""

from handlers.messages import Button, Keyboard
from handlers.monitor import menu, report, sending
from handlers.texts import say
from handlers.turn import Turn, in_rows
from knowledge.schema import Intake
from storage import places

FIRST = ("IT6", "IT1", "IT2")
MORE = ("IT3", "IT4", "IT5", "IT7", "IT8", "IT9")


def start(turn: Turn, *, words: str = "", item: str = "") -> None:
    """Ask what kind of matter it is; what was already typed goes along to the report."""
    turn.enter("triage", words=words, item=item)
    turn.step()
    more = (turn.button(say("triage.button.more"), "more"),)
    turn.tell("triage.ask", (*_buttons(turn, FIRST), more, menu.home_row()))


async def hear(turn: Turn) -> None:
    """One of the kinds, by button or by its words."""
    kind = _chosen(turn)
    if kind == "more":
        turn.step()
        turn.tell("triage.ask_more", (*_buttons(turn, MORE), menu.home_row()))
        return
    entry = turn.book.find(Intake, kind)
    if entry is None:
        # Whatever else she types while this question is open is her story: keep it for the report.
        if turn.said.text.strip() and not turn.said.press:
            turn.state["words"] = (turn.state.get("words", "") + "\n" + turn.said.text).strip()
        again = {"words": turn.state.get("words", ""), "item": turn.state.get("item", "")}
        if turn.said.press:
            turn.toast("menu.stale")
        start(turn, **again)
        return
    await _go(turn, entry)


async def _go(turn: Turn, kind: Intake) -> None:
    words, item = turn.state.get("words", ""), turn.state.get("item", "")
    if kind.route == "lead":
        await report.start(turn, words=words, item=item)
        return
    if kind.route == "upper" and await sending.office_above(turn) is not None:
        await report.start(turn, item=item)
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
    for number, kind in enumerate((*FIRST, "more", *MORE), start=1):
        if typed in {say(f"triage.button.{kind}"), str(number) if number <= 4 else ""}:
            return kind
    return ""
