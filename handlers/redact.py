"""What may be shown of a stranger's text to a group: shortened, masked, and without power.

Nothing here changes what is stored. Links do not link, mentions ping nobody, commands do not
fire, and characters that reorder or hide text become visible.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

MASK = "＊"
_IDENTITY = re.compile(r"(?<!\d)\d[\d \u3000\u00b7\-－—./_,，]{5,}\d[\dXxＸｘ]?(?![\dA-Za-z])")
_LINK = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,9})(://)")
_DOMAIN = re.compile(r"(?<=[A-Za-z0-9])\.(?=[A-Za-z]{2,})")
_COMMAND = re.compile(r"(?<!\S)/(?=\w)")
_BETWEEN = "[\\s\u00b7\u200b-\u200f\u2060\ufeff]*"
_INVISIBLE = {"Cf", "Cc", "Co", "Cs"}
_KEPT = {"\n", "\u200d"}  # a joiner inside an emoji family is part of how it is drawn


def visible(text: str) -> str:
    """Characters that hide or reorder become a mark; piled-up accents are cut to two."""
    out: list[str] = []
    marks = 0
    for letter in text:
        category = unicodedata.category(letter)
        if category in _INVISIBLE and letter not in _KEPT:
            out.append("·")
            continue
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= 2:
            out.append(letter)
    return "".join(out)


def defang(text: str) -> str:
    """Links, mentions and commands that a client would make live are made plain."""
    text = _LINK.sub(r"\1:／／", text)
    text = _DOMAIN.sub("．", text)
    text = text.replace("@", "＠").replace("#", "＃")
    return _COMMAND.sub("／", text)


def mask_numbers(text: str) -> str:
    """Numbers long enough to be an identity card, a bank card or a telephone are masked."""

    def masked(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0])
        return match[0] if len(digits) < 7 else digits[:3] + MASK * 4

    return _IDENTITY.sub(masked, text)


def mask_names(text: str, names: Iterable[str], instead: str) -> str:
    """Names that were given as names are taken out wherever they stand, also if something that
    is hardly seen was put between their characters."""
    for name in sorted({one for one in names if len(one) >= 2}, key=len, reverse=True):
        text = re.sub(_BETWEEN.join(map(re.escape, name)), lambda _: instead, text)
    return text


@dataclass(frozen=True)
class Told:
    """How names are known that nobody gave as names, and what is said instead of any name."""

    before: str  # words for who somebody is, with spaces: "secretary", "brother-in-law"
    family: str  # family names, with spaces
    instead: str


def mask_told(text: str, told: Told) -> str:
    """Takes out a name that follows the word for who somebody is: "the secretary's son Wang Er".
    Rather a character too many than one too few.
    """
    before, family = (
        "|".join(sorted(map(re.escape, words.split()), key=len, reverse=True))
        for words in (told.before, told.family)
    )
    name = rf"(?:{family})[\u4e00-\u9fff]{{1,2}}"
    return re.sub(f"({before}){name}", lambda found: found[1] + told.instead, text)


def cut(text: str, length: int) -> str:
    """At most `length` characters, never inside one that is drawn as one."""
    if len(text) <= length:
        return text
    end = length
    while end > 0 and (_joins(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    if _flags(text[:end]) % 2 and _flags(text[end:][:1]):
        end -= 1  # a flag is drawn from two letters
    return text[:end].rstrip() + "…"


def _flags(text: str) -> int:
    """How many letters of flags stand in a row at the end."""
    return len(text) - len(text.rstrip("".join(chr(0x1F1E6 + n) for n in range(26))))


def _joins(letter: str) -> bool:
    """Whether this character belongs to the one before it."""
    return (
        unicodedata.combining(letter) != 0
        or letter in "\u200d\ufe0e\ufe0f"
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
        or unicodedata.category(letter) in {"Mn", "Me"}
    )


def for_group(text: str, names: Iterable[str], told: Told, length: int) -> str:
    """All of it: what a group may read of what a monitor wrote."""
    text = mask_told(mask_names(text, names, told.instead), told)
    return cut(defang(mask_numbers(visible(text))), length).replace("\n", " ")


def for_reader(text: str) -> str:
    """For a bound officer in private: everything, but nothing that acts or hides."""
    return defang(visible(text))


def split_names(text: str) -> list[str]:
    """The parts of an answer to "who", so that each can be masked wherever it stands."""
    return [part for part in re.split(r"[\W_]+", text) if part]
