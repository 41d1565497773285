"""What may be read of a raw update: its number, who speaks, and the few fields we use.

Everything else is dropped here: names, forward origins, other traces of a person, and odd fields
that would make the rest unreadable. Needs no library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.telegram.text import clean

Raw = Mapping[str, Any]

ANONYMOUS_ADMIN = 1087968824
"""The account behind what administrators write in their group's own name."""

FILES = ("photo", "document", "video", "video_note", "voice", "audio")
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, RecursionError)
"""What reading data of an unknown shape may raise; pydantic's errors are among them."""

_PLAIN = (
    "message_id",
    "text",
    "caption",
    "media_group_id",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
)


def number(raw: object) -> str:
    """The update's own id, by which a second copy is told; empty if it has none."""
    found = raw.get("update_id") if isinstance(raw, Mapping) else None
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def account(raw: object) -> str:
    """The id of who speaks in it, as far as it can be read; empty if nobody does."""
    for content in raw.values() if isinstance(raw, Mapping) else ():
        for name in ("from", "user"):
            author = content.get(name) if isinstance(content, Mapping) else None
            found = author.get("id") if isinstance(author, Mapping) else None
            if isinstance(found, int) and found != ANONYMOUS_ADMIN:
                return str(found)
    return ""


def needed(raw: Raw) -> dict[str, Any]:
    """Of a message, the fields we use; people are left with an id and nothing else."""
    kept: dict[str, Any] = {name: tidy(raw[name]) for name in _PLAIN if name in raw}
    kept["date"] = date(raw)
    kept["chat"] = chat(raw["chat"])
    if place := raw.get("location"):
        kept["location"] = {name: place[name] for name in ("latitude", "longitude")}
    if "from" in raw:
        kept["from"] = person(raw["from"])
    if isinstance(raw.get("reply_to_message"), Mapping):
        kept["reply_to_message"] = _answered(raw["reply_to_message"])
    for kind in FILES:
        if kind == "photo" and raw.get(kind):
            kept[kind] = [_file(size) for size in raw[kind]]
        elif raw.get(kind):
            kept[kind] = _file(raw[kind])
    return kept


def _answered(raw: Raw) -> dict[str, Any] | None:
    """Of a message that is answered, its id and whose it is; None if it cannot be read."""
    try:
        kept = {
            "message_id": raw["message_id"],
            "date": date(raw),
            "chat": chat(raw["chat"]),
            "from": person(raw["from"]),
        }
    except UNREADABLE:
        return None
    return kept


def date(raw: Raw) -> int:
    """Seconds since 1970; 0 if it has none that can be."""
    found = raw.get("date")
    return found if isinstance(found, int) and 0 < found < 2**33 else 0


def chat(raw: Raw) -> dict[str, Any]:
    """A chat: its id and type."""
    return {"id": raw["id"], "type": raw.get("type", "unknown")}


def person(raw: Raw) -> dict[str, Any]:
    """A person: an id, and whether it is a bot."""
    return {"id": raw["id"], "is_bot": raw.get("is_bot") is True, "first_name": ""}


def _file(raw: Raw) -> dict[str, Any]:
    named = {
        "file_unique_id": "",
        "width": 0,
        "height": 0,
        "duration": 0,
        "length": 0,
        "file_id": raw["file_id"],
    }
    if isinstance(raw.get("file_name"), str):
        named["file_name"] = clean(raw["file_name"])
    if isinstance(raw.get("file_size"), int):
        named["file_size"] = raw["file_size"]
    if isinstance(raw.get("width"), int) and isinstance(raw.get("height"), int):
        named |= {"width": raw["width"], "height": raw["height"]}
    return named


def tidy(value: Any) -> Any:
    """A text without lone surrogates; anything else as it is."""
    return clean(value) if isinstance(value, str) else value
