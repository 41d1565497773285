"""Cards: which message in which chat shows a lead, so that it can be drawn anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from storage.database import Tx, upsert
from storage.tables import cards


@dataclass(frozen=True)
class Card:
    """A message of ours that shows a lead as it was at a revision."""

    channel: str
    chat: str
    message: str
    revision: int


_OF = (
    select(cards)
    .where(cards.c.lead_id == bindparam("lead"))
    .order_by(cards.c.posted_at, cards.c.message)
)
_IN = (
    select(cards.c.lead_id)
    .where(cards.c.channel == bindparam("on"), cards.c.chat_key == bindparam("key"))
    .order_by(cards.c.posted_at.desc())
)
_KEEP = upsert(
    lambda i: i.on_conflict_do_update(
        index_elements=["lead_id", "channel", "chat_key", "message"],
        set_={"revision": i.excluded.revision},
    ).returning(cards.c.message),
    cards,
)


def _where(lead_id: str, channel: str, message: str) -> str:
    return f"cards.chat:{lead_id}:{channel}:{message}"


async def cards_of(tx: Tx, lead_id: str) -> list[Card]:
    """All messages that show this lead, oldest first."""
    return [
        Card(
            row.channel,
            tx.sealer.open_text(row.chat, _where(lead_id, row.channel, row.message)),
            row.message,
            row.revision,
        )
        for row in await tx.all(_OF, {"lead": lead_id})
    ]


async def shown_in(tx: Tx, channel: str, chat: str) -> list[str]:
    """The leads that have a card in this chat, the latest posted first."""
    key = tx.sealer.fingerprint(chat)
    return list(dict.fromkeys(r.lead_id for r in await tx.all(_IN, {"on": channel, "key": key})))


async def keep_card(
    tx: Tx, lead_id: str, channel: str, chat: str, message: str, revision: int, now: datetime
) -> None:
    """This message now shows the lead at this revision.

    A message without an id, or with the id 0 that Telegram gives to what it will send later, is
    none and is not kept.
    """
    if message in ("", "0"):
        return
    await tx.once(
        _KEEP,
        {
            "lead_id": lead_id,
            "channel": channel,
            "chat_key": tx.sealer.fingerprint(chat),
            "message": message,
            "chat": tx.sealer.seal_text(chat, _where(lead_id, channel, message)),
            "revision": revision,
            "posted_at": now,
        },
    )


async def retire_card(tx: Tx, lead_id: str, channel: str, chat: str, message: str) -> None:
    """This message shows the lead no more."""
    statement = delete(cards).where(
        cards.c.lead_id == lead_id,
        cards.c.channel == channel,
        cards.c.chat_key == tx.sealer.fingerprint(chat),
        cards.c.message == message,
    )
    await tx.run(statement)
