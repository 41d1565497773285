"""How characters sound, so that a word is found when it is typed by ear.

Phones offer the wrong character of the right sound, people type the sound itself (`zhaijidi`)
or its first letters (`zjd`), and many don't tell zh from z, n from l or ing from in.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from knowledge.search.fold import TABLES

Codes = NDArray[np.int32]

_LONGEST = 40  # letters without a space that are still read as syllables
_SAID = {"shei": "shui", "zhei": "zhe"}  # how a syllable is said, and what the table calls it
_ALIKE = (
    (r"^([zcs])h", r"\1"),
    (r"^[nr](?!$)", "l"),
    (r"^hui$", "fei"),
    (r"^hun$", "fen"),
    (r"^hu$", "fu"),
    (r"^hu", "f"),
    (r"(?<=[aei])ng$", "n"),
)


SYLLABLE = 0xF0000  # a character for each syllable begins here: nobody can type these


class _Stands(dict[int, int]):
    """Character → the character that stands for its sound."""

    def __init__(self, of_char: Codes) -> None:
        self._of_char = of_char

    def __missing__(self, code: int) -> int:
        if code > SYLLABLE:
            return code
        syllable = int(self._of_char[code]) if code < 0x10000 else 0
        self[code] = stands = SYLLABLE + syllable if syllable else 0x20
        return stands


@dataclass(frozen=True)
class Sounds:
    """The table of sounds; syllables are numbers from one, zero is no sound."""

    names: tuple[str, ...]
    of_char: Codes  # by code point, up to U+FFFF
    alike: Codes  # by syllable: a number for all that are easily mistaken for it
    number: dict[str, int]
    stands: "_Stands"

    def read(self, letters: str) -> list[int]:
        """The syllables that Latin letters spell, as few as possible; empty if they spell none."""
        if len(letters) > _LONGEST:
            return []
        best: list[list[int] | None] = [[]] + [None] * len(letters)
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - 6), end):
                before, syllable = best[start], self.number.get(letters[start:end])
                if before is None or not syllable:
                    continue
                now = best[end]
                if now is None or len(before) + 1 < len(now):
                    best[end] = [*before, syllable]
        return best[-1] or []

    def spell(self, chars: str) -> str:
        """Each character as one that stands for its sound; a space if it has none."""
        return chars.translate(self.stands)

    def initials(self, chars: str) -> str:
        """The first letters of characters: what somebody types who is in a hurry."""
        return "".join(self.names[self.of_char[ord(c)]][:1] for c in chars if ord(c) < 0x10000)


@lru_cache(maxsize=1)
def sounds() -> Sounds:
    """The table that comes with the program."""
    lines = [line.split(" ") for line in (TABLES / "sounds.txt").read_text("utf-8").splitlines()]
    names = ("", *(name for name, _ in lines))
    of_char = np.zeros(0x10000, np.int32)
    for number, (_, chars) in enumerate(lines, 1):
        of_char[np.frombuffer(chars.encode("utf-16-le"), np.uint16)] = number
    classes: dict[str, int] = {}
    alike = np.zeros(len(names), np.int32)
    for number, name in enumerate(names[1:], 1):
        heard = name
        for sound, like in _ALIKE:
            heard = re.sub(sound, like, heard)
        alike[number] = classes.setdefault(heard, len(classes) + 1)
    # One letter is a syllable only if it is sung (a, e, o): otherwise every word would be some.
    number_of = {name: n for n, name in enumerate(names) if len(name) > 1 or name in ("a", "e")}
    number_of |= {said: number_of[name] for said, name in _SAID.items()}
    return Sounds(names, of_char, alike, number_of, _Stands(of_char))
