"""What somebody saw of a procedure, read from a mapping such as a YAML file.

    variant: V1                      # which order of steps; none: the place's, or the default
    parameters: {tender_threshold: 500000}
    matter: {amount: 50000}            # answers to the procedure's own questions
    steps:
      vote: {done: true, on: 2026-03-01, present: 40, eligible: 55, in_favour: 30}
      publish: {done: true, on: 2026-03, until: still}

A step that isn't named, or `done: false`, was not seen; `done: unknown` means nobody knows. Days
may be as vague as people remember them; `until: still` means that it hangs there today. An
answer about the whole matter may also stand at a step.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from knowledge.reading import Amount, Span, read_amount, read_when
from knowledge.schema.base import Field
from knowledge.schema.procedure import Procedure

Value = Span | Amount | int | str
Setting = int | str | tuple[str, ...] | None
"""What a place has set a parameter to; none: it has not."""

STILL = "still"
UNKNOWN = "unknown"
_TOP = ("variant", "parameters", "matter", "steps")
_ALWAYS = ("on", "until", "present", "eligible", "in_favour", "person")
_NOT_MORE = (
    ("in_favour", "present"),
    ("in_favour", "eligible"),
    ("present", "eligible"),
    ("experts", "members"),
    ("reps", "eligible"),
    ("women", "eligible"),
)
_YEARS = range(1990, 2101)
_YEARS_END = date(2100, 12, 31)


class FactsError(ValueError):
    """Facts that can't be read: where they stand, what is wrong, what was given, what may be.

    `problem` is the key of the sentence for people: not_a_mapping, unknown_key, unknown_step,
    unknown_variant, not_yes_no, not_a_day, not_a_number, not_an_amount, not_a_name,
    not_a_choice, not_a_setting, more_than, ends_before.
    """

    def __init__(
        self, where: str, problem: str, given: object = "", choices: Iterable[str] = ()
    ) -> None:
        self.where = where
        self.problem = problem
        self.given = str(given)[:40]
        self.choices = tuple(choices)
        super().__init__(f"{where}: {problem} ({self.given!r}; {', '.join(self.choices)})")


@dataclass(frozen=True, slots=True)
class Seen:
    """One step as somebody saw it; `done` none: nobody knows."""

    done: bool | None = False
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was seen of one procedure."""

    steps: Mapping[str, Seen] = field(default_factory=dict)
    matter: Mapping[str, Value] = field(default_factory=dict)
    parameters: Mapping[str, Setting] = field(default_factory=dict)
    variant: str = ""


def read_facts(procedure: Procedure, given: object, today: date) -> Facts:
    """Read facts as they were loaded from YAML. Raises FactsError, which names the key."""
    top = _mapping(given, "facts")
    _refuse_unknown(top, _TOP, "")
    variant = top.get("variant") or ""
    if variant and variant not in procedure.variants:
        raise FactsError("variant", "unknown_variant", variant, procedure.variants)
    questions = {question.key: question for question in procedure.matter}
    matter: dict[str, Value] = {}
    for key, value in _mapping(top.get("matter"), "matter").items():
        _refuse_unknown({key: value}, questions, "matter")
        if (answer := _answer(questions[key], value, f"matter.{key}", today)) is not None:
            matter[key] = answer
    keys = [step.key for step in procedure.steps]
    words = dict.fromkeys((*_ALWAYS, *(fact for step in procedure.steps for fact in step.facts)))
    steps = {}
    for key, value in _mapping(top.get("steps"), "steps").items():
        if key not in keys:
            raise FactsError(f"steps.{key}", "unknown_step", key, keys)
        where = f"steps.{key}"
        told = _mapping(value, where)
        _refuse_unknown(told, ("done", *words, *questions), where)
        values = {}
        for name, fact in told.items():
            if name == "done" or fact is None:
                continue
            if name in questions and name not in words:
                answer = _answer(questions[name], fact, f"{where}.{name}", today)
                if answer is not None:
                    matter.setdefault(name, answer)
            else:
                values[name] = _fact(name, fact, f"{where}.{name}", today)
        _refuse_nonsense(values, where)
        # whoever tells when or how has seen it
        steps[key] = Seen(_done(told.get("done", bool(values)), f"{where}.done"), values)
    return Facts(steps, matter, _settings(top.get("parameters")), variant)


def is_day(name: str) -> bool:
    """Whether a fact of that name is a day."""
    return name in {"on", "until", "previous"} or name.endswith("_on")


def _mapping(given: object, where: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        # YAML 1.1 reads the bare word `on` as true
        if isinstance(given, Mapping) and True in given:
            return _mapping({"on" if key is True else key: v for key, v in given.items()}, where)
        raise FactsError(where, "not_a_mapping", given)
    return given


def _refuse_unknown(given: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    for key in given:
        if key not in known:
            raise FactsError(f"{where}.{key}" if where else key, "unknown_key", key, known)


def _done(given: object, where: str) -> bool | None:
    if given is None or given == UNKNOWN:
        return None
    if isinstance(given, bool):
        return given
    raise FactsError(where, "not_yes_no", given, ("true", "false", UNKNOWN))


def _fact(name: str, given: object, where: str, today: date) -> Value:
    if is_day(name):
        return _day(given, where, today)
    if name == "person":
        if isinstance(given, str) and given.strip():
            return given.strip()
        raise FactsError(where, "not_a_name", given)
    if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        return given
    raise FactsError(where, "not_a_number", given)


def _day(given: object, where: str, today: date) -> Span:
    if isinstance(given, datetime):
        given = given.date()
    if isinstance(given, date):
        span: Span | None = Span(given, given)
    elif given == STILL and where.endswith(".until"):
        return Span(today, date.max)
    elif isinstance(given, str):
        # a day that is written out may lie ahead; what is told in words is past
        span = read_when(given, _YEARS_END if given[:4].isdigit() else today)
    else:
        span = None
    if span is None or span.first.year not in _YEARS or span.last.year not in _YEARS:
        raise FactsError(where, "not_a_day", given)
    return span


def _answer(question: Field, given: object, where: str, today: date) -> Value | None:
    """An answer about the matter; none if it is not known."""
    if given is None or given == UNKNOWN:
        return None
    if question.kind == "choice":
        if isinstance(given, bool) and len(question.choices) == 2:  # YAML reads yes as true
            return question.choices[0 if given else 1]
        if given not in question.choices:
            raise FactsError(where, "not_a_choice", given, question.choices)
        return str(given)
    if question.kind == "when":
        return _day(given, where, today)
    if isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given < 1e12:
        return Amount(float(given), float(given))
    amount = read_amount(given) if isinstance(given, str) else None
    if amount is None or amount.measure or amount.each:
        raise FactsError(where, "not_an_amount", given)
    return amount


def _settings(given: object) -> Mapping[str, Setting]:
    settings: dict[str, Setting] = {}
    for key, value in _mapping(given, "parameters").items():
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            settings[key] = tuple(value)
        elif value is None or (isinstance(value, int | str) and not isinstance(value, bool)):
            settings[key] = value
        else:
            raise FactsError(f"parameters.{key}", "not_a_setting", value)
    return settings


def _refuse_nonsense(values: Mapping[str, Value], where: str) -> None:
    """Counts that can't be, such as more votes than people: a slip that would mislead."""
    for less, more in _NOT_MORE:
        small, large = values.get(less), values.get(more)
        if isinstance(small, int) and isinstance(large, int) and small > large:
            raise FactsError(f"{where}.{less}", "more_than", small, (more, str(large)))
    begins, ends = values.get("on"), values.get("until")
    if isinstance(begins, Span) and isinstance(ends, Span) and ends.last < begins.first:
        raise FactsError(f"{where}.until", "ends_before", ends.last, (str(begins.first),))
