"""What was learned, kept in a file, so that a start takes no longer than reading it.

The file is named by a hash of everything it was learned from, the code included: with other
words or other code it is simply not found, and learning begins anew.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from knowledge.search.corpus import Corpus
from knowledge.search.weights import Vocabulary, Weights

_KEPT = 4  # files of other packs or versions
_ARRAYS = ("features", "telling", "starts", "entries", "values")


def default_folder() -> Path:
    """Where this user's programs keep what can be made again."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "cunjian"


def name(corpus: Corpus) -> str:
    """The file for what is learned from this."""
    read = (corpus.texts, corpus.same, corpus.entries, corpus.outside, corpus.asks)
    linked = (sorted(corpus.friends), sorted(corpus.lends))
    digest = hashlib.sha256(repr((np.__version__, read, linked)).encode())
    for source in sorted(Path(__file__).parent.glob("**/*")):
        if source.suffix in (".py", ".txt"):
            digest.update(source.read_bytes())
    return f"search-{digest.hexdigest()[:32]}.npz"


def load(file: Path, count: int) -> Weights | None:
    """What was kept, or none if there is nothing or it can't be read."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            arrays = [kept[each] for each in _ARRAYS]
            unseen = float(kept["unseen"])
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return None
    features, telling, starts, entries, values = arrays
    fits = len(telling) == len(features) == len(starts) - 1 and len(entries) == len(values)
    if not fits or (len(entries) and int(entries.max()) >= count):
        return None
    return Weights(Vocabulary(features, telling, unseen), starts, entries, values, count)


def save(file: Path, weights: Weights) -> None:
    """Keep it, whole or not at all; where nothing may be written, nothing is."""
    vocabulary = weights.vocabulary
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as draft:
            np.savez(
                draft,
                features=vocabulary.features,
                telling=vocabulary.telling,
                unseen=np.float64(vocabulary.unseen),
                starts=weights.starts,
                entries=weights.entries,
                values=weights.values,
            )
        os.replace(draft.name, file)
        kept = sorted(file.parent.glob("search-*.npz"), key=lambda each: each.stat().st_mtime)
        for old in kept[:-_KEPT]:
            old.unlink()
    except OSError:
        return
