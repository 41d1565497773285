"""Procedures whose order, counts, fractions and intervals the checker can compute."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from knowledge.schema.base import Basis, Entry, EntryId, Model, Plain, Title

StepKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Number = int | StepKey
"""A number, or the key of a parameter that a place sets."""


class Rule(Model):
    """One thing that can be computed about a step.

    kind      what is compared
    after     this step must not come before `of`
    gap       days from `of` to this step: `at_least` and/or `at_most`, in `unit`
    lasts     days from this step's `on` to its `until`: `at_least`
    share     `count` out of `of_count` is at least `fraction` ("2/3"); more than it if `strict`
    number    `count` is at least `at_least` (and odd, if `odd`)
    apart     `person` of this step is not `person` of step `of`
    """

    kind: Literal["after", "gap", "lasts", "share", "number", "apart"]
    say: Plain  # the rule in plain words
    of: str = ""
    unit: Literal["cd", "wd"] = "cd"
    at_least: Number | None = None
    at_most: Number | None = None
    count: str = ""  # present | in_favour | bidders | ... : a key of the step's facts
    of_count: str = ""  # eligible | present | ...
    fraction: Annotated[str, StringConstraints(pattern=r"^(\d+/\d+)?$")] = ""
    strict: bool = False
    odd: bool = False
    when: str = ""  # a condition on facts, such as `amount >= tender_threshold`
    basis: tuple[Basis, ...] = ()
    local: bool = False  # the rule holds only where a local pack says so


class Step(Model):
    """One step: what, who, what proof, and what can be computed about it."""

    key: StepKey
    title: Title
    who: Title
    proof: Annotated[str, StringConstraints(max_length=60)] = ""
    facts: tuple[str, ...] = ("on",)  # what the checker asks for
    rules: tuple[Rule, ...] = ()
    when: str = ""  # only then is the step required
    optional: bool = False
    local: bool = False
    basis: tuple[Basis, ...] = ()


class Variant(Model):
    """One of the ways in which places order the same procedure."""

    title: Title
    steps: tuple[Step, ...]


class Procedure(Entry):
    """程序: what must happen before what, how many must agree, how long it must be shown."""

    serves: tuple[EntryId, ...]
    steps: tuple[Step, ...] = ()
    variants: dict[str, Variant] = {}
    default_variant: str = ""
