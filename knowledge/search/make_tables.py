"""Write the tables of characters that the search reads: `python -m knowledge.search.make_tables`.

opencc and pypinyin know far more than is needed and take long to start, so what is needed of
them stands in two small text files; a test says when these are no longer what would be written.
"""

from collections import defaultdict
from pathlib import Path

TABLES = Path(__file__).parent / "tables"
_HAN = range(0x3400, 0xA000)
_CAPITALS = {
    0x58F9: 0x4E00, 0x8D30: 0x4E8C, 0x53C1: 0x4E09, 0x8086: 0x56DB, 0x67D2: 0x4E03,
    0x634C: 0x516B, 0x7396: 0x4E5D, 0x62FE: 0x5341, 0x4F70: 0x767E, 0x4EDF: 0x5343,
}  # fmt: skip
"""Numerals as they stand on receipts; those for five and six mostly mean other things."""


def folded() -> str:
    """Two lines: characters as they may be typed, and what each is read as."""
    from opencc import OpenCC

    convert = OpenCC("t2s").convert
    pairs = {code: convert(chr(code)) for code in _HAN}
    pairs.update({capital: chr(plain) for capital, plain in _CAPITALS.items()})
    changed = {chr(code): to for code, to in pairs.items() if len(to) == 1 and to != chr(code)}
    for typed, to in changed.items():
        changed[typed] = changed.get(to, to)
    return "".join(changed) + "\n" + "".join(changed.values()) + "\n"


def sounds() -> str:
    """A line for each syllable without tone: the syllable and the characters that sound so."""
    from pypinyin import lazy_pinyin

    said: dict[str, list[str]] = defaultdict(list)
    for code in range(0x4E00, 0xA000):
        (syllable,) = lazy_pinyin(chr(code))
        if syllable.isascii():
            said[syllable].append(chr(code))
    return "".join(f"{one} {''.join(said[one])}\n" for one in sorted(said))


def main() -> None:
    """Write both tables."""
    TABLES.mkdir(exist_ok=True)
    (TABLES / "folded.txt").write_text(folded(), "utf-8")
    (TABLES / "sounds.txt").write_text(sounds(), "utf-8")


if __name__ == "__main__":
    main()
