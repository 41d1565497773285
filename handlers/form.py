"""One dialogue that asks the questions of any form, whatever the form is about.

A form is a list of questions (`Ask`), worked out anew from the answers so far, because later
questions may depend on earlier answers. The state is plain data, so that it survives a restart,
an idle month and a change of channel. Everything here is pure: state and words in, state out.

Files and locations are taken at any step by the caller; they belong to no single question.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from handlers.texts import words
from knowledge.reading import read_amount, read_when

PREVIEW = "preview"
"""The step at which everything is shown and any answer can be changed."""

LONG = 3500
"""From this length on a text may be one part of several: phones split at 4,096 characters."""

LOOSE = 2
"""Letters that may follow a choice typed by part of its name."""

STORY = "what"
"""The question that is answered by what happened."""

SENTENCE = 6
"""Characters from which on words that fit no question are taken for a sentence of the story."""

PARTS_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True)
class Ask:
    """One question: its key, its short name, its sentence, and the answers it offers."""

    key: str
    label: str
    ask: str
    kind: str = "text"  # text | choice | when | amount
    choices: tuple[str, ...] = ()
    values: tuple[str, ...] = ()  # what each choice stands for; the choice itself where empty
    required: bool = False
    free: bool = False  # a choice question that takes typed words as well
    written: bool = False  # its sentence lists the choices already


Plan = Callable[["Filled"], Sequence[Ask]]
"""Which questions a form asks, given what is already answered."""


@dataclass(frozen=True)
class Filled:
    """A form while it is filled in. `answers` holds {key: {"text": ..., "value": ..., ...}}."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    at: str = ""
    changing: bool = False  # an answer is being changed from the preview
    hinted: bool = False  # the hint for this question was already given
    part: tuple[str, str] = ("", "")  # (key, time) of a long text that may go on

    def text(self, key: str) -> str:
        """What was answered, as it reads; empty if it was not, or was skipped."""
        return str(self.answers.get(key, {}).get("text", ""))

    def value(self, key: str) -> str:
        """What the answer stands for: of a choice its value, else its text."""
        answer = self.answers.get(key, {})
        return str(answer.get("value", answer.get("text", "")))

    def written(self, key: str) -> str:
        """What was answered in words that can be read; empty if it was said in a voice note."""
        return "" if self.answers.get(key, {}).get("spoken") else self.text(key)

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "answers": self.answers,
            "at": self.at,
            "changing": self.changing,
            "hinted": self.hinted,
            "part": list(self.part),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Filled":
        """From what `to_json` gave."""
        return cls(
            answers=data["answers"],
            at=data["at"],
            changing=data["changing"],
            hinted=data["hinted"],
            part=(data["part"][0], data["part"][1]),
        )


@dataclass(frozen=True)
class Step:
    """What came of one thing said: the form, and whether it was understood."""

    form: Filled
    hint: str = ""  # which hint to give before asking again: a key under `form.hint`


def begin(plan: Plan) -> Filled:
    """An empty form, at its first question."""
    return go_on(Filled(), plan)


def current(form: Filled, plan: Plan) -> Ask | None:
    """The question that is open, or none at the preview."""
    return next((ask for ask in plan(form) if ask.key == form.at), None)


def go_on(form: Filled, plan: Plan) -> Filled:
    """To the first question not yet answered or skipped, or to the preview."""
    at = next((ask.key for ask in plan(form) if ask.key not in form.answers), PREVIEW)
    return replace(form, at=at, changing=False, hinted=False)


def go_back(form: Filled, plan: Plan) -> Filled | None:
    """To the question before this one, with its answer kept; none at the first question."""
    keys = [ask.key for ask in plan(form)]
    place = keys.index(form.at) if form.at in keys else len(keys)
    if place == 0:
        return None
    return replace(form, at=keys[place - 1], changing=form.changing, hinted=False)


def change(form: Filled, key: str, plan: Plan) -> Filled:
    """Open one question again from the preview; other answers stay."""
    if key not in {ask.key for ask in plan(form)}:
        return form
    return replace(form, at=key, changing=True, hinted=False)


def skip(form: Filled, plan: Plan) -> Step:
    """Leave a question unanswered; refused where the form needs the answer."""
    ask = current(form, plan)
    if ask is None:
        return Step(form)
    if ask.required:
        return Step(replace(form, hinted=True), "choice" if _only_choices(ask) else "required")
    return Step(_answered(form, ask, {"text": "", "skipped": True}, plan))


def left_out(form: Filled, plan: Plan) -> int:
    """How many questions are still open that need no answer."""
    return sum(not ask.required and ask.key not in form.answers for ask in plan(form))


def skip_rest(form: Filled, plan: Plan) -> Filled:
    """Leave every finer question unanswered; those that need an answer are still asked."""
    while ask := next(
        (a for a in plan(form) if not a.required and a.key not in form.answers), None
    ):
        form = _answered(form, ask, {"text": "", "skipped": True}, plan)
    return go_on(form, plan)


def take(form: Filled, said: str, plan: Plan, *, at: datetime, choice: int | None = None) -> Step:
    """Take what was typed, or the choice pressed, as the answer to the open question.

    A choice is taken by button, by its number or by its words. A date, an amount or a choice that
    is not understood is asked for once more and then kept as it was written, but for choices that
    decide something (those with values).
    """
    if choice is None and (longer := _append_part(form, said, at)):
        return Step(longer)
    ask = current(form, plan)
    if ask is None:
        return Step(form)
    said = said.strip()
    if ask.choices:
        place = choice if choice is not None else match_choice(said, ask.choices, whole=ask.free)
        if place is not None and 0 <= place < len(ask.choices):
            value = ask.values[place] if ask.values else ask.choices[place]
            taken = {"text": ask.choices[place], "value": value}
            taken |= _understood(ask.kind, ask.choices[place], at.date())
            return Step(_answered(form, ask, taken, plan))
        if _only_choices(ask) and (ask.values or not form.hinted or not said):
            return Step(replace(form, hinted=True), "choice")
    if not any(letter.isalnum() for letter in said):
        return Step(replace(form, hinted=True), "empty")
    answer = {"text": said, **_understood(ask.kind, said, at.date())}
    if len(answer) == 1 and ask.kind in {"when", "amount"} and not form.hinted:
        return Step(replace(form, hinted=True), ask.kind)
    part = (ask.key, at.isoformat()) if len(said) >= LONG else ("", "")
    return Step(replace(_answered(form, ask, answer, plan), part=part))


def may_be_spoken(ask: Ask) -> bool:
    """Whether a voice note can be the answer: not where one of the choices has to be known."""
    return not _only_choices(ask) and ask.kind != "files"


def answer_aloud(form: Filled, plan: Plan, mark: str) -> Filled:
    """The open question is answered by what was said in a voice note; `mark` stands for it."""
    ask = current(form, plan)
    return _answered(form, ask, {"text": mark, "spoken": True}, plan) if ask else form


def told_more(form: Filled, said: str) -> Filled | None:
    """The story with a sentence more, if one was told where something else was asked; none if
    there is no story yet, or it is no more than a word or a question."""
    said = said.strip()
    if (
        STORY not in form.answers
        or len(said) < SENTENCE
        or any(w in said for w in words("ask.asking"))
    ):
        return None
    story = "\n".join(filter(None, [form.written(STORY), said]))
    return replace(form, answers={**form.answers, STORY: {"text": story}}, hinted=True)


def _only_choices(ask: Ask) -> bool:
    return bool(ask.choices) and not ask.free


def match_choice(said: str, choices: Sequence[str], *, whole: bool = False) -> int | None:
    """Which choice typed words mean: its number, its words, or words only it contains. With
    `whole` its number or its words alone, because other words are an answer of their own."""
    folded = said.strip().strip("。．.、,，!！?？【】[]()（）").casefold()
    if not folded:
        return None
    if folded.isdecimal():
        number = int(folded[:9])
        return number - 1 if 1 <= number <= len(choices) else None
    numerals = words("form.numerals")
    if folded in numerals and numerals.index(folded) < len(choices):
        return numerals.index(folded)
    plain = [choice.casefold() for choice in choices]
    if folded in plain:
        return plain.index(folded)
    if whole:
        return None
    near = [i for i, choice in enumerate(plain) if folded in choice or choice in folded]
    near = near or [i for i, choice in enumerate(plain) if _sounds_like(folded, choice)]
    return near[0] if len(near) == 1 else None


def _sounds_like(folded: str, choice: str) -> bool:
    """Whether it is the choice with letters left out, or one of its parts and a word more."""
    letters = iter(choice)
    if len(folded) > 1 and all(letter in letters for letter in folded):
        return True
    parts = [choice]
    for mark in words("form.between"):
        parts = [part for whole in parts for part in whole.split(mark)]
    return any(
        len(part) > 1 and folded.startswith(part) and len(folded) <= len(part) + LOOSE
        for part in parts
    )


def _answered(form: Filled, ask: Ask, answer: dict[str, Any], plan: Plan) -> Filled:
    """With the answer in place; answers to questions no longer asked are dropped."""
    changed = replace(form, answers={**form.answers, ask.key: answer}, part=("", ""))
    wanted = {question.key for question in plan(changed)}
    kept = {key: value for key, value in changed.answers.items() if key in wanted}
    return go_on(replace(changed, answers=kept), plan)


def _understood(kind: str, said: str, today: date) -> dict[str, Any]:
    if kind == "amount" and (amount := read_amount(said)):
        return {"low": amount.low, "high": amount.high}
    if kind == "when" and (span := read_when(said, today)):
        return {"first": span.first.isoformat(), "last": span.last.isoformat()}
    return {}


def _append_part(form: Filled, said: str, at: datetime) -> Filled | None:
    """The next part of a text that a phone had to split, joined to its first part."""
    key, when = form.part
    if not key or key not in form.answers or at - datetime.fromisoformat(when) > PARTS_WITHIN:
        return None
    joined = {**form.answers[key], "text": form.text(key) + said}
    part = (key, at.isoformat()) if len(said) >= LONG else ("", "")
    return replace(form, answers={**form.answers, key: joined}, part=part)
