"""From a folder of YAML to a pack: read safely, validated whole, or refused whole.

A folder is first read into documents (see `folder`), then the documents become a pack (checked
models). A spreadsheet takes the same second step, so an edited list is held to
the same rules as a file.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from knowledge.findings import Finding, PackError, refuse
from knowledge.folder import Document, read_folder
from knowledge.schema import KINDS, Entry, Form, Index, Instrument, Manifest, Model, Words

PLAIN_KINDS = frozenset({"reading", "same", "near", "outside"})
"""Files that are tables for one module, which validates them itself; see `Pack.tables`."""

MOST_FINDINGS = 200
"""Enough to work on; a pack of a million faults is not read to its end."""

_FILE_NAME = re.compile(r"(?:\w[\w-]*/)*\w[\w-]*\.yaml")  # nothing that leads out of the pack

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Placed:
    """An entry and where it stands."""

    kind: str
    entry: Entry
    document: Document = field(compare=False, repr=False)
    index: int = field(compare=False)

    def find(self, code: str, path: tuple[str | int, ...] = (), /, **values: object) -> Finding:
        """A finding about this entry, or about the field at `path` within it."""
        line = self.document.line(("entries", self.index, *path))
        told = {key: str(value) for key, value in values.items()}
        return Finding(code, self.document.file, line, self.entry.id, told)


@dataclass
class Pack:
    """One level's word on what is true. Equal packs say the same, wherever they stand."""

    manifest: Manifest
    entries: list[Placed] = field(default_factory=list)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    index: Index | None = None
    index_file: str = field(default="", compare=False)
    word_documents: list[Document] = field(default_factory=list, compare=False, repr=False)


def load_pack(folder: Path) -> Pack:
    """Read and validate one pack. Raises PackError with every fault that was found."""
    return build_pack(read_folder(folder))


def build_pack(documents: Iterable[Document]) -> Pack:
    """Validate documents into a pack. Raises PackError with every fault that was found."""
    findings: list[Finding] = []
    documents = list(documents)
    for each in documents:
        if not _FILE_NAME.fullmatch(each.file.partition("/")[2]):
            raise refuse("bad_file_name", each.file)
    manifest = next((each for each in documents if each.kind == "manifest"), None)
    if manifest is None:
        raise refuse("no_manifest", documents[0].file.partition("/")[0] if documents else "")
    said = _validate(Manifest, manifest.data, manifest, (), findings)
    if said is None:
        raise PackError(findings)
    pack = Pack(said)
    for document in documents:
        if document is not manifest:
            _add(pack, document, findings)
    findings += _duplicates(pack)
    if findings:
        raise PackError(findings)
    return pack


def _add(pack: Pack, document: Document, findings: list[Finding]) -> None:
    """Take one file into the pack."""
    kind = document.kind
    body = {key: value for key, value in document.data.items() if key != "kind"}
    if kind in KINDS:
        _add_entries(pack, document, findings)
    elif kind == "words":
        if words := _validate(Words, body, document, (), findings):
            pack.word_documents.append(document)
            for entry, phrases in words.words.items():
                pack.words[entry] = tuple(dict.fromkeys((*pack.words.get(entry, ()), *phrases)))
    elif kind == "form":
        if form := _validate(Form, body, document, (), findings):
            if form.form in pack.forms:
                findings.append(_at(document, "duplicate_id", ("form",), id=form.form))
            pack.forms[form.form] = form
    elif kind == "index":
        pack.index = _validate(Index, body, document, (), findings)
        pack.index_file = document.file
    elif kind == "instruments":
        _add_instruments(pack, document, findings)
    elif kind in PLAIN_KINDS:
        pack.tables[kind] = body
    else:
        said = document.data.get("kind", "")
        findings.append(_at(document, "unknown_kind", ("kind",), kind=said))


def _add_entries(pack: Pack, document: Document, findings: list[Finding]) -> None:
    for key in document.data.keys() - {"kind", "groups", "entries"}:
        findings.append(_at(document, "unknown_field", (key,), field=key))
    groups, entries = document.data.get("groups") or {}, document.data.get("entries")
    if not isinstance(groups, dict) or not all(isinstance(each, str) for each in groups.values()):
        findings.append(_at(document, "bad_value", ("groups",), field="groups", reason="mapping"))
    else:
        pack.groups.setdefault(document.kind, {}).update(groups)
    if not isinstance(entries, list):
        findings.append(_at(document, "bad_value", ("entries",), field="entries", reason="list"))
        return
    model = KINDS[document.kind]
    for index, data in enumerate(entries):
        if len(findings) >= MOST_FINDINGS:
            return
        if entry := _validate(model, data, document, ("entries", index), findings):
            pack.entries.append(Placed(document.kind, entry, document, index))


def _add_instruments(pack: Pack, document: Document, findings: list[Finding]) -> None:
    instruments = document.data.get("instruments")
    if not isinstance(instruments, dict):
        where = ("instruments",)
        findings.append(_at(document, "bad_value", where, field="instruments", reason="mapping"))
        return
    for code, data in instruments.items():
        path = ("instruments", code)
        if instrument := _validate(Instrument, data, document, path, findings):
            pack.instruments[code] = instrument


def _duplicates(pack: Pack) -> Iterator[Finding]:
    """The same id twice is the same fact twice, unless each begins on its own day."""
    seen: dict[tuple[str, date | None], Placed] = {}
    kinds: dict[str, str] = {}
    for placed in pack.entries:
        entry = placed.entry
        same = seen.setdefault((entry.id, entry.effective_from), placed)
        if same is not placed or kinds.setdefault(entry.id, placed.kind) != placed.kind:
            yield placed.find("duplicate_id", ("id",), id=entry.id)


_CODES = {
    "extra_forbidden": "unknown_field",
    "missing": "missing_field",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "string_pattern_mismatch": "bad_form",
    "string_type": "not_text",
    "int_type": "not_a_number",
    "int_parsing": "not_a_number",
    "date_type": "not_a_day",
    "date_from_datetime_parsing": "not_a_day",
    "tuple_type": "not_a_list",
    "model_type": "not_a_mapping",
    "dict_type": "not_a_mapping",
    "literal_error": "not_a_choice",
    "enum": "not_a_choice",
    "union_tag_invalid": "not_a_choice",
    "value_error": "contradiction",
}


def _validate(
    model: type[M],
    data: object,
    document: Document,
    path: tuple[str | int, ...],
    findings: list[Finding],
) -> M | None:
    """The model, or none and the faults added to `findings`."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        entry = str(data.get("id", "")) if isinstance(data, dict) else ""
        entry = entry or (str(path[-1]) if path and isinstance(path[-1], str) else "")
        for each in error.errors(include_url=False, include_context=True):
            context = each.get("ctx", {})
            values = {
                "field": ".".join(str(part) for part in each["loc"]),
                "value": str(each["input"])[:40],
                "reason": each["msg"],
                "most": str(context.get("max_length", "")),
                "choices": str(context.get("expected") or context.get("expected_tags") or ""),
            }
            code = _CODES.get(each["type"], "bad_value")
            line = document.line((*path, *each["loc"]))
            findings.append(Finding(code, document.file, line, entry, values))
        return None


def _at(document: Document, code: str, path: tuple[str | int, ...], **values: object) -> Finding:
    told = {key: str(value) for key, value in values.items()}
    return Finding(code, document.file, document.line(path), values=told)
