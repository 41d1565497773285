"""The inbox: every update is a row here before it is confirmed to its channel.

States: `fetch` (its files are still to be fetched), `new`, `done`, `parked` (it failed too often),
`ignored` (kept as a number only). Bodies are sealed and wiped when done.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, delete, func, or_, select, text, update

from storage.database import Tx, upsert
from storage.errors import SealBroken
from storage.tables import Moment, inbox


@dataclass(frozen=True)
class Update:
    """One thing that came in."""

    id: int
    channel: str
    update_id: str  # as the channel names it
    person: str  # fingerprint of channel and account; empty if nobody speaks
    body: dict[str, Any]
    tries: int
    received_at: datetime
    state: str = "new"
    error: str = ""
    whole: bool = True  # false: what it held was changed, moved or sealed with another key


_KEEP = upsert(
    lambda i: i.on_conflict_do_nothing(index_elements=["channel", "update_id"]).returning(
        inbox.c.id
    ),
    inbox,
)
_earlier = inbox.alias("earlier")
_FIELDS = (
    inbox.c.id,
    inbox.c.channel,
    inbox.c.update_id,
    inbox.c.person,
    inbox.c.body,
    inbox.c.tries,
    inbox.c.received_at,
    inbox.c.state,
    inbox.c.reason,
)


def _oldest(*states: str) -> Any:
    listed = ", ".join(f"'{state}'" for state in states)
    return (
        select(*_FIELDS)
        .where(
            text("inbox.state IN ('fetch', 'new')"),
            text(f"inbox.state IN ({listed})"),
            or_(
                inbox.c.next_at <= bindparam("now", type_=Moment),
                inbox.c.next_at > bindparam("far", type_=Moment),
            ),
            or_(
                inbox.c.person == "",
                ~select(_earlier.c.id)
                .where(
                    _earlier.c.person == inbox.c.person,
                    _earlier.c.id < inbox.c.id,
                    text("earlier.state IN ('fetch', 'new')"),
                )
                .exists(),
            ),
        )
        .order_by(inbox.c.id)
        .limit(1)
    )


_LATER = timedelta(hours=1)
_EVERY = {True: _oldest("fetch"), False: _oldest("new"), None: _oldest("fetch", "new")}
_FROM = {
    needs_files: oldest.where(inbox.c.channel.in_(bindparam("channels", expanding=True)))
    for needs_files, oldest in _EVERY.items()
}
_TAKE, _TAKE_FROM = (
    {key: oldest.with_for_update(skip_locked=True, of=inbox) for key, oldest in table.items()}
    for table in (_EVERY, _FROM)
)
_ID = inbox.c.id == bindparam("row")
_DONE = (
    update(inbox)
    .where(_ID)
    .values(state="done", body=None, reason="", done_at=bindparam("at", type_=Moment))
)
_FAIL = (
    update(inbox)
    .where(_ID)
    .values(
        tries=inbox.c.tries + 1,
        state=case((inbox.c.tries + 1 >= bindparam("limit"), "parked"), else_=inbox.c.state),
        reason=bindparam("error"),
        next_at=bindparam("again", type_=Moment),
    )
    .returning(inbox.c.state)
)
_HOLD = (
    update(inbox)
    .where(_ID, inbox.c.state == "fetch")
    .values(next_at=bindparam("again", type_=Moment))
)
_WAIT = update(inbox).where(_ID).values(next_at=bindparam("again", type_=Moment))
_BODY = (
    update(inbox)
    .where(_ID)
    .values(
        body=bindparam("sealed"),
        state=case((inbox.c.state == "fetch", "new"), else_=inbox.c.state),
        next_at=inbox.c.received_at,
        tries=0,
    )
)
_NAMES = select(inbox.c.channel, inbox.c.update_id).where(_ID)


def _where(channel: str, update_id: str) -> str:
    return f"inbox.body:{channel}:{update_id}"


async def store(
    tx: Tx,
    channel: str,
    update_id: str,
    person: str,
    body: dict[str, Any],
    now: datetime,
    *,
    state: str = "new",
) -> int | None:
    """Keeps an update and gives its id; None if this update was seen before."""
    row = await tx.once(
        _KEEP,
        {
            "channel": channel,
            "update_id": update_id,
            "person": person,
            "state": state,
            "body": tx.sealer.seal_json(body, _where(channel, update_id)),
            "received_at": now,
            "next_at": now,
        },
    )
    return int(row[0]) if row else None


async def ignore(tx: Tx, channel: str, update_id: str, reason: str, now: datetime) -> bool:
    """Keeps only the number of an update we do not act on; False if it was seen before."""
    values: dict[str, Any] = {"channel": channel, "update_id": update_id, "person": ""}
    values |= {"state": "ignored", "reason": reason}
    values |= {"received_at": now, "next_at": now, "done_at": now}
    return await tx.once(_KEEP, values) is not None


async def take(
    tx: Tx,
    now: datetime,
    *,
    needs_files: bool | None = None,
    lease: timedelta | None = None,
    channels: Collection[str] | None = None,
) -> Update | None:
    """The oldest update that is due and whose person has no earlier unfinished one.

    `needs_files`: True for those whose files are to be fetched, False for the others, None for
    any. On PostgreSQL nobody else can take it while the transaction lasts; with `lease` it also
    stays out of reach for that long after the commit, for work too slow to hold a transaction.
    `channels`: only what came from there. What is put off for longer than anything is ever put off
    was put off by a clock that has been set back since: it is due.
    """
    values: dict[str, Any] = {"now": now, "far": now + _LATER}
    if channels is None:
        row = await tx.one(_TAKE[needs_files], values)
    else:
        row = await tx.one(_TAKE_FROM[needs_files], values | {"channels": list(channels)})
    if row is None:
        return None
    if lease is not None:
        await tx.run(_WAIT, {"row": row.id, "again": now + lease})
    return _update(tx, row)


async def waits(tx: Tx, now: datetime, *, channels: Collection[str]) -> set[bool]:
    """What `take` would find something for: `needs_files` true, false, both or neither.

    No turn to write is needed, so looking holds up nobody.
    """
    values = {"now": now, "far": now + _LATER, "channels": list(channels)}
    return {kind for kind in (False, True) if await tx.one(_FROM[kind], values) is not None}


def _update(tx: Tx, row: Any, *, body: bool = True) -> Update:
    found: dict[str, Any] = {}
    whole = True
    if body and row.body is not None:
        try:
            found = tx.sealer.open_json(row.body, _where(row.channel, row.update_id))
        except SealBroken:
            whole = False  # it must not hold up those behind it: the caller gives it up
    return Update(
        row.id,
        row.channel,
        row.update_id,
        row.person,
        found,
        row.tries,
        row.received_at,
        row.state,
        row.reason,
        whole,
    )


async def hold(tx: Tx, id: int, until: datetime) -> None:
    """Renews the lease on an update whose files are still being fetched."""
    await tx.run(_HOLD, {"row": id, "again": until})


async def done(tx: Tx, id: int, now: datetime) -> None:
    """This update is dealt with; its body is wiped."""
    await tx.run(_DONE, {"row": id, "at": now})


async def fail(
    tx: Tx,
    id: int,
    now: datetime,
    error: str,
    *,
    limit: int = 5,
    wait: timedelta = timedelta(seconds=5),
) -> bool:
    """Try again after `wait`, at most `limit` times in all. True: it is parked now.

    `error` is a class name or a code, never what somebody wrote.
    """
    values = {"row": id, "limit": limit, "error": error, "again": now + wait}
    row = await tx.one(_FAIL, values)
    return row is not None and row.state == "parked"


async def replace_body(tx: Tx, id: int, body: dict[str, Any]) -> None:
    """Puts in what is known now that its files were fetched; it is ready to be worked on."""
    row = await tx.one(_NAMES, {"row": id})
    if row is not None:
        sealed = tx.sealer.seal_json(body, _where(row.channel, row.update_id))
        await tx.run(_BODY, {"row": id, "sealed": sealed})


async def unfinished(tx: Tx) -> int:
    """How many updates wait."""
    row = await tx.one(
        select(func.count()).where(text("inbox.state IN ('fetch', 'new')")).select_from(inbox)
    )
    return int(row[0]) if row else 0


async def parked(tx: Tx) -> list[Update]:
    """The updates that were given up, oldest first, without their bodies."""
    rows = await tx.all(select(*_FIELDS).where(inbox.c.state == "parked").order_by(inbox.c.id))
    return [_update(tx, row, body=False) for row in rows]


async def unpark(tx: Tx, id: int, now: datetime) -> bool:
    """Gives a parked update another round of tries; False if it is not parked."""
    statement = update(inbox).where(inbox.c.id == id, inbox.c.state == "parked")
    return await tx.run(statement.values(state="new", tries=0, next_at=now)) == 1


async def forget(tx: Tx, before: datetime) -> int:
    """Drops the numbers of updates finished before a time. Keep them 30 days against repeats."""
    finished = inbox.c.state.in_(["done", "ignored"]) & (inbox.c.done_at < before)
    return await tx.run(delete(inbox).where(finished))
