"""What can be computed about a step of a procedure: order, intervals, counts, fractions.

Each kind of rule compares facts that somebody saw with a figure. The figure is written here, or
is the key of a parameter that a place sets for itself. A rule without a basis that isn't local
is our own advice, and shown so.
"""

from typing import Annotated, Any, Literal

from pydantic import Field as Limits
from pydantic import StringConstraints, model_validator

from knowledge.schema.base import Basis, LocalBasis, Model, Plain

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
FactRef = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]
"""`present`: a fact of the same step, or of the whole matter. `notice.on`: of another step."""

Number = int | Key
"""A number, or the key of a parameter that a place sets."""

Fraction = Annotated[str, StringConstraints(pattern=r"^([1-9]\d*/[1-9]\d*|[a-z][a-z0-9_]*)$")]
"""Such as 2/3, or the key of a parameter that holds one."""


class Condition(Model):
    """When a step or a rule applies at all: one fact or parameter, compared.

    Exactly one of `fact` and `parameter` is named. With `per_cent_of`, the fact is compared as
    its per cent of that other fact.
    """

    fact: FactRef | None = None
    parameter: Key | None = None
    per_cent_of: FactRef | None = None
    at_least: Number | None = None
    below: Number | None = None
    equals: str | None = None

    @model_validator(mode="after")
    def compares_one_thing(self) -> "Condition":
        """Refuse a condition that names nothing, or compares with nothing."""
        if (self.fact is None) == (self.parameter is None):
            raise ValueError("a condition names a fact or a parameter")
        if {self.at_least, self.below, self.equals} == {None}:
            raise ValueError("a condition says at_least, below or equals")
        return self

    def facts(self) -> tuple[FactRef, ...]:
        """The facts it compares."""
        return tuple(ref for ref in (self.fact, self.per_cent_of) if ref)


class Based(Model):
    """Something that rests on articles. In a pack a bare citation may stand for a basis: what
    it carries is then what is said (`say`, or the title)."""

    basis: tuple[Basis, ...] = ()
    local_basis: tuple[LocalBasis, ...] = ()
    local: bool = False  # holds only where a place says so
    when: tuple[Condition, ...] = ()  # all of them; none: always

    @model_validator(mode="before")
    @classmethod
    def spell_out_citations(cls, given: Any) -> Any:
        """Turn `basis: [VCOL:35]` into a basis that carries what is said here."""
        if not isinstance(given, dict):
            return given
        says = given.get("say") or given.get("title")
        spelt = dict(given)
        for name in ("basis", "local_basis"):
            if isinstance(cites := given.get(name), list | tuple):
                spelt[name] = [
                    {"cite": cite, "carries": says} if isinstance(cite, str) else cite
                    for cite in cites
                ]
        return spelt


def day_of(ref: str) -> str:
    """A date named by its step alone is the day that step was done: `vote` is `vote.on`."""
    return ref if "." in ref else f"{ref}.on"


class _Rule(Based):
    say: Plain  # the rule in plain words
    if_given: bool = False  # computed when its facts are known, never asked for


class After(_Rule):
    """This step's day is not before the day of any step in `of` (the same day is in order)."""

    kind: Literal["after"]
    of: Annotated[tuple[FactRef, ...], Limits(min_length=1)]  # a step, or a date of a step
    date: Key = "on"  # the date of this step that is compared

    def facts(self) -> tuple[FactRef, ...]:
        """The facts it compares."""
        return (self.date, *(day_of(ref) for ref in self.of))


class Gap(_Rule):
    """So many days lie between the day of `of` and this step's: `at_least`, `at_most`.

    The day of `of` doesn't count. The end of an `at_most` moves over days off; `at_most: 0`
    means by a day agreed upon, and earlier is as good.
    """

    kind: Literal["gap"]
    of: FactRef
    date: Key = "on"
    unit: Literal["cd", "wd", "month", "quarter"] = "cd"
    at_least: Number | None = None
    at_most: Number | None = None
    raised_by: Key | None = None  # the parameter by which a place may ask for more days

    @model_validator(mode="after")
    def limits_something(self) -> "Gap":
        """Refuse a gap without a figure, and a least number of months (no rule has one)."""
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a gap has at_least or at_most")
        if self.at_least is not None and self.unit not in {"cd", "wd"}:
            raise ValueError("at_least is counted in cd or wd")
        return self

    def facts(self) -> tuple[FactRef, ...]:
        """The facts it compares."""
        return (self.date, day_of(self.of))


class Every(_Rule):
    """It is done at least once in each calendar month or quarter since `since`."""

    kind: Literal["every"]
    since: FactRef
    unit: Literal["month", "quarter"]

    def facts(self) -> tuple[FactRef, ...]:
        """The facts it compares."""
        return ("on", self.since)


class Lasts(_Rule):
    """From this step's `on` to its `until` at least so many days; the first doesn't count."""

    kind: Literal["lasts"]
    at_least: Number
    raised_by: Key | None = None  # the parameter by which a place may ask for more days

    def facts(self) -> tuple[FactRef, ...]:
        """The facts it compares."""
        return ("on", "until")


class Share(_Rule):
    """`count` out of `of_count` is at least `fraction`; with `strict`, more than it.

    `strict` is for "more than half"; "two thirds or more" includes the fraction itself.
    """

    kind: Literal["share"]
    count: FactRef
    of_count: FactRef
    fraction: Fraction
    strict: bool = False

    def facts(self) -> tuple[FactRef, ...]:
        """The facts it compares."""
        return (self.count, self.of_count)


class Count(_Rule):
    """`count` is at least so many, and odd if `odd`."""

    kind: Literal["number"]
    count: FactRef
    at_least: Number
    odd: bool = False

    def facts(self) -> tuple[FactRef, ...]:
        """The facts it compares."""
        return (self.count,)


class Apart(_Rule):
    """The person of this step is not the person of any step in `of`."""

    kind: Literal["apart"]
    of: Annotated[tuple[Key, ...], Limits(min_length=1)]

    def facts(self) -> tuple[FactRef, ...]:
        """The facts it compares."""
        return ("person", *(f"{key}.person" for key in self.of))


class Must(_Rule):
    """`fact` is one of the values `one_of`; anything else isn't allowed."""

    kind: Literal["must"]
    fact: FactRef
    one_of: Annotated[tuple[str, ...], Limits(min_length=1)]

    def facts(self) -> tuple[FactRef, ...]:
        """The facts it compares."""
        return (self.fact,)


Rule = Annotated[
    After | Gap | Every | Lasts | Share | Count | Apart | Must, Limits(discriminator="kind")
]
