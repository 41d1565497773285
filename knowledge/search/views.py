"""What a text is known by: runs of characters, of sounds and of meanings, each as a number.

A text is looked at in several ways at once (views). In each view it is a row of codes, zero
where a word ends; every run of one to three codes is a feature. So a wrong character spoils a
few features of one view, and the other views still know the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.search.fold import fold
from knowledge.search.meanings import AMOUNT, FIRST, Meanings
from knowledge.search.sounds import SYLLABLE, sounds

Row = NDArray[np.int32]
Numbers = NDArray[np.uint32]

# How much a run tells, by view and length; found by leaving out a fifth of the phrasings.
TRUST = np.array([2, 1, 0.5, 1.0, 0.75, 0.4, 0.2, 1.5, 1.5, 0.7, 1.0], np.float32)
_VIEW = 27  # the bits above tell the view
_HEARD = (3, 4, 5, 6)  # the views that know how a text sounds and nothing else
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LETTERS = re.compile("[a-z]+")
_END = "\n"  # between two texts; folding leaves none inside


@dataclass(frozen=True)
class Bags:
    """Texts as features: each text's features once, in rising order, one text after another."""

    features: Numbers
    ends: NDArray[np.int64]  # where each text begins, and where the last ends

    @property
    def owners(self) -> NDArray[np.int64]:
        """For each feature, the number of its text."""
        return np.repeat(np.arange(len(self.ends) - 1), np.diff(self.ends))


def trust(features: Numbers) -> NDArray[np.float32]:
    """How much each feature tells by the way it was seen."""
    told: NDArray[np.float32] = TRUST[features >> np.uint32(_VIEW)]
    return told


def by_ear(features: Numbers) -> NDArray[np.bool_]:
    """Which features are of sounds alone."""
    return np.isin(features >> np.uint32(_VIEW), _HEARD)


def bags(texts: Sequence[str], meanings: Meanings) -> Bags:
    """The features of texts, all at once: a thousand cost little more than one."""
    table = sounds()
    chars = _spelt_out(_END.join(map(fold, texts)))
    spoken = table.spell(chars).replace(" ", "\0")
    spoken = "".join(_END if c == _END else s for c, s in zip(chars, spoken, strict=True))
    written = _codes(chars)
    heard = _codes(spoken) - SYLLABLE
    heard[heard < 0] = 0
    read, maybe = _codes(meanings.read(chars)), _codes(meanings.hear(chars, spoken))
    own, own_read, own_maybe = _owners(chars), _owners_of(read), _owners_of(maybe)
    clean, sure = _words(written), _words(read)
    parts = [
        *(_runs(clean, own, n, n - 1) for n in (1, 2, 3)),
        *(_runs(heard, own, n, n + 1) for n in (2, 3)),
        *(_runs(table.alike[heard], own, n, n + 3) for n in (2, 3)),
        *(_runs(sure, own_read, n, n + 6, with_meaning=True) for n in (1, 2, 3)),
        _runs(_words(maybe), own_maybe, 1, 10, with_meaning=True),
    ]
    cells = np.unique(np.concatenate(parts))
    ends = np.searchsorted(cells, np.arange(len(texts) + 1, dtype=np.uint64) << np.uint64(32))
    return Bags((cells & np.uint64(0xFFFFFFFF)).astype(np.uint32), ends)


def with_whole(clauses: Bags) -> Bags:
    """Clauses, and before them the text they make up: no run goes beyond a clause anyway."""
    whole = np.unique(clauses.features)
    ends = np.concatenate(([0], clauses.ends + len(whole)))
    return Bags(np.concatenate((whole, clauses.features)), ends)


def _spelt_out(folded: str) -> str:
    """The text with syllables for the Latin letters that spell some, and none of the others."""
    if not _LETTERS.search(folded):
        return folded
    read = sounds().read

    def syllables(found: re.Match[str]) -> str:
        return "".join(chr(SYLLABLE + each) for each in read(found.group())) or " "

    spelt = _LETTERS.sub(syllables, folded)
    # Spaces between syllables that were typed one by one don't part words.
    typed = f"[{chr(SYLLABLE)}-{chr(SYLLABLE + 999)}]"
    return re.sub(f"(?<={typed}) (?={typed})", "", spelt)


def _codes(text: str) -> Row:
    return np.frombuffer(text.encode("utf-32-le"), np.int32).copy()


def _owners(text: str) -> Row:
    return _owners_of(_codes(text))


def _owners_of(codes: Row) -> Row:
    """For each place the number of its text."""
    return np.cumsum(codes == ord(_END)).astype(np.int32)


def _words(codes: Row) -> Row:
    """Codes with zero where words are parted and where there is only a sound."""
    return np.where((codes <= 0x20) | (codes >= SYLLABLE), 0, codes)


def _runs(
    row: Row, owners: Row, n: int, view: int, *, with_meaning: bool = False
) -> NDArray[np.uint64]:
    """Every run of n codes without a gap: the number of its text above, its feature below."""
    count = max(len(row) - n + 1, 0)
    mixed = np.full(count, n, np.uint64)
    whole = np.ones(count, bool)
    meaning = np.zeros(count, bool)
    for shift in range(n):
        codes = row[shift : shift + count]
        whole &= codes > 0
        meaning |= (codes >= FIRST) & (codes <= ord(AMOUNT))
        mixed = (mixed ^ codes.astype(np.uint64)) * _MIX
        mixed ^= mixed >> np.uint64(29)
    kept = whole & meaning if with_meaning else whole
    feature = (mixed[kept] >> np.uint64(64 - _VIEW)) | np.uint64(view << _VIEW)
    return (owners[:count][kept].astype(np.uint64) << np.uint64(32)) | feature
