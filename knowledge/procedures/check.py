"""A whole procedure, step by step: what was seen, judged against the rules of its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from knowledge.procedures.days import last_day
from knowledge.procedures.facts import Facts, Setting
from knowledge.procedures.judge import judge
from knowledge.procedures.known import Known, Lack, Missing
from knowledge.procedures.verdict import Figures, Kind, Verdict, cant_tell, gravest
from knowledge.reading import Span
from knowledge.schema.base import Footing
from knowledge.schema.procedure import Procedure, Step
from knowledge.schema.rules import After, Gap


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one step; `verdicts` tell how, the gravest first."""

    step: Step
    kind: Kind
    verdicts: tuple[Verdict, ...]
    on: Span | None = None  # for a picture: when it was, and how long it was shown
    until: Span | None = None

    @property
    def footing(self) -> Footing:
        """On what the finding rests; a missing step rests on what demands the step."""
        if self.main is not None and self.main.rule is not None:
            return self.main.footing
        if self.step.local:
            return Footing.LOCAL
        return Footing.LAW if self.step.basis else Footing.OWN

    @property
    def main(self) -> Verdict | None:
        """The verdict that the step is named by; none if it had nothing to compute."""
        return self.verdicts[0] if self.verdicts else None


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found about a procedure."""

    procedure: Procedure
    variant: str
    today: date
    applies: Verdict  # whether this is the procedure for such a matter at all
    steps: tuple[Finding, ...]

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The steps at which a rule is broken."""
        return tuple(finding for finding in self.steps if finding.kind.wrong)

    def __getitem__(self, key: str) -> Finding:
        """The finding about the step of that key. Raises KeyError."""
        return {finding.step.key: finding for finding in self.steps}[key]


def check(
    procedure: Procedure,
    facts: Facts,
    parameters: Mapping[str, Setting] | None = None,
    variant: str = "",
    *,
    today: date,
) -> Findings:
    """Judge what was seen of a procedure, on a day in China.

    `parameters` are the place's; what the facts themselves set goes before them. Without a
    variant in the facts or the call, the place's is taken, else the procedure's default, whose
    local steps are then not demanded. Raises KeyError for an unknown variant.
    """
    settings = {**(parameters or {}), **facts.parameters}
    chosen = facts.variant or variant or str(settings.get(procedure.variant_parameter) or "")
    steps = procedure.ordered(chosen)
    known = Known(facts, settings, steps, today)
    findings = tuple(
        _find(step, place, known, variant_chosen=bool(chosen)) for place, step in enumerate(steps)
    )
    name = chosen or procedure.default_variant
    return Findings(procedure, name, today, _applies(procedure, known), findings)


def _applies(procedure: Procedure, known: Known) -> Verdict:
    holds = known.holds(procedure.applies)
    if isinstance(holds, Lack):
        return cant_tell(None, holds)
    for condition in procedure.applies:
        measured = known.measured(condition)
        figure = condition.at_least if condition.at_least is not None else condition.below
        need = known.number(figure) if figure is not None else None
        if isinstance(measured, tuple) and isinstance(need, int):
            figures = Figures(have=int(measured[0]), need=need)
            return Verdict(Kind.IN_ORDER if holds else Kind.NOT_NEEDED, figures=figures)
    return Verdict(Kind.IN_ORDER if holds else Kind.NOT_NEEDED)


def _find(step: Step, place: int, known: Known, *, variant_chosen: bool) -> Finding:
    seen = known.seen(step.key)
    needed = known.holds(step.when, step.key)
    if needed is False:
        return Finding(step, Kind.NOT_NEEDED, ())
    if seen.done:
        verdicts = [verdict for rule in step.rules if (verdict := judge(rule, step, known))]
        return _named(step, verdicts, known)
    if isinstance(needed, Lack):
        return _named(step, [cant_tell(None, needed)], known)
    if step.local and not step.when and not variant_chosen:
        return _named(step, [cant_tell(None, Lack(Missing.PLACE))], known)
    if seen.done is None:
        return _named(step, [cant_tell(None, Lack(Missing.FACT, f"{step.key}.done"))], known)
    return _named(step, [_not_seen(step, place, known)], known)


def _named(step: Step, verdicts: list[Verdict], known: Known) -> Finding:
    worst = gravest(verdicts)
    if worst is None:
        kind = Kind.IN_ORDER
    else:
        kind = worst.kind
        verdicts = [worst, *(each for each in verdicts if each is not worst)]
    on, until = known.day("on", step.key), known.day("until", step.key)
    return Finding(step, kind, tuple(verdicts), on, until)


def _not_seen(step: Step, place: int, known: Known) -> Verdict:
    """Missing if something was done that had to wait for it, or its last day is over."""
    later = _done_later(step, place, known)
    limits = [
        (limit, rule)
        for rule in step.rules
        if known.holds(rule.when, step.key) is True
        and isinstance(limit := last_day(rule, step, known), Figures)
        and limit.due is not None
    ]
    limits.sort(key=lambda each: each[0].due or date.max)
    if later is not None:
        on = known.day("on", later.key)
        return Verdict(Kind.MISSING, figures=Figures(other=later.key, since=on))
    if limits:
        figures, rule = limits[0]
        over = figures.due is not None and figures.due < known.today
        return Verdict(Kind.MISSING if over else Kind.NOT_YET, rule, figures)
    return Verdict(Kind.NOT_YET)


def _done_later(step: Step, place: int, known: Known) -> Step | None:
    """A step that was done although this one comes first; for a step whose place no text
    fixes, only one that must wait for it."""
    for at, other in enumerate(known.steps):
        if not known.seen(other.key).done or known.holds(other.when, other.key) is False:
            continue
        if (at > place and not step.loose) or (at != place and _waits_for(other, step, known)):
            return other
    return None


def _waits_for(other: Step, step: Step, known: Known) -> bool:
    return any(
        step.key in {ref.partition(".")[0] for ref in _before(rule)}
        for rule in other.rules
        if known.holds(rule.when, other.key) is True
    )


def _before(rule: object) -> tuple[str, ...]:
    match rule:
        case After():
            return rule.of
        case Gap():
            return (rule.of,)
        case _:
            return ()
