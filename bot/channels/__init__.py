"""What a channel is: an ear that hears, a mouth that speaks, and what may come of speaking.

A channel is one folder here and one line in `bot.app`. Nothing here knows any channel's library.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from handlers.messages import FileRef, Outbound


class Why(StrEnum):
    """Why something can never be said in that chat, however often it is tried."""

    BLOCKED = "blocked"  # the person stopped the bot, or never started it
    KICKED = "kicked"  # the bot is not in that group
    GONE = "gone"  # no such chat or account any more
    FORBIDDEN = "forbidden"  # the bot is in the group but may not write
    BUG = "bug"  # the channel refuses the message itself: our mistake


class Halt(StrEnum):
    """Why a channel must stop altogether, until somebody puts it right."""

    TOKEN = "token"  # noqa: S105 - the name of a trouble: the token was revoked or is wrong
    CONFLICT = "conflict"  # another process listens with the same token, or a webhook is set


@dataclass(frozen=True)
class Sent:
    """It is there. `message` is its id, empty if the channel gave none that can be used later."""

    message: str = ""
    quiz: str = ""  # of a quiz: the id that its answers will carry
    also: tuple[str, ...] = ()  # the ids of what went before it, if it took several messages


@dataclass(frozen=True)
class Retry:
    """Not known to be there: try again, in `after` seconds if the channel said when.

    It may have arrived all the same; a second copy must be harmless.
    """

    after: float | None
    error: str  # what happened, in a word; never content


@dataclass(frozen=True)
class Migrated:
    """The chat has another id from now on; nothing was sent."""

    new_chat: str


@dataclass(frozen=True)
class Dead:
    """It will never arrive."""

    reason: Why
    error: str = ""  # the channel's own words about it; never content


@dataclass(frozen=True)
class Stop:
    """Nothing can be sent or heard until somebody acts. What waits stays waiting."""

    reason: Halt


Spoken = Sent | Retry | Migrated | Dead | Stop


class Failed(Exception):
    """The channel did not do what was asked; `outcome` says what follows from it."""

    def __init__(self, outcome: Retry | Migrated | Dead | Stop) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


class Refused(Exception):
    """The channel will not hand over that file; `reason` is one of `FileRef.refused`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Parcel:
    """A file on its way out: our own name for it, never the sender's, and its bytes."""

    name: str
    body: bytes = field(repr=False)
    kind: str = "document"  # photo | document | voice | video | audio


class Ear(Protocol):
    """Hears what comes in, as the channel's own raw data."""

    def updates(self) -> AsyncIterator[list[Mapping[str, Any]]]:
        """Yield batches for ever.

        Asking for the next batch confirms the one before: store it first. Waits out every passing
        trouble; raises `Failed` with a `Stop` when waiting is no use.
        """
        ...


class Fetcher(Protocol):
    """Fetches the bytes of a file somebody sent."""

    def fetch(self, file: FileRef) -> AsyncIterator[bytes]:
        """Yield its bytes in pieces. Raises `Refused` for good, `Failed` for now."""
        ...


class Mouth(Protocol):
    """Says things."""

    async def speak(self, letter: Outbound, parcels: Sequence[Parcel] = ()) -> Spoken:
        """Say it; `parcels` are the bytes of `letter.files`. Never raises."""
        ...
