"""Puts a form's questions into a chat and reads what comes back, for every form alike."""

from dataclasses import dataclass
from enum import StrEnum

from handlers import form, redact
from handlers.form import Ask, Filled, Plan, Step
from handlers.messages import Button, Heard, Keyboard
from handlers.texts import say, words
from handlers.turn import BEIJING, Turn, in_rows, link


class Wish(StrEnum):
    """What somebody wants of a form other than to answer it."""

    BACK = "back"
    SKIP = "skip"
    FINER = "finer"  # leave out every finer question that is still to come
    ONWARD = "onward"
    SAVE = "save"
    CANCEL = "cancel"


MANY = 3
"""From so many finer questions on, all of them can be left out with one tap."""

EARLIER = 60
"""Characters of an earlier answer that are shown again."""

WISHES = frozenset(wish.value for wish in Wish)


@dataclass(frozen=True)
class Told:
    """What one thing said means to an open form."""

    wish: Wish | None = None
    choice: int | None = None
    verb: str = ""  # a button of the dialogue's own, such as "send"
    text: str = ""


def listen(turn: Turn) -> Told | None:
    """What was said, read as words for a form; none if the button belongs to an earlier step."""
    said = turn.said
    if said.heard is not Heard.PRESS:
        text = said.text.strip()
        folded = text.casefold()
        wish = next((w for w in Wish if folded in words(f"form.{w}")), None)
        return Told(wish, text=said.text)
    _, step, verb = said.data.split(".", 2)
    if int(step) != turn.state.get("step"):
        return None
    if verb.isdecimal():
        return Told(choice=int(verb))
    return Told(Wish(verb)) if verb in WISHES else Told(verb=verb)


def put(
    turn: Turn,
    filled: Filled,
    plan: Plan,
    *,
    hint: str = "",
    more: Keyboard = (),
    save: bool = True,
) -> None:
    """Ask the open question, with its choices and the ways back, on and out."""
    ask = form.current(filled, plan)
    if ask is None:
        return
    turn.step()
    lines = [say(f"form.hint.{hint}")] if hint else []
    lines += [ask.ask, *numbered(ask), *earlier(filled, ask)]
    first = next(iter(plan(filled))).key == ask.key
    rows = ways(turn, ask, first=first, answered=ask.key in filled.answers, save=save)
    if not ask.required and form.left_out(filled, plan) >= MANY:
        rows = (*rows, (turn.button(say("form.button.rest"), Wish.FINER),))
    turn.show("\n".join(lines), (*choices(turn, ask), *more, *rows))


def aside(turn: Turn, text: str) -> Keyboard:
    """A question of hers that is no answer to ours: one tap looks it up, and nothing is lost."""
    if not any(word in text for word in words("ask.asking")):
        return ()
    turn.state["aside"] = text
    return ((link("ask.button.aside", "q.aside"),),)


def earlier(filled: Filled, ask: Ask) -> list[str]:
    """What was answered before somebody came back to this question."""
    text = filled.text(ask.key)
    return [say("form.earlier", text=redact.cut(text, EARLIER))] if text else []


def numbered(ask: Ask) -> list[str]:
    """Long choices are also written out, because a button cuts them off."""
    if ask.written or all(len(choice) <= 16 for choice in ask.choices):
        return []
    return [
        say("form.choice_line", n=n, label=choice) for n, choice in enumerate(ask.choices, start=1)
    ]


def choices(turn: Turn, ask: Ask) -> Keyboard:
    """One button a choice."""
    return in_rows([turn.button(choice, n) for n, choice in enumerate(ask.choices)])


def ways(
    turn: Turn, ask: Ask, *, first: bool, answered: bool = False, save: bool = True
) -> Keyboard:
    """Back, skip, save and cancel: every screen has a way back, and past an answer that stays."""
    buttons: list[Button] = []
    if answered:
        buttons.append(turn.button(say("form.button.onward"), Wish.ONWARD))
    if not first:
        buttons.append(turn.button(say("form.button.back"), Wish.BACK))
    if not ask.required:
        buttons.append(turn.button(say("form.button.skip"), Wish.SKIP))
    if save:
        buttons.append(turn.button(say("form.button.save"), Wish.SAVE))
    buttons.append(turn.button(say("form.button.cancel"), Wish.CANCEL))
    return in_rows(buttons, width=4 if len(buttons) < 5 else 3)


def answer(filled: Filled, told: Told, plan: Plan, turn: Turn) -> Step | None:
    """The form after a word that concerns the form alone; none if there is no way further back."""
    at = turn.said.at.astimezone(BEIJING)  # "today" is a day in China
    if told.wish is Wish.ONWARD:
        return Step(form.go_on(filled, plan))
    if told.wish is Wish.FINER:
        return Step(form.skip_rest(filled, plan))
    if told.wish is Wish.BACK:
        back = form.go_back(filled, plan)
        return Step(back) if back else None
    if told.wish is Wish.SKIP:
        ask = form.current(filled, plan)
        typed = told.text and ask is not None and ask.choices
        if typed and form.match_choice(told.text, ask.choices) is not None:  # type: ignore[union-attr]
            return form.take(filled, told.text, plan, at=at)
        if filled.hinted and told.text.strip() in words("form.unknown"):
            return form.take(filled, told.text, plan, at=at)  # twice: nobody is held up by it
        return form.skip(filled, plan)
    return form.take(filled, told.text, plan, at=at, choice=told.choice)
