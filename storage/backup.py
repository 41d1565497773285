"""Backup and restore: one tar of what is sealed already, and a sealed list of what must be in it.

The key is never in it: who finds a backup finds nothing, and whoever loses the key loses all.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import make_url

from storage.database import FILE, Database
from storage.errors import Busy, SealBroken, Told
from storage.keys import Sealer
from storage.leader import MAIN, lock

MANIFEST = "manifest"
_WHERE = "backup.manifest:1"
_PART = re.compile(rf"{re.escape(FILE)}|files/[a-z0-9]{{2}}/[a-z0-9]+(\.copy)?")
_CHUNK = 1024 * 1024


class NotHere(Told):
    """This is PostgreSQL: back it up with pg_dump, and copy the `files` folder after it."""


class Refused(Told):
    """The backup was refused. Nothing was changed."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    instance: str
    at: str  # ISO time at which it was made; all that was receipted before is in it
    revision: str  # of the tables
    parts: dict[str, list[Any]]  # name: [size, sha256]
    gone: list[str]  # files that were dropped while it was made


async def backup(database: Database, file: Path, now: datetime) -> Manifest:
    """Writes a whole backup while the program runs. Raises NotHere, Busy."""
    if database.postgres:
        raise NotHere
    source = Path(make_url(database.url).database or "")
    try:
        return await asyncio.to_thread(
            _backup, source, database.data, database.sealer, file, now.isoformat()
        )
    except (OSError, sqlite3.OperationalError) as error:
        raise Busy from error


def _backup(source: Path, data: Path, sealer: Sealer, file: Path, at: str) -> Manifest:
    copy, unfinished = file.with_name(f"{file.name}.database"), file.with_name(f"{file.name}.part")
    try:
        with closing(_read_only(source)) as live, closing(sqlite3.connect(copy)) as still:
            live.backup(still)
            still.execute("PRAGMA journal_mode = DELETE")
            instance, revision = _names(still)
            kept = still.execute("SELECT id, copy_sha256 IS NOT NULL FROM files").fetchall()
        names = [f"files/{i[:2]}/{i}{end}" for i, c in kept for end in ("", ".copy")[: 1 + c]]
        parts: dict[str, list[Any]] = {}
        gone: list[str] = []
        with _private(unfinished) as out, tarfile.open(fileobj=out, mode="w") as tar:
            for name, path in [(FILE, copy), *((n, data / n) for n in names)]:
                try:
                    parts[name] = _put(tar, name, path)
                except FileNotFoundError:
                    gone.append(name)
            manifest = Manifest(instance, at, revision, parts, gone)
            sealed = sealer.seal_json(asdict(manifest), _WHERE)
            _add(tar, MANIFEST, len(sealed), io.BytesIO(sealed))
            tar.close()
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
        _flush(file.parent)
        return manifest
    finally:
        copy.unlink(missing_ok=True)
        unfinished.unlink(missing_ok=True)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _names(connection: sqlite3.Connection) -> tuple[str, str]:
    """The instance and the revision of a database."""
    name = connection.execute("SELECT value FROM settings WHERE key = 'instance.id'").fetchone()
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return (name or [""])[0], (revision or [""])[0]


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _put(tar: tarfile.TarFile, name: str, path: Path) -> list[Any]:
    with path.open("rb") as part:
        size = os.fstat(part.fileno()).st_size
        reading = _Hashing(part)
        _add(tar, name, size, reading)
        return [size, reading.digest.hexdigest()]


class _Hashing(io.RawIOBase):
    """Reads from another file and hashes what passes."""

    def __init__(self, inner: IO[bytes]) -> None:
        self.inner, self.digest = inner, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        chunk = self.inner.read(size)
        self.digest.update(chunk)
        return chunk


def _add(tar: tarfile.TarFile, name: str, size: int, part: Any) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    tar.addfile(info, part)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check(file: Path, sealer: Sealer) -> Manifest:
    """Reads a whole backup and says what is in it. Raises Refused with the reason."""
    return _walk(file, sealer, lambda name, chunk: None)


def _walk(file: Path, sealer: Sealer, take: Callable[[str, bytes], None]) -> Manifest:
    """Reads every part once, hands its bytes on, and holds it against the manifest at the end."""
    found: dict[str, list[Any]] = {}
    sealed = b""
    try:
        with tarfile.open(file, "r:") as tar:
            for member in tar:
                if not member.isreg() or member.name in found or sealed:
                    raise Refused("The backup holds something that does not belong in it.")
                part = tar.extractfile(member)
                if part is None:
                    raise Refused("The backup cannot be read.")
                if member.name == MANIFEST:
                    sealed = part.read()
                    continue
                if not _PART.fullmatch(member.name):
                    raise Refused("The backup holds something that does not belong in it.")
                digest = hashlib.sha256()
                take(member.name, b"")
                while chunk := part.read(_CHUNK):
                    digest.update(chunk)
                    take(member.name, chunk)
                found[member.name] = [member.size, digest.hexdigest()]
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise Refused("The backup is damaged or cut short.") from error
    except FileNotFoundError as error:
        raise Refused("There is no such backup.") from error
    if not sealed:
        raise Refused("The backup is cut short.")
    try:
        manifest = Manifest(**sealer.open_json(sealed, _WHERE))
    except (SealBroken, TypeError, json.JSONDecodeError) as error:
        raise Refused("The backup is damaged, or was made with another key.") from error
    if found != manifest.parts or FILE not in found:
        raise Refused("The backup is damaged: its parts are not those it was made with.")
    return manifest


async def restore(file: Path, data: Path, sealer: Sealer, now: datetime) -> Manifest:
    """Puts a backup in the place of what is in the data folder, which is set aside, not deleted.

    Everything is checked before anything is touched. Letters that were waiting when the backup was
    made are held for a human yes. Migrate afterwards if the backup is of an older version. Raises
    Refused if the backup is damaged, of another installation, or the program is still running.
    """
    return await asyncio.to_thread(_restore, file, data, sealer, now)


def _restore(file: Path, data: Path, sealer: Sealer, now: datetime) -> Manifest:
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    running = lock(data, sealer.fingerprint("leader", MAIN))
    if running is None:
        raise Refused("The program is running on this data. Stop it first.")
    fresh = data / ".restoring"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        manifest = _unpack(file, sealer, fresh)
        with closing(sqlite3.connect(fresh / FILE)) as restored:
            if restored.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise Refused("The database in the backup is damaged.")
            if _names(restored) != (manifest.instance, manifest.revision):
                raise Refused("The database in the backup is not the one it was made of.")
            if _instance_at(data / FILE) not in (None, manifest.instance):
                raise Refused("The backup is of another installation.")
            restored.execute("UPDATE outbox SET state = 'held' WHERE state = 'pending'")
            restored.commit()
        _flush_all(fresh)
        _swap(fresh, data, data / f"before-restore-{now:%Y%m%d-%H%M%S}")
        return manifest
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        os.close(running)


def _unpack(file: Path, sealer: Sealer, into: Path) -> Manifest:
    (into / "files").mkdir(mode=0o700, parents=True)

    def write(name: str, chunk: bytes) -> None:
        path = into / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as out:
            out.write(chunk)

    return _walk(file, sealer, write)


def _instance_at(path: Path) -> str | None:
    """Whose a database is; None if there is none, or none that can be read."""
    if not path.exists():
        return None
    try:
        with closing(_read_only(path)) as old:
            return _names(old)[0] or None
    except sqlite3.DatabaseError:
        return None


def _flush_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    _flush(folder)


def _swap(fresh: Path, data: Path, aside: Path) -> None:
    old = [p for p in (*(data / (FILE + end) for end in ("", "-wal", "-shm")), data / "files")]
    if present := [path for path in old if path.exists()]:
        aside.mkdir(mode=0o700)
        for path in present:
            path.replace(aside / path.name)
    for path in list(fresh.iterdir()):
        path.replace(data / path.name)
    _flush(data)
