"""By which words of a question an entry was found, as they were typed."""

import re

from knowledge.search.fold import fold_with_places
from knowledge.search.meanings import Meanings
from knowledge.search.views import bags
from knowledge.search.weights import Weights

_MOST_READ = 120  # characters; the reasons shown come from the beginning of a long message
_MOST_SHOWN = 3
_TELLS = 0.15  # by itself a word must speak this much for the entry
_HAN = re.compile(r"[\u4e00-\u9fff]+")


def why(
    weights: Weights, meanings: Meanings, text: str, entry: int, hardly: frozenset[str]
) -> tuple[str, ...]:
    """The words that speak most for an entry, in the order of the text; none of `hardly`."""
    folded, places = fold_with_places(text[:_MOST_READ])
    spans = list(meanings.spans(folded))
    for run in _HAN.finditer(folded):
        spans += [
            (start, start + size)
            for size in (2, 3)
            for start in range(run.start(), run.end() - size + 1)
        ]
    spans = [span for span in dict.fromkeys(spans) if folded[span[0] : span[1]] not in hardly]
    if not spans:
        return tuple(folded.split()[:_MOST_SHOWN])
    scores = weights.score(bags([folded[a:b] for a, b in spans], meanings))[:, entry]
    taken: list[tuple[int, int]] = []
    for n in scores.argsort(kind="stable")[::-1]:
        start, end = spans[n]
        if scores[n] < _TELLS or len(taken) == _MOST_SHOWN:
            break
        if all(end <= a or start >= b for a, b in taken):
            taken.append((start, end))
    return tuple(text[places[a] : places[b - 1] + 1] for a, b in sorted(taken))
