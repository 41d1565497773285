"""What can be told of a raw update without reading it: plain look-ups that cannot fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.telegram import trim
from bot.intake import Peek

_MESSAGES = ("message", "edited_message")
_FILES = ("photo", "document", "voice", "video", "audio", "video_note")


def peek(raw: Mapping[str, Any]) -> Peek:
    """Who speaks, where, and whether it must be stored at all."""
    kind = next((key for key, value in raw.items() if isinstance(value, Mapping)), "")
    inner: Mapping[str, Any] = raw.get(kind) or {}
    said = inner.get("message") if kind == "callback_query" else inner
    chat = said.get("chat") if isinstance(said, Mapping) else None
    chat = chat if isinstance(chat, Mapping) else {}
    account = trim.account(raw)
    kind_of_chat = chat.get("type")
    private = kind_of_chat == "private" or (not kind_of_chat and kind != "message")
    text = inner.get("text")
    return Peek(
        "telegram",
        trim.number(raw),
        account,
        str(chat.get("id", "")) or account,
        private,
        invites=isinstance(text, str) and text.startswith("/start "),
        has_files=kind in _MESSAGES and any(key in inner for key in _FILES),
        acts=_acts(kind, inner, private=private),
    )


def _acts(kind: str, inner: Mapping[str, Any], *, private: bool) -> bool:
    """Chatter in a group is not for us and is not stored: only commands, replies to us, and
    what the service itself says. What cannot be told is kept, to be read and parked."""
    if kind not in _MESSAGES or private:
        return True
    if any(key.startswith("migrate_") for key in inner):
        return True
    answered = inner.get("reply_to_message")
    to = answered.get("from") if isinstance(answered, Mapping) else None
    to_bot = isinstance(to, Mapping) and to.get("is_bot") is True
    text = inner.get("text")
    return kind == "message" and (to_bot or (isinstance(text, str) and text.startswith("/")))
