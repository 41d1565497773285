"""The lists: small powers, prohibitions, conduct, risks, and what monitors ask and learn."""

from typing import Annotated

from pydantic import StringConstraints

from knowledge.schema.base import Basis, Entry, EntryId, Field, Model, Plain, Title


class Doing(Model):
    """One step of a small power as a person would follow it."""

    do: Plain
    who: Title
    proof: Annotated[str, StringConstraints(max_length=60)] = ""  # what a monitor may ask to see


class Told(Model):
    """A number people ask for: how many days, how many votes; with its own article or none."""

    say: Plain
    cite: str = ""  # empty: the figure is set locally


class Trick(Model):
    """How the rule is usually got round, and what a monitor can see of it."""

    trick: Plain
    look: Plain


class Power(Entry):
    """Something the village does with everybody's money, land or name."""

    names: tuple[str, ...] = ()  # other names of the same thing
    decides: Plain  # who decides
    helps: Annotated[str, StringConstraints(max_length=100)] = ""  # who only helps
    village_only_helps: bool = False
    steps: tuple[Doing, ...]
    limits: tuple[Told, ...] = ()
    publish: Plain  # what must be shown to everybody, where and how long
    papers: tuple[str, ...]
    tricks: tuple[Trick, ...]
    prohibitions: tuple[EntryId, ...]
    procedures: tuple[EntryId, ...]
    ask: tuple[Field, ...] = ()  # what a report about it asks, only about what was seen


class Prohibition(Entry):
    """An act that is forbidden to those who hold the village's powers."""

    means: Plain  # what it looks like in a village
    look: Plain  # what a monitor can see without searching
    allowed: Annotated[str, StringConstraints(max_length=200)] = (
        ""  # what is often mistaken for it
    )
    powers: tuple[EntryId, ...] = ()
    ask: tuple[Field, ...] = ()


class BusinessRule(Entry):
    """What an official may do with a firm (BP) and may not (BN)."""

    allowed: bool
    mind: Plain  # the condition that keeps it on the right side


class AccountabilityKind(Entry):
    """One way in which somebody is held to account."""

    applies_to: Plain


class Behaviour(Entry):
    """Conduct for which an official is held to account."""

    looks_like: Plain
    kinds: tuple[EntryId, ...]


class Measure(Model):
    """What keeps a risk from becoming a harm."""

    id: EntryId
    title: Title
    do: Plain


class RiskPoint(Entry):
    """Where it tends to go wrong, how badly, and what prevents it."""

    level: str  # high, middle or low, in the words of the pack
    signs: Plain
    measures: tuple[Measure, ...]


class TimeLimit(Entry):
    """How long, counted from what. `unit` is cd, wd, h, month or quarter."""

    n: int
    unit: str
    since: Title
    place: Annotated[str, StringConstraints(max_length=20)] = ""  # a local limit: where it holds


class Category(Entry):
    """What a lead is about, and the questions that belong to it."""

    fields: tuple[Field, ...]
    powers: tuple[EntryId, ...]
    prohibitions: tuple[EntryId, ...]
    urgent: bool = False


class Intake(Entry):
    """What kind of matter it is, where it belongs, and what to tell the person."""

    test: Plain  # how to tell
    go: Plain  # where it belongs
    reply: Annotated[str, StringConstraints(max_length=300)]  # said to the monitor
    # lead: goes on to a report | lookup | monthly | elsewhere | danger | upper | secret
    route: str
    store_content: bool = True  # false: nothing of it may be kept


class Term(Entry):
    """A word of the field, explained in everyday words (the entry's summary)."""

    also: tuple[str, ...] = ()


class Question(Entry):
    """A question as a monitor puts it (title) and its answer (summary, first line yes or no)."""

    more: Annotated[str, StringConstraints(max_length=300)] = ""
    rests_on: tuple[EntryId, ...]


class Look(Model):
    """One thing to look at, and what to keep of it."""

    look: Plain
    keep: Annotated[str, StringConstraints(max_length=60)] = ""


class Checklist(Entry):
    """What a monitor looks at on such a day of the month."""

    when: Plain
    items: tuple[Look, ...]


class Quiz(Model):
    """One question with exactly one right answer."""

    ask: Plain
    choices: tuple[Annotated[str, StringConstraints(min_length=1, max_length=60)], ...]
    right: int  # index into choices, from 0
    why: Plain


class Card(Entry):
    """A learning card: one thing to know a day, and one question to see whether it stuck."""

    quiz: Quiz
    rests_on: tuple[EntryId, ...] = ()


__all__ = [
    "AccountabilityKind",
    "Basis",
    "Behaviour",
    "BusinessRule",
    "Card",
    "Category",
    "Checklist",
    "Doing",
    "Intake",
    "Look",
    "Measure",
    "Power",
    "Prohibition",
    "Question",
    "Quiz",
    "RiskPoint",
    "Term",
    "TimeLimit",
    "Told",
    "Trick",
]
