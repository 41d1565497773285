"""`cunjian procedure …`: dates and counts in YAML, judged step by step as the chat would.

The exit code is 0 whatever is found: a finding is an answer. A file that can't be read exits 1.
"""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from bot.commands.common import BEIJING, Json, book, command, fail, now, tell, tell_data
from handlers.texts import say

if TYPE_CHECKING:
    from handlers.monitor.check_words import Words
    from knowledge.book import Book
    from knowledge.procedures import FactsError, Finding, Findings
    from knowledge.reading import Span
    from knowledge.schema.procedure import Procedure

app = typer.Typer(no_args_is_help=True, help=say("cli.help.procedure"))
MOST_BYTES = 1_000_000
"""A file of facts may be so big; a full one has about two thousand."""


@app.command(name="list", help=say("cli.help.procedure_list"))
@command
def list_(
    steps: Annotated[bool, typer.Option("--steps", help=say("cli.help.steps"))] = False,
    as_json: Json = False,
) -> None:
    """The procedures that can be checked, and the keys of their steps."""
    from knowledge.schema.procedure import Procedure

    found = book().every(Procedure, _today())
    if as_json:
        tell_data(
            [
                {
                    "id": one.id,
                    "title": one.title,
                    "variants": list(one.variants),
                    "matter": {field.key: field.label for field in one.matter},
                    "steps": {step.key: list(step.facts) for step in one.steps},
                }
                for one in found
            ]
        )
        return
    for one in found:
        tell("procedure.line", id=one.id, title=one.title)
        for step in one.steps if steps else ():
            facts = " ".join(step.facts)
            tell("procedure.steps", step=step.key, title=step.title, facts=facts)


@app.command(help=say("cli.help.procedure_check"))
@command
def check(id: str, file: Path, as_json: Json = False) -> None:
    """Judge what somebody saw of a procedure against its rules."""
    from handlers.monitor.check_words import Words
    from knowledge.findings import refuse
    from knowledge.procedures import FactsError, read_facts
    from knowledge.procedures import check as judge
    from knowledge.yaml_text import parse

    known = book()
    procedure = _procedure(known, id)
    if file.stat().st_size > MOST_BYTES:
        raise refuse("too_big", file.name, most=1)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse("not_utf8", file.name) from None
    places = {key: one.value for key, one in known.parameters(_today()).items()}
    try:
        facts = read_facts(procedure, parse(text, file.name), _today())
    except FactsError as error:
        _refuse(file, error)
    findings = judge(procedure, facts, places, today=_today())
    words = Words(known, findings)
    if as_json:
        tell_data(_as_data(findings, words))
        return
    typer.echo(say("cli.procedure.line", id=procedure.id, title=procedure.title))
    if applies := words.applies():
        typer.echo(applies)
    for finding in findings.steps:
        _show(finding, words)
    if wrong := len(findings.wrong):
        tell("procedure.wrong", n=wrong)
    else:
        typer.echo(words.summary())
    typer.echo(say("check.summary.reminder"))


def _refuse(file: Path, error: "FactsError") -> NoReturn:
    """Where the facts can't be read, what was given and what may be."""
    values = {"given": error.given, "choices": " ".join(error.choices)}
    where = say("cli.procedure.where", file=file.name, where=error.where)
    typer.echo(say(f"check.error.{error.problem}", where=where, **values), err=True)
    raise typer.Exit(1)


def _procedure(known: "Book", id: str) -> "Procedure":
    from knowledge.schema.procedure import Procedure

    found = known.find(Procedure, id.upper(), _today())
    if found is None:
        fail("procedure.unknown", id=id[:40])
    return found


def _show(finding: "Finding", words: "Words") -> None:
    sign, first, rest = say(f"check.sign.{finding.kind}"), *_split(words.told(finding))
    tell("procedure.finding", sign=sign, title=finding.step.title, said=first)
    for line in rest:
        tell("procedure.more", said=line)


def _split(lines: list[str]) -> tuple[str, list[str]]:
    return (lines[0], lines[1:]) if lines else ("", [])


def _as_data(findings: "Findings", words: "Words") -> dict[str, Any]:
    return {
        "procedure": findings.procedure.id,
        "variant": findings.variant,
        "today": findings.today.isoformat(),
        "applies": findings.applies.kind.value,
        "wrong": len(findings.wrong),
        "steps": [
            {
                "key": one.step.key,
                "title": one.step.title,
                "kind": one.kind.value,
                "footing": one.footing.value,
                "on": _span(one.on),
                "until": _span(one.until),
                "said": words.told(one),
            }
            for one in findings.steps
        ],
    }


def _span(span: "Span | None") -> list[str] | None:
    return [span.first.isoformat(), span.last.isoformat()] if span else None


def _today() -> date:
    """The day in China, by whose calendar it is judged."""
    return now().astimezone(BEIJING).date()
