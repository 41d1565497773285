"""Files: whose they are and what is known of them. Their bytes lie in `storage.blobs`.

A blob without a row is an orphan, and a row that nobody claimed is loose; both are swept after a
while. A row is written only after its blob is on disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from storage import blobs, media
from storage.blobs import LIMIT, Blob, Empty, TooBig, keep
from storage.database import Tx
from storage.tables import files

__all__ = [
    "LIMIT",
    "Blob",
    "Empty",
    "File",
    "TooBig",
    "attach",
    "claim",
    "discard",
    "ending",
    "get",
    "keep",
    "of_draft",
    "of_lead",
    "read",
    "record",
    "sweep_orphans",
    "under_way",
]


@dataclass(frozen=True)
class File:
    """A file somebody sent."""

    id: str
    kind: str  # photo | document | voice | video | audio, as the channel said
    media: str  # told by the bytes
    size: int
    sha256: str
    name: str  # fit to be shown
    has_copy: bool  # a copy without metadata exists and may be circulated
    flagged: bool  # not what it seems, or could not be made safe
    draft_id: str | None = None
    lead_id: str | None = None


_OF_DRAFT = (
    select(files).where(files.c.draft_id == bindparam("of")).order_by(files.c.kept_at, files.c.id)
)
_OF_LEAD = (
    select(files).where(files.c.lead_id == bindparam("of")).order_by(files.c.kept_at, files.c.id)
)
_UNDER_WAY = select(func.count(), func.coalesce(func.sum(files.c.size), 0)).where(
    files.c.person_id == bindparam("person"), files.c.lead_id.is_(None)
)
_GET = select(files).where(files.c.id == bindparam("file"))


async def record(
    tx: Tx,
    blob: Blob,
    *,
    person_id: str,
    name: str,
    kind: str,
    now: datetime,
    draft_id: str | None = None,
    lead_id: str | None = None,
) -> File:
    """Makes kept bytes a file of somebody's."""
    shown = media.sanitise_name(name)
    sealed = tx.sealer.seal_text(name, f"files.name:{blob.id}")
    flagged = blob.flagged or media.misnamed(name, blob.media)
    values: dict[str, Any] = {"id": blob.id}
    values |= {"person_id": person_id, "draft_id": draft_id, "lead_id": lead_id}
    values |= {"kind": kind, "media": blob.media, "size": blob.size, "sha256": blob.sha256}
    values |= {"name": sealed, "key": blob.key, "copy_sha256": blob.copy_sha256}
    await tx.run(insert(files), values | {"flagged": flagged, "kept_at": now})
    has_copy = blob.copy_sha256 is not None
    return File(
        blob.id,
        kind,
        blob.media,
        blob.size,
        blob.sha256,
        shown,
        has_copy,
        flagged,
        draft_id,
        lead_id,
    )


def _file(tx: Tx, row: Any) -> File:
    name = tx.sealer.open_text(row.name, f"files.name:{row.id}")
    return File(
        row.id,
        row.kind,
        row.media,
        row.size,
        row.sha256,
        media.sanitise_name(name),
        row.copy_sha256 is not None,
        row.flagged,
        row.draft_id,
        row.lead_id,
    )


async def attach(tx: Tx, file_ids: Sequence[str], lead_id: str) -> None:
    """These files belong to this lead; one that belongs to another stays there."""
    free = files.c.id.in_(file_ids) & files.c.lead_id.is_(None)
    await tx.run(update(files).where(free).values(lead_id=lead_id))


async def claim(tx: Tx, file_ids: Sequence[str], draft_id: str) -> None:
    """These files, kept but in no draft or lead yet, belong to this draft."""
    free = files.c.id.in_(file_ids) & files.c.lead_id.is_(None) & files.c.draft_id.is_(None)
    await tx.run(update(files).where(free).values(draft_id=draft_id))


async def discard(tx: Tx, file_ids: Sequence[str]) -> None:
    """These files, kept but in no draft or lead, are thrown away with their keys."""
    loose = files.c.id.in_(file_ids) & files.c.lead_id.is_(None) & files.c.draft_id.is_(None)
    await tx.run(delete(files).where(loose))


async def get(tx: Tx, file_id: str) -> File | None:
    """What is known of a file, without its bytes."""
    row = await tx.one(_GET, {"file": file_id})
    return _file(tx, row) if row else None


async def of_draft(tx: Tx, draft_id: str) -> list[File]:
    """The files of a draft, in the order they came."""
    return [_file(tx, row) for row in await tx.all(_OF_DRAFT, {"of": draft_id})]


async def of_lead(tx: Tx, lead_id: str) -> list[File]:
    """The files of a lead, in the order they came."""
    return [_file(tx, row) for row in await tx.all(_OF_LEAD, {"of": lead_id})]


async def read(tx: Tx, file_id: str, original: bool = False) -> bytes | None:
    """The copy that may be circulated, or the original for a bound officer.

    None: no such file, or there is no safe copy of it. Raises Damaged if the bytes are gone or are
    not those that were sent.
    """
    row = await tx.one(_GET, {"file": file_id})
    if row is None or (not original and row.copy_sha256 is None):
        return None
    key = tx.sealer.open(row.key, f"files.key:{row.id}")
    digest = row.sha256 if original else row.copy_sha256
    return await asyncio.to_thread(blobs.fetch, tx.data, row.id, key, not original, digest)


async def under_way(tx: Tx, person_id: str) -> tuple[int, int]:
    """How many files of this person are in no lead yet, and their size together in bytes."""
    row = await tx.one(_UNDER_WAY, {"person": person_id})
    return (int(row[0]), int(row[1])) if row else (0, 0)


def ending(file: File) -> str:
    """What a file's name may end with when it is handed on: a kind that people can open, never
    what the sender put there."""
    given = file.name.rpartition(".")[2].lower() if "." in file.name else ""
    return given if given in media.OPENED else "bin"


async def sweep_orphans(tx: Tx, older_than: datetime, *, unclaimed: datetime | None = None) -> int:
    """Removes blobs that no row speaks of, and rows that nobody claimed, from before a time;
    the latter, if given, from before `unclaimed`: somebody may still be about to claim them.

    How many blobs went. Those of the rows dropped now go at the next sweep, when it is sure that
    the dropping held.
    """
    known = {row.id for row in await tx.all(select(files.c.id))}
    loose = files.c.draft_id.is_(None) & files.c.lead_id.is_(None)
    await tx.run(delete(files).where(loose, files.c.kept_at < (unclaimed or older_than)))
    return await asyncio.to_thread(blobs.sweep, tx.data, known, older_than.timestamp())
