"""`cunjian lookup`: the contract that others measure by."""

import json

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import cli


def lookup(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(cli, ["lookup", *arguments], input=stdin)


def test_json_is_a_list_of_hits() -> None:
    result = lookup("公章谁来管", "--json", "--top", "2")
    hits = json.loads(result.stdout)
    assert result.exit_code == 0
    assert len(hits) == 2
    assert all(hit.keys() == {"id", "kind", "title", "score"} for hit in hits)
    assert hits[0]["id"] in {"SP04", "PR12"}
    assert hits[0]["kind"] in {"power", "procedure"}


def test_nothing_is_an_empty_list() -> None:
    assert json.loads(lookup("😭", "--json").stdout) == []


def test_a_batch_answers_line_by_line() -> None:
    result = lookup("--batch", stdin="公章\n\n你好\nzhaijidi\n")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [bool(hits) for hits in found] == [True, False, False, True]


def test_people_read_titles() -> None:
    assert "SP04" in lookup("公章").stdout
    assert lookup("你好").stdout.strip()


@pytest.mark.parametrize("arguments", [(), ("公章", "--batch"), ("公章", "--top", "0")])
def test_wrong_usage_is_said_so(arguments: tuple[str, ...]) -> None:
    assert lookup(*arguments).exit_code == 2
