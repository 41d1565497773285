"""Presses that were refused are on record, and nobody can make the record grow by pressing."""

from datetime import datetime, timedelta

from handlers.messages import Inbound
from storage import history, instance
from storage.database import Tx

EVERY = timedelta(hours=1)
"""One row for each account in this time; the next one tells how many there were meanwhile."""

ANSWERED = 20
"""Refusals of one account that are answered in this time."""


async def record(tx: Tx, said: Inbound, by: str | None, now: datetime) -> bool:
    """Write down that somebody was refused. False: so often that no more is said about it."""
    account = tx.sealer.fingerprint(said.channel, said.account)
    key = f"refused.{account}"
    since, _, before = (await instance.get(tx, key) or "").partition("|")
    more = int(before or 0)
    if since and abs(now - datetime.fromisoformat(since)) < EVERY:
        await instance.put(tx, key, f"{since}|{more + 1}")
        return more < ANSWERED
    detail = {"account": account, "more": more}
    await history.append(tx, lead_id=None, event="refused", by=by, now=now, detail=detail)
    await instance.put(tx, key, f"{now.isoformat()}|0")
    return True
