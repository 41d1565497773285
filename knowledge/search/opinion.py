"""A second opinion: a small network that knows what features mean together.

The weights add up what each feature tells by itself. That a cousin speaks for one entry beside a
tender and for another beside an allowance, they can't tell. The network squeezes the features of
a text into some hundred cells and reads the entries from these. It learns every time from another
third of a text's features and with some cells asleep, so that it leans on none of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import EllipsisType

import numpy as np
from numpy.typing import NDArray

from knowledge.search.views import Bags, by_ear
from knowledge.search.weights import Floats, Places, Vocabulary, spread

_LEAST = 16  # texts that a feature must occur in, to learn what it means beside others
_CELLS = 128
_ROUNDS = 14
_AT_ONCE = 64  # texts
_STEP = 0.002
_HEARD = 0.35  # of each text's features
_BY_EAR = 0.2  # so often its sounds alone, as of a text full of mistyped characters
_AWAKE = 0.7  # of the cells
_LOUD = 5.0  # a text has length one and a hundred features: without this nothing is heard
_LONG, _LONGER = 0.9, 0.999  # how long gradients are remembered, and their squares
_DOUBT = 8.0  # an entry that is less likely than e to the power of minus this is out of question


@dataclass(frozen=True)
class Opinion:
    """The network: from features to cells, and from cells to entries."""

    place: NDArray[np.int32]  # by row of the vocabulary: its feature here; -1: occurs too seldom
    cells: NDArray[np.int8]  # by feature and cell
    scale: Floats  # by cell: what one step of `cells` is worth
    rest: Floats  # by cell: what it is without any feature
    reads: Floats  # by cell and entry
    bias: Floats  # by entry

    def think(self, rows: Places, part: Floats) -> Floats:
        """How likely each entry is, from 0 (out of question) to 1, for a text of these rows of
        the vocabulary with these weights."""
        place = self.place[rows]
        often = place >= 0
        felt = part[often] @ self.cells[place[often]].astype(np.float32)
        woken = np.maximum(felt * (self.scale * _LOUD) + self.rest, 0)
        score = woken @ self.reads + self.bias
        score -= score.max()
        likely: Floats = np.clip(1 + (score - np.log(np.exp(score).sum())) / _DOUBT, 0, 1)
        return likely.astype(np.float32)


def formed(
    vocabulary: Vocabulary, seen: Bags, own: Sequence[Sequence[int]], count: int
) -> Opinion | None:
    """The network after learning from texts, each with the entries that are right for it (any may
    come first); none if there are too few texts to learn from."""
    text, rows, part = vocabulary.rows(seen)
    often = np.bincount(rows, minlength=len(vocabulary.features)) >= _LEAST
    place = np.where(often, np.cumsum(often) - 1, -1)
    text, rows, part = text[often[rows]], place[rows[often[rows]]], part[often[rows]]
    if not len(rows):
        return None
    starts = np.searchsorted(text, np.arange(len(seen.ends)))
    sounds = by_ear(vocabulary.features[often])[rows]
    network = _Network(int(often.sum()), count)
    network.learn(_Lesson(rows, part, starts, sounds, own))
    scale = np.maximum(np.abs(network.cells).max(0), 1e-9) / 127
    cells = np.rint(network.cells / scale).astype(np.int8)
    return Opinion(place.astype(np.int32), cells, scale, network.rest, network.reads, network.bias)


@dataclass(frozen=True)
class _Lesson:
    """Texts as rows of the network with their weights, and the entries that are right."""

    rows: Places
    part: Floats
    starts: Places
    sounds: NDArray[np.bool_]
    own: Sequence[Sequence[int]]


class _Network:
    """The network while it learns, with the moving means of its gradients (Adam)."""

    def __init__(self, features: int, count: int) -> None:
        self.order = np.random.default_rng(1)
        self.cells = self.order.normal(0, 0.1, (features, _CELLS)).astype(np.float32)
        self.rest = np.zeros(_CELLS, np.float32)
        reach = 1 / math.sqrt(_CELLS)
        self.reads = self.order.uniform(-reach, reach, (_CELLS, count)).astype(np.float32)
        self.bias = np.zeros(count, np.float32)
        self._means = {
            name: (np.zeros_like(weights), np.zeros_like(weights))
            for name, weights in vars(self).items()
            if isinstance(weights, np.ndarray)
        }
        self._steps = 0

    def learn(self, lesson: _Lesson) -> None:
        """Several rounds through all texts, each more careful than the last."""
        texts = len(lesson.own)
        for turn in range(_ROUNDS):
            pace = _STEP * (1.05 - turn / _ROUNDS)
            asked = self.order.permutation(texts)
            for start in range(0, texts, _AT_ONCE):
                self._ask(lesson, asked[start : start + _AT_ONCE], pace)

    def _ask(self, lesson: _Lesson, texts: Places, pace: float) -> None:
        """Think about some texts; what led to the right entries grows, what led astray shrinks."""
        rows, said = self._heard(lesson, texts)
        felt = said @ self.cells[rows] * np.float32(_LOUD) + self.rest
        awake = (felt > 0) & (self.order.random(felt.shape) < _AWAKE)
        woken = np.where(awake, felt / np.float32(_AWAKE), 0)
        score = woken @ self.reads + self.bias
        likely = np.exp(score - score.max(1, keepdims=True))
        likely /= likely.sum(1, keepdims=True)
        right = np.zeros_like(likely)
        for text, entries in enumerate(lesson.own[n] for n in texts):
            right[text, list(entries)] = likely[text, list(entries)] + 1e-12
        wrong = (likely - right / right.sum(1, keepdims=True)) / len(texts)
        back = np.where(awake, wrong @ self.reads.T / np.float32(_AWAKE), 0)
        self._steps += 1
        self._move("reads", ..., woken.T @ wrong, pace)
        self._move("bias", ..., wrong.sum(0), pace)
        self._move("rest", ..., back.sum(0), pace)
        self._move("cells", rows, said.T @ back * np.float32(_LOUD), pace)

    def _heard(self, lesson: _Lesson, texts: Places) -> tuple[Places, Floats]:
        """Some of the features of some texts: their rows, and a table of texts by rows."""
        starts, ends = lesson.starts[texts], lesson.starts[texts + 1]
        places = spread(starts, ends - starts)
        text = np.repeat(np.arange(len(texts)), ends - starts)
        sounds_alone = (self.order.random(len(texts)) < _BY_EAR)[text]
        heard = self.order.random(len(places)) < np.where(sounds_alone, 2 * _HEARD, _HEARD)
        heard &= ~sounds_alone | lesson.sounds[places]
        places, text = places[heard], text[heard]
        rows, column = np.unique(lesson.rows[places], return_inverse=True)
        said = np.zeros((len(texts), len(rows)), np.float32)
        said[text, column] = lesson.part[places]
        said /= np.maximum(np.sqrt((said * said).sum(1, keepdims=True)), 1e-6)
        return rows, said

    def _move(self, name: str, at: "Places | EllipsisType", gradient: Floats, pace: float) -> None:
        """Against the mean of the gradients so far, the less the more they vary."""
        weights, (mean, square) = getattr(self, name), self._means[name]
        mean[at] += np.float32(1 - _LONG) * (gradient - mean[at])
        square[at] += np.float32(1 - _LONGER) * (gradient * gradient - square[at])
        pace *= math.sqrt(1 - _LONGER**self._steps) / (1 - _LONG**self._steps)
        weights[at] -= np.float32(pace) * mean[at] / (np.sqrt(square[at]) + np.float32(1e-8))
