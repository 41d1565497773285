"""`org import`, `export`, `template`: what a steward's file may say, and what is refused."""

import json
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bot import org_plan
from storage import history, places
from storage.database import Tx
from tests.bot.commands.conftest import ORG, Terminal


async def organisation(tx: Tx) -> tuple[list[str], list[tuple[str, ...]], list[tuple[str, ...]]]:
    now = await org_plan.standing(tx)
    offices = [
        (route[-1], office.name, office.code, office.card_level, office.phone)
        for route, office in now.offices.items()
    ]
    people = [(p.role.value, p.name, p.title, p.phone) for p in now.people]
    return ["/".join(route) for route in now.places], sorted(offices), sorted(people)


def test_import_writes_only_when_told_and_only_once(both: Terminal) -> None:
    both.write("org.yaml", ORG)
    assert "什么都没写" in both.ok("org", "import", "org.yaml")
    assert both.within(organisation) == ([], [], [])
    assert "写好了：地方 4、办公室 2、人员 3" in both.ok("org", "import", "org.yaml", "--write")
    first = both.within(organisation)
    assert first == (
        ["东沙区", "东沙区/海云街道", "东沙区/海云街道/北礁村", "东沙区/海云街道/南礁村"],
        [
            ("东沙区", "区信访室", "DS", "notice", ""),
            ("海云街道", "海云街道监察办", "HY", "summary", "0577-1234"),
        ],
        [
            ("monitor", "王阿婆", "", "13800001111"),
            ("officer", "李四", "副主任", ""),
            ("steward", "赵管", "", ""),
        ],
    )
    assert "没有要改的" in both.ok("org", "import", "org.yaml", "--write")
    assert both.within(organisation) == first
    events = both.within(lambda tx: history.recent(tx, event="org_imported"))
    assert [event.detail["people"] for event in events] == [3]


@pytest.mark.parametrize("name", ["o.yaml", "o.xlsx"])
def test_what_is_exported_comes_back_unchanged(both: Terminal, name: str) -> None:
    both.write("org.yaml", ORG)
    both.ok("org", "import", "org.yaml", "--write")
    assert "3 人的姓名和电话" in both.ok("org", "export", name)
    assert (both.folder / name).stat().st_mode & 0o077 == 0
    assert "没有要改的" in both.ok("org", "import", name)
    assert "已经有这个文件" in both.refused("org", "export", name)


def test_particulars_change_and_the_rest_stays(both: Terminal) -> None:
    both.write("org.yaml", ORG)
    both.ok("org", "import", "org.yaml", "--write")
    changed = (
        ORG.replace("0577-1234", "0577-9999")
        .replace("副主任", "主任")
        .replace("海云街道监察办,", "海云监察办, cards: 全文,")
    )
    both.write("org.yaml", changed.replace("  - {role: 管理员, name: 赵管, place: 东沙区}\n", ""))
    said = both.ok("org", "import", "org.yaml", "--write")
    assert "改办公室：海云监察办" in said
    assert "改人员：工作人员 李四" in said
    assert "另有 1 人" in said
    _, offices, people = both.within(organisation)
    assert ("海云街道", "海云监察办", "HY", "full", "0577-9999") in offices
    assert ("officer", "李四", "主任", "") in people
    assert ("steward", "赵管", "", "") in people


def test_the_template_is_filled_in_and_imported(house: Terminal) -> None:
    house.ok("org", "template", "t.xlsx")
    assert "里面没有内容" in house.refused("org", "import", "t.xlsx")
    book = load_workbook("t.xlsx")
    assert book.sheetnames == ["说明", "地方", "办公室", "人员"]
    book["地方"].append(["东沙区", "海云街道", "南礁村"])
    book["办公室"].append(["海云街道", "监察办", "ｈｙ", None, 5771234])
    book["人员"].append(["村监会成员", "王 阿婆", "南礁村", None, "主任", 13800001111])
    book["人员"].append(["经办人", "李四", None, "监察办"])
    book.save("t.xlsx")
    assert "人员 2" in house.ok("org", "import", "t.xlsx", "--write")
    _, offices, people = house.within(organisation)
    assert offices == [("海云街道", "监察办", "HY", "summary", "5771234")]
    assert people[0] == ("monitor", "王阿婆", "主任", "13800001111")
    assert "没有要改的" in house.ok("org", "import", "t.xlsx")


def filled(path: Path, rows: dict[str, list[list[object]]]) -> Path:
    """A workbook with the template's heads and these rows."""
    heads: dict[str, list[object]] = {
        "地方": ["区县", "街道（乡镇）", "村（社区）"],
        "办公室": ["地方", "名称", "编号开头", "卡片", "电话", "上级怎么反映"],
        "人员": ["身份", "姓名", "地方", "办公室", "职务", "电话"],
    }
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in {**heads, **rows}:
        page = book.create_sheet(sheet)
        for row in [heads.get(sheet, ["x"]), *rows.get(sheet, [])]:
            page.append(row)
    book.save(path)
    return path


GOOD: list[list[object]] = [["东沙区", "海云街道", "南礁村"]]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"地方": [["东沙区", None, "南礁村"]]}, "表「地方」 第2行「街道（乡镇）」：这一格空着"),
        ({"地方": [[None, "海云街道"]]}, "表「地方」 第2行「区县」：这一格空着"),
        ({"地方": [["东沙区/海云街道"]]}, "表「地方」 第2行「区县」：「东沙区/海云街道」里有斜杠"),
        ({"地方": [["东" * 61]]}, "表「地方」 第2行「区县」：太长了"),
        ({"地方": [["东\u202e沙区"]]}, "表「地方」 第2行「区县」：里面有看不见的字符"),
        ({"地方": [["=1+1"]]}, "表「地方」 第2行「区县」：这里是公式"),
        ({"地方": [["东沙区", "", "", "多的"]]}, "表「地方」 第2行「D」：这一格在表外面"),
        (
            {"办公室": [["无此地", "x", "HY"]]},
            "表「办公室」 第2行「地方」：没有「无此地」这个地方",
        ),
        ({"办公室": [["东沙区", "x", "H1"]]}, "表「办公室」 第2行「编号开头」：「H1」不行"),
        ({"办公室": [["东沙区", "", "HY"]]}, "表「办公室」 第2行「名称」：这一格空着"),
        ({"办公室": [["东沙区", "x", "HY", "红色"]]}, "「卡片」：没有「红色」这种卡片"),
        ({"办公室": [["东沙区", "x", "HY", None, "去问老王"]]}, "「电话」：「去问老王」不像电话"),
        (
            {"办公室": [["东沙区", "x", "HY"], ["海云街道", "y", "HY"]]},
            "第3行「编号开头」：「HY」已经给了 东沙区",
        ),
        (
            {"办公室": [["东沙区", "x", "HY"], ["东沙区", "y", "HZ"]]},
            "第3行「地方」：这个地方已经写过",
        ),
        ({"人员": [["村长", "王", "南礁村"]]}, "表「人员」 第2行「身份」：没有「村长」这种身份"),
        ({"人员": [["信息员", None, "南礁村"]]}, "表「人员」 第2行「姓名」：这一格空着"),
        ({"人员": [["信息员", "王阿婆"]]}, "表「人员」 第2行「地方」：这一格空着"),
        ({"人员": [["工作人员", "李四"]]}, "表「人员」 第2行「办公室」：这一格空着"),
        ({"人员": [["工作人员", "李四", "南礁村"]]}, "「办公室」：「南礁村」没有办公室"),
        ({"人员": [["工作人员", "李四", None, "无"]]}, "「办公室」：没有「无」这个办公室"),
        (
            {"人员": [["信息员", "王阿婆", "南礁村"], ["信息员", "王 阿婆", "南礁村"]]},
            "第3行「姓名」：这个人写了两遍",
        ),
        (
            {
                "地方": [*GOOD, ["东沙区", "山前街道", "南礁村"]],
                "人员": [["信息员", "王", "南礁村"]],
            },
            "「地方」：「南礁村」不止一个：",
        ),
        ({"别的表": [["x"]]}, "表「别的表」：不认识这张表"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(
    house: Terminal, rows: dict[str, list[list[object]]], said: str
) -> None:
    filled(house.folder / "bad.xlsx", {"地方": GOOD, **rows})
    told = house.refused("org", "import", "bad.xlsx", "--write")
    assert said in told
    assert told.startswith("bad.xlsx")
    assert "一个字都没写" in told
    assert house.within(organisation) == ([], [], [])


def test_every_fault_is_told_at_once(house: Terminal) -> None:
    filled(
        house.folder / "bad.xlsx",
        {"地方": GOOD, "人员": [["村长", "王", "南礁村"], ["信息员", "", "南礁村", "", "", "x"]]},
    )
    assert house.refused("org", "import", "bad.xlsx").count("\n") == 4


def test_a_codes_two_letters_are_for_good(house: Terminal) -> None:
    house.write("org.yaml", ORG)
    house.ok("org", "import", "org.yaml", "--write")
    house.write(
        "org.yaml", ORG.replace("code: HY", "code: HX").replace("office: HY", "office: HX")
    )
    assert "编号开头原来是 HY" in house.refused("org", "import", "org.yaml", "--write")
    assert "HY" in {office.code for office in house.within(places.all_offices)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("places: [a/b/c/d]\n", "第1行：「a/b/c/d」不像一个地方"),
        ("places: 5\n", "第1行「places」：这里的写法不对"),
        ("- 5\n", "这里的写法不对"),
        ("villages: []\n", "第1行：不认识「villages」"),
        ("people:\n  - 王阿婆\n", "第2行：这里的写法不对"),
        (
            "places: [a]\npeople:\n  - {role: 信息员, name: 王, place: a, age: 5}\n",
            "第3行「age」：不认识",
        ),
        (
            "places: [a]\npeople:\n  - {role: 信息员, name: [王], place: a}\n",
            "「name」：这里要写文字",
        ),
        ("places: &x [a]\n", "第1行：不能用 & 和 *"),
        ("places: !!python/object:os.system [a]\n", "第1行：不能用标签"),
        ("places: [a\n", "YAML"),
        ("places: [a]\nplaces: [b]\n", "第2行：「places」写了两遍"),
    ],
)
def test_a_bad_yaml_is_named_by_line(house: Terminal, text: str, said: str) -> None:
    house.write("bad.yaml", text)
    assert said in house.refused("org", "import", "bad.yaml", "--write")
    assert house.within(organisation) == ([], [], [])


def test_files_that_are_no_such_file(house: Terminal) -> None:
    house.write("a.csv", "x")
    house.write("b.xlsx", "x")
    (house.folder / "c.yaml").write_bytes("王".encode("gbk"))
    (house.folder / "d.yaml").mkdir()
    with zipfile.ZipFile("e.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/big.xml", b"0" * 60_000_000)
    assert "另存为 .xlsx" in house.refused("org", "import", "a.csv")
    assert "不是能读的 .xlsx" in house.refused("org", "import", "b.xlsx")
    assert "UTF-8" in house.refused("org", "import", "c.yaml")
    assert "这是文件夹" in house.refused("org", "import", "d.yaml")
    assert "太大" in house.refused("org", "import", "e.xlsx")
    assert "没有这个文件：none.xlsx" in house.refused("org", "import", "none.xlsx")
    assert ".xlsx 或 .yaml" in house.refused("org", "export", "o.csv")


def test_no_exported_cell_is_a_formula(house: Terminal) -> None:
    house.write("org.yaml", ORG.replace("王阿婆", '"=HYPERLINK(1)"').replace("副主任", "+1"))
    house.ok("org", "import", "org.yaml", "--write")
    house.ok("org", "export", "o.xlsx")
    cells = [cell for page in load_workbook("o.xlsx") for row in page for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert all(cell.value is None for cell in cells if cell.data_type == "n")
    assert "=HYPERLINK(1)" in {cell.value for cell in cells}
    assert "没有要改的" in house.ok("org", "import", "o.xlsx")


def test_json_tells_the_same(house: Terminal) -> None:
    house.write("org.yaml", ORG)
    told = json.loads(house.ok("org", "import", "org.yaml", "--json"))
    assert told["written"] is False
    assert len(told["people"]) == 3
    assert "王阿婆" not in json.dumps(told, ensure_ascii=False)
