"""Text as Telegram measures it, and where it may be cut.

Telegram counts UTF-16 code units. A cut never falls inside what a reader sees as one character.
"""

from __future__ import annotations

import unicodedata

MESSAGE = 4096
CAPTION = 1024
TOAST = 200

_JOINER = "\u200d"
_SENTENCE_ENDS = "\u3002\uff01\uff1f\uff1b.!?;\u2026"
_PAUSES = " \t\uff0c\u3001,"


def units(text: str) -> int:
    """The length Telegram counts."""
    return len(text) + sum(1 for char in text if ord(char) > 0xFFFF)


def clean(text: str) -> str:
    """The same text without lone surrogates, which can be neither sent nor stored."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def split(text: str, limit: int = MESSAGE) -> list[str]:
    """The text in pieces of at most `limit` units, in order; none of them is blank.

    It is cut between paragraphs if that wastes at most half a piece, else between lines, else
    after a sentence, else at a pause, else between two characters.
    """
    pieces = []
    rest = clean(text).strip()
    while units(rest) > limit:
        at = _place(rest, _fitting(rest, limit))
        pieces.append(rest[:at].strip())
        rest = rest[at:].strip()
    return [piece for piece in (*pieces, rest) if piece]


def cut(text: str, limit: int) -> str:
    """At most `limit` units of it, with an ellipsis if something was cut off."""
    text = clean(text).strip()
    if units(text) <= limit:
        return text
    return text[: _whole(text, _fitting(text, limit - 1))] + "\u2026"


def _fitting(text: str, limit: int) -> int:
    """How many characters of it are at most `limit` units."""
    used = 0
    for index, char in enumerate(text):
        used += 2 if ord(char) > 0xFFFF else 1
        if used > limit:
            return index
    return len(text)


def _place(text: str, most: int) -> int:
    """The best index to cut at, not beyond `most`."""
    for mark in ("\n\n", "\n"):
        found = text.rfind(mark, most // 2, most)
        if found > 0:
            return found
    for marks in (_SENTENCE_ENDS, _PAUSES):
        found = max(text.rfind(mark, most // 2, most - 1) for mark in marks)
        if found > 0:
            return _whole(text, found + 1)
    return _whole(text, most)


def _whole(text: str, at: int) -> int:
    """The nearest boundary between two seen characters at or before `at`.

    If one seen character is longer than that (marks heaped on marks), it is cut all the same.
    """
    for index in range(at, 0, -1):
        if not _joined(text, index):
            return index
    return at


def _joined(text: str, index: int) -> bool:
    """Whether the characters before and after `index` are seen as one."""
    if not 0 < index < len(text):
        return False
    before, after = text[index - 1], text[index]
    if before == _JOINER or after == _JOINER or before + after == "\r\n":
        return True
    if unicodedata.category(after) in ("Mn", "Me", "Mc"):  # accents, variation selectors
        return True
    if 0x1F3FB <= ord(after) <= 0x1F3FF or 0xE0020 <= ord(after) <= 0xE007F:  # skin, flag tags
        return True
    if "\u1160" <= after <= "\u11ff":  # vowels and finals of a Hangul syllable
        return True
    if _is_flag_half(before) and _is_flag_half(after):
        halves = 0
        while halves < index and _is_flag_half(text[index - 1 - halves]):
            halves += 1
        return halves % 2 == 1
    return False


def _is_flag_half(char: str) -> bool:
    return 0x1F1E6 <= ord(char) <= 0x1F1FF
