"""Blobs: bytes sealed on disk, each under its own key, flushed before a row speaks of them.

The key is wrapped by the key ring and kept in the file's row: when the row goes, the bytes are
noise.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage import ids, media
from storage.database import Database
from storage.errors import Busy, Damaged, Told
from storage.keys import Sealer

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


def fetch(data: Path, id: str, key: bytes, copy: bool, digest: str) -> bytes:
    """The bytes of a blob or of its copy. Raises Damaged if they are gone or changed."""
    path = path_of(data, id, copy=copy)
    try:
        plain = AESGCM(key).decrypt(_nonce(copy), path.read_bytes(), path.name.encode())
    except (OSError, InvalidTag, ValueError):
        raise Damaged("A kept file is gone or was changed.") from None
    if hashlib.sha256(plain).hexdigest() != digest:
        raise Damaged("A kept file is not the one that was sent.")
    return plain


def sweep(data: Path, known: set[str], before: float) -> int:
    """Removes blobs that are not known and were last written before a time (Unix seconds)."""
    swept = 0
    for path in (data / "files").glob("*/*"):
        if path.name.removesuffix(".copy") not in known and path.stat().st_mtime < before:
            path.unlink()
            swept += 1
    return swept
