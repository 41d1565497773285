"""Reading a pack's folder: only plain UTF-8 files of reasonable size, and nothing beside them."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from knowledge.findings import Finding, PackError, refuse
from knowledge.yaml_text import Lines, lines_of, parse

MOST_BYTES = 10 * 1024 * 1024
MOST_FILES = 500


@dataclass(frozen=True)
class Document:
    """One file: its name as shown to people (`national/limits.yaml`) and what stands in it."""

    file: str
    data: dict[str, Any]
    text: str = field(default="", compare=False)

    def line(self, path: tuple[str | int, ...]) -> int:
        """The line of a value, or of the nearest thing around it that is there."""
        found: tuple[str | int, ...] = ()
        for part in path:  # a model's own steps, such as the kind of a rule, are not in the file
            found = (*found, part) if (*found, part) in self._lines else found
        return self._lines.get(found, 0)

    @cached_property
    def _lines(self) -> Lines:
        """Counted only once there is a fault to point at: loading need not pay for it."""
        return lines_of(self.text)

    @property
    def kind(self) -> str:
        """What the file holds; the manifest and the instruments are told by their names."""
        name = self.file.rpartition("/")[2]
        if name in ("manifest.yaml", "instruments.yaml"):
            return name.removesuffix(".yaml")
        kind = self.data.get("kind")
        return kind if isinstance(kind, str) else ""


def read_folder(folder: Path) -> list[Document]:
    """What stands in a pack's files. Raises PackError if anything about them is unsafe."""
    documents: list[Document] = []
    findings: list[Finding] = []
    for path, name in _files(folder):
        try:
            text = _text(path, name)
            data = parse(text, name)
            if not isinstance(data, dict):
                raise refuse("not_a_mapping", name, 1)
            documents.append(Document(name, data, text))
        except PackError as error:
            findings += error.findings
    if findings:
        raise PackError(findings)
    return documents


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """The pack's files in order, with their shown names. Raises PackError: links, size, number."""
    if not folder.is_dir():
        raise refuse("no_folder", str(folder))
    found: list[tuple[Path, str]] = []
    size = 0
    for here, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted([*names, *folders]):
            path = Path(here, name)
            shown = (Path(folder.resolve().name) / path.relative_to(folder)).as_posix()
            mode = path.lstat()
            if stat.S_ISDIR(mode.st_mode):
                continue
            if not stat.S_ISREG(mode.st_mode):
                raise refuse("not_a_plain_file", shown)
            size += mode.st_size
            if size > MOST_BYTES:
                raise refuse("too_big", shown, most=MOST_BYTES // 1024 // 1024)
            if path.suffix == ".md":
                continue
            if path.suffix != ".yaml":
                raise refuse("not_a_pack_file", shown)
            found.append((path, shown))
            if len(found) > MOST_FILES:
                raise refuse("too_many_files", shown, most=MOST_FILES)
    yield from sorted(found, key=lambda each: each[1])


def _text(path: Path, name: str) -> str:
    """The text of a file: UTF-8 without a byte-order mark, and no link put in its place."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        raise refuse("unreadable", name, reason=error.strerror) from None
    with os.fdopen(handle, "rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise refuse("byte_order_mark", name, 1)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refuse("not_utf8", name, raw.count(b"\n", 0, error.start) + 1) from None
