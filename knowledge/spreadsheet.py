"""A pack as a workbook that an office can edit, and back without loss.

One sheet a kind. The first row holds the fields' names (the program reads these), the second
what they are called (people read these; given by the caller). A list of plain words is one line
each; anything deeper is YAML in its cell; a table too long for a cell goes on in the rows below.
All cells are text, so that no program turns 2/3 into a date, and a formula is never written and
never read.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from itertools import groupby
from typing import Any, get_args, get_origin
from zipfile import BadZipFile, ZipFile

import yaml
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from knowledge.findings import PackError, refuse
from knowledge.folder import Document
from knowledge.schema import KINDS, Instrument
from knowledge.yaml_text import parse

MOST_BYTES = 50 * 1024 * 1024
"""An unpacked workbook may be so big; the whole national pack takes about three."""

_CELL = 32_767  # characters; the format's own limit
_FIXED: dict[str, tuple[str, ...]] = {
    "group": ("file", "kind", "key", "title"),
    "words": ("file", "id", "phrase"),
    "other": ("file", "yaml"),
    "instruments": ("file", "code", *Instrument.model_fields),
}
"""The sheets that don't hold entries, and their columns."""

Row = dict[str, str]


def export(documents: Iterable[Document], labels: Mapping[str, str]) -> bytes:
    """The workbook. `labels` names sheets and columns for people; a missing label is its key.

    Raises PackError if a value doesn't fit into a cell.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet, rows in _rows(documents).items():
        columns = _columns(sheet)
        page = book.create_sheet(f"{labels.get(sheet, '')} {sheet}".strip())
        _write(page, 1, columns)
        _write(page, 2, [labels.get(column, column) for column in columns])
        for number, row in enumerate(rows, start=3):
            _write(page, number, [row.get(column, "") for column in columns])
        _dress(page)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def read(raw: bytes) -> list[Document]:
    """The documents a workbook holds, not yet validated: see `load.build_pack`.

    Raises PackError naming sheet and row for a formula, an unknown sheet or an unreadable cell.
    """
    try:
        with ZipFile(BytesIO(raw)) as packed:
            if sum(each.file_size for each in packed.infolist()) > MOST_BYTES:
                raise refuse("too_big", most=MOST_BYTES // 1024 // 1024)
        book = load_workbook(BytesIO(raw), data_only=False)
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise refuse("not_a_workbook", reason=type(error).__name__) from None
    data: dict[str, dict[str, Any]] = {}
    for page in book.worksheets:
        sheet = page.title.rpartition(" ")[2]
        if sheet not in KINDS and sheet not in _FIXED:
            raise refuse("unknown_sheet", page.title)
        rows = _read_rows(page)
        for number, row in _whole(rows) if sheet == "other" else rows:
            _take(data, sheet, row, f"{page.title}:{number}")
    return [Document(file, each) for file, each in sorted(data.items())]


def _columns(sheet: str) -> list[str]:
    return list(_FIXED.get(sheet) or ("file", *KINDS[sheet].model_fields))


def _rows(documents: Iterable[Document]) -> dict[str, list[Row]]:
    """The rows of each sheet, sheets in a fixed order and none of them empty."""
    rows: dict[str, list[Row]] = {sheet: [] for sheet in (*KINDS, *_FIXED)}
    for document in documents:
        data, at = document.data, {"file": document.file}
        if document.kind in KINDS:
            for key, title in (data.get("groups") or {}).items():
                rows["group"].append({**at, "kind": document.kind, "key": key, "title": title})
            for entry in data["entries"]:
                rows[document.kind].append({**at, **_cells(KINDS[document.kind], entry)})
        elif document.kind == "words":
            for id, phrases in data["words"].items():
                rows["words"] += [{**at, "id": id, "phrase": _line(each)} for each in phrases]
        elif document.kind == "instruments":
            for code, each in data["instruments"].items():
                rows["instruments"].append({**at, "code": code, **_cells(Instrument, each)})
        else:
            rows["other"] += [{**at, "yaml": part} for part in _parts(_yaml(data))]
    return {sheet: each for sheet, each in rows.items() if each}


def _cells(model: Any, data: Mapping[str, Any]) -> Row:
    """One entry's cells: text as it is, lists of words one a line, the rest as YAML."""
    cells = {}
    for name, value in data.items():
        shape = _shape(model, name)
        if value is None or value in ("", [], {}):
            cells[name] = ""
        elif shape == "text":
            cells[name] = str(value)
        elif shape == "lines":
            cells[name] = "\n".join(_line(each) for each in value)
        else:
            cells[name] = _yaml(value)
    return cells


def _shape(model: Any, name: str) -> str:
    """How a field stands in its cell: text, lines or yaml."""
    field = model.model_fields.get(name)
    if field is None:
        return "yaml"
    kind = field.annotation
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        plain = inner is str or (bool(get_args(inner)) and get_args(inner)[0] is str)
        return "lines" if plain else "yaml"
    return "text" if kind is str else "yaml"


def _line(value: Any) -> str:
    """One item a line; what would not survive as a bare line is quoted."""
    text = str(value)
    if text and text == text.strip() and "\n" not in text and not text.startswith('"'):
        return text
    return json.dumps(text, ensure_ascii=False)


def _unline(line: str) -> str:
    return str(json.loads(line)) if line.startswith('"') else line.strip()


def _yaml(value: Any) -> str:
    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=10_000)
    return text.removesuffix("\n...\n").rstrip("\n")


def _parts(text: str) -> Iterator[str]:
    """A text in as few parts as fit into cells, parted where lines end."""
    part = ""
    for line in text.split("\n"):
        if part and len(part) + 1 + len(line) > _CELL:
            yield part
            part = line
        else:
            part = f"{part}\n{line}" if part else line
    yield part


def _whole(rows: Iterable[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """What stands in several rows because it did not fit into one cell, in one."""
    for file, each in groupby(rows, key=lambda row: row[1].get("file", "")):
        parts = list(each)
        text = "\n".join(row.get("yaml", "") for _, row in parts)
        yield parts[0][0], {"file": file, "yaml": text}


def _take(data: dict[str, dict[str, Any]], sheet: str, row: Row, where: str) -> None:
    """Put one row back into its document."""
    file = row.pop("file", "")
    if not file:
        raise refuse("no_file_named", where)
    try:
        _put(data, sheet, file, row)
    except json.JSONDecodeError:
        raise refuse("bad_line", where) from None
    except PackError as error:
        faults = [replace(each, file=where, entry=row.get("id", "")) for each in error.findings]
        raise PackError(faults) from None


def _put(data: dict[str, dict[str, Any]], sheet: str, file: str, row: Row) -> None:
    if sheet == "other":
        data[file] = parse(row["yaml"], file)
    elif sheet == "words":
        words = data.setdefault(file, {"kind": "words", "words": {}})["words"]
        words.setdefault(row.get("id", ""), []).append(_unline(row.get("phrase", "")))
    elif sheet == "instruments":
        code = row.pop("code", "")
        data.setdefault(file, {"instruments": {}})["instruments"][code] = _values(Instrument, row)
    elif sheet == "group":
        document = data.setdefault(file, {"kind": row.get("kind", ""), "entries": []})
        document.setdefault("groups", {})[row.get("key", "")] = row.get("title", "")
    else:
        document = data.setdefault(file, {"kind": sheet, "entries": []})
        document["entries"].append(_values(KINDS[sheet], row))


def _values(model: Any, row: Row) -> dict[str, Any]:
    """The entry of a row: an empty cell is a field that was not given, or an empty list."""
    values: dict[str, Any] = {
        name: []
        for name, field in model.model_fields.items()
        if field.is_required() and get_origin(field.annotation) is tuple
    }
    for name, cell in row.items():
        shape = _shape(model, name)
        if shape == "text":
            values[name] = cell
        elif shape == "lines":
            values[name] = [_unline(line) for line in cell.split("\n") if line.strip()]
        else:
            values[name] = parse(cell, name)
    return values


def _write(page: Worksheet, number: int, values: Iterable[str]) -> None:
    for column, value in enumerate(values, start=1):
        if len(value) > _CELL:
            raise refuse("cell_too_long", page.title, number, most=_CELL)
        cell = page.cell(number, column)
        cell.value = value or None
        if value:
            cell.data_type = "s"  # never a formula, whatever the text begins with
            cell.quotePrefix = True
            cell.number_format = "@"
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _read_rows(page: Worksheet) -> Iterable[tuple[int, Row]]:
    """The filled rows below the two head rows, by column name, with their numbers."""
    names: list[str] = []
    for number, cells in enumerate(page.iter_rows(), start=1):
        if any(cell.data_type == "f" for cell in cells):
            raise refuse("formula", f"{page.title}:{number}")
        texts = [_cell_text(cell.value) for cell in cells]
        if number == 1:
            names = texts
        elif number > 2 and any(texts):
            named = zip(names, texts, strict=False)
            yield number, {name: text for name, text in named if name and text}


def _cell_text(value: Any) -> str:
    """What a person typed, whatever type the office's program made of it."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return "" if value is None else str(value)


def _dress(page: Worksheet) -> None:
    """Widths and a fixed head, so that it can be read as it opens."""
    page.freeze_panes = "C3"
    for number, cells in enumerate(page.columns, start=1):
        longest = max(len(line) for cell in cells for line in str(cell.value or "").split("\n"))
        page.column_dimensions[get_column_letter(number)].width = min(60, max(10, longest * 1.6))
    for row in (1, 2):
        for cell in page[row]:
            cell.font = Font(bold=row == 2, color="808080" if row == 1 else "000000")
