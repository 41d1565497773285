"""Amounts of money and numbers as people write them on a phone.

Digits and words mixed, with banker's numerals, "and more", "five or six thousand", "each", and the
last unit left out, as in "a thousand two". The words stand in the pack's `reading.yaml`.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from knowledge.reading.lexicon import lexicon, longest_first

_DIGITS = 15  # more is no amount that anybody paid


@dataclass(frozen=True)
class Amount:
    """Somewhere from `low` to `high`, in yuan unless `measure` names another unit."""

    low: float
    high: float
    measure: str = ""
    each: str = ""  # per what: a person, a household, a year; empty: in all


def read_amount(text: str) -> Amount | None:
    """The first amount in a text, or none. "Over 20,000" is from there to below 30,000."""
    text = unicodedata.normalize("NFKC", text).replace(",", "")
    match = _pattern().search(text)
    if match is None:
        return None
    number = _read(match["number"])
    if number is None:
        return None
    low, high, step = number
    if match["over"]:
        high = low + step if high == low else high
    if match["scale"]:  # the unit stands behind the vague word
        unit = lexicon()["large_units"][match["scale"]]
        low, high = low * unit, high * unit
    measure = match["measure"] or ""
    if measure in lexicon()["yuan"]:
        measure = ""
    if match["tail"]:  # a digit after the unit counts tenths: 3.5
        low += lexicon()["digits"].get(match["tail"], 0) / 10
        high = max(high, low)
    return Amount(low, high, measure, match["each"] or "")


def read_number(text: str) -> float | None:
    """One whole number or decimal, in digits or in words; none if it is not one."""
    number = _read(unicodedata.normalize("NFKC", text).replace(",", "").strip())
    return number[0] if number and number[0] == number[1] else None


@cache
def _pattern() -> re.Pattern[str]:
    words = lexicon()
    numeral = "".join([*words["digits"], *words["small_units"], *words["large_units"]])
    measures = longest_first([*words["yuan"], *words["measures"]])
    return re.compile(
        rf"(?P<each>{longest_first(words['each'])})?\D{{0,3}}?"
        rf"(?P<number>\d+(?:\.\d+)?(?:[{numeral}{words['half']}]+\d?(?!\d))?"
        rf"|[{numeral}{words['some']}][{numeral}{words['half']}]*)"
        rf"(?P<over>{longest_first(words['over'])})?"
        rf"(?P<scale>(?<=[{''.join(words['over'])}])[{''.join(words['large_units'])}])?"
        rf"(?P<measure>{measures})?"
        rf"(?P<tail>(?<={words['yuan'][2]})[{''.join(words['digits'])}](?![{numeral}]))?"
    )


def _read(text: str) -> tuple[float, float, float] | None:
    """Low, high and the size of the last unit, which is what "and more" may add."""
    words = lexicon()
    digits, small, large = words["digits"], words["small_units"], words["large_units"]
    if match := re.match(r"\d+(?:\.\d+)?", text):
        if len(match[0]) > _DIGITS:
            return None
        base, rest = float(match[0]), text[match.end() :]
        step = 10.0 ** max(len(match[0].split(".")[0]) - 1, 0)
        return _scale(base, base, step, rest)
    total = section = 0.0
    digit: float | None = None
    spread = 0.0  # two digits in a row: from five to six thousand
    last = 1.0
    for place, letter in enumerate(text):
        if letter == words["some"]:
            digit, spread = 1.0, 8.0
        elif letter in digits:
            if digit is not None and digits[letter] == digit + 1 and spread == 0:
                spread = 1.0
            elif digit is not None and digit != 0:
                return _spelled(text)
            else:
                digit = float(digits[letter])
        elif letter in small:
            last = float(small[letter])
            section += (1.0 if digit is None else digit) * last
            spread *= last
            digit = None
        elif letter in large:
            last = float(large[letter])
            whole = section + (digit or 0.0)
            total = (total + (whole or 1.0)) * last
            spread *= last
            section, digit = 0.0, None
        elif letter == words["half"]:
            section += last / 2
        else:
            return None
        if letter in digits and place == len(text) - 1 and last >= 100 and digit:
            # "a thousand two" is 1,200: the last digit counts the next lower unit
            before = text[place - 1]
            if before in small or before in large:
                digit *= last / 10
                last /= 10
    low = total + section + (digit or 0.0)
    return low, low + spread, last


def _spelled(text: str) -> tuple[float, float, float] | None:
    """Digits read out one by one, as in a year."""
    digits = lexicon()["digits"]
    if not all(letter in digits for letter in text):
        return None
    number = float("".join(str(digits[letter]) for letter in text))
    return number, number, 1.0


def _scale(low: float, high: float, step: float, rest: str) -> tuple[float, float, float] | None:
    """Arabic digits followed by units in words."""
    words = lexicon()
    units = {**words["small_units"], **words["large_units"]}
    for letter in rest:
        if letter in units:
            low, high, step = low * units[letter], high * units[letter], float(units[letter])
        elif letter == words["half"]:
            low, high = low + step / 2, high + step / 2
        elif letter in words["digits"] or letter.isdecimal():
            digit = int(letter) if letter.isdecimal() else words["digits"][letter]
            extra = digit * step / 10
            low, high = low + extra, high + extra
        else:
            return None
    return low, high, step
