"""One spelling for everything that is typed: what looks or means the same becomes the same.

Width, case, traditional characters, capital numerals and invisible characters are folded away.
Nothing here guesses; guessing by sound and meaning is the business of `views`.
"""

import unicodedata
from functools import lru_cache
from pathlib import Path

MOST = 2000
"""Characters of a text that are read; what comes after adds noise and costs time."""

TABLES = Path(__file__).parent / "tables"
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"))


class _Folding(dict[int, str]):
    """What a character is read as; found once, then remembered (there are few)."""

    def __missing__(self, code: int) -> str:
        read = "".join(map(self._read, unicodedata.normalize("NFKC", chr(code)).lower()))
        self[code] = read
        return read

    def _read(self, char: str) -> str:
        if char.isspace():
            return " "
        kind = unicodedata.category(char)
        if kind in _INVISIBLE:
            return ""
        return self.get(ord(char), char) if kind[0] in "LN" else " "


@lru_cache(maxsize=1)
def _folding() -> _Folding:
    typed, read = (TABLES / "folded.txt").read_text("utf-8").split()
    return _Folding(zip(map(ord, typed), read, strict=True))


def fold(text: str) -> str:
    """The text in one spelling: letters, digits and single spaces, at most `MOST` characters."""
    return " ".join(text[:MOST].translate(_folding()).split())


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """The same, and for each character the place in the text that it was read from."""
    folding = _folding()
    pairs = [(read, at) for at, char in enumerate(text[:MOST]) for read in folding[ord(char)]]
    kept = [
        (read, at)
        for n, (read, at) in enumerate(pairs)
        if read != " " or (n and pairs[n - 1][0] != " ")
    ]
    while kept and kept[-1][0] == " ":
        kept.pop()
    return "".join(read for read, _ in kept), [at for _, at in kept]
