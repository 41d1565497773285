"""`lead …` and `register …`: everything but who reported, and that only on record."""

import hashlib
import json
import stat
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from storage import history, leads
from storage.history import Event
from storage.register import Lead
from tests.bot.commands.conftest import ORG, Terminal

REPORTER = ("王阿婆", "13800001111")


@pytest.fixture
def staffed(both: Terminal) -> Terminal:
    """An organisation without leads."""
    both.write("org.yaml", ORG)
    both.ok("org", "import", "org.yaml", "--write")
    return both


@pytest.fixture
def lead(staffed: Terminal) -> Lead:
    """A lead in which the reporter wrote her own name and something that would act."""
    return staffed.lead("我是王阿婆。\x1b[31m看这里 https://evil.test/x\n=HYPERLINK(1)")


def events(terminal: Terminal, lead: Lead, event: str) -> list[Event]:
    found = terminal.within(lambda tx: history.of_lead(tx, lead.id))
    return [each for each in found if each.event == event]


def test_the_list_tells_facts_and_nothing_written(staffed: Terminal, lead: Lead) -> None:
    said = staffed.ok("lead", "list")
    assert f"【急】{lead.number}　2026-11-21 01:30" in said
    assert "南礁村" in said
    (row,) = json.loads(staffed.ok("lead", "list", "--json"))
    assert row["state_code"] == "submitted"
    assert row["office"] == "海云街道监察办"
    for text in (said, json.dumps(row, ensure_ascii=False)):
        assert not any(canary in text for canary in REPORTER)
        assert "看这里" not in text


def test_the_list_by_office_and_openness(staffed: Terminal, lead: Lead) -> None:
    assert lead.number in staffed.ok("lead", "list", "--office", "hy", "--open")
    assert "没有线索" in staffed.ok("lead", "list", "--office", "区信访室")
    assert "没有「XX」这个办公室" in staffed.refused("lead", "list", "--office", "XX")
    at = datetime(2026, 11, 22, tzinfo=UTC)
    staffed.within(
        lambda tx: leads.move(tx, lead, ["resolved"], event="close", by=None, now=at, closed_at=at)
    )
    assert "没有线索" in staffed.ok("lead", "list", "--open")


def test_show_masks_the_reporter_and_nothing_acts(staffed: Terminal, lead: Lead) -> None:
    said = staffed.ok("lead", "show", lead.number.lower().replace("-", " "))
    assert "我是某某" in said
    assert "\x1b" not in said
    assert "https://evil" not in said
    assert "image/png" in said
    told = json.loads(staffed.ok("lead", "show", lead.number, "--json"))
    assert told["item"]
    assert told["files"][0]["copy"] is True
    assert told["history"][0]["by"] == "报的人"
    for text in (said, json.dumps(told, ensure_ascii=False)):
        assert not any(canary in text for canary in REPORTER)
    assert len(events(staffed, lead, "viewed")) == 2


@pytest.mark.parametrize("number", ["HY-261121-1A", "x", "", "HY-261121-9" * 9])
def test_an_unknown_number_is_said(staffed: Terminal, number: str) -> None:
    for words in (["show", number], ["export", number, "d"]):
        assert "这个编号" in staffed.refused("lead", *words)


def test_the_reporter_is_shown_for_a_reason_by_a_steward_on_record(
    staffed: Terminal, lead: Lead
) -> None:
    said = staffed.ok("lead", "reporter", lead.number, "--reason", "核实人身安全", "--by", "赵 管")
    assert "王阿婆" in said
    assert "南礁村" in said
    assert REPORTER[1] not in said
    (event,) = events(staffed, lead, "identity_opened")
    assert event.detail["reason"] == "核实人身安全"
    assert event.detail["by"] == "赵管"
    assert event.by is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "写理由"),
        (["--reason", "x"], "写理由"),
        (["--by", "赵管"], "写理由"),
        (["--reason", "  ", "--by", "赵管"], "写理由"),
        (["--reason", "x", "--by", "李四"], "没有叫「李四」的管理员"),
        (["--reason", "x", "--by", "王阿婆"], "没有叫「王阿婆」的管理员"),
    ],
)
def test_the_reporter_stays_sealed_otherwise(
    staffed: Terminal, lead: Lead, words: list[str], said: str
) -> None:
    told = staffed.refused("lead", "reporter", lead.number, *words)
    assert said in told
    assert "南礁村" not in told
    assert events(staffed, lead, "identity_opened") == []


def test_an_export_holds_text_copies_and_hashes(staffed: Terminal, lead: Lead) -> None:
    assert "2 个文件" in staffed.ok("lead", "export", lead.number, "out")
    folder = staffed.folder / "out"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["SHA256SUMS.txt", "材料01.jpg", "线索.txt"]
    for line in (folder / "SHA256SUMS.txt").read_text("utf-8").splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not any(canary.encode() in path.read_bytes() for canary in REPORTER)
    (event,) = events(staffed, lead, "exported")
    assert event.detail["originals"] is False
    assert "已经有东西" in staffed.refused("lead", "export", lead.number, "out")


def test_originals_need_a_reason(staffed: Terminal, lead: Lead) -> None:
    refused = staffed.refused("lead", "export", lead.number, "out", "--originals")
    assert "写理由" in refused
    assert not (staffed.folder / "out").exists()
    words = ["lead", "export", lead.number, "out", "--originals", "--reason", "移送"]
    assert "不要往外传" in staffed.ok(*words)
    assert (staffed.folder / "out" / "原件01.png").read_bytes().startswith(b"\x89PNG")
    (event,) = events(staffed, lead, "exported")
    assert event.detail["reason"] == "移送"


def test_an_export_into_a_file_is_refused(staffed: Terminal, lead: Lead) -> None:
    staffed.write("out", "x")
    assert "换一个空的文件夹" in staffed.refused("lead", "export", lead.number, "out")


def test_a_lead_is_never_deleted(staffed: Terminal, lead: Lead) -> None:
    assert "不能删" in staffed.refused("lead", "delete", lead.number)
    assert lead.number in staffed.ok("lead", "list")


def test_the_register_has_beijing_days_no_reporter_and_no_formula(
    staffed: Terminal, lead: Lead
) -> None:
    assert "1 件" in staffed.ok("register", "export", "r.xlsx")
    page = load_workbook("r.xlsx").worksheets[0]
    head, row = [[cell.value for cell in cells] for cells in page.iter_rows()]
    told = dict(zip(head, row, strict=True))
    assert told["编号"] == lead.number
    assert told["收到日期"] == "2026-11-21"
    assert (told["地方"], told["急不急"], told["材料数"]) == ("南礁村", "急", "1")
    cells = [cell for cells in page.iter_rows() for cell in cells if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(canary in str(cell.value) for cell in cells for canary in REPORTER)
    assert (staffed.folder / "r.xlsx").stat().st_mode & 0o077 == 0
    assert staffed.within(lambda tx: history.recent(tx, event="register_exported"))


def test_a_place_that_begins_like_a_formula_stays_text(house: Terminal) -> None:
    house.write("org.yaml", ORG.replace("南礁村", "=1+1村"))
    house.ok("org", "import", "org.yaml", "--write")
    house.lead()
    house.ok("register", "export", "r.xlsx")
    cell = load_workbook("r.xlsx").worksheets[0].cell(2, 3)
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1村", "s", True)


def test_the_register_of_some_days(staffed: Terminal, lead: Lead) -> None:
    since = ["register", "export", "--since", "2026-11-21"]
    assert "1 件" in staffed.ok(*since, "--until", "2026-11-21", "a.xlsx")
    assert "0 件" in staffed.ok("register", "export", "--until", "2026-11-20", "b.xlsx")
    assert "0 件" in staffed.ok("register", "export", "--office", "DS", "c.xlsx")
    assert "是哪天" in staffed.refused("register", "export", "--since", "昨天", "d.xlsx")
    assert ".xlsx" in staffed.refused("register", "export", "d.csv")
    assert "已经有这个文件" in staffed.refused("register", "export", "a.xlsx")
