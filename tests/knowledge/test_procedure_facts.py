"""A facts file is read as people write it; what can't be read is named, with what to write."""

from datetime import date

import pytest
import yaml

from handlers.texts import find, say
from knowledge.procedures import FactsError, read_facts
from knowledge.procedures.facts import is_day
from knowledge.reading import Amount, Span
from knowledge.yaml_text import parse
from tests.knowledge.procedures import TODAY, procedure


def read(text: str, entry: str = "PR01"):
    return read_facts(procedure(entry), parse(text), TODAY)


@pytest.mark.parametrize("load", [parse, yaml.safe_load])
def test_the_bare_word_on_is_a_day_and_not_yes(load):
    facts = read_facts(
        procedure("PR01"), load("steps: {vote: {done: true, on: 2026-03-18}}"), TODAY
    )
    assert facts.steps["vote"].values["on"] == Span(date(2026, 3, 18), date(2026, 3, 18))


@pytest.mark.parametrize(
    ("told", "first", "last"),
    [
        ("2026-03", date(2026, 3, 1), date(2026, 3, 31)),
        ("2026年3月", date(2026, 3, 1), date(2026, 3, 31)),
        ("去年秋天", date(2025, 9, 1), date(2025, 11, 30)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2027-01-05", date(2027, 1, 5), date(2027, 1, 5)),
    ],
)
def test_a_day_may_be_vague_or_lie_ahead(told, first, last):
    facts = read(f"steps: {{vote: {{on: '{told}'}}}}")
    assert facts.steps["vote"].values["on"] == Span(first, last)


def test_still_hanging_has_no_end_yet():
    facts = read("steps: {publish_decision: {on: 2026-11-15, until: still}}")
    assert facts.steps["publish_decision"].values["until"] == Span(TODAY, date.max)


def test_whoever_tells_the_day_has_seen_the_step():
    steps = read("steps: {vote: {on: 2026-03-18}, discuss: {}, propose: {done: unknown}}").steps
    assert (steps["vote"].done, steps["discuss"].done, steps["propose"].done) == (
        True,
        False,
        None,
    )


@pytest.mark.parametrize("told", ["50000", "5万", "五万元"])
def test_an_amount_may_stand_in_words_and_at_a_step(told):
    facts = read(f"steps: {{need: {{done: true, amount: {told}}}}}", "PR04")
    assert facts.matter["amount"] == Amount(50000, 50000)


def test_true_is_the_first_of_two_choices():
    assert read("matter: {one_head: true}", "PR06").matter["one_head"] == "是"


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ("[1, 2]", "facts", "not_a_mapping"),
        ("just words", "facts", "not_a_mapping"),
        ("step: {}", "step", "unknown_key"),
        ("variant: V9", "variant", "unknown_variant"),
        ("steps: {voting: {done: true}}", "steps.voting", "unknown_step"),
        ("steps: {vote: true}", "steps.vote", "not_a_mapping"),
        ("steps: {vote: {colour: red}}", "steps.vote.colour", "unknown_key"),
        ("steps: {vote: {done: maybe}}", "steps.vote.done", "not_yes_no"),
        ("steps: {vote: {on: someday}}", "steps.vote.on", "not_a_day"),
        ("steps: {vote: {on: '2026-02-30'}}", "steps.vote.on", "not_a_day"),
        ("steps: {vote: {on: 0999-01-01}}", "steps.vote.on", "not_a_day"),
        ("steps: {vote: {on: still}}", "steps.vote.on", "not_a_day"),
        ("steps: {vote: {present: many}}", "steps.vote.present", "not_a_number"),
        ("steps: {vote: {present: -1}}", "steps.vote.present", "not_a_number"),
        ("steps: {vote: {present: 1.5}}", "steps.vote.present", "not_a_number"),
        ("steps: {vote: {present: true}}", "steps.vote.present", "not_a_number"),
        ("steps: {vote: {person: 12}}", "steps.vote.person", "not_a_name"),
        ("steps: {vote: {present: 60, eligible: 50}}", "steps.vote.present", "more_than"),
        ("steps: {vote: {present: 30, in_favour: 31}}", "steps.vote.in_favour", "more_than"),
        (
            "steps: {publish_decision: {on: 2026-03-19, until: 2026-03-01}}",
            "steps.publish_decision.until",
            "ends_before",
        ),
        ("matter: {meeting: 茶话会}", "matter.meeting", "not_a_choice"),
        ("matter: {weather: fine}", "matter.weather", "unknown_key"),
        ("parameters: {wuyi_variant: {a: 1}}", "parameters.wuyi_variant", "not_a_setting"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_to_write(text, where, problem):
    with pytest.raises(FactsError) as caught:
        read(text)
    error = caught.value
    assert (error.where, error.problem) == (where, problem)
    sentence = say(
        f"check.error.{problem}",
        where=error.where,
        given=error.given,
        choices="、".join(error.choices),
    )
    assert sentence.startswith(where)


@pytest.mark.parametrize("amount", ["-5", "true", "很多", ".inf", ".nan"])
def test_an_amount_that_is_none_is_refused(amount):
    with pytest.raises(FactsError, match="not_an_amount"):
        read(f"matter: {{amount: {amount}}}", "PR04")


def test_every_problem_has_a_sentence_and_every_fact_a_name():
    facts = {
        fact
        for number in range(1, 15)
        for step in procedure(f"PR{number:02}").steps
        for fact in step.facts
    }
    assert facts <= set(find("check.fact"))
    assert facts <= set(find("check.ask"))
    assert {fact for fact in facts if is_day(fact)} >= {"on", "until", "previous", "asked_on"}
