"""What was written is taken out of a chat after a day: a phone in other hands tells little."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers.messages import Inbound, Lane, Outbound

AFTER = timedelta(hours=24)
UNTIL = timedelta(hours=47)
"""Telegram lets nobody delete after 48 hours."""


def later(said: Inbound, messages: Sequence[str], now: datetime) -> Outbound:
    """Take these messages out of the chat in which something was just said."""
    return Outbound(
        said.channel,
        said.chat,
        delete=tuple(messages),
        lane=Lane.SWEEP,
        not_before=now + AFTER,
        expires_at=now + UNTIL,
    )
