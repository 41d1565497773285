"""Weights from features to entries, kept sparse: only what a text has is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.search.views import SIZE, Features

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Samples:
    """Texts as features, one after another, each with the number of what it stands for."""

    found: Ints  # features as rows of the vocabulary
    ends: NDArray[np.int64]  # where each text begins, and the end of the last
    stands_for: Ints
    vocabulary: Ints  # feature → row, zero if never seen
    idf: Floats  # by row

    @classmethod
    def of(cls, texts: Sequence[Features], stands_for: Sequence[int]) -> "Samples":
        """Number the features that occur and weigh each by how few texts have it."""
        ends = np.concatenate(([0], np.cumsum([len(each) for each in texts])))
        every = np.concatenate(texts) if len(texts) else np.zeros(0, np.uint32)
        seen, rows = np.unique(every, return_inverse=True)
        vocabulary = np.zeros(SIZE, np.int32)
        vocabulary[seen] = np.arange(1, len(seen) + 1)
        count = np.bincount(rows + 1, minlength=len(seen) + 1)
        idf = np.log((len(texts) + 1) / (count + 0.5)).astype(np.float32)
        idf[0] = np.log(2 * len(texts) + 2)
        return cls(
            (rows + 1).astype(np.int32), ends, np.asarray(stands_for, np.int32), vocabulary, idf
        )


@dataclass(frozen=True)
class Weights:
    """For each feature, which entries it speaks for and how much."""

    vocabulary: Ints
    idf: Floats
    starts: NDArray[np.int64]
    entries: Ints
    values: Floats
    count: int

    def score(self, found: Features) -> Floats:
        """How much the features speak for each entry, in all."""
        rows = self.vocabulary[found]
        weight = self.idf[rows]
        length = float(np.sqrt(np.dot(weight, weight))) or 1.0
        weight = weight[rows > 0] / length
        rows = rows[rows > 0]
        starts = self.starts[rows]
        sizes = self.starts[rows + 1] - starts
        total = int(sizes.sum())
        if not total:
            return np.zeros(self.count, np.float32)
        places = np.arange(total) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
        spoken = self.values[places] * np.repeat(weight, sizes)
        return np.bincount(self.entries[places], spoken, self.count).astype(np.float32)


def centroids(samples: Samples, count: int) -> Weights:
    """Each entry weighted by the mean of its texts: quick to compute, for any number of entries."""
    weight = samples.idf[samples.found]
    sizes = np.diff(samples.ends)
    text = np.repeat(np.arange(len(sizes)), sizes)
    length = np.sqrt(np.bincount(text, weight * weight, len(sizes)))
    weight = weight / np.maximum(length, 1e-9)[text]
    key = samples.found.astype(np.int64) * count + samples.stands_for[text]
    cells, back = np.unique(key, return_inverse=True)
    values = np.bincount(back, weight)
    entries = (cells % count).astype(np.int32)
    norm = np.sqrt(np.bincount(entries, values * values, count))
    values = (values / np.maximum(norm, 1e-9)[entries]).astype(np.float32)
    starts = np.searchsorted(cells // count, np.arange(len(samples.idf) + 1))
    return Weights(samples.vocabulary, samples.idf, starts, entries, values, count)
