"""What is known about one matter: facts, the place's parameters, the day; and what is lacking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge.procedures.facts import Facts, Seen, Setting, Value
from knowledge.reading import Amount, Span
from knowledge.schema.procedure import Step
from knowledge.schema.rules import Condition, Gap, Lasts, Number


class Missing(StrEnum):
    """Why something can't be told."""

    FACT = "fact"  # nobody saw it, or it wasn't written down
    PLACE = "place"  # the place has not set it, and no law does
    ROUGH = "rough"  # the day or amount is known too roughly
    CALENDAR = "calendar"  # the working days of that year are not announced
    SETTING = "setting"  # the place has set it to something that is no such figure


@dataclass(frozen=True, slots=True)
class Lack:
    """What is lacking: why, and the fact (`step.fact`), parameter or year it is about."""

    why: Missing
    what: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Facts and parameters as the rules ask for them."""

    facts: Facts
    parameters: Mapping[str, Setting]
    steps: Sequence[Step]  # in the order of the chosen variant
    today: date

    def seen(self, key: str) -> Seen:
        """The step as it was seen; a step nobody named was not seen."""
        return self.facts.steps.get(key, _NOT_SEEN)

    def step(self, key: str) -> Step | None:
        """The step of that key; none if the chosen variant has no such step."""
        return next((step for step in self.steps if step.key == key), None)

    def fact(self, ref: str, at: str = "") -> Value | None:
        """A fact by its name: of the step `at`, of another step, or of the whole matter."""
        key, _, name = ref.rpartition(".")
        if (value := self.seen(key or at).values.get(name)) is not None:
            return value
        return None if key else self.facts.matter.get(name)

    def number(self, figure: Number) -> int | Lack:
        """A figure of a rule, looked up if the place sets it."""
        if isinstance(figure, int):
            return figure
        value = self.parameters.get(figure)
        if value is None:
            return Lack(Missing.PLACE, figure)
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        return value if isinstance(value, int) else Lack(Missing.SETTING, figure)

    def days(self, rule: Lasts | Gap) -> int | Lack:
        """How many days a rule sets: the law's, or the place's where it asks for more."""
        figure = rule.at_least
        if figure is None and isinstance(rule, Gap):
            figure = rule.at_most
        need = self.number(figure or 0)
        raised = self.number(rule.raised_by) if rule.raised_by else 0
        if isinstance(need, int) and isinstance(raised, int):
            need = max(need, raised)
        least = 1 if isinstance(rule, Gap) and rule.unit == "wd" else 0
        if isinstance(need, int) and need not in range(least, _MOST_DAYS + 1):
            return Lack(Missing.SETTING, rule.raised_by or str(figure))
        return need

    def holds(self, conditions: Sequence[Condition], at: str = "") -> bool | Lack:
        """Whether all conditions hold; if none fails but one can't be told, what is lacking."""
        answers = [self._holds(condition, at) for condition in conditions]
        if False in answers:
            return False
        return next((answer for answer in answers if isinstance(answer, Lack)), True)

    def _holds(self, condition: Condition, at: str) -> bool | Lack:
        value: Value | Setting
        if condition.parameter is not None:
            value, lack = self.parameters.get(condition.parameter), Missing.PLACE
        else:
            value, lack = self.fact(condition.fact or "", at), Missing.FACT
        name = condition.parameter or condition.fact or ""
        if value is None:
            return Lack(lack, name)
        if condition.equals is not None:
            return value == condition.equals
        measured = self.measured(condition, at)
        if isinstance(measured, Lack):
            return measured
        low, high = measured
        for figure, reaches in (
            (condition.at_least, float.__ge__),
            (condition.below, float.__lt__),
        ):
            limit = None if figure is None else self.number(figure)
            if isinstance(limit, Lack):
                return limit
            if limit is None:
                continue
            if reaches(low, float(limit)) != reaches(high, float(limit)):
                return Lack(Missing.ROUGH, name)
            if not reaches(low, float(limit)):
                return False
        return True

    def measured(self, condition: Condition, at: str = "") -> tuple[float, float] | Lack:
        """The least and most that the compared amount may be."""
        name = condition.parameter or condition.fact or ""
        if condition.parameter is not None:
            setting = self.number(condition.parameter)
            return setting if isinstance(setting, Lack) else (float(setting), float(setting))
        amount = _range(self.fact(name, at))
        if amount is None:
            return Lack(Missing.FACT, name)
        if condition.per_cent_of is None:
            return amount
        whole = _range(self.fact(condition.per_cent_of, at))
        if whole is None or not whole[0]:
            return Lack(Missing.FACT, condition.per_cent_of)
        return 100 * amount[0] / whole[1], 100 * amount[1] / whole[0]

    def day(self, ref: str, at: str = "") -> Span | None:
        """A fact that is a day."""
        value = self.fact(ref, at)
        return value if isinstance(value, Span) else None

    def count(self, ref: str, at: str = "") -> int | None:
        """A fact that is a whole number."""
        value = self.fact(ref, at)
        return value if isinstance(value, int) else None


_NOT_SEEN = Seen()
_MOST_DAYS = 3660  # ten years; more is a slip of whoever set it


def _range(value: Value | None) -> tuple[float, float] | None:
    match value:
        case Amount():
            return value.low, value.high
        case int():
            return float(value), float(value)
        case _:
            return None
