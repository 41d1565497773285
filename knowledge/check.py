"""Lint for knowledge: everything that a valid pack can still get wrong.

`check` looks at a whole stack, because a lower pack may point at what a higher one says. Each
finding names file, line and entry; what to do about it is said by the texts, one per code.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from knowledge.book import Book
from knowledge.citations import check_citations, leaves
from knowledge.findings import Finding
from knowledge.law_texts import check_against_texts
from knowledge.load import Placed
from knowledge.schema import Action, Card, Outcome, Question, State

CARD = 260
"""Characters of an entry's first screen: summary and note, at some twenty in a line."""

PHRASINGS = 20
"""Fewer ways of saying it, and people don't find it."""

KINDS_MEANT: dict[str, frozenset[str]] = {
    "powers": frozenset({"power"}),
    "prohibitions": frozenset({"prohibition"}),
    "procedures": frozenset({"procedure"}),
    "kinds": frozenset({"accountability"}),
    "otherwise": frozenset({"procedure"}),
    "serves": frozenset(),
    "rests_on": frozenset(),
}
"""The fields that point at other entries, and at which kinds (none named: any)."""

_UNITS = frozenset({"cd", "wd", "h", "month", "quarter"})
VOCABULARIES: dict[tuple[str, str], frozenset[str]] = {
    ("limit", "unit"): _UNITS,
    ("state", "unit"): _UNITS,
    ("state", "coarse"): frozenset({"kept", "taken", "working", "asked", "ended"}),
    ("intake", "route"): frozenset(
        {"lead", "lookup", "monthly", "elsewhere", "danger", "upper", "secret"}
    ),
}
"""Fields that take one of a few words, because the program acts on them."""

_FIGURES = frozenset(
    {"at_least", "at_most", "below", "parameter", "raised_by", "variant_parameter"}
)


def check(book: Book, law: Path | None = None) -> list[Finding]:
    """Every finding about a book, in the order of its files.

    With `law`, a folder of law texts, citations are also looked up in the texts and sentences
    shared with them are named.
    """
    found = [
        *_dates(book),
        *_references(book),
        *_codes(book),
        *check_citations(book),
        *_cards(book),
        *_words(book),
        *_complete(book),
    ]
    if law:
        found += check_against_texts(book, law)
    return sorted(set(found), key=lambda each: (each.file, each.line, each.entry, each.code))


def counts(book: Book) -> dict[str, int]:
    """How many entries of each kind speak in a book."""
    totals: dict[str, int] = defaultdict(int)
    for id in sorted(book.ids):
        totals[book.kind_of(id) or "measure"] += 1
    return dict(totals)


def _dates(book: Book) -> Iterator[Finding]:
    for pack in book.packs:
        versions: dict[str, list[Placed]] = defaultdict(list)
        for placed in pack.entries:
            entry = placed.entry
            versions[entry.id].append(placed)
            if entry.until and entry.effective_from and entry.until <= entry.effective_from:
                yield placed.find("dates_reversed", ("until",), until=entry.until)
        for several in versions.values():
            several.sort(key=lambda placed: placed.entry.effective_from or date.min)
            for before, after in pairwise(several):
                until = before.entry.until
                if until is None or until > (after.entry.effective_from or date.min):
                    other = before.document.line(("entries", before.index))
                    yield after.find("dates_overlap", ("effective_from",), other=other)


def _references(book: Book) -> Iterator[Finding]:
    """Ids, group names and words of a closed list that lead nowhere."""
    ids, parameters = book.ids, book.parameters()
    for _, placed in book.placed():
        entry = placed.entry
        if entry.group and entry.group not in book.groups(placed.kind):
            yield placed.find("unknown_group", ("group",), group=entry.group)
        for path, value in leaves(entry):
            if not isinstance(value, str):
                continue
            name = next(part for part in reversed(path) if isinstance(part, str))
            if (meant := KINDS_MEANT.get(name)) is not None:
                if value not in ids:
                    yield placed.find("dangling_id", path, id=value)
                elif entry.until is None and book.get(value) is None and not book.measure(value):
                    yield placed.find("ended_id", path, id=value)
                elif meant and book.kind_of(value) not in meant:
                    yield placed.find("wrong_kind", path, id=value, kind=book.kind_of(value))
            elif name in _FIGURES and value and value not in parameters:
                yield placed.find("unknown_parameter", path, parameter=value)
            elif name == "fraction":
                yield from _fraction(placed, path, value, parameters)
            elif value not in VOCABULARIES.get((placed.kind, name), {value}):
                allowed = ", ".join(sorted(VOCABULARIES[placed.kind, name]))
                yield placed.find("not_a_choice", path, field=name, value=value, choices=allowed)


def _fraction(
    placed: Placed, path: tuple[str | int, ...], value: str, parameters: object
) -> Iterator[Finding]:
    if "/" not in value:
        if isinstance(parameters, dict) and value not in parameters:
            yield placed.find("unknown_parameter", path, parameter=value)
    elif not 0 < Fraction(value) <= 1:
        yield placed.find("bad_fraction", path, value=value)


def _codes(book: Book) -> Iterator[Finding]:
    """States are joined by codes, not ids: each must be a state's."""
    states = {state.code for state in book.every(State)}
    for _, placed in book.placed():
        entry = placed.entry
        named: tuple[tuple[str, str], ...] = ()
        if isinstance(entry, State):
            named = tuple(("next", code) for code in entry.next)
        elif isinstance(entry, Action):
            named = (*(("sources", code) for code in entry.sources), ("leads_to", entry.leads_to))
        elif isinstance(entry, Outcome):
            named = (("state", entry.state),)
        for field, code in named:
            if code and code not in states:
                yield placed.find("unknown_state", (field,), code=code)


def _cards(book: Book) -> Iterator[Finding]:
    """What doesn't fit one screen, and quizzes without exactly one right answer."""
    for _, placed in book.placed():
        entry = placed.entry
        long = len(entry.summary) + len(entry.note)
        if isinstance(entry, Question):
            long += len(entry.more) // 2  # shown below the answer, on asking
        if long > CARD:
            yield placed.find("too_long_for_card", ("summary",), length=long, most=CARD)
        if isinstance(entry, Card):
            quiz = entry.quiz
            distinct = len(set(quiz.choices)) == len(quiz.choices) >= 2
            if not distinct or not 0 <= quiz.right < len(quiz.choices):
                yield placed.find("bad_quiz", ("quiz", "right"), right=quiz.right)


def _words(book: Book) -> Iterator[Finding]:
    """Words for nobody, the same words for two entries of a kind, and too few of them."""
    meant: dict[tuple[str, str], str] = {}
    for pack in book.packs:
        for document in pack.word_documents:
            for id, phrases in document.data["words"].items():
                if id not in book.ids:
                    line = document.line(("words", id))
                    yield Finding("dangling_id", document.file, line, id, {"id": id})
                for index, phrase in enumerate(phrases):
                    other = meant.setdefault((book.kind_of(id), str(phrase).strip()), id)
                    if other != id:
                        line = document.line(("words", id, index))
                        told = {"phrase": str(phrase), "other": other}
                        yield Finding("phrase_twice", document.file, line, id, told)
    wanted = {kind for pack in book.packs if pack.index for kind in pack.index.words_for}
    for _, placed in book.placed():
        if placed.kind in wanted and len(book.words(placed.entry.id)) < PHRASINGS:
            has = len(book.words(placed.entry.id))
            yield placed.find("few_words", ("id",), has=has, least=PHRASINGS)


def _complete(book: Book) -> Iterator[Finding]:
    """Ids that the pack's own index promises and nobody wrote."""
    held = counts(book)
    for pack in book.packs:
        if pack.index is None:
            continue
        for kind, ids in pack.index.ids.items():
            for id in ids:
                if id not in book.ids:
                    yield Finding(
                        "missing_entry", pack.index_file, entry=id, values={"kind": kind}
                    )
        for kind, least in pack.index.at_least.items():
            if held.get(kind, 0) < least:
                told = {"kind": kind, "has": str(held.get(kind, 0)), "least": str(least)}
                yield Finding("few_entries", pack.index_file, values=told)
