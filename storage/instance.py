"""The installation itself: who it is, when it was last alive, and small settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select

from storage import ids
from storage.database import Tx, upsert
from storage.errors import SealBroken
from storage.tables import settings

_GET = select(settings.c.value).where(settings.c.key == bindparam("name"))


def _replace(insert: Any) -> Any:
    return insert.on_conflict_do_update(
        index_elements=["key"], set_={"value": insert.excluded.value}
    ).returning(settings.c.value)


def _count(insert: Any) -> Any:
    from sqlalchemy import BigInteger, Text, cast

    more = cast(cast(settings.c.value, BigInteger) + 1, Text)
    return insert.on_conflict_do_update(index_elements=["key"], set_={"value": more}).returning(
        settings.c.value
    )


_PUT, _COUNT = upsert(_replace, settings), upsert(_count, settings)


async def begin(tx: Tx) -> bool:
    """Names the instance at its first opening. False: it was begun with another key."""
    proof = await get(tx, "key.proof")
    if proof is not None:
        try:
            tx.sealer.open(bytes.fromhex(proof), "settings.value:key.proof")
        except SealBroken:
            return False
        return True
    await put(tx, "instance.id", ids.new())
    await put(tx, "key.proof", tx.sealer.seal(b"cunjian", "settings.value:key.proof").hex())
    return True


async def name(tx: Tx) -> str:
    """The id of this installation; it tells its backups from those of others."""
    return await get(tx, "instance.id") or ""


async def get(tx: Tx, key: str) -> str | None:
    """A small setting."""
    row = await tx.one(_GET, {"name": key})
    return str(row.value) if row else None


async def put(tx: Tx, key: str, value: str) -> None:
    """Sets a small setting. Nothing personal: it is not sealed."""
    await tx.once(_PUT, {"key": key, "value": value})


async def drop(tx: Tx, key: str) -> None:
    """Forgets a small setting."""
    await tx.run(delete(settings).where(settings.c.key == key))


async def heartbeat(tx: Tx, now: datetime) -> None:
    """It is alive at `now`; a later start can tell from this how long it was away."""
    await put(tx, "heartbeat", now.isoformat())


async def last_alive(tx: Tx) -> datetime | None:
    """When it was last known to be alive; None before the first time."""
    value = await get(tx, "heartbeat")
    return datetime.fromisoformat(value) if value else None


async def count(tx: Tx, key: str) -> int:
    """Adds one to a counter and gives its value."""
    row = await tx.once(_COUNT, {"key": key, "value": "1"})
    return int(row.value) if row else 0


async def count_stranger(tx: Tx, channel: str) -> int:
    """One more message of somebody who is not bound. The number is all that is kept."""
    return await count(tx, f"strangers.{channel}")
