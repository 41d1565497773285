"""What the procedure checker asks in chat, and how the answers become facts.

The questions follow the procedure as its place orders it. What is not asked of a place (its own
steps and thresholds that it has not set) is not asked of a monitor either. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from handlers.form import Ask, Filled
from handlers.texts import find, has, say
from knowledge.book import Book
from knowledge.procedures import (
    Facts,
    FactsError,
    Findings,
    Known,
    Lack,
    Missing,
    Seen,
    read_facts,
)
from knowledge.procedures import check as judge
from knowledge.procedures.facts import STILL, Setting, Value, is_day
from knowledge.reading import Amount, Span, read_amount
from knowledge.schema import Field, Procedure, Step

VARIANT = "variant"
YES, NO, UNKNOWN = "yes", "no", "unknown"
DONE = {YES: True, NO: False}


@dataclass(frozen=True)
class Sheet:
    """One procedure at one place on one day: its questions, its facts, its findings."""

    procedure: Procedure
    settings: Mapping[str, Setting]
    today: date

    @classmethod
    def of(cls, book: Book, procedure: Procedure, today: date) -> "Sheet":
        """With the parameters that the book's packs set."""
        settings = {key: one.value for key, one in book.parameters(today).items()}
        return cls(procedure, settings, today)

    def plan(self, filled: Filled) -> Sequence[Ask]:
        """The questions, given the answers so far."""
        asks = [_variant(self.procedure)] if self._asks_variant else []
        asks += [_matter(field) for field in self.procedure.matter]
        steps = list(self._asked(filled))
        for n, step in enumerate(steps, start=1):
            asks.append(_done(step, n, len(steps)))
            if filled.value(f"{step.key}.done") == YES:
                asks += [_fact(step, name) for name in step.facts]
        return asks

    def facts(self, filled: Filled) -> Facts:
        """What was seen, as the checker reads it; a step left open is one nobody knows of."""
        steps = {step.key: self._seen(step, filled) for step in self._asked(filled)}
        return Facts(steps, self._answers(filled), {}, self._variant(filled))

    def findings(self, filled: Filled) -> Findings:
        """What the checker makes of it."""
        return judge(self.procedure, self.facts(filled), self.settings, today=self.today)

    def slip(self, filled: Filled) -> FactsError | None:
        """A count or a day that can't be, such as more votes than people."""
        given: dict[str, dict[str, Any]] = {}
        for step in self.procedure.steps:
            values = self._seen(step, filled).values
            plain = {name: _plain(value) for name, value in values.items()}
            given[step.key] = {name: value for name, value in plain.items() if value is not None}
        try:
            read_facts(self.procedure, {"steps": given}, self.today)
        except FactsError as error:
            return error
        return None

    def unread(self, filled: Filled) -> list[tuple[str, str]]:
        """Answers that were kept as they were written, but tell no day or number."""
        found = []
        for ask in self.plan(filled):
            text = filled.text(ask.key)
            if not text or ask.kind not in {"when", "amount"} or filled.value(ask.key) == STILL:
                continue
            if _value(ask.key, ask.kind, filled.answers[ask.key]) is None:
                found.append((ask.label, text))
        return found

    @property
    def _asks_variant(self) -> bool:
        key = self.procedure.variant_parameter
        set_to = str(self.settings.get(key) or "") if key else ""
        return bool(self.procedure.variants) and set_to not in self.procedure.variants

    def _variant(self, filled: Filled) -> str:
        chosen = filled.value(VARIANT)
        return chosen if chosen in self.procedure.variants else ""

    def _asked(self, filled: Filled) -> Iterator[Step]:
        """The steps that may be needed for such a matter at this place."""
        chosen = self._variant(filled)
        place = str(self.settings.get(self.procedure.variant_parameter) or "")
        place = place if place in self.procedure.variants else ""
        steps = self.procedure.ordered(chosen or place)
        seen = {step.key: self._seen(step, filled) for step in steps}
        known = Known(Facts(seen, self._answers(filled)), self.settings, steps, self.today)
        for step in steps:
            needed = known.holds(step.when, step.key)
            unset = isinstance(needed, Lack) and needed.why is Missing.PLACE
            bare = step.local and not step.when and not (chosen or place)
            if needed is not False and not unset and not bare:
                yield step

    def _seen(self, step: Step, filled: Filled) -> Seen:
        done = DONE.get(filled.value(f"{step.key}.done"))
        if done is not True:
            return Seen(done)
        values: dict[str, Value] = {}
        for name in step.facts:
            key = f"{step.key}.{name}"
            if filled.text(key):
                value = self._fact(name, key, filled)
                values |= {name: value} if value is not None else {}
        return Seen(True, values)

    def _fact(self, name: str, key: str, filled: Filled) -> Value | None:
        answer = filled.answers[key]
        if name == "person":
            return filled.text(key).strip()
        if answer.get("value") == STILL:
            return Span(self.today, date.max)
        return _value(key, "when" if is_day(name) else "amount", answer)

    def _answers(self, filled: Filled) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for field in self.procedure.matter:
            if not filled.text(field.key):
                continue
            value: Value | None = filled.text(field.key)
            if field.kind != "choice":
                value = _value(field.key, field.kind, filled.answers[field.key])
            found |= {field.key: value} if value is not None else {}
        return found


def _value(key: str, kind: str, answer: Mapping[str, Any]) -> Value | None:
    """A day; for the whole matter (no dot in its key) an amount of money, for a step a count.
    None if the answer tells none, or a count only roughly."""
    if kind == "when":
        if "first" not in answer:
            return None
        return Span(date.fromisoformat(answer["first"]), date.fromisoformat(answer["last"]))
    if "low" not in answer:
        return None
    low, high = answer["low"], answer["high"]
    if "." not in key:
        read = read_amount(answer["text"])
        return Amount(low, high) if read and not (read.measure or read.each) else None
    return int(low) if low == high and low == int(low) else None


def _plain(value: Value) -> object:
    """As the checker's own reader takes it; none for a day that is known only roughly."""
    if not isinstance(value, Span):
        return value
    if value.last == date.max:
        return STILL
    return value.first if value.first == value.last else None


def _variant(procedure: Procedure) -> Ask:
    titles = (*(one.title for one in procedure.variants.values()),)
    return Ask(
        VARIANT,
        say("check_talk.variant"),
        say("check_talk.variant"),
        "choice",
        (*titles, say("check_talk.variant_unknown")),
        (*procedure.variants, UNKNOWN),
    )


def _matter(field: Field) -> Ask:
    free = field.kind != "choice"
    return Ask(field.key, field.label, field.ask, field.kind, field.choices, free=free)


def _done(step: Step, n: int, total: int) -> Ask:
    values = {"n": n, "total": total, "title": step.title, "who": step.who}
    lines = [say("check_talk.step", ask=say("check.ask.done"), **values)]
    lines += [say("check_talk.proof", proof=step.proof)] if step.proof else []
    choices = find("check_talk.done")
    return Ask(
        f"{step.key}.done",
        step.title,
        "\n".join(lines),
        "choice",
        tuple(choices.values()),
        tuple(choices),
    )


def _fact(step: Step, name: str) -> Ask:
    key = f"check.ask.{name}"
    ask = say(key if has(key) else "check_talk.other_fact")
    label = say(f"check.fact.{name}") if has(f"check.fact.{name}") else name
    text = say("check_talk.fact", title=step.title, ask=ask)
    kind = "text" if name == "person" else "when" if is_day(name) else "amount"
    still = name == "until"
    return Ask(
        f"{step.key}.{name}",
        say("check_talk.title_fact", title=step.title, fact=label),
        text,
        kind,
        (say("check_talk.still"),) if still else (),
        (STILL,) if still else (),
        free=True,
    )
