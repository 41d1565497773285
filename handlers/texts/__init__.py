"""Every sentence the program says, kept in YAML beside this file and filled in here.

A text is named `file.key` or `file.key.key`. Values are put in as plain text and are never
read as templates themselves.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent

BARE = 20
"""Characters in which nobody tells a story: a wish or a question in a few words."""


@cache
def _file(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    return loaded


def find(key: str) -> Any:
    """A sentence, a list of words or a group of them, by key. KeyError if there is none."""
    name, *rest = key.split(".")
    value: Any = _file(name)
    for part in rest:
        value = value[part]
    return value


def has(key: str) -> bool:
    """Whether a text stands under this key."""
    try:
        find(key)
    except (KeyError, TypeError, FileNotFoundError):
        return False
    return True


def say(key: str, **values: object) -> str:
    """One sentence, with its values filled in. KeyError if the text or a value is missing."""
    text = find(key)
    if not isinstance(text, str):
        raise KeyError(key)
    return text.rstrip("\n").format(**values)


def words(key: str) -> tuple[str, ...]:
    """The words people type for one thing, such as the ways to say "back"."""
    return tuple(find(key))


def nothing_but(text: str, says: str, around: str) -> bool:
    """Whether a few words consist of those under two keys alone, one of the first among them."""
    said = re.sub(r"[\W_]+", "", text)
    return len(said) <= BARE and bool(_nothing_but(says, around).fullmatch(said))


@cache
def _nothing_but(says: str, around: str) -> re.Pattern[str]:
    meant, beside = words(says), words(around)
    return re.compile(f"(?=.*(?:{'|'.join(meant)}))(?:{'|'.join((*meant, *beside))})+")
