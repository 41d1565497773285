"""What changed between two versions of a book, as data that people's sentences are made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from knowledge.book import Book
from knowledge.schema import KINDS, Entry, Parameter


@dataclass(frozen=True)
class Change:
    """One thing that is different.

    `what` is added, removed, ended, changed, set (a parameter's value), words or version.
    `before` and `after` are shown as they stand; a list has one item a line.
    """

    what: str
    kind: str = ""
    id: str = ""
    title: str = ""
    field: str = ""
    before: str = ""
    after: str = ""


def diff(before: Book, after: Book) -> list[Change]:
    """Every change, kinds in the order of the schema, ids in the order of the newer book."""
    changes = []
    if before.version != after.version:
        changes.append(Change("version", before=before.version, after=after.version))
    for kind in KINDS:
        olds = {entry.id: entry for entry in _last(before, kind)}
        news = {entry.id: entry for entry in _last(after, kind)}
        changes += [
            Change("removed", kind, old.id, old.title)
            for old in olds.values()
            if old.id not in news
        ]
        for id, new in news.items():
            if id not in olds:
                changes.append(Change("added", kind, id, new.title, after=new.summary))
            else:
                changes += _entry(kind, olds[id], new)
            changes += _words(kind, new, before.words(id), after.words(id))
    return changes


def as_text(value: Any) -> str:
    """A value as a person would read it in a list of changes."""
    if value is None:
        return ""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", exclude_defaults=True)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {as_text(each)}" for key, each in value.items())
    if isinstance(value, tuple | list):
        return "\n".join(as_text(each) for each in value)
    return str(value)


def _last(book: Book, kind: str) -> Iterator[Entry]:
    """The entries of a kind as they stand last, those included that have ended."""
    last: dict[str, Entry] = {}
    for _, placed in book.placed():
        if placed.kind == kind:
            last[placed.entry.id] = book.get(placed.entry.id) or placed.entry
    yield from last.values()


def _entry(kind: str, old: Entry, new: Entry) -> Iterator[Change]:
    for field in type(new).model_fields:
        was, now = getattr(old, field, None), getattr(new, field)
        if was == now:
            continue
        what = "changed"
        if field == "until" and now is not None:
            what = "ended"
        elif field == "value" and isinstance(new, Parameter):
            what = "set"
        yield Change(what, kind, new.id, new.title, field, as_text(was), as_text(now))


def _words(
    kind: str, entry: Entry, was: tuple[str, ...], now: tuple[str, ...]
) -> Iterator[Change]:
    """Phrases that came and went; their order means nothing."""
    gone = [phrase for phrase in was if phrase not in now]
    come = [phrase for phrase in now if phrase not in was]
    if gone or come:
        yield Change("words", kind, entry.id, entry.title, "words", as_text(gone), as_text(come))
