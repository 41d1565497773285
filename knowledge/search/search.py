"""The search: built from a book once, then asked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.book import Book
from knowledge.search import cache
from knowledge.search.corpus import ASIDE, FOUND, Corpus, Known, corpus
from knowledge.search.fold import fold
from knowledge.search.learn import learn
from knowledge.search.meanings import Meanings
from knowledge.search.views import bags
from knowledge.search.weights import Floats, Lesson, Weights, centroids

_LENT = 0.3  # how much a text says about an entry that is near its own
_MOST_LEARNED = 2000  # entries: beyond, what was put down is all there is
_FLOOR = 0.09  # below, nothing fits
_KEYWORD = 4  # characters: so short, it names a matter and asks nothing yet
_NAMED = 0.02  # a matter that is only named: most likely how it is done
_TOLD = 0.03  # something told, not asked: less likely how it is done
_HAN = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Hit:
    """One entry that was found. `matched`: the words of the question it was found by."""

    id: str
    kind: str
    title: str
    score: float
    matched: tuple[str, ...] = ()


class Search:
    """Finds entries for what somebody typed. Deterministic; keeps nothing of what it is asked."""

    def __init__(self, made: Corpus, weights: Weights, meanings: Meanings) -> None:
        self._entries = made.entries
        self._weights = weights
        self._meanings = meanings
        self._asks = re.compile("|".join(map(re.escape, made.asks)) or "(?!)")
        kinds = np.array([entry.kind for entry in made.entries])
        self._kinds = kinds
        self._power = kinds == "power"
        self._how = np.isin(kinds, ("power", "procedure", "limit"))

    @classmethod
    def build(cls, book: Book, folder: Path | None = None) -> "Search":
        """Learn from a book, or take what was learned from the same book before.

        `folder` is where that is kept; none: with the user's other caches.
        """
        made = corpus(book)
        meanings = Meanings(made.same)
        file = (folder or cache.default_folder()) / cache.name(made)
        weights = cache.load(file, made.count)
        if weights is None:
            weights = _learned(made, meanings)
            cache.save(file, weights)
        return cls(made, weights, meanings)

    def search(self, text: str, top: int = 5, kinds: Iterable[str] = ()) -> list[Hit]:
        """Entries that fit, best first; empty if nothing does."""
        scores = self._scores(text)
        if scores is None:
            return []
        scores = np.where(np.isin(self._kinds, tuple(kinds) or FOUND), scores, -1)
        best = np.argsort(-scores, kind="stable")[:top]
        return [self._hit(n, scores[n]) for n in best if scores[n] > _FLOOR]

    def _hit(self, n: int, score: float) -> Hit:
        entry: Known = self._entries[n]
        return Hit(entry.id, entry.kind, entry.title, round(float(score), 4))

    def _scores(self, text: str) -> Floats | None:
        """For each entry, how well it fits; none if the text is about something else."""
        folded = fold(text)
        every = self._weights.score(bags([text], self._meanings).features)
        scores, outside = every[: len(self._entries)], every[len(self._entries) :]
        if not len(scores) or scores.max() <= max(_FLOOR, outside.max(initial=0)):
            return None
        if len(_HAN.findall(folded)) <= _KEYWORD:
            return scores + np.float32(_NAMED) * self._power
        if not self._asks.search(folded):
            return scores - np.float32(_TOLD) * self._how
        return scores


def _learned(made: Corpus, meanings: Meanings) -> Weights:
    """Weights from the texts of a corpus."""
    seen = bags([text for text, _ in made.texts], meanings)
    own = np.array([entry for _, entry in made.texts], np.int64)
    start = centroids(seen, _lesson(made, own), made.count)
    if made.count > _MOST_LEARNED:
        return start
    return learn(start, seen, own, _friends(made))


def _lesson(made: Corpus, own: NDArray[np.int64]) -> Lesson:
    """Each text speaks for its own entry and, less, for those near it."""
    nearby: dict[int, list[int]] = {}
    for entry, other in sorted(made.lends):
        nearby.setdefault(entry, []).append(other)
    lent = [(n, other) for n, entry in enumerate(own) for other in nearby.get(int(entry), ())]
    text = np.concatenate((np.arange(len(own)), np.array([n for n, _ in lent], np.int64)))
    entry = np.concatenate((own, np.array([other for _, other in lent], np.int64)))
    share = np.ones(len(text), np.float32)
    share[len(own) :] = _LENT
    return Lesson(text, entry, share)


def _friends(made: Corpus) -> NDArray[np.bool_]:
    """Which entries may come before which; outsiders are all friends of one another."""
    friends = np.eye(made.count, dtype=bool)
    for entry, other in made.friends:
        friends[entry, other] = True
    friends[len(made.entries) :, len(made.entries) :] = True
    aside = [n for n, entry in enumerate(made.entries) if entry.kind in ASIDE]
    friends[aside] = True
    friends[:, aside] = True
    return friends
