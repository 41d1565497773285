"""What a text is known by: runs of characters, of sounds and of meanings, each as a number.

A text is looked at in several ways at once (views). In each view it is a row of codes, zero
where a word ends; every run of one to three codes is a feature. So a wrong character spoils a
few features of one view, and the other views still know the text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.search.fold import fold
from knowledge.search.sounds import sounds

Features = NDArray[np.uint32]

SIZE = 1 << 22
"""How many different features can be told apart; two may share a number, few do."""

_PRIVATE = 0xE000  # where Unicode leaves room: one code for each meaning
_NUMBER = 0xF8FF  # any amount of anything
_MIX = np.uint64(0x9E3779B97F4A7C15)
_AMOUNT = re.compile(
    "[0-9]+|[\u4e00\u4e8c\u4e24\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341"
    "\u767e\u5343\u4e07\u96f6]{2,}"
)
_PIECES = re.compile(r"[a-z]+|[^a-z]+")


@dataclass(frozen=True)
class Meanings:
    """Words that mean the same here, each group as one code."""

    code: Mapping[str, str]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, groups: Mapping[str, Iterable[str]]) -> "Meanings":
        """From groups of words; the name of a group is one of its words."""
        code = {
            fold(word): chr(_PRIVATE + n)
            for n, (name, words) in enumerate(groups.items())
            for word in (*words, name)
        }
        longest_first = sorted(code, key=len, reverse=True)
        return cls(code, re.compile("|".join(map(re.escape, longest_first)) or "(?!)"))

    def read(self, folded: str) -> str:
        """The text with each known word as one code."""
        named = self.pattern.sub(lambda found: self.code[found.group()], folded)
        return _AMOUNT.sub(chr(_NUMBER), named)


def features(text: str, meanings: Meanings) -> Features:
    """The features of a text, each once, in rising order."""
    folded = fold(text)
    chars, heard = _chars_and_sounds(folded)
    known = sounds()
    meant = _codes(meanings.read(folded))
    meant[(meant >= ord("a")) & (meant <= ord("z"))] = 0
    parts = [
        *(_runs(chars, n, n) for n in (1, 2, 3)),
        *(_runs(heard, n, 10 + n) for n in (2, 3)),
        *(_runs(known.alike[heard], n, 20 + n) for n in (2, 3)),
        *(_runs(meant, n, 30 + n, with_meaning=True) for n in (1, 2, 3)),
    ]
    found: Features = np.unique(np.concatenate(parts))
    return found


def _codes(text: str) -> NDArray[np.int32]:
    """Code points, zero for a space."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.int32).copy()
    codes[codes == 0x20] = 0
    return codes


def _chars_and_sounds(folded: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Two rows: characters, with Latin letters left out, and syllables, with these read."""
    table = sounds()
    chars: list[NDArray[np.int32]] = []
    heard: list[NDArray[np.int32]] = []
    gap = np.zeros(1, np.int32)
    spelt = False  # whether the piece before was spelt in letters: its spaces don't part words
    for piece in _PIECES.findall(folded):
        if piece.isascii() and piece.isalpha():
            syllables = table.read(piece)
            chars.append(gap)
            heard.append(np.array(syllables, np.int32) if syllables else gap)
            spelt = bool(syllables)
            continue
        codes = _codes(piece)
        chars.append(codes)
        if not (spelt and piece == " "):
            heard.append(np.where(codes < 0x10000, table.of_char[codes & 0xFFFF], 0))
    if not chars:
        return gap, gap
    return np.concatenate(chars), np.concatenate(heard).astype(np.int32)


def _runs(
    row: NDArray[np.int32], n: int, salt: int, *, with_meaning: bool = False
) -> NDArray[np.uint32]:
    """Every run of n codes without a gap, as one number; `salt` keeps views apart."""
    count = len(row) - n + 1
    if count < 1:
        return np.zeros(0, np.uint32)
    mixed = np.full(count, salt, np.uint64)
    whole = np.ones(count, bool)
    meaning = np.zeros(count, bool)
    for shift in range(n):
        codes = row[shift : shift + count]
        whole &= codes > 0
        meaning |= (codes >= _PRIVATE) & (codes <= _NUMBER)
        mixed = (mixed ^ codes.astype(np.uint64)) * _MIX
        mixed ^= mixed >> np.uint64(29)
    kept = mixed[whole & meaning] if with_meaning else mixed[whole]
    found: NDArray[np.uint32] = (kept >> np.uint64(20)).astype(np.uint32) & np.uint32(SIZE - 1)
    return found
