"""What can be found about a step, and the figures it was computed from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge.procedures.known import Lack, Missing
from knowledge.reading import Span
from knowledge.schema.base import Footing
from knowledge.schema.rules import Every, Gap, Lasts, Rule, Share


class Kind(StrEnum):
    """What was found; the gravest first, which is the one a step is named by."""

    MISSING = "missing"  # not seen, although it had to be there by now
    OUT_OF_ORDER = "out_of_order"  # came before what must come first
    NOT_ALLOWED = "not_allowed"  # by a body, or in a way, that isn't open to choice
    TOO_EARLY = "too_early"  # came too soon after what must come first
    TOO_LATE = "too_late"  # came after the last day
    TOO_SHORT = "too_short"  # was shown for fewer days than it must
    TOO_FEW = "too_few"  # people, votes, bids
    NOT_ODD = "not_odd"
    SAME_PERSON = "same_person"
    CANT_TELL = "cant_tell"
    NOT_YET = "not_yet"  # its turn or its last day hasn't come
    NOT_NEEDED = "not_needed"
    IN_ORDER = "in_order"

    @property
    def wrong(self) -> bool:
        """Whether a rule is broken."""
        return _GRAVITY[self] < _GRAVITY[Kind.CANT_TELL]


_GRAVITY = {kind: place for place, kind in enumerate(Kind)}
_FIRMEST = (Footing.LAW, Footing.LOCAL, Footing.OWN)


@dataclass(frozen=True, slots=True)
class Figures:
    """How it was computed. What a rule doesn't use is none."""

    have: int | None = None  # days, people, votes; the least, where a day is rough
    need: int | None = None  # the least that is enough, or the most that is allowed
    whole: int | None = None  # out of how many
    unit: str = ""  # cd | wd | month | quarter
    since: Span | None = None  # the day it is counted from
    other: str = ""  # the step which that day or person belongs to
    on: Span | None = None  # the day that is judged
    due: date | None = None  # the last day, or the first day on which it is enough
    skipped: tuple[date, ...] = ()  # days off that did not count
    made_up: tuple[date, ...] = ()  # weekend days that were worked, and counted
    rolled: tuple[date, ...] = ()  # days off over which the last day moved
    person: str = ""
    given: str = ""  # what was done instead of what must be


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule comes to."""

    kind: Kind
    rule: Rule | None = None  # none: about the step as such
    figures: Figures = Figures()
    lack: Lack | None = None  # why it can't be told

    @property
    def form(self) -> str:
        """The name of the sentence that tells it: its kind, and what it was computed from."""
        match self.kind, self.rule:
            case Kind.MISSING, None:
                return "missing_before" if self.figures.other else "missing"
            case Kind.MISSING, _:
                return "missing_overdue"
            case Kind.TOO_LATE, Every():
                return "too_late_every"
            case Kind.TOO_LATE, _ if self.figures.need == 0:
                return "too_late_agreed"
            case Kind.TOO_FEW, Share():
                return "too_few_share"
            case Kind.NOT_YET, Lasts():
                return "not_yet_shown"
            case Kind.NOT_YET, _ if self.figures.due:
                return "not_yet_due"
        return self.kind.value

    @property
    def footing(self) -> Footing:
        """On what the rule rests: a law, a local rule, or our own advice."""
        if self.rule is None:
            return Footing.OWN
        if self.rule.local or self._raised:
            return Footing.LOCAL
        return Footing.LAW if self.rule.basis else Footing.OWN

    @property
    def _raised(self) -> bool:
        """Whether it is broken only because the place asks for more days than the law."""
        if not isinstance(self.rule, Gap | Lasts) or not isinstance(self.rule.at_least, int):
            return False
        have, need = self.figures.have, self.figures.need
        return None not in (have, need) and self.rule.at_least <= (have or 0) < (need or 0)


def cant_tell(rule: Rule | None, lack: Lack, figures: Figures | None = None) -> Verdict:
    """A verdict that says what is lacking."""
    return Verdict(Kind.CANT_TELL, rule, figures or Figures(), lack)


def lacks_fact(rule: Rule, what: str) -> Verdict:
    """A verdict that says which fact nobody told."""
    return cant_tell(rule, Lack(Missing.FACT, what))


def gravest(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The verdict that matters most; of several alike the one with the firmest footing."""
    return min(
        verdicts,
        key=lambda verdict: (_GRAVITY[verdict.kind], _FIRMEST.index(verdict.footing)),
        default=None,
    )
