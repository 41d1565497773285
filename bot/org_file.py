"""The file that tells who watches over what: places, offices and people, as .xlsx or .yaml.

Everything wrong in it is found at once, each fault with the place to look at; then nothing of
the file is used. Nothing here knows what stands in the database: see `bot.org_plan`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot import sheets
from handlers.texts import find, words

Route = tuple[str, ...]
"""A place by the names from the district down to it."""

PARTS = ("places", "offices", "people")
KINDS = ("district", "street", "village")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "places": KINDS,
    "offices": ("place", "name", "code", "cards", "phone", "upper"),
    "people": ("role", "name", "place", "office", "title", "phone"),
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "places": ("district",),
    "offices": ("place", "name", "code"),
    "people": ("role", "name"),
}
LONGEST = 60
"""Characters that a name or title may have; `upper` is a whole sentence."""

LONGEST_UPPER = 200
MOST_BYTES = 20 * 1024 * 1024
_STEP = re.compile(r"\s*[/▸>]\s*")
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{3,24}")
_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


@dataclass(frozen=True)
class Where:
    """A place in the file; `sheet` is empty for YAML, `line` 0 for the file as a whole."""

    file: str
    sheet: str = ""
    line: int = 0
    column: str = ""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where, and the key of the sentence that says what to do."""

    where: Where
    code: str
    values: dict[str, str] = field(default_factory=dict)


class Faulty(Exception):
    """The file is refused whole."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(", ".join(fault.code for fault in self.faults))


@dataclass(frozen=True)
class Row:
    """One thing that the file tells, by its fields' names, with nothing hidden or doubtful."""

    part: str  # places | offices | people
    where: Where
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """What is written there; empty if nothing is."""
        return self.cells.get(name, "")

    def at(self, name: str) -> Where:
        """The place of one field."""
        where = self.where
        return Where(where.file, where.sheet, where.line, label(self.part, name, where))

    def fault(self, name: str, code: str, **values: str) -> Fault:
        """Something wrong with one field."""
        return Fault(self.at(name), code, {"text": self[name][:40], **values})

    @property
    def route(self) -> Route:
        """Of a place: its names from the district down."""
        return tuple(self[kind] for kind in KINDS if self[kind])


def label(part: str, name: str, where: Where) -> str:
    """What a field is called in this kind of file."""
    return str(find(f"cli.org.column.{part}.{name}")) if where.sheet else name


def split(text: str) -> Route:
    """The names in a written path such as `A/B/C`."""
    return tuple(filter(None, _STEP.split(unicodedata.normalize("NFKC", text).strip())))


def read(file: Path) -> list[Row]:
    """The rows of a file. Raises Faulty, PackError (of YAML) or OSError."""
    here = Where(file.name)
    if file.suffix.lower() not in (".xlsx", ".yaml", ".yml"):
        raise Faulty([Fault(here, "suffix")])
    if file.stat().st_size > MOST_BYTES:
        raise Faulty([Fault(here, "too_much")])
    raw = file.read_bytes()
    faults: list[Fault] = []
    if file.suffix.lower() == ".xlsx":
        told = _from_workbook(raw, here, faults)
    else:
        told = _from_yaml(raw, here, faults)
    rows = [Row(r.part, r.where, _tidy(r.cells)) for r in told]
    for row in rows:
        faults += _faults_in(row)
    if faults:
        raise Faulty(faults)
    if not rows:
        raise Faulty([Fault(here, "empty")])
    return rows


def _from_workbook(raw: bytes, here: Where, faults: list[Fault]) -> list[Row]:
    titles = {str(find(f"cli.org.sheet.{part}")): part for part in PARTS}
    skipped = str(find("cli.org.sheet.how"))
    rows: list[Row] = []
    heads: Set[str] = frozenset()
    try:
        for line in sheets.lines(raw):
            where = Where(here.file, line.sheet, line.number)
            part = titles.get(line.sheet, "")
            if line.number == 1:
                heads = line.cells.keys()
                if line.sheet != skipped:
                    faults += _faults_in_head(part, line, where)
            if line.number == 1 or not part:
                continue
            names = {label(part, name, where): name for name in FIELDS[part]}
            for column in line.formulas:
                faults.append(Fault(Where(here.file, line.sheet, line.number, column), "formula"))
            cells = {names[n]: text for n, text in line.cells.items() if n in names}
            rows.append(Row(part, where, cells))
            for column in line.cells.keys() - heads:
                faults.append(Fault(Where(here.file, line.sheet, line.number, column), "stray"))
    except sheets.NotAWorkbook:
        raise Faulty([Fault(here, "not_a_workbook")]) from None
    except sheets.TooMuch:
        raise Faulty([Fault(here, "too_much")]) from None
    return rows


def _faults_in_head(part: str, line: sheets.Line, where: Where) -> Iterator[Fault]:
    if not part:
        known = " ".join(str(find(f"cli.org.sheet.{each}")) for each in PARTS)
        yield Fault(Where(where.file, where.sheet), "sheet", {"known": known})
        return
    names = {label(part, name, where): name for name in FIELDS[part]}
    for column in line.cells:
        if column not in names:
            at = Where(where.file, where.sheet, 1, column)
            yield Fault(at, "column", {"known": " ".join(names)})
    for column, name in names.items():
        if name in NEEDED[part] and column not in line.cells:
            yield Fault(Where(where.file, where.sheet, 1), "no_column", {"text": column})


def _from_yaml(raw: bytes, here: Where, faults: list[Fault]) -> list[Row]:
    from knowledge.findings import refuse
    from knowledge.yaml_text import Lines, parse

    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse("not_utf8", here.file) from None
    stands: Lines = {}
    data = parse(text, here.file, stands)
    if not isinstance(data, dict):
        raise Faulty([Fault(here, "shape")])
    rows: list[Row] = []
    for part, told in data.items():
        line = stands.get((part,), 0)
        if part not in PARTS:
            known = {"text": str(part)[:40], "known": " ".join(PARTS)}
            faults.append(Fault(Where(here.file, "", line), "part", known))
        elif not isinstance(told, list | None):
            faults.append(Fault(Where(here.file, "", line, part), "shape"))
        else:
            for at, each in enumerate(told or ()):
                where = Where(here.file, "", stands.get((part, at), line))
                rows += _yaml_row(part, each, where, faults)
    return rows


def _yaml_row(part: str, told: Any, where: Where, faults: list[Fault]) -> Iterator[Row]:
    if part == "places":
        names = split(told) if isinstance(told, str) else ()
        if not 0 < len(names) <= len(KINDS):
            faults.append(Fault(where, "route", {"text": str(told)[:40]}))
        else:
            yield Row(part, where, dict(zip(KINDS, names, strict=False)))
        return
    if not isinstance(told, dict):
        faults.append(Fault(where, "shape"))
        return
    for name, value in told.items():
        at = Where(where.file, "", where.line, str(name)[:40])
        if name not in FIELDS[part]:
            faults.append(Fault(at, "column", {"known": " ".join(FIELDS[part])}))
        elif isinstance(value, bool | list | dict | float):
            faults.append(Fault(at, "not_text"))
    yield Row(part, where, {k: sheets.text_of(v) for k, v in told.items() if k in FIELDS[part]})


def _tidy(cells: Mapping[str, str]) -> dict[str, str]:
    """No spaces around or inside names; codes and telephones in plain digits and letters."""
    tidy = {}
    for name, written in cells.items():
        text = squeezed(written)
        if name in ("code", "phone", "role", "cards"):
            plain = unicodedata.normalize("NFKC", text).strip()
            tidy[name] = plain.upper() if name == "code" else plain
        else:
            tidy[name] = text
    return tidy


def squeezed(text: str) -> str:
    """A name without the spaces that people put around and inside it."""
    return _BETWEEN_HAN.sub("", " ".join(text.split()))


def _faults_in(row: Row) -> Iterator[Fault]:
    """What is wrong with a row by itself."""
    from knowledge.yaml_text import HIDDEN

    for name, text in row.cells.items():
        if HIDDEN.search(text):
            yield row.fault(name, "hidden")
        most = LONGEST_UPPER if name == "upper" else LONGEST
        if len(text) > most:
            yield row.fault(name, "too_long", most=str(most))
    for name in NEEDED[row.part]:
        if not row[name]:
            yield row.fault(name, "missing")
    if row["phone"] and not _PHONE.fullmatch(row["phone"]):
        yield row.fault("phone", "phone")
    if row["code"] and not re.fullmatch("[A-Z]{2}", row["code"]):
        yield row.fault("code", "code")
    for name in ("role", "cards"):
        if row[name] and not named(name, row[name]):
            known = " ".join(words(f"cli.org.{name}.{key}")[0] for key in find(f"cli.org.{name}"))
            yield row.fault(name, name, known=known)
    if row.part == "places":
        if row["village"] and not row["street"]:
            yield row.fault("street", "missing")
        for kind in KINDS:
            if len(split(row[kind])) > 1:
                yield row.fault(kind, "slash")


def named(group: str, text: str) -> str:
    """The code of a role or card level that somebody wrote; empty if it is none."""
    for code, known in find(f"cli.org.{group}").items():
        if text == code or text in known:
            return str(code)
    return ""
