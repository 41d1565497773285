"""YAML as plain data and nothing more: no tags, no anchors, no second meaning of a word.

A pack may come from anybody, so only the event stream of the parser is used and the data is
built here. Refused: tags, anchors and aliases (a bomb needs them), duplicate keys, keys that
are not words, several documents, deep nesting, invisible and direction-changing characters.
Plain scalars mean null, true/false, whole or decimal numbers, a date; all else is text, so
that `no`, `on` and `12:30` stay what was typed.
"""

import re
from contextlib import suppress
from datetime import date
from typing import Any

import yaml

from knowledge.findings import PackError, refuse

DEPTH = 20
"""How deep a pack may nest; the deepest shipped entry needs nine."""

MOST_VALUES = 200_000
"""How many values a file may hold: ten megabytes of brackets would eat a gigabyte of memory."""

HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Characters that show nothing or turn the reading direction: what is seen is not what is said."""

Lines = dict[tuple[str | int, ...], int]
"""Where each value stands: its path in the data, and its line counted from 1."""

_NUMBER = re.compile(r"[-+]?(?:0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9]\d{0,17})\.\d{1,18}")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times faster


def parse(text: str, file: str = "", lines: Lines | None = None) -> Any:
    """The data of a YAML text. Raises PackError with the line; fills `lines` if it is given."""
    if hidden := HIDDEN.search(text):
        line = text.count("\n", 0, hidden.start()) + 1
        raise refuse("hidden_character", file, line, character=f"U+{ord(hidden[0]):04X}")
    try:
        return _Reader(text, file, lines).document()
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or type(error).__name__
        raise refuse("not_yaml", file, mark.line + 1 if mark else 0, problem=problem) from None


def lines_of(text: str) -> Lines:
    """Where each value of a text stands; as far as it can be read."""
    lines: Lines = {}
    with suppress(PackError):
        parse(text, lines=lines)
    return lines


class _Reader:
    """Builds data from events; one instance reads one text."""

    def __init__(self, text: str, file: str, lines: Lines | None) -> None:
        self._next = _Loader(text).get_event
        self._file = file
        self._lines = lines
        self._values = 0

    def document(self) -> Any:
        self._next()  # the start of the stream
        event: Any = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        if event.tags or event.version:
            raise self._refuse("yaml_directive", event)
        data = self._node(self._next(), ())
        self._next()  # the end of the document
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._refuse("several_documents", event)
        return data

    def _node(self, event: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._refuse("yaml_alias", event)
        if event.tag is not None:
            raise self._refuse("yaml_tag", event, tag=event.tag)
        self._values += 1
        if self._values > MOST_VALUES:
            raise self._refuse("too_many_values", event, most=MOST_VALUES)
        if self._lines is not None:
            self._lines.setdefault(path, _line(event))
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if len(path) >= DEPTH:
            raise self._refuse("too_deep", event, most=DEPTH)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._mapping(path)

    def _sequence(self, path: tuple[str | int, ...]) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: tuple[str | int, ...]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
                raise self._refuse("bad_key", event)
            key = event.value
            if key in data:
                raise self._refuse("duplicate_key", event, name=key)
            if self._lines is not None:
                self._lines[(*path, key)] = _line(event)
            data[key] = self._node(self._next(), (*path, key))
        return data

    def _scalar(self, event: Any) -> Any:
        value: str = event.value
        if event.style:
            # An escape such as "\u202e" hides a character from the look at the raw text.
            if event.style == '"' and (hidden := HIDDEN.search(value)):
                code = f"U+{ord(hidden[0]):04X}"
                raise self._refuse("hidden_character", event, character=code)
            return value
        if value in _WORDS:
            return _WORDS[value]
        if value[0] in "-+0123456789":
            return self._number(value, event)
        return value

    def _number(self, value: str, event: Any) -> Any:
        if _NUMBER.fullmatch(value):
            return int(value)
        if _DECIMAL.fullmatch(value):
            return float(value)
        if day := _DATE.fullmatch(value):
            try:
                return date(int(day[1]), int(day[2]), int(day[3]))
            except ValueError:
                raise self._refuse("no_such_day", event, day=value) from None
        return value

    def _refuse(self, code: str, event: Any, **values: object) -> PackError:
        return refuse(code, self._file, _line(event), **values)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
