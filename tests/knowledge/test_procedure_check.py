"""How the checker computes, what it rests on, and that it never guesses."""

import string
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from handlers.texts import find
from knowledge.procedures import Facts, FactsError, Kind, Missing, Seen, check, read_facts
from knowledge.reading import Span
from knowledge.schema.base import Footing
from knowledge.schema.procedure import Procedure
from tests.knowledge.procedures import (
    TODAY,
    all_procedures,
    checked,
    golden_cases,
    golden_facts,
    procedure,
)

SETTINGS = {"village_posting_days", "tender_threshold", "member_vote_fraction"} | {
    "assist_check_workdays",
    "lease_plan_posting_days",
    "signing_order",
}
RIGHT = {
    entry: golden_facts(told, case)
    for entry, told, case in golden_cases()
    if case is told["cases"][0]
}
FIELDS = {"title", "other", "say", "given", "person", "on", "since", "due"} | {
    "have",
    "need",
    "whole",
    "unit",
}


def test_a_deadline_shows_how_it_was_counted():
    facts = {
        "matter": {"result": "批了", "relative": "没有", "special": "没说过"},
        "steps": {
            "apply": {"on": date(2026, 9, 28)},
            "check": {"on": date(2026, 10, 12), "people": 2},
        },
    }
    finding = checked("PR10", facts)["check"]
    assert finding.main
    figures = finding.main.figures
    assert finding.kind is Kind.TOO_LATE
    assert figures.since == Span(date(2026, 9, 28), date(2026, 9, 28))
    assert (figures.due, figures.have, figures.need, figures.unit) == (
        date(2026, 10, 8),
        6,  # 29, 30, 8, 9, 12 and the Saturday that was worked
        3,
        "wd",
    )
    assert figures.skipped == tuple(date(2026, 10, n) for n in range(1, 8))
    assert figures.due == date(2026, 10, 8)


def test_a_fraction_shows_how_many_were_needed():
    told = RIGHT["PR14"]
    told = {**told, "steps": {**told["steps"], "vote": {"on": date(2026, 3, 10), "in_favour": 20}}}
    finding = checked("PR14", told)["vote"]
    assert finding.main
    assert (finding.main.figures.have, finding.main.figures.need, finding.main.figures.whole) == (
        20,
        21,
        40,
    )
    assert finding.footing is Footing.LAW
    assert finding.main.rule
    assert [basis.cite for basis in finding.main.rule.basis] == ["VCOL:30"]


def test_a_step_keeps_its_days_for_a_picture():
    finding = checked("PR14", RIGHT["PR14"])["publish"]
    assert finding.on == Span(date(2026, 3, 11), date(2026, 3, 11))
    assert finding.until == Span(date(2026, 3, 26), date(2026, 3, 26))


@pytest.mark.parametrize(
    ("entry", "step", "change", "footing"),
    [
        ("PR06", "secretary", {"parameters": {"signing_order": "director_first"}}, "local"),
        ("PR12", "stamp", {}, "own"),
        ("PR06", "book", {}, "law"),
    ],
)
def test_law_local_rules_and_advice_are_told_apart(entry, step, change, footing):
    told = RIGHT[entry]
    wrong = {
        "secretary": {"on": date(2026, 3, 5)},
        "stamp": {"on": date(2026, 3, 1), "person": "王五"},
        "book": {"on": date(2026, 3, 6)},
    }[step]
    parameters = {**told.get("parameters", {}), **change.get("parameters", {})}
    steps = {**told["steps"], step: wrong}
    finding = checked(entry, {**told, "parameters": parameters, "steps": steps})[step]
    assert finding.kind.wrong
    assert finding.footing == footing


def test_more_days_asked_by_a_place_are_not_called_law():
    told = RIGHT["PR14"]
    finding = checked("PR14", told, village_posting_days=20)["publish"]
    assert (finding.kind, finding.footing) == (Kind.TOO_SHORT, Footing.LOCAL)
    finding = checked("PR14", told, village_posting_days=10)["publish"]
    assert finding.kind is Kind.IN_ORDER


def test_what_a_place_has_not_set_is_named():
    finding = checked("PR09", {**RIGHT["PR09"], "parameters": {}})["post"]
    assert finding.main
    assert finding.main.lack
    assert (finding.main.lack.why, finding.main.lack.what) == (
        Missing.PLACE,
        "homestead_posting_days",
    )


def test_a_setting_that_is_no_figure_is_named():
    finding = checked("PR09", {**RIGHT["PR09"], "parameters": {}}, homestead_posting_days="一周")
    main = finding["post"].main
    assert main
    assert main.lack
    assert main.lack.why is Missing.SETTING


@pytest.mark.parametrize("setting", [-3, 0, 10**12])
def test_a_setting_beyond_reason_is_named_and_breaks_nothing(setting):
    told = RIGHT["PR10"]
    main = checked("PR10", told, assist_check_workdays=setting)["check"].main
    assert main
    assert main.lack
    assert (main.lack.why, main.lack.what) == (Missing.SETTING, "assist_check_workdays")


@pytest.mark.parametrize("setting", ["3/2", "0/3", "1/0", "1e999999999", "most", 2])
def test_a_fraction_that_is_none_is_named(setting):
    main = checked("PR13", RIGHT["PR13"], member_vote_fraction=setting)["vote"].main
    assert main
    assert main.lack
    assert main.lack.why is Missing.SETTING


def test_the_place_chooses_the_variant_and_facts_go_before_it():
    told = {"steps": {}}
    assert checked("PR01", told).variant == "V1"
    assert checked("PR01", told, wuyi_variant="V2").variant == "V2"
    assert checked("PR01", {"variant": "V1"}, wuyi_variant="V2").variant == "V1"
    titles = [each.step.title for each in checked("PR01", {"variant": "V2"}).steps]
    assert titles[:2] == ["村党组织提议", "两委商议"]


def test_nothing_seen_is_nothing_wrong():
    for of in all_procedures():
        findings = check(of, Facts(), today=TODAY)
        assert not findings.wrong


def _known_values(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("kind", list(Kind), ids=str)
def test_every_kind_has_words(kind):
    assert find(f"check.kind.{kind.value}")
    assert find(f"check.sign.{kind.value}")
    assert find(f"check.found.{kind.value}")


def test_every_finding_has_a_sentence_whose_values_it_carries():
    forms = set()
    for entry, told, case in golden_cases():
        today = case.get("today", told["today"])
        for finding in checked(entry, golden_facts(told, case), today).steps:
            for verdict in finding.verdicts:
                forms.add(verdict.form)
                needed = _known_values(find(f"check.found.{verdict.form}"))
                assert needed <= FIELDS
                for name in needed - {"title", "say"}:
                    value = getattr(verdict.figures, name)
                    assert value is not None
                    assert value != ""
                if verdict.lack:
                    assert find(f"check.lack.{verdict.lack.why.value}")
    unused = set(find("check.found")) - forms - {"not_needed", "missing"}
    assert not unused


FACT = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**15),
    st.floats(),
    st.text(max_size=12),
    st.dates(),
    st.sampled_from(["still", "unknown", "去年", "5万", "是", "2026-03", "村民代表会议"]),
)


@given(data=st.data())
@settings(deadline=None, max_examples=300)
def test_whatever_is_told_is_judged_or_refused_by_name(data):
    of = data.draw(st.sampled_from(all_procedures()))
    words = sorted({fact for step in of.steps for fact in step.facts} | {"done"})
    told = {
        "matter": data.draw(st.dictionaries(st.sampled_from([q.key for q in of.matter]), FACT)),
        "parameters": data.draw(
            st.dictionaries(st.sampled_from(sorted(SETTINGS)), st.one_of(st.integers(), FACT))
        ),
        "steps": data.draw(
            st.dictionaries(
                st.sampled_from([step.key for step in of.steps]),
                st.one_of(FACT, st.dictionaries(st.sampled_from(words), FACT)),
            )
        ),
    }
    try:
        facts = read_facts(of, told, TODAY)
    except FactsError as error:
        find(f"check.error.{error.problem}")  # KeyError if it has no sentence
        return
    findings = check(of, facts, today=TODAY)
    assert len(findings.steps) == len(of.ordered(findings.variant))


DAYS = st.dates(date(2026, 1, 1), date(2026, 9, 30))


@given(day=DAYS, before=st.integers(0, 20), after=st.integers(0, 20), step=st.integers(0, 4))
@settings(deadline=None)
def test_a_rough_day_never_contradicts_the_true_one(day, before, after, step):
    key = ["mandate", "party", "notify", "attend", "publish"][step]
    told = RIGHT["PR14"]
    facts = read_facts(procedure("PR14"), told, TODAY)

    def kinds(span: Span) -> dict[str, Kind]:
        seen = facts.steps[key]
        values = {**seen.values, "on": span}
        steps = {**facts.steps, key: Seen(seen.done, values)}
        findings = check(
            procedure("PR14"), Facts(steps, facts.matter), {"reps_notice_days": 3}, today=TODAY
        )
        return {each.step.key: each.kind for each in findings.steps}

    true = kinds(Span(day, day))
    rough = kinds(Span(day - timedelta(days=before), day + timedelta(days=after)))
    for each, kind in rough.items():
        if kind.wrong:
            assert true[each].wrong
        if kind is Kind.IN_ORDER:
            assert true[each] is Kind.IN_ORDER


@given(eligible=st.integers(1, 2000), present=st.integers(0, 2000), in_favour=st.integers(0, 2000))
@settings(deadline=None)
def test_votes_are_counted_without_rounding(eligible, present, in_favour):
    present = min(present, eligible)
    in_favour = min(in_favour, present)
    told = RIGHT["PR14"]
    steps = {
        **told["steps"],
        "attend": {"on": date(2026, 3, 10), "eligible": eligible, "present": present},
        "vote": {"on": date(2026, 3, 10), "in_favour": in_favour},
    }
    findings = checked("PR14", {**told, "steps": steps})
    assert (findings["attend"].kind is Kind.IN_ORDER) == (3 * present >= 2 * eligible)
    if present:
        assert (findings["vote"].kind is Kind.IN_ORDER) == (2 * in_favour > present)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"kind": "after", "of": ["voting"], "say": "先后"}, "voting.on"),
        (
            {
                "kind": "share",
                "count": "presnet",
                "of_count": "eligible",
                "fraction": "1/2",
                "say": "一半",
            },
            "presnet",
        ),
        (
            {
                "kind": "share",
                "count": "present",
                "of_count": "eligible",
                "fraction": "half",
                "say": "一半",
                "when": [{"fact": "weather", "equals": "雨"}],
            },
            "weather",
        ),
        ({"kind": "gap", "of": "notify", "say": "几天"}, "at_least or at_most"),
        (
            {"kind": "gap", "of": "notify", "unit": "month", "at_least": 1, "say": "几天"},
            "cd or wd",
        ),
        ({"kind": "guess", "say": "猜"}, "guess"),
        ({"kind": "apart", "of": ["mandate"], "say": "不同人"}, "person"),
    ],
)
def test_a_rule_that_could_never_be_computed_is_refused(rule, says):
    told = procedure("PR14").model_dump()
    told["steps"][3]["rules"] = [rule]
    with pytest.raises(ValidationError, match=says):
        Procedure.model_validate(told)


def test_a_variant_that_names_a_step_that_is_not_there_is_refused():
    told = procedure("PR01").model_dump()
    told["variants"]["V1"]["steps"] = ["propose", "vanish"]
    with pytest.raises(ValidationError, match="vanish"):
        Procedure.model_validate(told)
    told = {**procedure("PR01").model_dump(), "default_variant": "V7"}
    with pytest.raises(ValidationError, match="V7"):
        Procedure.model_validate(told)


def test_a_bare_citation_carries_what_is_said():
    (rule,) = [each for each in procedure("PR14").step("vote").rules if each.kind == "share"]
    assert [(basis.cite, basis.carries) for basis in rule.basis] == [("VCOL:30", rule.say)]
