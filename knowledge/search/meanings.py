"""Words that mean the same here: a pond and a reservoir, a brother-in-law and a cousin.

The groups stand in the packs (`kind: same`), so that a place can add its own words.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from knowledge.search.fold import fold
from knowledge.search.sounds import sounds

FIRST = 0xE000  # where Unicode leaves room: one character for each group of words
AMOUNT = chr(0xF8FF)  # any amount of anything
_DIGITS = frozenset("0123456789")
_NUMERALS = frozenset(
    map(
        chr,
        (
            0x4E00, 0x4E8C, 0x4E24, 0x4E09, 0x56DB, 0x4E94, 0x516D, 0x4E03,
            0x516B, 0x4E5D, 0x5341, 0x767E, 0x5343, 0x4E07, 0x96F6,
        ),
    )
)  # fmt: skip

Words = dict[str, list[tuple[str, str]]]  # first character → words, the longest first, and codes


class Meanings:
    """Finds the words of groups in a text, as written or as they sound."""

    def __init__(self, groups: Mapping[str, str]) -> None:
        """From the name of each group, itself one of its words, and the others, with spaces."""
        written: Words = defaultdict(list)
        spoken: Words = defaultdict(list)
        for n, (name, words) in enumerate(groups.items()):
            for word in dict.fromkeys(map(fold, (name, *str(words).split()))):
                if not word:
                    continue
                written[word[0]].append((word, chr(FIRST + n)))
                heard = sounds().spell(word)
                if len(word) > 1 and " " not in heard:
                    spoken[heard[0]].append((heard, chr(FIRST + n)))
        for table in (written, spoken):
            for known in table.values():
                known.sort(key=lambda pair: -len(pair[0]))
        self._written, self._spoken = dict(written), dict(spoken)

    def spans(self, chars: str) -> Iterator[tuple[int, int]]:
        """Where each word of a group stands."""
        place = 0
        while place < len(chars):
            found = _longest(chars, place, self._written)
            if found:
                yield place, place + len(found[0])
            place += len(found[0]) if found else 1

    def read(self, chars: str) -> str:
        """A text with each word of a group, and each amount, as one character."""
        return "".join(self._pieces(chars, "", self._written, {}))

    def hear(self, chars: str, heard: str) -> str:
        """The same, with words that only sound like one of a group (`heard`: see `spell`)."""
        return "".join(self._pieces(chars, heard, self._written, self._spoken))

    def _pieces(self, chars: str, heard: str, written: Words, spoken: Words) -> Iterator[str]:
        place, end = 0, len(chars)
        while place < end:
            found = _longest(chars, place, written) or _longest(heard, place, spoken)
            if found:
                place += len(found[0])
                yield found[1]
                continue
            after = place
            while after < end and (chars[after] in _DIGITS or chars[after] in _NUMERALS):
                after += 1
            # One numeral alone is mostly part of a word; digits are always an amount.
            if after > place + 1 or chars[place] in _DIGITS:
                yield AMOUNT
                place = after
            else:
                yield chars[place]
                place += 1


def _longest(text: str, place: int, words: Words) -> tuple[str, str] | None:
    if words:
        for pair in words.get(text[place], ()):
            if text.startswith(pair[0], place):
                return pair
    return None
