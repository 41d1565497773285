"""One rule, computed: kept, broken in which way, or not to be told and why."""

import re
from fractions import Fraction

from knowledge.procedures.days import every, gap, lasts, order
from knowledge.procedures.known import Known, Lack, Missing
from knowledge.procedures.verdict import Figures, Kind, Verdict, cant_tell, lacks_fact
from knowledge.schema.procedure import Step
from knowledge.schema.rules import After, Apart, Count, Every, Gap, Lasts, Must, Rule, Share


def judge(rule: Rule, step: Step, known: Known) -> Verdict | None:
    """Compute one rule of a step that was seen; none if the rule doesn't apply.

    A condition that can't be told matters only if the rule would be broken. A local rule is
    silent as long as the place has not set it.
    """
    applies = known.holds(rule.when, step.key)
    verdict = None if applies is False else _compute(rule, step, known)
    if verdict is None or _silent(rule, verdict.lack):
        return None
    if isinstance(applies, Lack) and (verdict.kind.wrong or verdict.lack):
        return None if _silent(rule, applies) else cant_tell(rule, applies, verdict.figures)
    return verdict


def _silent(rule: Rule, lack: Lack | None) -> bool:
    if lack is None:
        return False
    unset = rule.local and lack.why is Missing.PLACE
    return unset or (rule.if_given and lack.why is Missing.FACT)


def _compute(rule: Rule, step: Step, known: Known) -> Verdict | None:
    match rule:
        case After():
            return order(rule, step, known)
        case Gap():
            return gap(rule, step, known)
        case Every():
            return every(rule, step, known)
        case Lasts():
            return lasts(rule, step, known)
        case Share():
            return _share(rule, step, known)
        case Count():
            return _enough(rule, step, known)
        case Apart():
            return _apart(rule, step, known)
        case Must():
            return _must(rule, step, known)


def _share(rule: Share, step: Step, known: Known) -> Verdict:
    fraction = _fraction(rule.fraction, known)
    if isinstance(fraction, Lack):
        return cant_tell(rule, fraction)
    have, whole = known.count(rule.count, step.key), known.count(rule.of_count, step.key)
    if have is None:
        return lacks_fact(rule, _full(rule.count, step))
    if not whole:
        return lacks_fact(rule, _full(rule.of_count, step))
    least = whole * fraction
    # more than half of 40 is 21, two thirds of 40 are 27, half of 40 is 20
    need = int(least) + 1 if rule.strict else -int(-least // 1)
    kind = Kind.IN_ORDER if have >= need else Kind.TOO_FEW
    return Verdict(kind, rule, Figures(have=have, need=need, whole=whole))


def _fraction(given: str, known: Known) -> Fraction | Lack:
    if "/" in given:
        return Fraction(given)
    value = known.parameters.get(given)
    if value is None:
        return Lack(Missing.PLACE, given)
    if not re.fullmatch(r"[1-9]\d{0,3}/[1-9]\d{0,3}", str(value), re.ASCII):
        return Lack(Missing.SETTING, given)
    fraction = Fraction(str(value))
    return fraction if fraction <= 1 else Lack(Missing.SETTING, given)


def _enough(rule: Count, step: Step, known: Known) -> Verdict:
    need, have = known.number(rule.at_least), known.count(rule.count, step.key)
    if isinstance(need, Lack):
        return cant_tell(rule, need)
    if have is None:
        return lacks_fact(rule, _full(rule.count, step))
    figures = Figures(have=have, need=need)
    if have < need:
        return Verdict(Kind.TOO_FEW, rule, figures)
    return Verdict(Kind.NOT_ODD if rule.odd and have % 2 == 0 else Kind.IN_ORDER, rule, figures)


def _apart(rule: Apart, step: Step, known: Known) -> Verdict | None:
    mine = known.fact("person", step.key)
    others = {key: known.fact(f"{key}.person") for key in rule.of if known.seen(key).done}
    if not others:
        return None
    for key, person in others.items():
        if mine is not None and person == mine:
            figures = Figures(person=str(mine), other=key)
            return Verdict(Kind.SAME_PERSON, rule, figures)
    unnamed = [key for key, person in {step.key: mine, **others}.items() if person is None]
    if unnamed:
        return lacks_fact(rule, f"{unnamed[0]}.person")
    return Verdict(Kind.IN_ORDER, rule, Figures(person=str(mine)))


def _must(rule: Must, step: Step, known: Known) -> Verdict:
    given = known.fact(rule.fact, step.key)
    if given is None:
        return lacks_fact(rule, rule.fact)
    kind = Kind.IN_ORDER if given in rule.one_of else Kind.NOT_ALLOWED
    return Verdict(kind, rule, Figures(given=str(given)))


def _full(ref: str, step: Step) -> str:
    return ref if "." in ref else f"{step.key}.{ref}"
