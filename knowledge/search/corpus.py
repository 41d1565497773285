"""What the search learns from: everything a book says about an entry, and how people ask for it.

Texts are paired with the entries they speak for. Questions lend their words to the entries they
rest on, but for those about reporting itself. What is not answered here (greetings, other
offices' business) has groups of its own, so that it is known when it comes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from knowledge.book import Book
from knowledge.schema import Question

FOUND = (
    "power",
    "prohibition",
    "procedure",
    "limit",
    "category",
    "behaviour",
    "risk",
    "business",
)
"""What is found when no kinds are asked for."""

ASIDE = ("term", "accountability")
"""Found when asked for; they neither push others back nor are pushed back in learning."""

_ABOUT_PAPERS = frozenset(
    ("id", "basis", "local_basis", "verified", "ask", "fields", "papers", "group")
)
_HAN = re.compile(r"[\u4e00-\u9fff]{2}")


@dataclass(frozen=True)
class Known:
    """An entry that may be found."""

    id: str
    kind: str
    title: str


@dataclass
class Corpus:
    """Texts and what they speak for, as numbers of entries; beyond these, groups of outsiders."""

    entries: list[Known] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    texts: list[tuple[str, int]] = field(default_factory=list)
    same: dict[str, str] = field(default_factory=dict)  # words that mean the same, by group
    friends: set[tuple[int, int]] = field(default_factory=set)
    asks: tuple[str, ...] = ()  # words by which a question is told from a statement
    steps: tuple[str, ...] = ()  # words by which one asks what comes first, and who must agree

    @property
    def count(self) -> int:
        """Entries and groups of outsiders."""
        return len(self.entries) + len(self.outside)


def corpus(book: Book) -> Corpus:
    """Collect what a book has for the search."""
    near = book.table("near")
    made = Corpus(asks=_listed(near, "asks"), steps=_listed(near, "steps"))
    made.same.update(book.table("same").get("same", {}))
    made.entries = [
        Known(entry.id, kind, entry.title)
        for kind in (*FOUND, "question", *ASIDE)
        for entry in book.of_kind(kind)
    ]
    number = {entry.id: n for n, entry in enumerate(made.entries)}
    for known in made.entries:
        own = number[known.id]
        entry = book.get(known.id)
        data = entry.model_dump(exclude=set(_ABOUT_PAPERS)) if entry else {}
        said = (known.title, *book.words(known.id), *_sentences(data))
        made.texts += [(text, own) for text in dict.fromkeys(said)]
        if isinstance(entry, Question) and book.is_about_reporting(entry):
            continue  # it must lead what it rests on: who fears revenge asks what to do about it
        linked = [number[id] for id in _ids(data) if id in number]
        made.friends.update((own, other) for other in linked)
        if known.kind == "question" and linked:
            made.texts += [(text, linked[0]) for text in (known.title, *book.words(known.id))]
    for id, nearby in near.get("near", {}).items():
        pairs = [(number[id], number[other]) for other in nearby if {id, other} <= number.keys()]
        made.friends.update(pairs)
    made.friends |= {(b, a) for a, b in made.friends}
    for group, texts in book.table("outside").get("outside", {}).items():
        own = made.count
        made.outside.append(group)
        words = str(texts.get("words", ""))
        # A name that no pack can give to a group of its own words.
        made.same[f"outside {group}"] = words
        made.texts += [(text, own) for text in (*texts.get("says", ()), *words.split())]
    return made


def _listed(table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(str(table.get(name, "")).split())


def _sentences(data: Any) -> Iterator[str]:
    """Every sentence within an entry."""
    if isinstance(data, dict):
        for value in data.values():
            yield from _sentences(value)
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from _sentences(value)
    elif isinstance(data, str) and _HAN.search(data):
        yield data


def _ids(data: Any) -> Iterator[str]:
    """Every string within an entry that may be another's id."""
    if isinstance(data, dict):
        for value in data.values():
            yield from _ids(value)
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from _ids(value)
    elif isinstance(data, str):
        yield data
