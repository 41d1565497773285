"""Telegram, with two libraries: aiogram hears, python-telegram-bot speaks.

`hear` turns a raw update into an `Inbound`; `poll` fetches raw updates and `files` their files;
`speak` says an `Outbound`; `preflight` asks what must be known before starting. Importing aiogram
takes seconds: import `hear`, `poll` and `files` only where this channel is really used.
"""

from __future__ import annotations

from dataclasses import dataclass

OFFICIAL = "https://api.telegram.org"


@dataclass(frozen=True)
class Me:
    """Who the bot is on Telegram."""

    id: int
    username: str
    reads_all: bool = False  # privacy mode is off: it sees every word in its groups
    inline: bool = False  # inline queries are switched on


ASKED_FOR = (
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "inline_query",
    "poll_answer",
)
"""The kinds of updates we want, for polling and webhook alike."""
