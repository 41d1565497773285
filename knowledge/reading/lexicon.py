"""The words of numbers and dates, from the national pack."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "packs" / "national" / "reading.yaml"


@cache
def lexicon() -> dict[str, Any]:
    """All of them, by kind."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return loaded


def longest_first(words: Any) -> str:
    """An alternation for a pattern in which a longer word wins over its own beginning."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))
