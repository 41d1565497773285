"""Files: their bytes sealed on disk before any row speaks of them.

Each file has a key of its own, wrapped by the key ring and kept in its row: when the row goes, the
bytes are noise. A file on disk without a row is an orphan and is swept after a while.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, func, insert, select, update

from storage import ids, media
from storage.database import Database, Tx
from storage.errors import Damaged, Told
from storage.keys import Sealer
from storage.tables import files
from storage.text import clean

LIMIT = 20 * 1024 * 1024
"""The largest file taken, in bytes; Telegram gives bots no more."""
_NONCE = bytes(12)  # every file has a key of its own, used once for each part


class TooBig(Told):
    """The file is larger than is taken."""


class Empty(Told):
    """The file has no bytes."""


@dataclass(frozen=True)
class Blob:
    """Bytes that are kept on disk but belong to nobody yet."""

    id: str
    size: int
    sha256: str
    media: str = media.UNKNOWN  # told by the bytes
    key: bytes = b""  # wrapped
    copy_sha256: str | None = None
    flagged: bool = False


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
_GET = select(files).where(files.c.id == bindparam("file"))


def path_of(data: Path, id: str, *, copy: bool = False) -> Path:
    """Where the sealed bytes lie."""
    return data / "files" / id[:2] / (f"{id}.copy" if copy else id)


async def keep(
    where: Database | Path,
    sealer: Sealer,
    chunks: AsyncIterator[bytes],
    *,
    limit: int = LIMIT,
) -> Blob:
    """Keeps the bytes, sealed and flushed to disk, with a stripped copy where there can be one.

    Raises TooBig or Empty by the real bytes, Busy if the disk does not take them; then nothing is
    left behind. `chunks` may raise whatever it likes.
    """
    data = where if isinstance(where, Path) else where.data
    whole = bytearray()
    async for chunk in chunks:
        whole += chunk
        if len(whole) > limit:
            raise TooBig
    if not whole:
        raise Empty
    plain = bytes(whole)
    told = media.tell(plain)
    stripped = await media.strip(plain) if told in media.IMAGES else None
    return await asyncio.to_thread(_keep, data, sealer, plain, told, stripped)


def _keep(data: Path, sealer: Sealer, plain: bytes, told: str, stripped: bytes | None) -> Blob:
    from storage.errors import Busy

    id, key = ids.new(), AESGCM.generate_key(256)
    cipher = AESGCM(key)
    parts = {False: plain} if stripped is None else {False: plain, True: stripped}
    written: list[Path] = []
    try:
        for copy, part in parts.items():
            path = path_of(data, id, copy=copy)
            written.append(path)
            sealed = cipher.encrypt(_nonce(copy), part, path.name.encode())
            _write(data, path, sealed)
    except OSError:
        for path in written:
            path.unlink(missing_ok=True)
        raise Busy from None
    return Blob(
        id,
        len(plain),
        hashlib.sha256(plain).hexdigest(),
        told,
        sealer.seal(key, f"files.key:{id}"),
        hashlib.sha256(stripped).hexdigest() if stripped is not None else None,
        told in media.RISKY or (told in media.IMAGES and stripped is None),
    )


def _nonce(copy: bool) -> bytes:
    return _NONCE[:-1] + bytes([copy])


def _write(data: Path, path: Path, sealed: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    for folder in (path.parent, path.parent.parent, data):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
    sealed = tx.sealer.seal(clean(name).encode(), f"files.name:{blob.id}")
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
    name = tx.sealer.open(row.name, f"files.name:{row.id}").decode()
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


async def under_way(tx: Tx, person_id: str) -> tuple[int, int]:
    """How many files this person has that are in no lead yet, and their bytes in all."""
    loose = (files.c.person_id == person_id) & files.c.lead_id.is_(None)
    row = await tx.one(
        select(func.count(), func.coalesce(func.sum(files.c.size), 0))
        .select_from(files)
        .where(loose)
    )
    return (row[0], int(row[1])) if row else (0, 0)


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
    return await asyncio.to_thread(_read, tx.data, row.id, key, not original, digest)


def _read(data: Path, id: str, key: bytes, copy: bool, digest: str) -> bytes:
    path = path_of(data, id, copy=copy)
    try:
        plain = AESGCM(key).decrypt(_nonce(copy), path.read_bytes(), path.name.encode())
    except (OSError, InvalidTag, ValueError):
        raise Damaged("A kept file is gone or was changed.") from None
    if hashlib.sha256(plain).hexdigest() != digest:
        raise Damaged("A kept file is not the one that was sent.")
    return plain


async def sweep_orphans(tx: Tx, older_than: datetime) -> int:
    """Removes bytes that no row speaks of and that were written before a time. How many."""
    known = {row.id for row in await tx.all(select(files.c.id))}
    return await asyncio.to_thread(_sweep, tx.data, known, older_than.timestamp())


def _sweep(data: Path, known: set[str], before: float) -> int:
    swept = 0
    for path in (data / "files").glob("*/*"):
        if path.name.removesuffix(".copy") not in known and path.stat().st_mtime < before:
            path.unlink()
            swept += 1
    return swept
