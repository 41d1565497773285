"""Hostile files: told by their bytes, never unpacked, redrawn only within hard limits."""

from __future__ import annotations

import io
import resource
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from storage import media


def _png(width: int, height: int, body: bytes = b"") -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", head)
        + part(b"IDAT", body or zlib.compress(b"\0" * 10_000_000, 9))
        + part(b"IEND", b"")
    )


def _zip(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, b"\0" * 1_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("plain", "told"),
    [
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"OggS....", "audio/ogg"),
        (b"%PDF-1.4", "application/pdf"),
        (b"MZ\x90\0", "application/x-executable"),
        (b"\x7fELF", "application/x-executable"),
        (b"  <!DOCTYPE html>", "text/html"),
        (b"<svg onload=alert(1)>", "text/html"),
        (_zip("a.txt"), "application/x-archive"),
        (_zip("[Content_Types].xml", "word/document.xml"), "application/x-office"),
        ("一段话".encode(), media.UNKNOWN),
        (b"", media.UNKNOWN),
    ],
)
def test_a_file_is_told_by_its_bytes(plain: bytes, told: str) -> None:
    assert media.tell(plain) == told


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
async def test_images_are_redrawn(kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGBA" if kind == "PNG" else "RGB", (64, 32), "red").save(out, kind)
    copy = await media.strip(out.getvalue())
    assert copy is not None
    with Image.open(io.BytesIO(copy)) as drawn:
        assert (drawn.format, drawn.size, drawn.info.keys() - {"jfif"}) == (
            "JPEG",
            (64, 32),
            {"jfif_version", "jfif_unit", "jfif_density"},
        )


async def test_a_large_picture_becomes_small() -> None:
    out = io.BytesIO()
    Image.new("RGB", (6000, 3000), "blue").save(out, "JPEG")
    copy = await media.strip(out.getvalue())
    assert copy is not None
    with Image.open(io.BytesIO(copy)) as drawn:
        assert drawn.size == (2560, 1280)


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(_png(31_623, 31_623), id="a thousand million pixels"),
        pytest.param(_png(1 << 30, 1 << 30), id="absurd size"),
        pytest.param(_png(8000, 8000, b"rubbish"), id="broken body"),
        pytest.param(b"\xff\xd8\xff" + b"\0" * 500, id="only the beginning"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\xff" * 5000, id="noise"),
        pytest.param(b"GIF89a" + b"\xff" * 20, id="gif noise"),
    ],
)
async def test_hostile_images_get_no_copy_and_cost_us_nothing(hostile: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert await media.strip(hostile) is None
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100_000, "kilobytes, in this process"


async def test_pixels_are_counted_even_where_memory_would_do() -> None:
    out = io.BytesIO()
    Image.new("L", (16_000, 8_000)).save(out, "PNG", compress_level=1)
    assert await media.strip(out.getvalue()) is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("收据.jpg", "收据.jpg"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\x.exe", "x.exe"),
        ("CON", "file_CON"),
        ("nul.txt", "file_nul.txt"),
        ("", "file"),
        ("...", "file"),
        ("a\nb\r\x00c.jpg", "a_b_c.jpg"),
        ("gpj.\u202ecod.exe", "gpj._cod.exe"),
        ("a\u200bb\ufeff.jpg", "a_b_.jpg"),
        ('a<b>:"|?*.png', "a_b_.png"),
        ("\ud800x.jpg", "x.jpg"),
        ("长" * 300 + ".jpeg", "长" * 55 + ".jpeg"),
    ],
)
def test_names_are_made_fit_to_be_shown(name: str, shown: str) -> None:
    assert media.sanitise_name(name) == shown


@given(st.text(st.characters(codec=None), max_size=400))
def test_no_name_is_harmful(name: str) -> None:
    shown = media.sanitise_name(name)
    assert 0 < len(shown) <= 60
    assert not set(shown) & set('/\\<>:"|?*\n\r\0\u202e')
    assert not shown.startswith(".")
    assert shown.encode()


@pytest.mark.parametrize(
    ("name", "told", "wrong"),
    [
        ("a.jpg", "image/jpeg", False),
        ("a.JPG", "image/jpeg", False),
        ("照片", "image/jpeg", False),
        ("a.pdf", "image/jpeg", True),
        ("a.jpg", "application/x-executable", True),
        ("a.exe", "application/x-executable", True),
        ("a.jpg", media.UNKNOWN, True),
        ("a.docx", "application/x-office", False),
    ],
)
def test_a_name_that_says_another_thing_is_noticed(name: str, told: str, wrong: bool) -> None:
    assert media.misnamed(name, told) is wrong
