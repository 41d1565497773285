"""`procedure check` and `list`: findings in the chat's words, bad files by their place."""

import json

import pytest

from tests.bot.commands.conftest import Terminal

FACTS = """\
variant: V1
matter: {meeting: 村民代表会议}
steps:
  suggest: {done: true, on: 2026-03-02}
  propose: {done: true, on: 2026-03-05}
  discuss: {done: true, on: 2026-03-08}
  party_meeting: {done: true, on: 2026-03-12, eligible: 40, present: 24, in_favour: 22}
  vote: {done: true, on: 2026-03-18, eligible: 56, present: 40, in_favour: 25}
  publish_decision: {done: true, on: 2026-03-19, until: 2026-04-02}
"""


def test_findings_are_told_step_by_step(terminal: Terminal) -> None:
    terminal.write("f.yaml", FACTS)
    said = terminal.ok("procedure", "check", "pr01", "f.yaml")
    assert "△ 表决结果公开" in said
    assert "14天，要够15天" in said
    assert "第35条" in said
    assert "有 1 步对不上" in said
    told = json.loads(terminal.ok("procedure", "check", "PR01", "f.yaml", "--json"))
    kinds = {step["key"]: step["kind"] for step in told["steps"]}
    assert kinds["publish_decision"] == "too_short"
    assert kinds["vote"] == "in_order"
    assert told["wrong"] == 1


def test_all_in_order_is_said(terminal: Terminal) -> None:
    terminal.write("f.yaml", FACTS.replace("2026-04-02", "2026-04-05"))
    assert "对不上" not in terminal.ok("procedure", "check", "PR01", "f.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps: {dance: {done: true}}\n", "f.yaml 的 steps.dance：这套程序没有「dance」这一步"),
        ("steps: {vote: {done: 5}}\n", "steps.vote.done：只能写 true"),
        ("steps: {vote: {on: 没影的事}}\n", "看不懂「没影的事」是哪天"),
        ("steps: {vote: {present: 40, in_favour: 50}}\n", "对不上"),
        ("variant: V9\n", "没有「V9」这种走法"),
        ("colour: red\n", "没有「colour」这一项"),
        ("- a\n", "名字: 内容"),
        ("steps: &a {}\n", "第1行：不能用 & 和 *"),
        ("steps: {vote: [\n", "YAML"),
        ("steps: {}\nsteps: {}\n", "写了两遍"),
    ],
)
def test_a_bad_file_is_named_by_place(terminal: Terminal, text: str, said: str) -> None:
    terminal.write("f.yaml", text)
    assert said in terminal.refused("procedure", "check", "PR01", "f.yaml")


def test_unknown_procedures_and_files(terminal: Terminal) -> None:
    terminal.write("f.yaml", FACTS)
    assert "没有「PR99」这套程序" in terminal.refused("procedure", "check", "PR99", "f.yaml")
    assert "没有「SP01」这套程序" in terminal.refused("procedure", "check", "SP01", "f.yaml")
    assert "没有这个文件" in terminal.refused("procedure", "check", "PR01", "none.yaml")
    (terminal.folder / "g.yaml").write_bytes("王".encode("gbk"))
    assert "UTF-8" in terminal.refused("procedure", "check", "PR01", "g.yaml")
    terminal.write("h.yaml", "# " + "x" * 1_000_001)
    assert "太大" in terminal.refused("procedure", "check", "PR01", "h.yaml")


def test_every_procedure_is_listed_with_what_to_write(terminal: Terminal) -> None:
    assert len(terminal.ok("procedure", "list").splitlines()) == 14
    assert "party_meeting" in terminal.ok("procedure", "list", "--steps")
    told = json.loads(terminal.ok("procedure", "list", "--json"))
    assert {"PR01", "PR14"} <= {each["id"] for each in told}
    assert all(each["steps"] for each in told)
