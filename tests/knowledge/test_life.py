"""How a lead may move: read off the pack, so these tests read the shipped one."""

import pytest

from knowledge.book import shipped
from knowledge.life import Life, life_of

KINDS = ("state", "action", "outcome")


@pytest.fixture(scope="module")
def life() -> Life:
    book = shipped()
    return life_of([entry for kind in KINDS for entry in book.of_kind(kind)])


def test_accepting_walks_through_signing_for_it(life: Life) -> None:
    assert life.path("submitted", "registered") == ("received", "registered")


def test_nothing_jumps_over_the_state_that_needs_a_decision(life: Life) -> None:
    assert life.path("registered", "handled_lightly") is None
    assert life.path("submitted", "verify") == ("received", "registered", "screening", "verify")


def test_endings_are_those_the_law_allows_from_here(life: Life) -> None:
    assert [one.code for one in life.endings("registered")] == ["dismissed"]
    assert {one.code for one in life.endings("verify")} == {"corrected", "not_borne_out"}
    assert life.endings("archived") == ()


def test_every_action_leads_somewhere_from_each_state_in_which_it_is_offered(life: Life) -> None:
    for action in life.actions:
        if action.leads_to and action.code != "transfer":
            for source in action.sources:
                assert life.path(source, action.leads_to), (action.code, source)


def test_no_outcome_calls_the_reporter_a_liar(life: Life) -> None:
    for outcome in life.outcomes:
        assert "诬告" not in outcome.title + outcome.told + outcome.summary


def test_every_state_that_is_not_the_end_can_be_left(life: Life) -> None:
    for state in life.states:
        assert state.next or state.code in {"archived", "discarded"}
