"""How a report is shown before it is sent: every answer on a line, and what can be done next."""

from handlers.asking import Wish
from handlers.form import Ask, Filled, Plan
from handlers.messages import Keyboard
from handlers.texts import has, say
from handlers.turn import Turn


def preview_rows(turn: Turn) -> Keyboard:
    """What can be done when everything stands there."""
    return (
        (turn.button(say("form.button.send"), "send"),),
        (
            turn.button(say("form.button.change"), "change"),
            turn.button(say("form.button.back"), Wish.BACK),
        ),
        (
            turn.button(say("form.button.save"), Wish.SAVE),
            turn.button(say("form.button.cancel"), Wish.CANCEL),
        ),
    )


def answered(filled: Filled, plan: Plan) -> tuple[list[Ask], list[Ask]]:
    """The questions that were answered, and those that were skipped."""
    asks = [ask for ask in plan(filled) if ask.key in filled.answers]
    return [a for a in asks if filled.text(a.key)], [a for a in asks if not filled.text(a.key)]


def short(ask: Ask) -> str:
    """What a question is called towards her: in plain words where the form's are the office's."""
    key = f"report.short.{ask.key}"
    return say(key) if has(key) else ask.label


def lines_of(filled: Filled, plan: Plan) -> list[str]:
    """Every answer on a line of its own, numbered as it can be typed; last, what was skipped."""
    told, skipped = answered(filled, plan)
    lines = [
        say("report.line", n=n, label=short(ask), text=filled.text(ask.key))
        for n, ask in enumerate(told, start=1)
    ]
    if skipped:
        left = say("report.item.comma").join(short(ask) for ask in skipped)
        lines.append(say("report.skipped", labels=left))
    return lines
