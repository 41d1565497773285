"""Learning from mistakes: where a text's own entry does not come first, weights are moved.

The start is the mean of each entry's texts (`weights.centroids`). Then every phrasing is asked
as if it were a question. A feature that speaks for a wrong entry as loudly as for the right one
loses weight there and gains it here. Each time only half of a phrasing is heard, now and then
only how it sounds. Eight rounds, each softer than the last; from the third on, only what was
missed the time before is asked again. What is kept is the mean of several orders of asking.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from knowledge.search.corpus import ASIDE, FOUND, Corpus
from knowledge.search.meanings import Meanings
from knowledge.search.opinion import Opinion, formed
from knowledge.search.views import Bags, bags, by_ear
from knowledge.search.weights import Floats, Lesson, Places, Weights, centroids

_MARGIN = 0.15  # by how much the right entry must lead in learning
_LET = 0.1  # by how much one that lies near the right one may be ahead of it
_LEAST = 3  # texts that a feature must occur in to be learned from
_MOST_LEARNED = 2000  # entries: beyond, what was put down is all there is
_ORDERS = (1, 2, 3)  # one order alone gets two questions in a hundred wrong that others get right
_ROUNDS = 8
_STEP = 0.06
_RIVALS = 10  # at most so many wrong ones are pushed back at once
_SHARPNESS = 20.0  # the nearer a rival, the more of the push it gets
_HEARD = 0.5  # of each phrasing, half of its features, so that none gets used to leaning on one
_BY_EAR = 0.25  # so often its sounds alone, as of a text full of mistyped characters
_SMALL = 0.01  # weights below this are noise and not kept
_PART = 4096  # rows of the table looked through at once


@dataclass(frozen=True)
class Learned:
    """All that was learned from a book."""

    weights: Weights
    opinion: Opinion | None  # none of a very large book, or of one with hardly a word


def learn(made: Corpus, meanings: Meanings) -> Learned:
    """Learn from the texts of a corpus. A text may speak for several entries that are found;
    for what is only found when asked for, it is a text of its own."""
    said: dict[tuple[str, int], dict[int, None]] = {}
    for text, entry in made.texts:
        found = entry < len(made.entries) and made.entries[entry].kind in FOUND
        said.setdefault((text, -1 if found else entry), {})[entry] = None
    seen = bags([text for text, _ in said], meanings)
    own = [tuple(entries) for entries in said.values()]
    if made.count > _MOST_LEARNED:
        return Learned(centroids(seen, _lesson(own), made.count), None)
    # What hardly occurs can't be learned from, only learned by heart.
    start = centroids(seen, _lesson(own), made.count, least=_LEAST)
    if not len(start.values):
        return Learned(start, None)
    weights = _corrected(start, seen, own, _lead(made))
    # What is only found when asked for would take away what is likely from what is found.
    heard = {text: n for n, (text, on) in enumerate(said) if not 0 <= on < len(made.entries)}
    asked = bags([*heard], meanings)
    opinion = formed(weights.vocabulary, asked, [own[n] for n in heard.values()], made.count)
    return Learned(weights, opinion)


def _lesson(own: Sequence[Sequence[int]]) -> Lesson:
    """Each text speaks for its own entries."""
    pairs = [(n, entry) for n, entries in enumerate(own) for entry in entries]
    texts, entries_of = zip(*pairs, strict=True) if pairs else ((), ())
    return Lesson(np.array(texts, np.int64), np.array(entries_of, np.int64))


def _lead(made: Corpus) -> Floats:
    """How far an entry may be ahead of another that is right; outsiders don't mind each other."""
    lead = np.full((made.count, made.count), -_MARGIN, np.float32)
    for entry, other in made.friends:
        lead[entry, other] = _LET
    aside = [n for n, entry in enumerate(made.entries) if entry.kind in ASIDE]
    outside = len(made.entries)
    lead[aside] = lead[:, aside] = lead[outside:, outside:] = np.inf
    np.fill_diagonal(lead, np.inf)
    return lead


def _corrected(start: Weights, seen: Bags, own: Sequence[Sequence[int]], lead: Floats) -> Weights:
    """Better weights. `own`: each text's entries, of which any may come first; `lead[a, b]`: how
    far b may be ahead of a where a is right; negative: how far it must be behind."""
    cells, values = zip(
        *(_kept(_asked_in_order(order, start, seen, own, lead)) for order in _ORDERS), strict=True
    )
    every, back = np.unique(np.concatenate(cells), return_inverse=True)
    mean = (np.bincount(back, np.concatenate(values)) / len(_ORDERS)).astype(np.float32)
    every, mean = every[np.abs(mean) >= _SMALL], mean[np.abs(mean) >= _SMALL]
    starts = np.searchsorted(every // start.count, np.arange(len(start.vocabulary.features) + 1))
    return replace(
        start, starts=starts, entries=(every % start.count).astype(np.int32), values=mean
    )


def _asked_in_order(
    seed: int, start: Weights, seen: Bags, own: Sequence[Sequence[int]], lead: Floats
) -> Floats:
    owners, rows, values = start.vocabulary.rows(seen)
    ends = np.searchsorted(owners, np.arange(len(seen.ends)))
    sounds = by_ear(start.vocabulary.features)[rows]
    table = _dense(start)
    order = np.random.default_rng(seed)
    asked = np.arange(len(own))
    for turn in range(1, _ROUNDS + 1):
        missed = []
        for text in order.permutation(asked):
            part = slice(ends[text], ends[text + 1])
            heard = order.random(part.stop - part.start) < _HEARD
            if order.random() < _BY_EAR and sounds[part].any():
                heard = sounds[part]
            row, value = rows[part][heard], values[part][heard]
            value = value / max(float(np.sqrt(value @ value)), 1e-9)
            score = value @ table[row]
            right = max(own[text], key=score.__getitem__)
            wrong = np.flatnonzero(score > score[right] + lead[list(own[text])].max(0))
            if not len(wrong):
                continue
            missed.append(text)
            if len(wrong) > _RIVALS:
                wrong = wrong[np.argsort(-score[wrong], kind="stable")[:_RIVALS]]
            share = np.exp((score[wrong] - score[wrong].max()) * _SHARPNESS)
            value *= _STEP / turn
            table[row, right] += value
            table[np.ix_(row, wrong)] -= np.outer(value, share / share.sum())
        if turn > 1:
            asked = np.sort(np.array(missed, np.int64))
    return table


def _dense(weights: Weights) -> Floats:
    table = np.zeros((len(weights.vocabulary.features), weights.count), np.float32)
    row = np.repeat(np.arange(len(table)), np.diff(weights.starts))
    table[row, weights.entries] = weights.values
    return table


def _kept(table: Floats) -> tuple[Places, Floats]:
    """The cells of a table whose weights are worth keeping, and these. By parts, since a copy of
    the whole would take as much memory again."""
    cells = [
        start * table.shape[1] + np.flatnonzero(np.abs(table[start : start + _PART]) >= _SMALL)
        for start in range(0, len(table), _PART)
    ]
    every = np.concatenate(cells)
    return every, table.reshape(-1)[every]
