"""What crosses the border between a channel and a dialogue: `Inbound` in, `Outbound` out.

Both are plain data that survive a restart as JSON. Text is always plain text: there is no markup
in it to escape, so nothing a person wrote can become markup.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Heard(StrEnum):
    """What kind of thing came in."""

    TEXT = "text"
    PRESS = "press"  # a button under one of our messages
    FILES = "files"  # one file; an album comes as several, sharing `album`
    LOCATION = "location"
    EDITED = "edited"  # an earlier message was changed
    BLOCKED = "blocked"  # this person stopped the bot
    UNBLOCKED = "unblocked"
    ADDED = "added"  # the bot was put into a group
    REMOVED = "removed"  # the bot was put out of a group
    MIGRATED = "migrated"  # a group got a new id (`text` holds the new one)
    INLINE = "inline"  # `@bot words` typed in any chat
    QUIZ = "quiz"  # an answer to a native quiz; `data` is the chosen index
    IGNORED = "ignored"  # nothing we act on; `text` says what it was, never what it contained


class Place(StrEnum):
    """Where it was said."""

    PRIVATE = "private"
    GROUP = "group"


@dataclass(frozen=True)
class FileRef:
    """A file as the channel names it; the bytes are fetched before the dialogue hears of it."""

    ref: str  # the channel's id of the file, good only on that channel
    name: str = ""  # as the sender's phone named it; untrusted
    size: int | None = None  # bytes, as claimed
    kind: str = "document"  # photo | document | voice | video | audio
    stored: str = ""  # our own id, once its bytes are kept; empty: not kept
    refused: str = ""  # why it was not kept: too_big | empty | too_many | unreachable | unsafe


@dataclass(frozen=True)
class Inbound:
    """One thing that one account said in one place."""

    channel: str  # telegram | web
    account: str  # the channel's id of who speaks; empty if nobody does
    chat: str  # the channel's id of where
    place: Place
    heard: Heard
    at: datetime  # when it was said, as the channel tells (aware)
    text: str = ""
    data: str = ""  # of a press: the button's data
    press: str = ""  # of a press: the channel's id of the press, to answer it with a toast
    message: str = ""  # the message itself, or the one whose button was pressed
    reply_to: str = ""  # the message it answers, if it is one of ours
    album: str = ""
    files: tuple[FileRef, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    forwarded: bool = False  # it carries somebody else's words; whose is never kept
    anonymous: bool = False  # an anonymous group administrator: no account behind it

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready data; `Inbound.from_json` is its inverse."""
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Inbound:
        """From what `to_json` gave."""
        return cls(
            **{
                **data,
                "at": datetime.fromisoformat(data["at"]),
                "place": Place(data["place"]),
                "heard": Heard(data["heard"]),
                "files": tuple(FileRef(**f) for f in data["files"]),
            }
        )


@dataclass(frozen=True)
class Button:
    """What stands on it, and what comes back when it is pressed (at most 64 bytes)."""

    label: str
    data: str


Keyboard = tuple[tuple[Button, ...], ...]


class Lane(StrEnum):
    """Which queue an answer waits in, so that a slow group never delays a receipt."""

    RECEIPT = "receipt"
    ANSWER = "answer"
    CARD = "card"
    NOTICE = "notice"
    SWEEP = "sweep"  # old messages taken out of a chat


@dataclass(frozen=True)
class Quiz:
    """A question with one right answer, shown natively where the channel can."""

    ask: str
    choices: tuple[str, ...]
    right: int
    why: str
    id: str = ""  # what it asks about, so that an answer that comes days later finds it


@dataclass(frozen=True)
class Outbound:
    """One thing to show in one chat. Exactly one of text, toast, picture or quiz leads."""

    channel: str
    chat: str
    text: str = ""
    buttons: Keyboard = ()
    lane: Lane = Lane.ANSWER
    files: tuple[str, ...] = ()  # our file ids; circulated copies, never originals
    originals: bool = False  # a bound officer asked for the originals in private
    card: str = ""  # the lead whose card this is: posted once, then edited
    toast: str = ""  # the press this answers; `text` is shown for a moment, to the presser only
    alert: bool = False  # of a toast: must be tapped away
    replaces: str = ""  # our message to rewrite; if that fails, a new one is sent
    strip: str = ""  # our message whose buttons are to go
    leave: bool = False  # leave this group
    delete: tuple[str, ...] = ()  # messages to take out of the chat (possible for 48 hours)
    inline: str = ""  # the inline query this answers; `text` is JSON of the shared cards
    quiz: Quiz | None = None
    picture: bytes = field(default=b"", repr=False)  # a PNG drawn by us
    protect: bool = False  # ask the client not to forward or save it
    key: str = ""  # what makes a second copy of it superfluous; empty: never
    expires_at: datetime | None = None  # not worth sending after this
    not_before: datetime | None = None
