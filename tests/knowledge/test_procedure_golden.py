"""Cases judged by hand from the articles before the checker was run on them."""

from datetime import date

import pytest

from tests.knowledge.procedures import all_procedures, checked, golden_cases, golden_facts

CASES = golden_cases()


@pytest.mark.parametrize(
    ("entry", "told", "case"), CASES, ids=[f"{entry} {case['name']}" for entry, _, case in CASES]
)
def test_checker_judges_as_the_articles_do(entry, told, case):
    today = case.get("today", told["today"])
    assert isinstance(today, date)
    findings = checked(entry, golden_facts(told, case), today)
    found = {finding.step.key: finding.kind.value for finding in findings.steps}
    named = {key: found[key] for key in case["expect"]}
    assert named == case["expect"], case["why"]
    others = {key: kind for key, kind in found.items() if key not in case["expect"]}
    quiet = {"in_order", "not_needed", "not_yet"}
    assert set(others.values()) <= quiet, f"complained without being asked: {others}"
    if "applies" in case:
        assert findings.applies.kind == case["applies"], case["why"]


@pytest.mark.parametrize("of", all_procedures(), ids=lambda of: of.id)
def test_every_procedure_has_right_wrong_and_undecidable_cases(of):
    mine = [case for entry, _, case in CASES if entry == of.id]
    assert len(mine) >= 6
    kinds = {kind for case in mine for kind in case["expect"].values()}
    assert {"in_order", "missing", "cant_tell"} <= kinds
    assert kinds & {"out_of_order", "too_early"}
    assert kinds & {"too_few", "too_short", "same_person", "not_odd"}
