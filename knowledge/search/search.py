"""The search: built from a book once, then asked."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.book import Book
from knowledge.search import cache
from knowledge.search.corpus import FOUND, Corpus, Known, corpus
from knowledge.search.fold import MOST, fold
from knowledge.search.learn import Learned, learn
from knowledge.search.matters import clauses, grouped
from knowledge.search.meanings import Meanings
from knowledge.search.sounds import sounds
from knowledge.search.views import bags, with_whole
from knowledge.search.weights import Floats, Rows
from knowledge.search.why import why

_SURE = 0.14  # above, a clause is about this and nothing else
_FOUND = frozenset(FOUND)
_SECOND = 0.25  # how much the second opinion counts beside
_SAY = 0.5  # how much a clause counts beside the whole message
_FLOOR = 0.08  # below, nothing fits
_FLOOR_BY_EAR = 0.05  # the same for a text in Latin letters, of which only the sounds are known
_CLEARLY = 1.12  # by so much what is found must speak louder than anything outside
_SPELT = 0.75  # such a part of the letters must spell syllables, or it is another language
_FAINT = 0.03  # below, not worth a place after the first
_KEYWORD = 4  # characters: so short, it names a matter and asks nothing yet
_NAMED = 1.4  # a matter that is only named: most likely how it is done
_IN_ORDER = 1.3  # who asks what comes first, or who must agree, is shown the procedure
_TERM = 8  # characters: longer is a sentence
_TAUGHT = 1.0  # word for word a phrasing: more than all else can say
_EITHER = 3  # texts that the same first letters are taken for at once
_HURRIED = 5  # characters: nobody types the first letters of more
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Hit:
    """One entry that was found."""

    id: str
    kind: str
    title: str
    score: float
    why: Callable[[], tuple[str, ...]] = field(default=tuple, repr=False, compare=False)

    @property
    def matched(self) -> tuple[str, ...]:
        """The words of the question that it was found by, as they were typed."""
        return self.why()


class Search:
    """Finds entries for what somebody typed. Deterministic; keeps nothing of what it is asked."""

    def __init__(self, made: Corpus, learned: Learned, meanings: Meanings) -> None:
        self._entries, self._texts = made.entries, made.texts
        self._hardly = frozenset(made.asks)
        self.learned = learned
        self._weights = learned.weights
        self._meanings = meanings
        self._near: dict[int, list[int]] = {}
        for entry, other in sorted(made.friends):
            self._near.setdefault(entry, []).append(other)
        self._asks, self._steps = _any_of(made.asks), _any_of(made.steps)
        kinds = np.array([entry.kind for entry in made.entries])
        self._kinds = kinds
        self._masks: dict[frozenset[str], NDArray[np.bool_]] = {}
        self._power: Floats = np.where(kinds == "power", _NAMED, 1).astype(np.float32)
        self._procedure: Floats = np.where(kinds == "procedure", _IN_ORDER, 1).astype(np.float32)

    @classmethod
    def build(cls, book: Book, folder: Path | None = None) -> "Search":
        """Learn from a book, or take what was learned from the same book before.

        `folder` is where that is kept; none: with the user's other caches.
        """
        made = corpus(book)
        folder, of = folder or cache.default_folder(), cache.mark(made)
        kept = cache.find(folder, of, made.count)
        if kept is None:
            kept = cache.rounded(cls.learn(made).learned)
            cache.save(folder / f"search-{of}.npz", of, kept)
        return cls(made, kept, Meanings(made.same))

    @classmethod
    def learn(cls, made: Corpus) -> "Search":
        """Learn from texts; takes a minute or two for some forty thousand."""
        meanings = Meanings(made.same)
        return cls(made, learn(made, meanings), meanings)

    def search(self, text: str, top: int = 5, kinds: Iterable[str] = ()) -> list[Hit]:
        """Entries that fit, best first; empty if nothing does.

        Of a message about several matters, the best for each comes after the two best of all, then
        the second best for each.
        """
        asked = frozenset(kinds) or _FOUND
        read = self._read(text, asked)
        if read is None:
            return []
        wanted = self._of_kinds(asked)
        whole = np.where(wanted, read.whole, -1)
        groups = read.groups if len(read.groups) > 1 else []
        best = [_two_best(np.where(wanted, self._of_group(read, one), -1)) for one in groups]
        order = [int(n) for n in _highest(whole, top + 2 * len(best))]
        firsts, seconds = zip(*best, strict=True) if best else ((), ())
        lead = dict.fromkeys((*order[: 2 if best else 1], *firsts, *seconds))
        ranked = [n for n in dict.fromkeys((*lead, *order)) if wanted[n]]
        kept = (n for n in ranked[:top] if n in lead or whole[n] > _FAINT)
        return [self._hit(n, whole[n], read.text) for n in kept]

    def nearest(self, text: str, top: int = 3) -> list[str]:
        """Ids to offer when nothing fits: what comes nearest, however far."""
        if not self._entries:
            return []
        scores = self._weights.score(bags([text], self._meanings))[0, : len(self._entries)]
        order = _highest(np.where(self._of_kinds(_FOUND), scores, -1), top)
        return [self._entries[n].id for n in order if scores[n] > 0]

    def unknown_terms(self, text: str) -> tuple[str, ...]:
        """What to count when nothing fits: the term in one spelling, without the words of asking.

        Only a short text is a term. Of a longer one nothing is kept: it is somebody's sentence.
        """
        term = "".join(self._asks.sub("", fold(text[:MOST])).split())
        if not 2 <= len(_HAN.findall(term)) == len(term) <= _TERM or not self._entries:
            return ()
        scores = self._weights.score(bags([term], self._meanings))[0]
        ours = max(_FLOOR, scores[: len(self._entries)].max())
        elsewhere = scores[len(self._entries) :].max(initial=0) > ours
        return () if elsewhere else (term,)

    def split(self, text: str) -> list[str]:
        """The matters in a message, each to be asked for on its own."""
        several = len(clauses(text[:MOST])) > 1
        read = self._read(text) if several else None
        if read is None or len(read.groups) < 2:
            return [text]
        return ["\uff0c".join(read.clauses[n] for n in group) for group in read.groups]

    def _read(self, text: str, kinds: frozenset[str] = _FOUND) -> "_Read | None":
        """Score a text and its clauses; none if it is about something else or nothing.

        On what is only found when asked for, no second opinion was formed.
        """
        text = self._written_out(text)
        said = clauses(text[:MOST])
        seen = with_whole(bags(said, self._meanings))
        known = self._weights.vocabulary.rows(seen)
        every = self._weights.score_rows(known, len(said) + 1)
        scores, outside = every[:, : len(self._entries)], every[:, len(self._entries) :]
        if not len(self._entries):
            return None
        taught = self._taught.get(fold(text[:MOST]).strip(), ())
        scores[0, list(taught)] += np.float32(_TAUGHT)
        best, other = scores.max(1), outside.max(1, initial=0)
        floor = _FLOOR if _HAN.search(text) else _FLOOR_BY_EAR
        if best[0] <= max(floor, _CLEARLY * other[0]):
            return None
        found = np.argmax(np.where(self._of_kinds(_FOUND), scores, -1), axis=1)[1:]
        sure = [
            frozenset((int(n), *self._near.get(int(n), ())))
            if scores[row, n] > max(_SURE, other[row])
            else frozenset[int]()
            for row, n in enumerate(found, 1)
        ]
        whole = scores[0]
        if len(said) > 1:
            # In a long story each clause has its say, unless it is about something else.
            speaks = best[1:] > other[1:]
            whole = whole + np.float32(_SAY) * np.maximum(scores[1:][speaks], 0).sum(0)
        judged = known if kinds <= _FOUND else None
        whole = self._by_wording(text, whole + self._second_opinion(judged, 0))
        return _Read(text, whole, scores[1:], said, grouped(sure), judged)

    def _of_group(self, read: "_Read", group: list[int]) -> Floats:
        """How clauses about one matter score together."""
        loudest = max(group, key=lambda n: float(read.parts[n].max()))
        both: Floats = read.parts[group].max(0) + self._second_opinion(read.judged, 1 + loudest)
        return both

    def _second_opinion(self, judged: Rows | None, number: int) -> Floats | np.float32:
        """What it adds to the scores of one of the texts that it may judge."""
        if judged is None or self.learned.opinion is None:
            return np.float32(0)
        texts, rows, part = judged
        start, end = np.searchsorted(texts, (number, number + 1))
        likely = self.learned.opinion.think(rows[start:end], part[start:end])
        added: Floats = np.float32(_SECOND) * likely[: len(self._entries)]
        return added

    def _written_out(self, text: str) -> str:
        """What first letters stand for; letters that spell nothing and stand for nothing go."""
        folded = fold(text)
        if not folded.isascii():
            return text
        words = re.findall("[a-z]+", folded)
        spelt = sum(len(word) for word in words if sounds().read(word))
        if spelt and spelt >= _SPELT * sum(map(len, words)):
            return text
        return self._initials.get("".join(words), "") if words else ""

    @cached_property
    def _taught(self) -> dict[str, tuple[int, ...]]:
        """Terms that are word for word phrasings, and what is found by each: whatever was learned
        beside, what somebody wrote down for an entry leads to it."""
        of: dict[str, dict[int, None]] = {}
        for text, entry in self._texts:
            if len(text) <= _TERM:
                of.setdefault(fold(text).strip(), {})[entry] = None
        ours = len(self._entries)
        return {term: tuple(own) for term, own in of.items() if max(own) < ours}

    @cached_property
    def _initials(self) -> dict[str, str]:
        """First letters of short texts, and the texts: what `zjd` may mean."""
        meant: dict[str, dict[str, None]] = {}
        for text, entry in self._texts:
            letters = sounds().initials(text) if len(text) <= _HURRIED else ""
            if len(letters) == len(text) > 1 and entry < len(self._entries):
                meant.setdefault(letters, {})[text] = None
        return {letters: " ".join([*texts][:_EITHER]) for letters, texts in meant.items()}

    def _by_wording(self, text: str, scores: Floats) -> Floats:
        """A matter that is only named is put before what is forbidden about it; its procedure
        comes first where the order is asked for."""
        folded = fold(text)
        if len(_HAN.findall(folded)) <= _KEYWORD:
            return scores * self._power
        return scores * self._procedure if self._steps.search(folded) else scores

    def _of_kinds(self, kinds: frozenset[str]) -> NDArray[np.bool_]:
        """Which entries are of these kinds."""
        if kinds not in self._masks:
            self._masks[kinds] = np.isin(self._kinds, sorted(kinds))
        return self._masks[kinds]

    def _hit(self, n: int, score: float, text: str) -> Hit:
        entry: Known = self._entries[n]
        reasons = partial(why, self._weights, self._meanings, text, n, self._hardly)
        return Hit(entry.id, entry.kind, entry.title, round(float(score), 4), reasons)


@dataclass(frozen=True)
class _Read:
    """A message, scored."""

    text: str  # as it is understood
    whole: Floats  # by entry
    parts: Floats  # by clause and entry
    clauses: list[str]
    groups: list[list[int]]  # of clauses: one for each matter
    judged: Rows | None  # the whole and each clause, if a second opinion may be had of them


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, words)) or "(?!)")


def _two_best(scores: Floats) -> tuple[int, int]:
    """Numbers of the highest score and of the next; where there is but one, that one twice."""
    first = int(np.argmax(scores))
    scores[first] = -np.inf
    return first, int(np.argmax(scores))


def _highest(scores: Floats, count: int) -> NDArray[np.int64]:
    """Numbers of the highest scores, the highest first; of equal ones, the first first."""
    if count < len(scores):
        least = np.partition(scores, len(scores) - count)[len(scores) - count]
        some = np.flatnonzero(scores >= least)
    else:
        some = np.arange(len(scores))
    return some[np.argsort(-scores[some], kind="stable")][:count]
