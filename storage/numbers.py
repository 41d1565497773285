"""Case numbers: `{office}-{yymmdd}-{n}{check}`, made to be read aloud and written down.

The check letter finds any one wrong character and any two neighbours exchanged. It is a
Horner sum over GF(5) x GF(4): a totally anti-symmetric quasigroup of order 20, the size of the
alphabet. The letters I O Q S Z L, too like 1 0 5 2, never stand for the check. An office code that
has them is taken all the same; for those letters a confusion may go unnoticed.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone

ALPHABET = "ABCDEFGHJKMNPRTUVWXY"
BEIJING = timezone(timedelta(hours=8))
_TWICE = (0, 2, 3, 1)  # multiplication by the generator of GF(4)
_LOOKS_LIKE = {"I": 1, "L": 1, "O": 0, "Q": 0, "S": 5, "Z": 2}
_NUMBER = re.compile(r"([A-Z]{2})(\d{6})([1-9]\d{0,5})([A-Z])")
_BETWEEN = re.compile(r"[\s\-_\u2010-\u2015\u2212\uff0d.\u00b7\u200b-\u200f\ufeff]+")


def _value(char: str) -> int:
    if char.isdigit():
        return int(char)
    return ALPHABET.index(char) if char in ALPHABET else _LOOKS_LIKE[char]


def _check(body: str) -> str:
    five = four = 0
    for char in body:
        value = _value(char)
        five = (2 * five + value % 5) % 5
        four = _TWICE[four] ^ (value // 5)
    return ALPHABET[five + 5 * four]


def day_of(now: datetime) -> date:
    """The Beijing day on which a number made at `now` counts."""
    return now.astimezone(BEIJING).date()


def make(code: str, day: date, n: int) -> str:
    """The number of an office's `n`-th lead of a Beijing day, such as `YX-261122-1K`."""
    if not re.fullmatch("[A-Z]{2}", code) or n < 1:
        raise ValueError("a number needs a code of two letters A-Z and counts from 1")
    body = f"{code}{day:%y%m%d}{n}"
    return f"{code}-{day:%y%m%d}-{n}{_check(body)}"


def parse(text: str) -> str | None:
    """The number that somebody typed, as `make` writes it; None if it is none or has a slip.

    Full-width characters, lower case, spaces and any dashes are taken.
    """
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()
    found = _NUMBER.fullmatch(plain) if plain.isascii() else None
    if not found:
        return None
    code, day, n, check = found.groups()
    return f"{code}-{day}-{n}{check}" if _check(code + day + n) == check else None
