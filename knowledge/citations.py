"""Every citation in a book, and whether the article it names exists and is in force."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from knowledge.book import Book
from knowledge.findings import Finding
from knowledge.load import Pack, Placed
from knowledge.schema import Instrument

Path = tuple[str | int, ...]

_CITE = re.compile(r"([A-Z][A-Z0-9_]*):(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Citation:
    """One article named by one entry; `local` if it is only shown as a local rule."""

    pack: Pack
    placed: Placed
    path: Path
    cite: str
    local: bool

    @property
    def code(self) -> str:
        """The instrument's code, such as VCOL."""
        return self.cite.partition(":")[0]

    @property
    def article(self) -> str:
        """The article's number, or a point's such as 2.4."""
        return self.cite.partition(":")[2]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every plain value within a model, with the path to it in the pack's file."""
    if isinstance(value, BaseModel):
        value = value.__dict__
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from leaves(each, (*path, index))
    else:
        yield path, value


def citations(book: Book) -> Iterator[Citation]:
    """All citations of all versions of all entries, wherever in the entry they stand."""
    for pack, placed in book.placed():
        for path, value in leaves(placed.entry):
            if path[-1] == "cite" and value:
                yield Citation(pack, placed, path, value, "local_basis" in path)


def check_citations(book: Book) -> Iterator[Finding]:
    """Findings on citations, and on entries that should have one and have none."""
    cited: set[tuple[str, str, int]] = set()
    for each in citations(book):
        entry = each.placed.entry
        if not each.local:
            cited.add((each.pack.manifest.name, entry.id, each.placed.index))
        if fault := _fault(book, each):
            code, values = fault
            yield each.placed.find(code, each.path, cite=each.cite, **values)
    for pack, placed in book.placed():
        if placed.entry.footing != "law":
            continue
        if (pack.manifest.name, placed.entry.id, placed.index) not in cited:
            yield placed.find("missing_citation", ("basis",))


def _fault(book: Book, citation: Citation) -> tuple[str, dict[str, object]] | None:
    """What is wrong with one citation, or none."""
    if not _CITE.fullmatch(citation.cite):
        return "bad_citation", {}
    instrument = book.instruments.get(citation.code)
    if instrument is None:
        return "unknown_instrument", {"code": citation.code}
    if citation.local:
        return None  # its text is not at hand: nothing to compare with
    entry = citation.placed.entry
    if instrument.until and (entry.until is None or entry.until > instrument.until):
        after = book.instruments.get(instrument.replaced_by)
        return "not_in_force", {
            "name": instrument.name,
            "until": instrument.until,
            "replaced_by": after.name if after else instrument.replaced_by,
        }
    begins = entry.effective_from or citation.pack.manifest.effective_from
    if instrument.effective_from and instrument.effective_from > begins:
        return "not_yet_in_force", {"name": instrument.name, "since": instrument.effective_from}
    if instrument.place:
        return "local_as_law", {"name": instrument.name}
    if not _has(instrument, citation.article):
        return "no_such_article", {
            "name": instrument.name,
            "article": citation.article,
            "most": instrument.articles or ", ".join(instrument.points),
        }
    return None


def _has(instrument: Instrument, article: str) -> bool:
    if instrument.points:
        return article in instrument.points
    return article.isdigit() and 1 <= int(article) <= instrument.articles
