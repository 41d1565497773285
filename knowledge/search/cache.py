"""What was learned, kept in a file, so that a start takes no longer than reading it.

The shipped packs come with theirs (`tables/learned.npz`, made by `make learned`); what is learned
from other packs is kept with the user's caches. A file says what it was learned from, by a hash
of all words and of the code here: with other words or other code it is not used.
"""

import hashlib
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from knowledge.search.corpus import Corpus
from knowledge.search.weights import Vocabulary, Weights

LEARNS = (
    *("corpus.py", "fold.py", "learn.py", "meanings.py", "sounds.py", "views.py", "weights.py"),
    *("tables/folded.txt", "tables/sounds.txt"),
)
"""The code and tables that decide what is learned."""

SHIPPED = Path(__file__).parent / "tables" / "learned.npz"


def default_folder() -> Path:
    """Where this user's programs keep what can be made again."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "cunjian"


def mark(corpus: Corpus) -> str:
    """What is learned from: every word of it, and the code that learns."""
    near = (sorted(corpus.friends), sorted(corpus.lends), corpus.same)
    said = (corpus.texts, corpus.entries, corpus.outside, corpus.asks)
    digest = hashlib.sha256(repr((near, said)).encode())
    for name in LEARNS:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()[:32]


def find(folder: Path, of: str, count: int) -> Weights | None:
    """What was kept of this, as shipped or in a folder; none if there is none or it is damaged."""
    return load(SHIPPED, of, count) or load(folder / f"search-{of}.npz", of, count)


def load(file: Path, of: str, count: int) -> Weights | None:
    """What a file keeps, if it was learned from this and is whole."""
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as kept:
            if str(kept["of"]) != of:
                return None
            features, unseen = kept["features"], float(kept["unseen"])
            telling = kept["telling"].astype(np.float32)
            starts = np.concatenate(([0], np.cumsum(kept["lengths"], dtype=np.int64)))
            entries = kept["entries"].astype(np.int32)
            values = kept["values"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    fits = len(telling) == len(features) == len(starts) - 1 and len(entries) == len(values)
    if not fits or starts[-1] != len(entries) or (len(entries) and int(entries.max()) >= count):
        return None
    return Weights(Vocabulary(features, telling, unseen), starts, entries, values, count)


def rounded(weights: Weights) -> Weights:
    """As a file keeps it, so that what was just learned answers as what was loaded."""
    vocabulary = weights.vocabulary
    telling = vocabulary.telling.astype(np.float16).astype(np.float32)
    values = weights.values.astype(np.float16).astype(np.float32)
    return replace(weights, vocabulary=replace(vocabulary, telling=telling), values=values)


def save(file: Path, of: str, weights: Weights) -> None:
    """Keep it, whole or not at all; where nothing may be written, nothing is."""
    vocabulary = weights.vocabulary
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as draft:
            np.savez_compressed(
                draft,
                of=np.array(of),
                unseen=np.float64(vocabulary.unseen),
                features=vocabulary.features,
                telling=vocabulary.telling.astype(np.float16),
                lengths=np.diff(weights.starts).astype(np.uint16),
                entries=weights.entries.astype(np.int16 if weights.count < 2**15 else np.int32),
                values=weights.values.astype(np.float16),
            )
        os.replace(draft.name, file)
    except OSError:
        return
