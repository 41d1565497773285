"""Weights from features to entries, kept sparse: only what a text has is looked at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.search.views import Bags, Numbers, trust

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
Rows = tuple[Places, Places, Floats]
"""Of each feature: its text, rising; its row of the vocabulary; its weight in the text."""


@dataclass(frozen=True)
class Vocabulary:
    """The features that occur, and what each tells: the fewer texts have it, the more."""

    features: Numbers  # rising
    telling: Floats
    unseen: float  # what a feature tells that nobody has used yet

    @classmethod
    def of(cls, bags: Bags, least: int = 1) -> "Vocabulary":
        """What occurs in at least so many of these texts."""
        features, count = np.unique(bags.features, return_counts=True)
        features, count = features[count >= least], count[count >= least]
        texts = len(bags.ends)
        telling = np.log(texts / (count + 0.5)).astype(np.float32) * trust(features)
        return cls(features, telling, float(np.log(2 * texts)))

    def rows(self, bags: Bags) -> Rows:
        """Of the features that are known: their text, their row, their weight in the text.

        Weights are as of a text of length one; what is unknown counts towards the length.
        """
        if not len(self.features):
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
        row = np.searchsorted(self.features, bags.features)
        row[row == len(self.features)] = 0
        known = self.features[row] == bags.features
        weight = np.where(known, self.telling[row], self.unseen * trust(bags.features))
        length = np.sqrt(np.bincount(bags.owners, weight * weight, len(bags.ends) - 1))
        part = (weight / np.maximum(length, 1e-9)[bags.owners]).astype(np.float32)
        return bags.owners[known], row[known], part[known]


@dataclass(frozen=True)
class Weights:
    """For each feature, which entries it speaks for and how much."""

    vocabulary: Vocabulary
    starts: Places  # by row of the vocabulary
    entries: NDArray[np.int32]
    values: Floats
    count: int  # how many entries there are

    def score(self, bags: Bags) -> Floats:
        """A row for each text: how much it speaks for each entry, in all."""
        return self.score_rows(self.vocabulary.rows(bags), len(bags.ends) - 1)

    def score_rows(self, known: Rows, texts: int) -> Floats:
        """The same for texts of which the rows were looked up before."""
        if not len(self.entries):
            return np.zeros((texts, self.count), np.float32)
        text, rows, weight = known
        starts = self.starts[rows]
        sizes = self.starts[rows + 1] - starts
        places = spread(starts, sizes)
        cells = np.repeat(text * self.count, sizes) + self.entries[places]
        spoken = self.values[places] * np.repeat(weight, sizes)
        scores = np.bincount(cells, spoken, texts * self.count).astype(np.float32)
        return scores.reshape(texts, self.count)


def spread(starts: Places, sizes: Places) -> Places:
    """The places of several stretches, one stretch after another."""
    return np.arange(int(sizes.sum())) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes)


@dataclass(frozen=True)
class Lesson:
    """Texts and the entries that each of them speaks for, one cell a pair."""

    text: Places
    entry: Places


def centroids(bags: Bags, lesson: Lesson, count: int, least: int = 1) -> Weights:
    """Each entry weighted by the mean of its texts: quick, for any number of entries.

    Features that fewer than `least` texts have are left out.
    """
    vocabulary = Vocabulary.of(bags, least)
    owners, rows, part = vocabulary.rows(bags)
    ends = np.searchsorted(owners, np.arange(len(bags.ends)))
    # One cell for each feature of each text of each entry that the text speaks for.
    sizes = np.diff(ends)[lesson.text]
    places = spread(ends[:-1][lesson.text], sizes)
    entry = np.repeat(lesson.entry, sizes)
    cells, back = np.unique(rows[places] * count + entry, return_inverse=True)
    values = np.bincount(back, part[places])
    entries = (cells % count).astype(np.int32)
    norm = np.sqrt(np.bincount(entries, values * values, count))
    kept = (values / np.maximum(norm, 1e-9)[entries]).astype(np.float32)
    starts = np.searchsorted(cells // count, np.arange(len(vocabulary.features) + 1))
    return Weights(vocabulary, starts, entries, kept, count)
