"""Keeping what people send: sealed on disk and on record before any dialogue hears of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

from bot.channels import Refused
from handlers.messages import FileRef
from storage import files, people
from storage.database import Database

MOST_FILES = 30
MOST_BYTES = 200 * 1024 * 1024
"""What one person may have in reports that are not yet sent."""


async def keep(
    database: Database,
    channel: str,
    account: str,
    ref: FileRef,
    chunks: AsyncIterator[bytes],
    now: datetime,
) -> FileRef:
    """One file: kept, with its id, or refused, with why. Raises Busy, or what cut it short."""
    if ref.size is not None and ref.size > files.LIMIT:
        return replace(ref, refused="too_big")
    try:
        blob = await files.keep(database, database.sealer, chunks)
    except files.TooBig:
        return replace(ref, refused="too_big")
    except files.Empty:
        return replace(ref, refused="empty")
    except Refused as refused:
        return replace(ref, refused=refused.reason)
    async with database.write() as tx:
        person = await people.find(tx, channel, account)
        if person is None:
            return replace(ref, refused="unreachable")
        count, size = await files.under_way(tx, person.id)
        if count >= MOST_FILES or size + blob.size > MOST_BYTES:
            return replace(ref, refused="too_many")
        await files.record(tx, blob, person_id=person.id, name=ref.name, kind=ref.kind, now=now)
    return replace(ref, stored=blob.id)
