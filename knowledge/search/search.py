"""The search: built from a book once, then asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.book import Book
from knowledge.search.meanings import Meanings
from knowledge.search.views import bags
from knowledge.search.weights import Lesson, Weights, centroids

KINDS = (
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


@dataclass(frozen=True)
class Hit:
    """One entry that was found."""

    id: str
    kind: str
    title: str
    score: float
    matched: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What an entry may be found as."""

    id: str
    kind: str
    title: str
    texts: tuple[str, ...]


class Search:
    """Finds entries for what somebody typed. Deterministic; keeps nothing of what it is asked."""

    def __init__(self, entries: Sequence[Found], weights: Weights, meanings: Meanings) -> None:
        self._entries = tuple(entries)
        self._weights = weights
        self._meanings = meanings

    @classmethod
    def build(cls, book: Book) -> "Search":
        """Learn from the titles, summaries and phrasings of a book."""
        meanings = Meanings(book.table("same").get("same", {}))
        entries = [
            Found(e.id, kind, e.title, (e.title, e.summary, *book.words(e.id)))
            for kind in (*KINDS, "question", "term", "accountability")
            for e in book.of_kind(kind)
        ]
        pairs = [(n, text) for n, entry in enumerate(entries) for text in entry.texts]
        seen = bags([text for _, text in pairs], meanings)
        lesson = Lesson(
            np.arange(len(pairs)), np.array([n for n, _ in pairs]), np.ones(len(pairs), np.float32)
        )
        return cls(entries, centroids(seen, lesson, len(entries)), meanings)

    def search(self, text: str, top: int = 5, kinds: Iterable[str] = ()) -> list[Hit]:
        """Entries that fit, best first; empty if nothing does."""
        wanted = frozenset(kinds or KINDS)
        scores = self._weights.score(bags([text], self._meanings).features)
        order = np.argsort(-scores, kind="stable")
        hits = (
            Hit(e.id, e.kind, e.title, round(float(scores[n]), 4))
            for n in order[: 4 * top + 100]
            if scores[n] > 0.05 and (e := self._entries[n]).kind in wanted
        )
        return [hit for hit, _ in zip(hits, range(top), strict=False)]
