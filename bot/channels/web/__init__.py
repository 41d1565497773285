"""The web page as a channel: for places that Telegram does not reach, and for trying it all.

The outbox itself is what a page shows, so saying something here is only waking who waits for it.
A person's account and chat are the hash of a token that only her browser has. An office's group
is a room named after the office.
"""

from __future__ import annotations

import hashlib

CHANNEL = "web"
ROOM = "office:"


def account_of(token: str) -> str:
    """The account, and the private chat, of whoever holds this token."""
    return hashlib.sha256(token.encode()).hexdigest()


def room_of(office_id: str) -> str:
    """The chat that is an office's group on the web."""
    return f"{ROOM}{office_id}"
