"""Weights from features to entries, kept sparse: only what a text has is looked at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.search.views import Bags, Numbers, trust

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Vocabulary:
    """The features that occur, and what each tells: the fewer texts have it, the more."""

    features: Numbers  # rising
    telling: Floats
    unseen: float  # what a feature tells that nobody has used yet

    @classmethod
    def of(cls, bags: Bags) -> "Vocabulary":
        """What occurs in these texts."""
        features, count = np.unique(bags.features, return_counts=True)
        texts = len(bags.ends)
        telling = np.log(texts / (count + 0.5)).astype(np.float32) * trust(features)
        return cls(features, telling, float(np.log(2 * texts)))

    def rows(self, features: Numbers) -> tuple[Places, Floats]:
        """Rows of the features that are known, with weights as of a text of length one."""
        row = np.minimum(np.searchsorted(self.features, features), len(self.features) - 1)
        known = self.features[row] == features
        weight = np.where(known, self.telling[row], self.unseen * trust(features))
        length = float(np.sqrt(np.dot(weight, weight))) or 1.0
        return row[known], (weight[known] / length).astype(np.float32)


@dataclass(frozen=True)
class Weights:
    """For each feature, which entries it speaks for and how much."""

    vocabulary: Vocabulary
    starts: Places  # by row of the vocabulary
    entries: NDArray[np.int32]
    values: Floats
    count: int  # how many entries there are

    def score(self, features: Numbers) -> Floats:
        """How much these features of one text speak for each entry, in all."""
        if not len(features) or not len(self.entries):
            return np.zeros(self.count, np.float32)
        rows, weight = self.vocabulary.rows(features)
        starts = self.starts[rows]
        sizes = self.starts[rows + 1] - starts
        total = int(sizes.sum())
        places = np.arange(total) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
        spoken = self.values[places] * np.repeat(weight, sizes)
        return np.bincount(self.entries[places], spoken, self.count).astype(np.float32)


@dataclass(frozen=True)
class Lesson:
    """Texts and the entries that each of them speaks for, one cell a pair."""

    text: Places
    entry: Places
    share: Floats  # one if the text is the entry's own, less if it is lent by a relative


def centroids(bags: Bags, lesson: Lesson, count: int) -> Weights:
    """Each entry weighted by the mean of its texts: quick to compute, for any number of entries."""
    vocabulary = Vocabulary.of(bags)
    rows = np.searchsorted(vocabulary.features, bags.features)
    weight = vocabulary.telling[rows]
    length = np.sqrt(np.bincount(bags.owners, weight * weight, len(bags.ends) - 1))
    weight = weight / np.maximum(length, 1e-9)[bags.owners]
    # One cell for each feature of each text of each entry that the text speaks for.
    sizes = np.diff(bags.ends)[lesson.text]
    total = int(sizes.sum())
    places = np.arange(total) + np.repeat(bags.ends[lesson.text] - np.cumsum(sizes) + sizes, sizes)
    entry, share = np.repeat(lesson.entry, sizes), np.repeat(lesson.share, sizes)
    cells, back = np.unique(rows[places] * count + entry, return_inverse=True)
    values = np.bincount(back, weight[places] * share)
    entries = (cells % count).astype(np.int32)
    norm = np.sqrt(np.bincount(entries, values * values, count))
    values = (values / np.maximum(norm, 1e-9)[entries]).astype(np.float32)
    starts = np.searchsorted(cells // count, np.arange(len(vocabulary.features) + 1))
    return Weights(vocabulary, starts, entries, values, count)
