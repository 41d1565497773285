"""Rules about days: what comes first, how long between, how often, how long shown.

A day may be known only roughly, as a span. A rule is kept or broken only if that is so whichever
day of the span was meant; otherwise it can't be told.
"""

from dataclasses import replace
from datetime import date, timedelta

from knowledge.procedures.known import Known, Lack, Missing
from knowledge.procedures.verdict import Figures, Kind, Verdict, cant_tell, gravest, lacks_fact
from knowledge.reading import Span
from knowledge.schema.procedure import Step
from knowledge.schema.rules import After, Every, Gap, Lasts, Rule, day_of
from knowledge.workdays import (
    Counted,
    NotAnnounced,
    Unit,
    deadline,
    end_of_next,
    workdays_between,
)


def order(rule: After, step: Step, known: Known) -> Verdict | None:
    """Whether the step came no earlier than each of the others."""
    verdicts = (_order_of_two(rule, ref, step, known) for ref in rule.of)
    return gravest(verdict for verdict in verdicts if verdict)


def gap(rule: Gap, step: Step, known: Known) -> Verdict | None:
    """Whether enough days, or not too many, lie between another day and this step's."""
    since = _day_of_other(rule.of, step, known)
    if since is None:
        return None
    if isinstance(since, Lack):
        return cant_tell(rule, since)
    mine = known.day(rule.date, step.key)
    if mine is None:
        return lacks_fact(rule, f"{step.key}.{rule.date}")
    if mine.last < since.first and rule.at_most != 0:
        return Verdict(Kind.OUT_OF_ORDER, rule, Figures(since=since, other=_key(rule.of), on=mine))
    if rule.at_most is not None:
        return _in_time(rule, step, known, mine)
    need = known.days(rule)
    if isinstance(need, Lack):
        return cant_tell(rule, need)
    return _long_enough(rule, since, mine, need)


def every(rule: Every, step: Step, known: Known) -> Verdict | None:
    """Whether no whole month or quarter went by without it."""
    if known.day(rule.since, step.key) is None:
        return lacks_fact(rule, rule.since)
    mine = known.day("on", step.key)
    return _in_time(rule, step, known, mine) if mine else lacks_fact(rule, f"{step.key}.on")


def lasts(rule: Lasts, step: Step, known: Known) -> Verdict:
    """Whether it was shown for enough days; if it still hangs there, on which day it will be."""
    begun, ended = known.day("on", step.key), known.day("until", step.key)
    need = known.days(rule)
    if isinstance(need, Lack):
        return cant_tell(rule, need)
    if begun is None:
        return lacks_fact(rule, f"{step.key}.on")
    enough = begun.first + timedelta(days=need)
    figures = Figures(need=need, unit="cd", since=begun, other=step.key, due=enough)
    if ended is None:
        return replace(lacks_fact(rule, f"{step.key}.until"), figures=figures)
    low, high = (ended.first - begun.last).days, (ended.last - begun.first).days
    if ended.last == date.max:  # still hanging
        figures = replace(figures, have=max(low, 0), on=Span(known.today, known.today))
        return Verdict(Kind.IN_ORDER if low >= need else Kind.NOT_YET, rule, figures)
    figures = replace(figures, have=max(low, 0), on=ended)
    if high < need:
        return Verdict(Kind.TOO_SHORT, rule, figures)
    if low >= need:
        return Verdict(Kind.IN_ORDER, rule, figures)
    return cant_tell(rule, Lack(Missing.ROUGH, f"{step.key}.until"), figures)


def last_day(rule: Rule, step: Step, known: Known) -> Figures | Lack | None:
    """The last day that a rule leaves for a step, and how it was computed; none if it sets
    none, or counts from something that was not seen.

    Counted from the latest day that may be meant. In a year whose working days are unknown, a
    lack, unless the day that is judged can't be too late anyway (see `_in_time`).
    """
    if isinstance(rule, Every):
        since = known.day(rule.since, step.key)
        if since is None:
            return None
        due = end_of_next(since.last, rule.unit)
        other = _key(rule.since) if "." in rule.since else step.key
        return Figures(need=1, unit=rule.unit, since=since, other=other, due=due)
    if not isinstance(rule, Gap) or rule.at_most is None:
        return None
    since_or_lack = _day_of_other(rule.of, step, known)
    if since_or_lack is None or isinstance(since_or_lack, Lack):
        return None
    need = known.days(rule)
    if isinstance(need, Lack):
        return need
    limit = deadline(since_or_lack.last, need, rule.unit)
    if isinstance(limit, NotAnnounced):
        return Lack(Missing.CALENDAR, str(limit.year))
    return Figures(
        need=need,
        unit=rule.unit,
        since=since_or_lack,
        other=_key(rule.of),
        due=limit.due,
        skipped=limit.skipped,
        made_up=limit.made_up,
        rolled=limit.rolled,
    )


def _in_time(rule: Gap | Every, step: Step, known: Known, mine: Span) -> Verdict:
    limit = last_day(rule, step, known)
    if isinstance(limit, Lack):
        if limit.why is Missing.CALENDAR and mine.last < date(int(limit.what), 1, 1):
            return Verdict(Kind.IN_ORDER, rule, Figures(on=mine))
        return cant_tell(rule, limit, Figures(on=mine))
    if limit is None or limit.due is None or limit.since is None:
        return lacks_fact(rule, rule.since if isinstance(rule, Every) else rule.of)
    figures = replace(limit, on=mine, have=_count_until(limit, mine))
    if mine.first > limit.due:
        return Verdict(Kind.TOO_LATE, rule, figures)
    if mine.last <= limit.due and limit.since.first == limit.since.last:
        return Verdict(Kind.IN_ORDER, rule, figures)
    # from a rough day: in time only if it would be so counted from the earliest
    if isinstance(rule, Gap):
        earliest = deadline(limit.since.first, limit.need or 0, rule.unit)
        if not isinstance(earliest, NotAnnounced) and mine.last <= earliest.due:
            return Verdict(Kind.IN_ORDER, rule, figures)
    elif mine.last <= end_of_next(limit.since.first, rule.unit):
        return Verdict(Kind.IN_ORDER, rule, figures)
    return cant_tell(rule, Lack(Missing.ROUGH, f"{step.key}.on"), figures)


def _count_until(limit: Figures, mine: Span) -> int | None:
    """How many days it took, where the limit is in days."""
    if limit.since is None or limit.unit not in {"cd", "wd"} or mine.first < limit.since.last:
        return None
    counted = _count(limit.since.last, mine.first, "wd" if limit.unit == "wd" else "cd")
    return None if isinstance(counted, NotAnnounced) else counted.days


def _long_enough(rule: Gap, since: Span, mine: Span, need: int) -> Verdict:
    low = _count(since.last, max(mine.first, since.last), rule.unit)
    high = _count(since.first, mine.last, rule.unit)
    if isinstance(low, NotAnnounced) or isinstance(high, NotAnnounced):
        year = low.year if isinstance(low, NotAnnounced) else mine.last.year
        return cant_tell(rule, Lack(Missing.CALENDAR, str(year)), Figures(since=since, on=mine))
    figures = Figures(
        have=low.days,
        need=need,
        unit=rule.unit,
        since=since,
        other=_key(rule.of),
        on=mine,
        due=since.first + timedelta(days=need) if rule.unit == "cd" else None,
        skipped=low.skipped,
        made_up=low.made_up,
    )
    if high.days < need:
        return Verdict(Kind.TOO_EARLY, rule, figures)
    if low.days >= need:
        return Verdict(Kind.IN_ORDER, rule, figures)
    return cant_tell(rule, Lack(Missing.ROUGH, rule.of), figures)


def _count(start: date, end: date, unit: Unit) -> Counted | NotAnnounced:
    if unit == "wd":
        return workdays_between(start, end)
    return Counted(start, end, (end - start).days)


def _order_of_two(rule: After, ref: str, step: Step, known: Known) -> Verdict | None:
    since = _day_of_other(ref, step, known)
    if since is None:
        return None
    mine = known.day(rule.date, step.key)
    if isinstance(since, Lack):
        # when a posting ended is not known, but it can't be before it began
        begun = known.day("on", _key(ref))
        if mine is None or begun is None or mine.last >= begun.first:
            return cant_tell(rule, since)
        since = begun
    if mine is None:
        return lacks_fact(rule, f"{step.key}.{rule.date}")
    figures = Figures(since=since, other=_key(ref), on=mine)
    if mine.last < since.first:
        return Verdict(Kind.OUT_OF_ORDER, rule, figures)
    if mine.first >= since.last:
        return Verdict(Kind.IN_ORDER, rule, figures)
    return cant_tell(rule, Lack(Missing.ROUGH, f"{step.key}.{rule.date}"), figures)


def _day_of_other(ref: str, step: Step, known: Known) -> Span | Lack | None:
    """The day of another step. None if that step is no part of this matter, or was not seen:
    then it is found missing itself, and nothing can be counted from it."""
    key = _key(ref)
    if key != step.key:
        other = known.step(key)
        if other is None or known.holds(other.when, key) is False:
            return None
        if known.seen(key).done is False:
            return None
    return known.day(day_of(ref)) or Lack(Missing.FACT, day_of(ref))


def _key(ref: str) -> str:
    return ref.partition(".")[0]
