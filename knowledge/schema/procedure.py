"""Procedures whose order, counts, fractions and intervals the checker can compute."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field as Limits
from pydantic import StringConstraints, model_validator

from knowledge.schema.base import Entry, EntryId, Field, Model, Title
from knowledge.schema.rules import Based, Condition, Key, Rule

VariantKey = Annotated[str, StringConstraints(pattern=r"^V\d+$")]


class Step(Based):
    """One step: what, who, what proof, and what can be computed about it.

    A local step is asked for only where a place demands it (`when` names the parameter), or
    has chosen the variant it belongs to.
    """

    key: Key
    title: Title
    who: Title
    proof: Annotated[str, StringConstraints(max_length=60)] = ""
    facts: tuple[Key, ...] = ("on",)  # what the checker asks for
    rules: tuple[Rule, ...] = ()
    # true: no text fixes its place, so a later step doesn't show that this one was left out
    loose: bool = False


class Variant(Model):
    """One of the ways in which places order the same procedure."""

    title: Title
    steps: Annotated[tuple[Key, ...], Limits(min_length=2)]  # keys of the procedure's steps
    # what this variant calls a step, where it differs
    titles: dict[Key, Title] = Limits(default_factory=dict)


class Procedure(Entry):
    """What must happen before what, how many must agree, how long it must be shown.

    `matter` are the questions about the whole matter (an amount, which meeting); their keys
    stand beside the facts of the steps. `applies` says for which matters the procedure is
    meant, and `otherwise` which one is meant for the others.
    """

    serves: tuple[EntryId, ...]
    matter: tuple[Field, ...] = ()
    applies: tuple[Condition, ...] = ()
    otherwise: EntryId | None = None
    steps: Annotated[tuple[Step, ...], Limits(min_length=2)]
    variants: dict[VariantKey, Variant] = Limits(default_factory=dict)
    default_variant: str = ""
    variant_parameter: str = ""  # the parameter by which a place chooses its variant

    def step(self, key: str) -> Step:
        """The step of that key. Raises KeyError."""
        return {step.key: step for step in self.steps}[key]

    def ordered(self, variant: str = "") -> tuple[Step, ...]:
        """The steps in the order of a variant (none named: the default), under its titles.

        Raises KeyError for a variant that doesn't exist.
        """
        if not variant and not self.variants:
            return self.steps
        chosen = self.variants[variant or self.default_variant]
        return tuple(
            self.step(key).model_copy(update={"title": chosen.titles[key]})
            if key in chosen.titles
            else self.step(key)
            for key in chosen.steps
        )

    @model_validator(mode="after")
    def refers_to_what_exists(self) -> "Procedure":
        """Refuse a rule or variant that names a step or fact which isn't there: it would
        silently never be computed."""
        for complaint in self._dangling():
            raise ValueError(complaint)
        return self

    def _dangling(self) -> Iterator[str]:
        keys = [step.key for step in self.steps]
        if len(set(keys)) < len(keys):
            yield "two steps have the same key"
        for name, variant in self.variants.items():
            for key in (*variant.steps, *variant.titles):
                if key not in keys:
                    yield f"variant {name} names the step {key}, which doesn't exist"
        if self.variants and self.default_variant not in self.variants:
            yield f"there is no variant {self.default_variant!r}"
        asked = {question.key for question in self.matter}
        known = asked | {f"{step.key}.{fact}" for step in self.steps for fact in step.facts}
        for step in self.steps:
            compares: tuple[Rule | Condition, ...] = (*step.rules, *step.when)
            compares += tuple(each for rule in step.rules for each in rule.when)
            for ref in (ref for each in compares for ref in each.facts()):
                if ref not in known and f"{step.key}.{ref}" not in known:
                    yield f"step {step.key} names {ref}, which is never asked"
        for ref in (ref for condition in self.applies for ref in condition.facts()):
            if ref not in asked:
                yield f"applies names {ref}, which is never asked"
