"""`knowledge …` on the command line: what a steward types, and what comes back."""

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from bot.commands.knowledge import app
from knowledge.load import load_pack
from tests.knowledge.small_pack import FILES, lower, write


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write(tmp_path / "national")


def test_check_counts_and_is_content(pack: Path) -> None:
    done = run("check", "--packs", pack)
    assert done.exit_code == 0
    assert "小微权力 1" in done.stdout
    assert "没有发现问题。national@2026.1.1" in done.stdout
    assert done.stderr == ""


def test_check_names_file_line_entry_and_remedy(tmp_path: Path) -> None:
    folder = write(tmp_path / "p", cards=FILES["cards.yaml"].replace("VCOL:35", "VCOL18:35"))
    done = run("check", "--packs", folder)
    assert done.exit_code == 1
    assert done.stderr.startswith("p/cards.yaml 第7行 C001：《老的村组法》2026-01-01 起不再施行")
    assert "改引新的" in done.stderr
    told = json.loads(run("check", "--packs", folder, "--json").stdout)
    assert told["findings"][0]["code"] == "not_in_force"
    assert told["counts"]["power"] == 1


def test_a_refused_pack_is_one_plain_line(tmp_path: Path) -> None:
    done = run("check", "--packs", write(tmp_path / "p", cards="kind: !!python/none x\n"))
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("p/cards.yaml 第1行：不能用标签")
    assert "Traceback" not in done.output


def test_a_lower_pack_is_checked_on_top_of_the_shipped_one(tmp_path: Path) -> None:
    street = write(tmp_path / "street", {}, manifest=lower("street"))
    done = run("show", "SP03", "--packs", street)
    assert done.exit_code == 0
    assert "党务村务财务公开" in done.stdout
    assert "全国" in done.stdout


def test_citations_carry_the_full_name(pack: Path) -> None:
    rows = json.loads(run("citations", "--packs", pack, "--json").stdout)
    assert {
        "entry": "SP01",
        "instrument": "中华人民共和国村民委员会组织法",
        "article": "35",
    } in rows
    assert {"entry": "SP01", "instrument": "村务公开意见", "article": "2.4"} in rows
    assert len(rows) == len({tuple(row.values()) for row in rows})
    assert "SP01  村务公开意见  2.4" in run("citations", "--packs", pack).stdout


def test_show_tells_level_footing_and_basis(pack: Path) -> None:
    done = run("show", "SP01", "--packs", pack)
    for said in (
        "SP01  公开栏",
        "账要贴够15天。",
        "全国 · 小样",
        "法律规定",
        "第2.4点，10天内答复",
    ):
        assert said in done.stdout
    assert json.loads(run("show", "SP01", "--packs", pack, "--json").stdout)["id"] == "SP01"
    measure = run("show", "CM01")
    assert measure.stdout.startswith("CM01")
    unknown = run("show", "SP99", "--packs", pack)
    assert unknown.exit_code == 1
    assert unknown.stderr.startswith("没有 SP99 这一条")


def test_diff_tells_what_changed(pack: Path, tmp_path: Path) -> None:
    newer = write(tmp_path / "newer", cards=FILES["cards.yaml"].replace("够15天", "够20天"))
    done = run("diff", pack, newer)
    assert done.stdout == "改动 学习卡 C001 贴几天，一句话：账要贴够15天。 → 账要贴够20天。\n"
    assert json.loads(run("diff", pack, newer, "--json").stdout)[0]["what"] == "changed"
    assert run("diff", pack, pack).stdout == "两版一样。\n"


def test_export_makes_a_booklet_and_a_workbook(pack: Path, tmp_path: Path) -> None:
    for name in ("book.docx", "list.xlsx"):
        done = run("export", tmp_path / name, "--packs", pack, "--link", "https://x.test/{id}")
        assert done.exit_code == 0
        assert (tmp_path / name).stat().st_size > 1000
    wrong = run("export", tmp_path / "book.pdf", "--packs", pack)
    assert wrong.exit_code == 1
    assert not (tmp_path / "book.pdf").exists()


@pytest.fixture
def workbook(pack: Path, tmp_path: Path) -> Path:
    """The pack as a workbook in which an office has edited one card."""
    file = tmp_path / "list.xlsx"
    run("export", file, "--packs", pack)
    book = load_workbook(file)
    page = book["学习卡 card"]
    summary = [cell.value for cell in page[1]].index("summary") + 1
    page.cell(3, summary).value = "账要贴够20天。"
    book.save(file)
    return file


def test_import_is_a_dry_run_until_told(pack: Path, workbook: Path) -> None:
    before = load_pack(pack)
    dry = run("import", workbook, "--pack", pack)
    assert dry.exit_code == 0
    assert "账要贴够15天。 → 账要贴够20天。" in dry.stdout
    assert "什么也没写" in dry.stdout
    assert load_pack(pack) == before
    done = run("import", workbook, "--pack", pack, "--write")
    assert "写好了 1 个文件" in done.stdout
    assert "账要贴够20天。" in (pack / "cards.yaml").read_text("utf-8")
    assert "表格和包一样" in run("import", workbook, "--pack", pack).stdout


def test_a_bad_workbook_changes_nothing(pack: Path, workbook: Path) -> None:
    book = load_workbook(workbook)
    book["学习卡 card"].cell(3, 1).value = "national/../../evil.yaml"
    book.save(workbook)
    before = load_pack(pack)
    done = run("import", workbook, "--pack", pack, "--write")
    assert done.exit_code == 1
    assert "文件名只能用" in done.stderr
    assert load_pack(pack) == before
    missing = run("import", workbook.parent / "none.xlsx", "--pack", pack)
    assert missing.exit_code == 1
    assert missing.stderr.startswith("没有这个文件")


def test_a_workbook_can_begin_a_new_pack(workbook: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    done = run("import", workbook, "--pack", fresh, "--write")
    assert done.exit_code == 0
    assert load_pack(fresh).words["SP01"][0] == "第0种问法"
