"""Hold a book against a folder of law texts: what it cites must be there, its words its own.

The texts are never shipped; the folder is given by whoever checks. Each text is a Markdown
file whose head names its title, whether it is in force and how many articles it has.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.book import Book
from knowledge.citations import citations, leaves
from knowledge.findings import Finding
from knowledge.load import Placed

RUN = 16
"""So many Han characters in a row shared with a law text are a copy, not a short quotation."""

_NOT_HAN = re.compile(r"[^\u3400-\u4dbf\u4e00-\u9fff]+")
_NAMED = re.compile("《[^》]*》")  # naming a text is not copying from it

Where = tuple[Placed, tuple[str | int, ...]]


@dataclass(frozen=True)
class LawText:
    """One text of the folder."""

    title: str
    in_force: bool
    articles: int  # 0 for a text that is divided into points
    han: str  # nothing but its Han characters


def read_texts(folder: Path) -> dict[str, LawText]:
    """The texts of a folder, by title. Files without a head are passed over."""
    texts = {}
    for path in sorted(folder.glob("*.md")):
        parts = path.read_text(encoding="utf-8").split("---\n", 2)
        if len(parts) == 3 and not parts[0]:
            text = _text(parts[1], parts[2])
            texts[text.title] = text
    return texts


def check_against_texts(book: Book, folder: Path) -> Iterator[Finding]:
    """Findings on cited instruments that the texts don't bear out, and on copied sentences."""
    texts = read_texts(folder)
    yield from _instruments(book, texts)
    yield from _copies(book, texts)


def _text(head: str, body: str) -> LawText:
    said = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    return LawText(
        title=str(json.loads(said.get("title", '""'))),
        in_force=not said.get("in_force", '""').strip('"').startswith("no,"),
        articles=int(said.get("articles", "0")),
        han=_NOT_HAN.sub("", body),
    )


def _instruments(book: Book, texts: dict[str, LawText]) -> Iterator[Finding]:
    """Each instrument is named once, at the first entry that cites it."""
    seen = set()
    for each in citations(book):
        instrument = book.instruments.get(each.code)
        if instrument is None or each.local or instrument.place or each.code in seen:
            continue
        seen.add(each.code)
        text = texts.get(instrument.name)
        if text is None:
            yield each.placed.find("text_missing", each.path, name=instrument.name)
        elif not text.in_force and instrument.until is None:
            yield each.placed.find("text_not_in_force", each.path, name=instrument.name)
        elif text.articles < instrument.articles:  # the text counts inserted articles too
            told = {"name": instrument.name, "has": text.articles, "said": instrument.articles}
            yield each.placed.find("articles_differ", each.path, **told)


def _copies(book: Book, texts: dict[str, LawText]) -> Iterator[Finding]:
    """Runs shared with a text: the pack's runs are kept and the long texts slid past them."""
    runs: dict[str, list[Where]] = defaultdict(list)
    for _, placed in book.placed():
        for path, value in leaves(placed.entry):
            if isinstance(value, str) and len(value) >= RUN:
                han = _NOT_HAN.sub("", _NAMED.sub("", value))
                for start in range(len(han) - RUN + 1):
                    runs[han[start : start + RUN]].append((placed, path))
    told = set()
    for text in texts.values():
        for start in range(len(text.han) - RUN + 1):
            run = text.han[start : start + RUN]
            for placed, path in runs.get(run, ()):
                if (placed.document.file, placed.index, path, text.title) not in told:
                    told.add((placed.document.file, placed.index, path, text.title))
                    yield placed.find("copied", path, run=run, name=text.title)
