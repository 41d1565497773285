"""Workbooks: written so that nothing in them ever runs, read so that nothing is guessed.

All cells are text. A formula is never written, whatever a text begins with, and refused when read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

MOST_BYTES = 50 * 1024 * 1024
"""An unpacked workbook may be so big."""

MOST_ROWS = 20_000
"""A sheet may have so many filled rows; a district has a few thousand people at most."""

_LINE_BREAKS = str.maketrans({"\r": None, "\v": "\n", "\f": "\n"})


class NotAWorkbook(Exception):
    """The file is no .xlsx that can be read."""


class TooMuch(Exception):
    """The workbook is larger than anything this program is for."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: its title, its head and its rows, all text."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]] = ()
    choices: Mapping[int, Sequence[str]] | None = None  # by column from 0: what Excel offers there


@dataclass(frozen=True)
class Line:
    """One filled row of a sheet: its number from 1, and its texts by the head's names."""

    sheet: str
    number: int
    cells: dict[str, str]
    formulas: tuple[str, ...] = ()  # the columns in which a formula stands


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """A workbook of these sheets."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        for number, row in enumerate([sheet.head, *sheet.rows], start=1):
            for column, text in enumerate(row, start=1):
                _put(page.cell(number, column), text)
        for cell in page[1]:
            cell.font = Font(bold=True)
        page.freeze_panes = "A2"
        for column in range(len(sheet.head)):
            longest = max(len(row[column]) for row in [sheet.head, *sheet.rows])
            letter = get_column_letter(column + 1)
            page.column_dimensions[letter].width = min(60, max(10, longest * 2))
        for column, words in (sheet.choices or {}).items():
            offered = DataValidation("list", formula1=f'"{",".join(words)}"', allow_blank=True)
            page.add_data_validation(offered)
            letter = get_column_letter(column + 1)
            offered.add(f"{letter}2:{letter}2000")
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _put(cell: Any, text: str) -> None:
    """Text that stays text, here and when the sheet is saved as something else."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    clean = ILLEGAL_CHARACTERS_RE.sub("", text.translate(_LINE_BREAKS))[:32_767]
    cell.value = clean or None
    if clean:
        cell.data_type = "s"  # openpyxl takes what begins with = for a formula
        cell.quotePrefix = True
        cell.number_format = "@"


def lines(raw: bytes) -> Iterator[Line]:
    """The filled rows of every sheet. Raises NotAWorkbook or TooMuch.

    A sheet's first row is its head. A sheet without any filled row below it gives nothing, but its
    head is given as line 1 with empty cells, so that names can be checked.
    """
    from openpyxl import load_workbook

    try:
        with ZipFile(BytesIO(raw)) as packed:
            if sum(each.file_size for each in packed.infolist()) > MOST_BYTES:
                raise TooMuch
        book = load_workbook(BytesIO(raw), read_only=True, data_only=False)
        for page in book.worksheets:
            page.reset_dimensions()
            yield from _lines_of(page)
    except (BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise NotAWorkbook from error


def _lines_of(page: Any) -> Iterator[Line]:
    head: list[str] = []
    filled = 0
    for number, cells in enumerate(page.iter_rows(), start=1):
        texts = [text_of(cell.value) for cell in cells]
        if number == 1:
            head = texts
            yield Line(page.title, 1, {name: "" for name in texts if name})
            continue
        if not any(texts):
            continue
        filled += 1
        if filled > MOST_ROWS:
            raise TooMuch
        named = [(name or _letter(at), text) for at, (name, text) in _beside(head, texts)]
        wrong = [
            head[at] if at < len(head) and head[at] else _letter(at)
            for at, cell in enumerate(cells)
            if cell.data_type == "f"
        ]
        yield Line(page.title, number, {n: t for n, t in named if t}, tuple(wrong))


def _beside(head: list[str], texts: list[str]) -> Iterator[tuple[int, tuple[str, str]]]:
    for at, text in enumerate(texts):
        yield at, (head[at] if at < len(head) else "", text)


def _letter(at: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(at + 1)


def text_of(value: object) -> str:
    """What a person typed, whatever type the office's program made of it."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
