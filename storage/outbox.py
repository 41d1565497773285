"""The outbox: every answer, receipt, card and notice is a row here before it is sent.

States: `pending`, `sent`, `dead` (given up, and shown to the operator), `dropped` (not worth
sending any more), `held` (waits for a human yes, after a restore). What a letter says and the chat
it goes to are sealed together, so that a letter cannot be turned to another chat.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, not_, or_, select, text, update

from storage import ids, instance
from storage.database import Tx, upsert
from storage.errors import SealBroken
from storage.tables import Moment, cards, offices, outbox

LANES = ("receipt", "answer", "card", "notice", "sweep")
BLOCKED = "blocked"
"""The error of letters that died because the person stopped the bot; see `revive`."""


@dataclass(frozen=True)
class Letter:
    """One thing to be shown in one chat."""

    id: int
    channel: str
    chat: str
    lane: str
    payload: dict[str, Any]  # empty once it was wiped
    lead_id: str | None
    tries: int
    created_at: datetime
    next_at: datetime
    key: str  # a second letter with the same key is superfluous
    expires_at: datetime | None = None
    state: str = "pending"
    error: str = ""
    message: str = ""  # the channel's id of what was sent
    person_id: str | None = None
    sent_at: datetime | None = None


_PUT = upsert(
    lambda i: i.on_conflict_do_nothing(index_elements=["key"]).returning(outbox.c.id), outbox
)
_ID = outbox.c.id == bindparam("row")
_earlier = outbox.alias("earlier")
_LATER = timedelta(hours=2)
_SWEEP = LANES.index("sweep")


def _ripe(table: Any) -> ColumnElement[bool]:
    """Whether it is time. What is put off for longer than anything is ever put off was put off by
    a clock that has been set back since."""
    far = (table.c.next_at > bindparam("far", type_=Moment)) & (table.c.lane != _SWEEP)
    return or_(table.c.next_at <= bindparam("now", type_=Moment), far)


_DUE = (
    select(outbox)
    .where(
        text("outbox.state = 'pending'"),
        _ripe(outbox),
        outbox.c.chat.not_in(bindparam("skip", expanding=True)),
        ~select(_earlier.c.id)
        .where(
            _earlier.c.channel == outbox.c.channel,
            _earlier.c.chat == outbox.c.chat,
            _earlier.c.lane == outbox.c.lane,
            _earlier.c.id < outbox.c.id,
            text("earlier.state = 'pending'"),
            not_(_ripe(_earlier)),
        )
        .exists(),
    )
    .order_by(outbox.c.lane, outbox.c.id)
    .limit(bindparam("limit"))
)
_GET = select(outbox).where(_ID)
_SENT = (
    update(outbox)
    .where(_ID)
    .values(
        state="sent",
        sent_at=bindparam("at", type_=Moment),
        message=bindparam("said"),
        error="",
    )
)
_RETRY = (
    update(outbox)
    .where(_ID)
    .values(
        tries=outbox.c.tries + 1, next_at=bindparam("at", type_=Moment), error=bindparam("why")
    )
)
_END = (
    update(outbox)
    .where(_ID)
    .values(state=bindparam("end"), sent_at=bindparam("at", type_=Moment), error=bindparam("why"))
)


def _where(channel: str, key: str) -> str:
    return f"outbox.letter:{channel}:{key}"


def _listed(tx: Tx, row: Any) -> Letter:
    """A letter among others. One whose seal is broken has no chat and says nothing: it must not
    hold up the rest."""
    try:
        return _letter(tx, row)
    except SealBroken:
        return _with(row, "", {})


def _letter(tx: Tx, row: Any) -> Letter:
    """A letter; raises SealBroken if what it says was changed or moved."""
    if row.letter is None:
        return _with(row, "", {})
    return _with(row, *tx.sealer.open_json(row.letter, _where(row.channel, row.key)))


def _with(row: Any, chat: str, payload: dict[str, Any]) -> Letter:
    return Letter(
        row.id,
        row.channel,
        chat,
        LANES[row.lane],
        payload,
        row.lead_id,
        row.tries,
        row.created_at,
        row.next_at,
        row.key,
        row.expires_at,
        row.state,
        row.error,
        row.message,
        row.person_id,
        row.sent_at,
    )


async def put(
    tx: Tx,
    *,
    channel: str,
    chat: str,
    lane: str,
    payload: dict[str, Any],
    now: datetime,
    person_id: str | None = None,
    lead_id: str | None = None,
    key: str = "",
    expires_at: datetime | None = None,
    held: bool = False,
    not_before: datetime | None = None,
) -> int | None:
    """Lays a letter in the outbox and gives its id; None if one with the same key is there.

    A letter without a key gets a random one.
    """
    key = key or f"~{ids.new()}{ids.new()}"
    row = await tx.once(
        _PUT,
        {
            "channel": channel,
            "chat": tx.sealer.fingerprint(chat),
            "lane": LANES.index(lane),
            "state": "held" if held else "pending",
            "letter": tx.sealer.seal_json([chat, payload], _where(channel, key)),
            "key": key,
            "person_id": person_id,
            "lead_id": lead_id,
            "created_at": now,
            "next_at": not_before or now,
            "expires_at": expires_at,
        },
    )
    return int(row[0]) if row else None


async def due(
    tx: Tx,
    now: datetime,
    *,
    limit: int = 100,
    skip_chats: Collection[str] = (),
    channels: Collection[str] | None = None,
) -> list[Letter]:
    """What is to be sent now: receipts first, then answers, cards, notices; oldest first.

    A letter never overtakes an earlier one of the same chat and lane that waits to be retried.
    Expired ones are among them, for the caller to drop. `channels`: only what goes there.
    """
    skip = [tx.sealer.fingerprint(chat) for chat in skip_chats]
    asked = _DUE if channels is None else _DUE.where(outbox.c.channel.in_(channels))
    values = {"now": now, "far": now + _LATER, "skip": skip, "limit": limit}
    rows = await tx.all(asked, values)
    return [_listed(tx, row) for row in rows]


async def get(tx: Tx, id: int) -> Letter | None:
    """One letter."""
    row = await tx.one(_GET, {"row": id})
    return _letter(tx, row) if row else None


async def sent(tx: Tx, id: int, now: datetime, message: str = "") -> None:
    """It was sent; `message` is the channel's id of it, or several of them with spaces between."""
    await tx.run(_SENT, {"row": id, "at": now, "said": message})


async def retry(tx: Tx, id: int, at: datetime, error: str) -> None:
    """It could not be sent; again at `at`."""
    await tx.run(_RETRY, {"row": id, "at": at, "why": error})


async def dead(tx: Tx, id: int, now: datetime, error: str) -> None:
    """It cannot be sent at all; it stands in the operator's list. `BLOCKED` can be revived."""
    await tx.run(_END, {"row": id, "at": now, "why": error, "end": "dead"})


async def dropped(tx: Tx, id: int, now: datetime, error: str = "expired") -> None:
    """It is not worth sending any more."""
    await tx.run(_END, {"row": id, "at": now, "why": error, "end": "dropped"})


async def move_chat(tx: Tx, channel: str, old: str, new: str) -> int:
    """A group got a new id: its letters and its office go there. How many were moved.

    Its cards are posted there anew when they change; presses of the old ones are still known.
    """
    before, after = tx.sealer.fingerprint(old), tx.sealer.fingerprint(new)
    here = (outbox.c.channel == channel) & (outbox.c.chat == before)
    moved = 0
    for row in await tx.all(select(outbox).where(here, outbox.c.letter.is_not(None))):
        where = _where(row.channel, row.key)
        _, payload = tx.sealer.open_json(row.letter, where)
        letter = tx.sealer.seal_json([new, payload], where)
        await tx.run(update(outbox).where(outbox.c.id == row.id).values(chat=after, letter=letter))
        moved += 1
    for row in await tx.all(
        select(offices.c.id).where(offices.c.channel == channel, offices.c.chat_key == before)
    ):
        chat = tx.sealer.seal_text(new, f"offices.chat:{row.id}")
        statement = update(offices).where(offices.c.id == row.id)
        moved += await tx.run(statement.values(chat_key=after, chat=chat))
    # Messages are counted anew there: a card's old number may by now be that of another card.
    gone = delete(cards).where(cards.c.channel == channel, cards.c.chat_key == before)
    await tx.run(gone)
    if moved:
        await instance.put(tx, f"moved.{before}", after)
    return moved


async def undelivered(tx: Tx, *, older_than: datetime | None = None) -> list[Letter]:
    """The operator's list: dead and held letters, and those still pending from before a time."""
    late: ColumnElement[bool] = outbox.c.state.in_(["dead", "held"])
    if older_than is not None:
        late = or_(late, (outbox.c.state == "pending") & (outbox.c.created_at < older_than))
    return [_listed(tx, r) for r in await tx.all(select(outbox).where(late).order_by(outbox.c.id))]


async def late(tx: Tx, before: datetime) -> int:
    """How many letters have been waiting since before a time, though they could go."""
    waiting = (outbox.c.state == "pending") & (outbox.c.created_at < before)
    counted = select(func.count()).select_from(outbox).where(waiting, outbox.c.lane != _SWEEP)
    row = await tx.one(counted)
    return int(row[0]) if row else 0


async def forget(tx: Tx, before: datetime) -> int:
    """Drops what was sent or dropped before a time, is wiped, and has no key that must be known
    for ever. How many rows went."""
    ended = outbox.c.state.in_(["sent", "dropped"]) & (outbox.c.sent_at < before)
    spent = ended & outbox.c.letter.is_(None) & outbox.c.key.startswith("~")
    return await tx.run(delete(outbox).where(spent))


async def wipe(tx: Tx, channel: str, chat: str) -> list[str]:
    """Wipes at once what was said in one chat, receipts and cards apart; gives the messages that
    still stand there."""
    here = (outbox.c.channel == channel) & (outbox.c.chat == tx.sealer.fingerprint(chat))
    plain = outbox.c.lead_id.is_(None) & outbox.c.lane.in_([LANES.index("answer")])
    told = here & plain & outbox.c.state.in_(["sent", "dropped"]) & outbox.c.letter.is_not(None)
    rows = await tx.all(select(outbox.c.id, outbox.c.message).where(told))
    wiped = update(outbox).where(outbox.c.id.in_([row.id for row in rows]))
    await tx.run(wiped.values(letter=None))
    return [one for row in rows for one in row.message.split()]


async def feed(
    tx: Tx, channel: str, chat: str, after_id: int = 0, limit: int = 200
) -> list[Letter]:
    """What was sent to a chat of a channel that people pull from, oldest first."""
    statement = (
        select(outbox)
        .where(
            outbox.c.channel == channel,
            outbox.c.chat == tx.sealer.fingerprint(chat),
            outbox.c.id > after_id,
            outbox.c.state == "sent",
            outbox.c.letter.is_not(None),
        )
        .order_by(outbox.c.id)
        .limit(limit)
    )
    return [_listed(tx, row) for row in await tx.all(statement)]


async def revive(tx: Tx, channel: str, chat: str, now: datetime) -> int:
    """The person came back: letters that died because they had stopped the bot are due again."""
    statement = update(outbox).where(
        outbox.c.channel == channel,
        outbox.c.chat == tx.sealer.fingerprint(chat),
        outbox.c.state == "dead",
        outbox.c.error == BLOCKED,
        outbox.c.letter.is_not(None),
    )
    return await tx.run(statement.values(state="pending", next_at=now, tries=0, sent_at=None))


async def release(tx: Tx, now: datetime, *, send: bool) -> int:
    """The human yes (or no) to the letters held after a restore: they go out, or are dropped."""
    dropped = {"state": "dropped", "error": "held", "sent_at": now}
    end = {"state": "pending", "next_at": now} if send else dropped
    return await tx.run(update(outbox).where(outbox.c.state == "held").values(**end))


async def sweep(tx: Tx, before: datetime) -> dict[tuple[str, str], list[str]]:
    """Wipes what was said in letters that ended before a time, and gives the messages that still
    stand in the chats, so that they can be taken out there. Receipts stay: they carry a number
    and nothing of the report.
    """
    ended = outbox.c.state.in_(["sent", "dropped"]) & (outbox.c.sent_at < before)
    told = ended & outbox.c.letter.is_not(None)
    found: dict[tuple[str, str], list[str]] = {}
    rows = await tx.all(select(outbox).where(told).order_by(outbox.c.id).limit(500))
    for letter in (_listed(tx, row) for row in rows):
        if letter.chat and letter.message and letter.lane != "receipt" and not letter.lead_id:
            found.setdefault((letter.channel, letter.chat), []).extend(letter.message.split())
    await tx.run(
        update(outbox).where(outbox.c.id.in_([row.id for row in rows])).values(letter=None)
    )
    return found
