"""Learning from mistakes: where a text's own entry does not come first, weights are moved.

The start is the mean of each entry's texts (`weights.centroids`). Then every phrasing is asked
as if it were a question. A feature that speaks for a wrong entry as loudly as for the right one
loses weight there and gains it here. Each time only half of a phrasing is heard. Five rounds,
each softer than the last, in an order that is the same every time; from the third on, only what
was missed the time before is asked again.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from knowledge.search.views import Bags
from knowledge.search.weights import Floats, Weights

_ROUNDS = 5
_STEP = 0.1
_MARGIN = 0.15  # by how much the right entry must lead
_RIVALS = 10  # at most so many wrong ones are pushed back at once
_SHARPNESS = 20.0  # the nearer a rival, the more of the push it gets
_HEARD = 0.5  # of each phrasing, half of its features, so that none gets used to leaning on one
_SMALL = 0.01  # weights below this are noise and not kept


def learn(
    start: Weights, bags: Bags, own: Sequence[Sequence[int]], friends: NDArray[np.bool_]
) -> Weights:
    """Better weights. `own`: each text's entries, of which any may come first; `friends[a, b]`:
    b may well come before a."""
    owners, rows, values = start.vocabulary.rows(bags)
    ends = np.searchsorted(owners, np.arange(len(bags.ends)))
    table = _dense(start)
    order = np.random.default_rng(1)
    asked = np.arange(len(own))
    for turn in range(1, _ROUNDS + 1):
        missed = []
        for text in order.permutation(asked):
            part = slice(ends[text], ends[text + 1])
            heard = order.random(part.stop - part.start) < _HEARD
            row, value = rows[part][heard], values[part][heard]
            value = value / max(float(np.sqrt(value @ value)), 1e-9)
            score = value @ table[row]
            right = max(own[text], key=score.__getitem__)
            ahead = (score > score[right] - _MARGIN) & ~friends[list(own[text])].any(0)
            wrong = np.flatnonzero(ahead)
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
    return _sparse(start, table)


def _dense(weights: Weights) -> Floats:
    table = np.zeros((len(weights.vocabulary.features), weights.count), np.float32)
    row = np.repeat(np.arange(len(table)), np.diff(weights.starts))
    table[row, weights.entries] = weights.values
    return table


def _sparse(start: Weights, table: Floats) -> Weights:
    """Weights worth keeping; the table is given up."""
    table[np.abs(table) < _SMALL] = 0
    row, entries = np.nonzero(table)
    starts = np.searchsorted(row, np.arange(len(table) + 1))
    return replace(
        start, starts=starts, entries=entries.astype(np.int32), values=table[row, entries]
    )
