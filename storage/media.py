"""What a file is, told by its bytes; a copy of an image with nothing in it but the picture.

Nothing is unpacked or decoded in this process: images are drawn anew in a child with hard limits
(`storage.redraw`), every other kind has no copy.
"""

from __future__ import annotations

import asyncio
import re
import sys
import unicodedata
from pathlib import Path

UNKNOWN = "application/octet-stream"
IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
RISKY = frozenset({"application/x-executable", "application/x-archive", "text/html"})
_CHILD = Path(__file__).with_name("redraw.py")
_SECONDS = 20
_AT_ONCE = 2
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole"),
    (0, b"MZ", "application/x-executable"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"#!", "application/x-executable"),
    (0, b"Rar!", "application/x-archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-archive"),
    (0, b"\x1f\x8b", "application/x-archive"),
    (257, b"ustar", "application/x-archive"),
)
_ENDINGS = {
    "image/jpeg": {"jpg", "jpeg", "jpe", "jfif"},
    "image/png": {"png"},
    "image/gif": {"gif"},
    "image/webp": {"webp"},
    "image/heic": {"heic", "heif"},
    "application/pdf": {"pdf"},
    "application/x-executable": set(),
}
_OPENED = """jpg jpeg png gif webp heic bmp pdf doc docx xls xlsx ppt pptx wps et dps ofd txt csv
mp3 m4a wav ogg oga amr aac mp4 mov avi mkv webm 3gp zip rar 7z"""
OPENED = frozenset(_OPENED.split())
"""Endings that say nothing but how to open a file."""
_TELLING = set().union(*_ENDINGS.values())
_SPARE = re.compile(r"[\s_]+")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def tell(plain: bytes) -> str:
    """The media type by the first bytes; the sender's word counts for nothing."""
    for offset, magic, media in _MAGIC:
        if plain[offset : offset + len(magic)] == magic:
            return media
    if plain[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        office = b"[Content_Types].xml" in plain[:4096] or b"mimetype" in plain[30:60]
        return "application/x-office" if office else "application/x-archive"
    start = plain[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<script", b"<svg", b"<?xml")):
        return "text/html"
    return UNKNOWN


def misnamed(name: str, media: str) -> bool:
    """Whether a name's ending says one thing and the bytes another."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if media == "application/x-executable":
        return True
    if media in _ENDINGS:
        return bool(ending) and ending not in _ENDINGS[media]
    return ending in _TELLING


def sanitise_name(name: str, *, limit: int = 60) -> str:
    """A name fit to be shown and saved under: no paths, controls or turned writing; bounded."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(" " if c in '<>:"|?*' or _unseen(c) else c for c in name)
    kept = _SPARE.sub("_", kept.strip()).strip("._ ")
    if not kept or _DEVICES.fullmatch(kept):
        kept = f"file_{kept}".rstrip("_")
    stem, dot, ending = kept.rpartition(".")
    if dot and len(ending) <= 8:
        return f"{stem[: limit - len(ending) - 1]}.{ending}"
    return kept[:limit]


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


class _Gate:
    """At most a few children at once; the semaphore belongs to the loop that is running."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gate = asyncio.Semaphore(_AT_ONCE)

    def here(self) -> asyncio.Semaphore:
        """The gate of the running loop."""
        if self._loop is not asyncio.get_running_loop():
            self._loop, self._gate = asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE)
        return self._gate


_gate = _Gate()


async def strip(plain: bytes) -> bytes | None:
    """The picture drawn anew as a JPEG without metadata; None if it cannot be done safely.

    A child process with limits on memory, time and pixels does it, and nothing of ours is in its
    environment.
    """
    async with _gate.here():
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_CHILD),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
        try:
            out, _ = await asyncio.wait_for(child.communicate(plain), _SECONDS)
        except (TimeoutError, OSError):
            return None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    return out if child.returncode == 0 and out[:3] == b"\xff\xd8\xff" else None
