"""What was learned, kept in a file, so that a start takes no longer than reading it.

The shipped packs come with theirs (`tables/learned.npz`, made by `make learned`); what is learned
from other packs is kept with the user's caches. A file says what it was learned from, by a hash
of all words and of the code here: with other words or other code it is not used.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from knowledge.search.corpus import Corpus
from knowledge.search.learn import Learned
from knowledge.search.opinion import Opinion
from knowledge.search.weights import Vocabulary, Weights

Kept = Mapping[str, Any]

LEARNS = (
    *("corpus.py", "fold.py", "learn.py", "meanings.py", "opinion.py", "sounds.py"),
    *("views.py", "weights.py"),
    *("tables/folded.txt", "tables/sounds.txt"),
)
"""The code and tables that decide what is learned."""

_PARTS = ("place", "cells", "scale", "rest", "reads", "bias")  # of an opinion

SHIPPED = Path(__file__).parent / "tables" / "learned.npz"


def default_folder() -> Path:
    """Where this user's programs keep what can be made again."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "cunjian"


def mark(corpus: Corpus) -> str:
    """What is learned from: every word of it, and the code that learns."""
    near = (sorted(corpus.friends), corpus.same)
    said = (corpus.texts, corpus.entries, corpus.outside, corpus.asks)
    digest = hashlib.sha256(repr((near, said)).encode())
    for name in LEARNS:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()[:32]


def find(folder: Path, of: str, count: int) -> Learned | None:
    """What was kept of this, as shipped or in a folder; none if there is none or it is damaged."""
    return load(SHIPPED, of, count) or load(folder / f"search-{of}.npz", of, count)


def load(file: Path, of: str, count: int) -> Learned | None:
    """What a file keeps, if it was learned from this and is whole."""
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as kept:
            if str(kept["of"]) != of:
                return None
            weights = _weights(kept, count)
            return Learned(weights, _opinion(kept, weights) if "cells" in kept else None)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _weights(kept: Kept, count: int) -> Weights:
    starts = np.concatenate(([0], np.cumsum(kept["lengths"], dtype=np.int64)))
    entries, values = kept["entries"].astype(np.int32), kept["values"].astype(np.float32)
    features, telling = kept["features"], kept["telling"].astype(np.float32)
    fits = len(telling) == len(features) == len(starts) - 1 and len(entries) == len(values)
    if not fits or starts[-1] != len(entries) or (len(entries) and int(entries.max()) >= count):
        raise ValueError
    vocabulary = Vocabulary(features, telling, float(kept["unseen"]))
    return Weights(vocabulary, starts, entries, values, count)


def _opinion(kept: Kept, weights: Weights) -> Opinion:
    opinion = Opinion(*(kept[name] for name in _PARTS))
    features, cells = opinion.cells.shape
    fits = len(opinion.place) == len(weights.vocabulary.features)
    fits = fits and int(opinion.place.max(initial=-1)) == features - 1
    if not fits or opinion.reads.shape != (cells, weights.count):
        raise ValueError
    return opinion


def rounded(learned: Learned) -> Learned:
    """As a file keeps it, so that what was just learned answers as what was loaded."""
    weights, vocabulary = learned.weights, learned.weights.vocabulary
    telling = vocabulary.telling.astype(np.float16).astype(np.float32)
    values = weights.values.astype(np.float16).astype(np.float32)
    vocabulary = replace(vocabulary, telling=telling)
    return replace(learned, weights=replace(weights, vocabulary=vocabulary, values=values))


def save(file: Path, of: str, learned: Learned) -> None:
    """Keep it, whole or not at all; where nothing may be written, nothing is."""
    weights, opinion = learned.weights, learned.opinion
    parts: dict[str, Any] = {
        "of": np.array(of),
        "unseen": np.float64(weights.vocabulary.unseen),
        "features": weights.vocabulary.features,
        "telling": weights.vocabulary.telling.astype(np.float16),
        "lengths": np.diff(weights.starts).astype(np.uint16),
        "entries": weights.entries.astype(np.int16 if weights.count < 2**15 else np.int32),
        "values": weights.values.astype(np.float16),
    }
    if opinion is not None:
        parts |= {name: getattr(opinion, name) for name in _PARTS}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as draft:
            np.savez_compressed(draft, **parts)
        os.replace(draft.name, file)
    except OSError:
        return
