"""History: append-only, one chain over everything that happened, so that any change is found.

Each row's hash takes in the row before it and a key. The engine refuses UPDATE and DELETE; whoever
goes round the engine breaks the chain, and `verify` says where.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from storage.database import Tx
from storage.tables import chain, history
from storage.text import clean


@dataclass(frozen=True)
class Event:
    """One thing that happened, to a lead or (with no lead) to the installation."""

    seq: int
    lead_id: str | None
    event: str
    state: str  # the state the lead came into; empty: it stayed
    by: str | None  # a person's id; None: the program itself
    at: datetime
    detail: dict[str, Any]


@dataclass(frozen=True)
class Break:
    """Where the chain does not hold."""

    seq: int
    what: str  # changed | missing | detail | tail


_HEAD = select(chain.c.seq, chain.c.hash).where(chain.c.id == 1).with_for_update()
_MOVE_HEAD = (
    update(chain).where(chain.c.id == 1).values(seq=bindparam("to"), hash=bindparam("link"))
)
_APPEND = insert(history)
_OF_LEAD = select(history).where(history.c.lead_id == bindparam("lead")).order_by(history.c.seq)


def _record(
    seq: int,
    lead_id: str | None,
    event: str,
    state: str,
    by: str | None,
    at: datetime,
    detail: bytes | None,
) -> bytes:
    """One unambiguous spelling of a row, for its hash."""
    when = at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = [str(seq), lead_id or "", event, state, by or "", when]
    return b"".join(
        len(p).to_bytes(4, "big") + p for p in (*map(str.encode, parts), detail or b"")
    )


async def append(
    tx: Tx,
    *,
    lead_id: str | None,
    event: str,
    by: str | None,
    now: datetime,
    detail: dict[str, Any] | None = None,
    state: str = "",
) -> int:
    """Writes down that something happened; gives its place in the chain."""
    return await append_all(
        tx, lead_id=lead_id, event=event, by=by, now=now, detail=detail, states=[state]
    )


async def append_all(
    tx: Tx,
    *,
    lead_id: str | None,
    event: str,
    by: str | None,
    now: datetime,
    states: list[str],
    detail: dict[str, Any] | None = None,
) -> int:
    """One row for each state walked through, the detail at the last; gives the last place."""
    head = await tx.one(_HEAD)
    seq, link = (head.seq, head.hash) if head else (0, b"")
    event, rows = clean(event), []
    for position, state in enumerate(states):
        seq += 1
        sealed = None
        if detail and position == len(states) - 1:
            sealed = tx.sealer.seal_json(detail, f"history.detail:{seq}")
        link = tx.sealer.link(link, _record(seq, lead_id, event, state, by, now, sealed))
        rows.append(
            {
                "seq": seq,
                "lead_id": lead_id,
                "event": event,
                "state": state,
                "by": by,
                "at": now,
                "detail": sealed,
                "hash": link,
            }
        )
    await tx.run(_APPEND, rows if len(rows) > 1 else rows[0])
    await tx.run(_MOVE_HEAD, {"to": seq, "link": link})
    return int(seq)


def _event(tx: Tx, row: Any) -> Event:
    detail = tx.sealer.open_json(row.detail, f"history.detail:{row.seq}") if row.detail else {}
    return Event(row.seq, row.lead_id, row.event, row.state, row.by, row.at, detail)


async def of_lead(tx: Tx, lead_id: str) -> list[Event]:
    """All that happened to a lead, in order."""
    return [_event(tx, row) for row in await tx.all(_OF_LEAD, {"lead": lead_id})]


async def recent(
    tx: Tx, *, event: str | None = None, by: str | None = None, limit: int = 200
) -> list[Event]:
    """The latest events, newest first; of one kind or of one person if asked."""
    statement = select(history).order_by(history.c.seq.desc()).limit(limit)
    if event is not None:
        statement = statement.where(history.c.event == event)
    if by is not None:
        statement = statement.where(history.c.by == by)
    return [_event(tx, row) for row in await tx.all(statement)]


async def verify(tx: Tx, *, step: int = 1000) -> list[Break]:
    """Walks the whole chain; every place where it does not hold, empty if it does."""
    breaks: list[Break] = []
    seq, link = 0, b""
    while rows := await tx.all(
        select(history).where(history.c.seq > seq).order_by(history.c.seq).limit(step)
    ):
        for row in rows:
            if row.seq != seq + 1:
                breaks.append(Break(seq + 1, "missing"))
            record = _record(
                row.seq, row.lead_id, row.event, row.state, row.by, row.at, row.detail
            )
            if tx.sealer.link(link, record) != row.hash:
                breaks.append(Break(row.seq, "changed"))
            seq, link = row.seq, row.hash
    head = await tx.one(select(chain.c.seq, chain.c.hash).where(chain.c.id == 1))
    if head is None or (head.seq, head.hash) != (seq, link):
        breaks.append(Break(seq + 1, "tail"))
    return breaks
