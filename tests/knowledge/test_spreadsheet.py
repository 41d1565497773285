"""A pack goes to a workbook and back without loss, and a workbook is trusted with nothing."""

from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot.commands.knowledge import sentence
from handlers.texts import find
from knowledge import spreadsheet
from knowledge.book import PACKS
from knowledge.dump import dump
from knowledge.findings import PackError
from knowledge.folder import Document, read_folder
from knowledge.load import Pack, build_pack
from knowledge.yaml_text import HIDDEN, parse
from tests.knowledge.small_pack import FILES, write


def placed(pack: Pack) -> list[tuple[str, object]]:
    """The pack's entries with the files they stand in, in order."""
    return [(each.document.file, each.entry) for each in pack.entries]


def opened(raw: bytes) -> Any:
    return load_workbook(BytesIO(raw))


def saved(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("shipped", [True, False], ids=["shipped", "small"])
def test_spreadsheet_and_back_is_the_same_pack(tmp_path: Path, shipped: bool) -> None:
    folder = PACKS / "national" if shipped else write(tmp_path / "national")
    documents = read_folder(folder)
    back = spreadsheet.read(spreadsheet.export(documents, find("knowledge.field")))
    assert build_pack(back) == build_pack(documents)
    assert placed(build_pack(back)) == placed(build_pack(documents))


def test_files_written_back_read_the_same(tmp_path: Path) -> None:
    documents = read_folder(write(tmp_path / "national"))
    for document in documents:
        text = dump(document)
        assert parse(text) == document.data
        assert "&id" not in text


def test_remarks_at_the_head_of_a_file_are_kept(tmp_path: Path) -> None:
    cards = "# 谁写的\n# 从哪抄的\n\n" + FILES["cards.yaml"]
    folder = write(tmp_path / "p", cards=cards)
    (document,) = [each for each in read_folder(folder) if each.kind == "card"]
    assert dump(document).startswith("# 谁写的\n# 从哪抄的\nkind: card\n")


def test_a_sheet_is_made_for_people(tmp_path: Path) -> None:
    labels = {**find("knowledge.field"), **find("knowledge.kind")}
    book = opened(spreadsheet.export(read_folder(write(tmp_path / "national")), labels))
    page = book["小微权力 power"]
    head = {cell.value: column for column, cell in enumerate(page[1])}
    assert page[2][head["papers"]].value == "材料"
    row = page[3]
    assert row[head["id"]].value == "SP01"
    assert row[head["papers"]].value == '公示照片\n=底稿\n" 前面有空格的"'
    assert row[head["prohibitions"]].value == "NL1.01"
    words = [row[2].value for row in book["大家的说法 words"].iter_rows(min_row=3)]
    assert words[:2] == ["第0种问法", "第1种问法"]


def test_no_text_becomes_a_formula(tmp_path: Path) -> None:
    cards = FILES["cards.yaml"].replace("title: 贴几天", 'title: "=HYPERLINK(1)"')
    documents = read_folder(write(tmp_path / "national", cards=cards))
    raw = spreadsheet.export(documents, {})
    cells = [cell for page in opened(raw) for row in page.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    with ZipFile(BytesIO(raw)) as packed:
        sheets = [packed.read(name) for name in packed.namelist() if "worksheets" in name]
    assert not any(b"<f>" in sheet for sheet in sheets)
    assert build_pack(spreadsheet.read(raw)) == build_pack(documents)


def edited(folder: Path, sheet: str, row: int, column: str, value: object) -> bytes:
    """The exported workbook with one cell changed, as an office would."""
    book = opened(spreadsheet.export(read_folder(folder), {}))
    head = [cell.value for cell in book[sheet][1]]
    book[sheet].cell(row, head.index(column) + 1).value = value
    return saved(book)


@pytest.mark.parametrize(
    ("sheet", "column", "value", "code"),
    [
        ("card", "title", "=1+1", "formula"),
        ("card", "file", None, "no_file_named"),
        ("power", "papers", '"没有后引号', "bad_line"),
        ("card", "quiz", "{ask: [", "not_yaml"),
        ("card", "quiz", "!!python/name:os.system ''", "yaml_tag"),
        ("power", "steps", "- &a {do: 贴, who: 谁}\n- *a", "yaml_alias"),
    ],
)
def test_a_bad_cell_is_named_by_sheet_and_row(
    tmp_path: Path, sheet: str, column: str, value: object, code: str
) -> None:
    raw = edited(write(tmp_path / "national"), sheet, 3, column, value)
    with pytest.raises(PackError) as error:
        spreadsheet.read(raw)
    (found,) = error.value.findings
    assert (found.code, found.file) == (code, f"{sheet}:3")
    assert sentence(found)


@pytest.mark.parametrize(
    ("sheet", "column", "value", "code"),
    [
        ("card", "file", "national/../../evil.yaml", "bad_file_name"),
        ("card", "id", "C 1", "bad_form"),
        ("power", "summary", None, "missing_field"),
        ("instruments", "articles", "很多", "not_a_number"),
    ],
)
def test_an_edited_pack_is_held_to_the_same_rules(
    tmp_path: Path, sheet: str, column: str, value: object, code: str
) -> None:
    raw = edited(write(tmp_path / "national"), sheet, 3, column, value)
    with pytest.raises(PackError) as error:
        build_pack(spreadsheet.read(raw))
    assert error.value.findings[0].code == code


def test_numbers_and_days_typed_in_an_office_are_understood(tmp_path: Path) -> None:
    folder = write(tmp_path / "national")
    (card,) = build_pack(
        spreadsheet.read(edited(folder, "card", 3, "until", datetime(2026, 9, 1)))  # noqa: DTZ001
    ).entries[:1]
    assert card.entry.until == date(2026, 9, 1)
    raw = edited(folder, "parameter", 3, "value", 20)
    (parameter,) = [
        each for each in build_pack(spreadsheet.read(raw)).entries if each.kind == "parameter"
    ]
    assert getattr(parameter.entry, "value") == 20  # noqa: B009


def test_something_that_is_no_workbook_is_refused() -> None:
    for raw in (b"", b"not a zip", b"PK\x03\x04broken"):
        with pytest.raises(PackError, match="not_a_workbook"):
            spreadsheet.read(raw)
    other = Workbook()
    with pytest.raises(PackError, match="unknown_sheet"):
        spreadsheet.read(saved(other))


def test_a_zip_bomb_is_refused_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_BYTES", 1000)
    out = BytesIO()
    with ZipFile(out, "w") as packed:
        packed.writestr("xl/workbook.xml", "0" * 2000)
    with pytest.raises(PackError, match="too_big"):
        spreadsheet.read(out.getvalue())


def test_a_text_too_long_for_a_cell_is_refused() -> None:
    data = {"kind": "words", "words": {"SP01": ["长" * 40_000]}}
    with pytest.raises(PackError, match="cell_too_long"):
        spreadsheet.export([Document("p/words.yaml", data)], {})


PLAIN = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp")),
    max_size=40,
).filter(lambda text: not HIDDEN.search(text))


@given(st.lists(PLAIN.filter(bool), min_size=1, max_size=5, unique=True))
def test_any_words_survive_the_journey(phrases: list[str]) -> None:
    document = Document("p/words.yaml", {"kind": "words", "words": {"SP01": phrases}})
    assert spreadsheet.read(spreadsheet.export([document], {})) == [document]
    assert parse(dump(document)) == document.data
