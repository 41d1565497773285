"""One normaliser before storage, so that both engines keep the same characters.

PostgreSQL cannot store NUL and SQLite cuts at it; a lone surrogate can be encoded by neither.
"""

from __future__ import annotations

from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def clean(words: str) -> str:
    """The same text; NUL and lone surrogates become U+FFFD, a surrogate pair its character."""
    try:
        words.encode()
    except UnicodeEncodeError:
        words = words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return words.replace("\0", REPLACEMENT) if "\0" in words else words


def clean_all(value: Any) -> Any:
    """The same JSON-like value with every text in it cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): clean_all(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_all(item) for item in value]
    return value
