"""The one table of what follows from an error of python-telegram-bot.

Telegram's words are matched in small letters: the library changes the first letter of some.
"""

from __future__ import annotations

import os
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.channels import Dead, Halt, Migrated, Retry, Stop, Why

# The library means to make `retry_after` a time span, and warns at each 429 unless asked to do so.
os.environ.setdefault("PTB_TIMEDELTA", "true")

_FORBIDDEN = (
    ("blocked by the user", Why.BLOCKED),
    ("can't initiate conversation", Why.BLOCKED),
    ("deactivated", Why.GONE),
    ("kicked", Why.KICKED),
    ("not a member", Why.KICKED),
    ("was deleted", Why.GONE),
)
_BAD = (
    ("chat not found", Why.GONE),
    ("user not found", Why.GONE),
    ("peer_id_invalid", Why.GONE),
    ("deactivated", Why.GONE),
    ("chat was deleted", Why.GONE),
    ("not enough rights", Why.FORBIDDEN),
    ("have no rights", Why.FORBIDDEN),
    ("need administrator rights", Why.FORBIDDEN),
    ("chat_write_forbidden", Why.FORBIDDEN),
    ("chat_restricted", Why.FORBIDDEN),
    ("chat_send_", Why.FORBIDDEN),  # ..._MEDIA_FORBIDDEN, ..._POLL_FORBIDDEN and the like
    ("topic_closed", Why.FORBIDDEN),
)


def outcome(error: Exception) -> Retry | Migrated | Dead | Stop:
    """What follows from it.

    An answer that could not be read, whatever its status, says nothing about what happened (it may
    come from a proxy on the way): that is a `Retry`. So is every error that is not Telegram's.
    """
    match error:
        case RetryAfter():
            span = error.retry_after
            return Retry(span.total_seconds() if isinstance(span, timedelta) else span, "429")
        case ChatMigrated():
            return Migrated(str(error.new_chat_id))
        case TelegramError() if isinstance(error.__cause__, TelegramError):
            return Retry(None, "unreadable answer")
        case Forbidden():
            return Dead(_why(error, _FORBIDDEN, Why.FORBIDDEN), error.message)
        case InvalidToken():
            return Stop(Halt.TOKEN)
        case Conflict():
            return Stop(Halt.CONFLICT)
        case BadRequest():
            return Dead(_why(error, _BAD, Why.BUG), error.message)
        case NetworkError() if "entity too large" in error.message.lower():
            return Dead(Why.BUG, error.message)
        case _:
            return Retry(None, type(error).__name__)


def says(error: TelegramError, *words: str) -> bool:
    """Whether the error says any of that."""
    said = error.message.lower()
    return any(word in said for word in words)


def _why(error: TelegramError, table: tuple[tuple[str, Why], ...], otherwise: Why) -> Why:
    return next((why for words, why in table if says(error, words)), otherwise)
