"""What the procedure checker found, in words and as a timeline.

The sentences stand in `check.yaml`; here their blanks are filled in. It says that something was
not seen, or does not fit a rule; never that anybody did wrong.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from handlers.monitor import rule_card
from handlers.monitor.picture import Row
from handlers.texts import find, has, say
from knowledge.book import Book
from knowledge.procedures import Finding, Findings, Kind, Lack, Missing, Verdict
from knowledge.reading import Span
from knowledge.schema import Footing
from knowledge.schema.procedure import Procedure

DAYS = 6
"""Single days that are named; of more, that there are more."""


@dataclass(frozen=True)
class Words:
    """Puts the findings about one procedure into words."""

    book: Book
    findings: Findings

    def overview(self) -> list[str]:
        """One line a step: its sign, its title, how it stands."""
        return [self.line(n, one) for n, one in enumerate(self.findings.steps, start=1)]

    def line(self, n: int, finding: Finding) -> str:
        """One step in a list."""
        return say(
            "check_talk.line",
            sign=say(f"check.sign.{finding.kind}"),
            n=n,
            title=finding.step.title,
            kind=say(f"check.kind.{finding.kind}"),
        )

    def summary(self) -> str:
        """How many steps don't fit, or can't be told."""
        if wrong := len(self.findings.wrong):
            return say("check.summary.wrong", n=wrong)
        unsure = sum(one.kind is Kind.CANT_TELL for one in self.findings.steps)
        return say("check.summary.unsure", n=unsure) if unsure else say("check.summary.clean")

    def applies(self) -> str:
        """Whether this is the procedure for such a matter; empty if it is."""
        verdict = self.findings.applies
        if verdict.kind is Kind.IN_ORDER:
            return ""
        figures, other = verdict.figures, self.findings.procedure.otherwise
        if verdict.kind is Kind.CANT_TELL or figures.need is None or not other:
            return say("check.applies.cant_tell")
        entry = self.book.find(Procedure, other)
        title = entry.title if entry else other
        return say("check.applies.not_needed", have=figures.have, need=figures.need, other=title)

    def detail(self, n: int) -> str:
        """Everything about one step: what was found, by which rule, how it was computed."""
        finding = self.findings.steps[n - 1]
        return say(
            "check_talk.detail",
            sign=say(f"check.sign.{finding.kind}"),
            n=n,
            title=finding.step.title,
            text="\n".join(self.told(finding)),
        )

    def told(self, finding: Finding) -> list[str]:
        """The sentences about one step, each with what it rests on."""
        lines: list[str] = []
        shown = [one for one in finding.verdicts if one.kind is finding.kind or one.kind.wrong]
        for verdict in shown:
            if verdict.kind is Kind.IN_ORDER:
                if verdict.rule is not None:
                    lines.append(say("check_talk.kept", say=verdict.rule.say))
                continue
            lines.append(self.sentence(verdict, finding))
            lines += self._reason(verdict)
            lines += self._how(verdict)
            lines.append(self._footing(verdict, finding))
        if finding.kind in {Kind.IN_ORDER, Kind.NOT_NEEDED}:
            lines.insert(0, say(f"check.found.{finding.kind}"))
        return list(dict.fromkeys(lines))

    def sentence(self, verdict: Verdict, finding: Finding) -> str:
        """What one verdict says."""
        if verdict.kind is Kind.CANT_TELL and verdict.lack is not None:
            return self._lacks(verdict.lack, finding)
        figures = verdict.figures
        unit = figures.unit if has(f"check.unit.{figures.unit}") else "cd"
        values = {
            "title": finding.step.title,
            "other": self._title(figures.other),
            "say": verdict.rule.say.rstrip(_STOP) if verdict.rule else "",
            "given": figures.given,
            "person": figures.person,
            "on": self.days(figures.on),
            "since": self.days(figures.since),
            "due": self.days(Span(figures.due, figures.due) if figures.due else None),
            "have": figures.have,
            "need": figures.need,
            "whole": figures.whole,
            "unit": say(f"check.unit.{unit}"),
        }
        return say(f"check.found.{verdict.form}", **values)

    def days(self, span: Span | None) -> str:
        """A day or a rough time, as people say it; the year only if it is another one."""
        if span is None:
            return ""
        if span.last == date.max:
            return say("check_talk.still_shown")
        first, last = span.first, span.last
        here = first.year == last.year == self.findings.today.year
        of_year = "" if here else "_of_year"
        if first == last:
            values = {"year": first.year, "month": first.month, "day": first.day}
            return say(f"check_talk.day{of_year}", **values)
        if first.day == 1 and last == _month_end(first):
            return say(f"check_talk.month{of_year}", year=first.year, month=first.month)
        if (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31)):
            return say("check_talk.whole_year", year=first.year)
        return say(
            "check_talk.between",
            first=self.days(Span(first, first)),
            last=self.days(Span(last, last)),
        )

    def for_report(self) -> str:
        """What doesn't fit, as the words a report begins with."""
        lines = []
        for finding in self.findings.wrong:
            wrong = [one for one in finding.verdicts if one.kind.wrong]
            text = "".join(self.sentence(one, finding) for one in wrong)
            lines.append(say("check_talk.words_line", title=finding.step.title, text=text))
        title = self.findings.procedure.title
        return say("check_talk.words", title=title, lines="\n".join(lines))

    def rows(self) -> list[Row]:
        """The steps as they stand on a timeline."""
        return [self._row(finding) for finding in self.findings.steps]

    def _row(self, finding: Finding) -> Row:
        on, until, today = finding.on, finding.until, self.findings.today
        colour = "wrong" if finding.kind.wrong else ""
        colour = {Kind.CANT_TELL: "unsure", Kind.IN_ORDER: "fine"}.get(finding.kind, colour)
        standing = say(f"check.kind.{finding.kind}")
        if on is None:
            return Row(finding.step.title, standing, colour)
        last = min(until.last, today) if until and until.last >= on.first else on.last
        rough = on.first != on.last or bool(
            until and until.first != until.last and until.last != date.max
        )
        when = self.days(on)
        if until is not None:
            when = say("check_talk.between", first=when, last=self.days(until))
        return Row(finding.step.title, standing, colour, when, on.first, last, rough)

    def _lacks(self, lack: Lack, finding: Finding) -> str:
        match lack.why:
            case Missing.PLACE if not lack.what:
                return say("check.lack.place_step")
            case Missing.PLACE | Missing.SETTING:
                setting = self.book.parameter(lack.what)
                what = setting.title if setting else lack.what
            case Missing.FACT:
                what = self._fact(lack.what)
            case _:
                what = lack.what
        return say(f"check.lack.{lack.why}", what=what)

    def _fact(self, ref: str) -> str:
        """A fact by its step's name and its own, or by the question about the matter."""
        key, _, name = ref.rpartition(".")
        for field in self.findings.procedure.matter:
            if not key and field.key == name:
                return field.label
        told = f"check.fact.{name}"
        fact = say(told) if has(told) else name
        title = self._title(key)
        return say("check_talk.title_fact", title=title, fact=fact) if title else fact

    def _title(self, key: str) -> str:
        titles = {one.step.key: one.step.title for one in self.findings.steps}
        return titles.get(key, key)

    def _reason(self, verdict: Verdict) -> list[str]:
        """The rule in plain words, unless the sentence said it already."""
        if verdict.rule is None or "{say}" in str(find(f"check.found.{verdict.form}")):
            return []
        return [say("check_talk.reason", say=verdict.rule.say.rstrip(_STOP))]

    def _how(self, verdict: Verdict) -> list[str]:
        figures = verdict.figures
        lines = []
        for key, days in (("skipped", figures.skipped), ("made_up", figures.made_up)):
            if days:
                lines.append(say(f"check.how.{key}", n=len(days), days=self._several(days)))
        if figures.rolled and figures.due:
            due = self.days(Span(figures.due, figures.due))
            lines.append(say("check.how.rolled", due=due))
        if any(_rough(span) for span in (figures.since, figures.on)):
            lines.append(say("check.how.rough"))
        return lines

    def _several(self, days: Sequence[date]) -> str:
        named = say("check_talk.comma").join(self.days(Span(day, day)) for day in days[:DAYS])
        return named if len(days) <= DAYS else say("check_talk.and_more", days=named)

    def _footing(self, verdict: Verdict, finding: Finding) -> str:
        rule = verdict.rule
        footing = verdict.footing if rule else finding.footing
        based = rule if rule and (rule.basis or rule.local_basis) else finding.step
        if footing is not Footing.LAW:
            return say(f"check.footing.{footing}")
        return say("check.footing.law", cites=self._cites(one.cite for one in based.basis))

    def _cites(self, written: Iterable[str]) -> str:
        return rule_card.cites(self.book, written, most=4)


_STOP = "\u3002"


def _rough(span: Span | None) -> bool:
    return span is not None and span.first != span.last and span.last != date.max


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
