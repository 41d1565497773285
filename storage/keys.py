"""Keys and sealing: what is stored can be read only with a key that lies outside the data folder.

A key file holds one key a line, `id base64`; the first seals, all of them open. The last is the
oldest: fingerprints and the history chain hang on it, so it is never taken out of the file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.errors import SealBroken, Told
from storage.text import clean, clean_all

_SIZE = 32  # bytes of a key
_STEP = 64  # sealed texts are padded to a multiple of this, to hide their length
_VERSION = b"\x01"


class KeyProblem(Told):
    """The key file cannot be used."""


class KeyMissing(KeyProblem):
    """There is no key file. `cunjian init` makes one; without the old one, old data stays shut."""


class KeyEmpty(KeyProblem):
    """The key file is empty."""


class KeyMalformed(KeyProblem):
    """The key file is not lines of `id base64` with keys of 32 bytes."""


class KeyExample(KeyProblem):
    """The key file holds an example or a constant, not a random key."""


class KeyExposed(KeyProblem):
    """The key file can be read by others. Make it yours alone: chmod 600."""


class KeyBesideData(KeyProblem):
    """The key file lies inside the data folder. Keep it elsewhere: a thief must not get both."""


class KeyWrong(KeyProblem):
    """This key does not open this data. Use the key file that belongs to it."""


@dataclass(frozen=True)
class KeyRing:
    """Keys by id: the first is current, the last the oldest."""

    keys: Mapping[str, bytes]

    @classmethod
    def load(cls, path: Path, *, data: Path | None = None) -> KeyRing:
        """The keys in a file. Raises a `KeyProblem` rather than take one that protects nothing."""
        if data is not None and data.resolve() in path.resolve().parents:
            raise KeyBesideData
        try:
            mode, lines = path.stat().st_mode, path.read_text("ascii").split("\n")
        except FileNotFoundError:
            raise KeyMissing from None
        except UnicodeDecodeError:
            raise KeyMalformed from None
        if stat.S_IMODE(mode) & 0o077:
            raise KeyExposed
        keys: dict[str, bytes] = {}
        for line in filter(None, map(str.strip, lines)):
            name, _, coded = line.partition(" ")
            try:
                key = base64.b64decode(coded.strip(), validate=True)
            except (binascii.Error, ValueError):
                raise KeyMalformed from None
            if len(key) != _SIZE or name in keys or not 0 < len(name) <= 16:
                raise KeyMalformed
            if len(set(key)) < 12 or key == bytes(range(_SIZE)):
                raise KeyExample
            keys[name] = key
        if not keys:
            raise KeyEmpty
        return cls(keys)

    @classmethod
    def create(cls, path: Path) -> KeyRing:
        """A new file with one random key, for its owner alone. An existing file is kept."""
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_private(path, _line(), exclusive=True)
        return cls.load(path)

    @classmethod
    def rotate(cls, path: Path) -> KeyRing:
        """Puts a new key on top of the file: it seals from now on, the others still open."""
        cls.load(path)
        fresh = path.with_name(path.name + ".new")
        _write_private(fresh, _line() + path.read_text("ascii"))
        fresh.replace(path)
        return cls.load(path)


def _line() -> str:
    return f"{secrets.token_hex(4)} {base64.b64encode(secrets.token_bytes(_SIZE)).decode()}\n"


def _write_private(path: Path, words: str, *, exclusive: bool = False) -> None:
    flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if exclusive else os.O_TRUNC)
    with os.fdopen(os.open(path, flags, 0o600), "w") as file:
        file.write(words)
        file.flush()
        os.fsync(file.fileno())


class Sealer:
    """Seals and opens what is stored; each value is bound to its `where`, "table.column:row"."""

    def __init__(self, ring: KeyRing) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in ring.keys.items()}
        self._current = next(iter(ring.keys))
        oldest = list(ring.keys.values())[-1]
        self._names, self._chain = (
            HKDF(SHA256(), _SIZE, None, purpose).derive(oldest)
            for purpose in (b"cunjian fingerprints", b"cunjian chain")
        )

    def seal(self, plain: bytes, where: str) -> bytes:
        """Encrypted and bound to `where`; the length shows only in steps of 64 bytes."""
        name = self._current.encode()
        header = _VERSION + bytes([len(name)]) + name
        nonce = secrets.token_bytes(12)
        padded = plain + b"\x80" + bytes(-(len(plain) + 1) % _STEP)
        return (
            header
            + nonce
            + self._ciphers[self._current].encrypt(nonce, padded, header + clean(where).encode())
        )

    def open(self, sealed: bytes, where: str) -> bytes:
        """What was sealed for `where`. Raises `SealBroken` if it was changed, moved or foreign."""
        size = 2 + sealed[1] if len(sealed) > 1 else 0
        header, nonce, body = sealed[:size], sealed[size : size + 12], sealed[size + 12 :]
        try:
            cipher = self._ciphers[header[2:].decode("ascii")]
            padded = cipher.decrypt(nonce, body, header + clean(where).encode())
        except (InvalidTag, KeyError, ValueError):
            raise SealBroken from None
        return padded[: padded.rindex(b"\x80")]

    def seal_text(self, words: str, where: str) -> bytes:
        """A text, cleaned (see `storage.text`) and sealed."""
        return self.seal(clean(words).encode(), where)

    def open_text(self, sealed: bytes, where: str) -> str:
        """What `seal_text` sealed for `where`."""
        return self.open(sealed, where).decode()

    def seal_json(self, value: Any, where: str) -> bytes:
        """A JSON-like value, sealed. Bytes and datetimes come back as such, tuples as lists."""
        words = _dumps(value)
        try:
            plain = words.encode()
        except UnicodeEncodeError:
            plain = _dumps(clean_all(value)).encode()
        if b"\\u0000" in plain:
            plain = _dumps(clean_all(value)).encode()
        return self.seal(plain, where)

    def open_json(self, sealed: bytes, where: str) -> Any:
        """What `seal_json` sealed for `where`."""
        return json.loads(self.open(sealed, where), object_hook=_revive)

    def fingerprint(self, *parts: str) -> str:
        """A name for something that must be found again but not read: 26 characters, keyed.

        An account is `fingerprint(channel, account)`. Survives a rotation of keys.
        """
        whole = b"".join(len(p).to_bytes(4, "big") + p for p in (clean(q).encode() for q in parts))
        digest = hmac.digest(self._names, whole, "sha256")[:16]
        return base64.b32encode(digest).decode().rstrip("=").lower()

    def link(self, before: bytes, record: bytes) -> bytes:
        """The next link of the history chain; nobody without the key can make one."""
        return hmac.digest(self._chain, hashlib.sha256(before).digest() + record, "sha256")


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_encode)


def _encode(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"~bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"~at": value.isoformat()}
    raise TypeError(f"cannot be stored as JSON: {type(value).__name__}")


def _revive(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        if "~bytes" in found:
            return base64.b64decode(found["~bytes"])
        if "~at" in found:
            return datetime.fromisoformat(found["~at"])
    return found
