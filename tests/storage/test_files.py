"""Files: sealed and flushed before a row speaks of them, never half, never another's."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from storage import Busy, Damaged, blobs, files, sessions
from storage.files import Blob, Empty, TooBig
from tests.storage.conftest import House


async def chunks(plain: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(plain), size):
        yield plain[start : start + size]


def photo() -> bytes:
    """A JPEG with everything in it that must not circulate."""
    exif = Image.Exif()
    exif[0x013B] = "canary-author"
    exif[0x010F] = "canary-maker"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (IFDRational(30), IFDRational(15), IFDRational(7))
    out = io.BytesIO()
    Image.new("RGB", (80, 40), "green").save(out, "JPEG", exif=exif, comment=b"canary-comment")
    return out.getvalue()


def _on_disk(house: House) -> list[Path]:
    return sorted((house.database.data / "files").glob("*/*"))


async def _keep(house: House, plain: bytes) -> Blob:
    return await files.keep(house.database, house.database.sealer, chunks(plain))


async def _record(house: House, blob: Blob, name: str = "a.jpg") -> files.File:
    async with house.database.write() as tx:
        return await files.record(
            tx, blob, person_id=house.monitor.id, name=name, kind="document", now=house.now
        )


async def test_an_image_circulates_without_metadata(house: House) -> None:
    plain = photo()
    file = await _record(house, await _keep(house, plain))
    assert (file.media, file.size, file.has_copy, file.flagged) == (
        "image/jpeg",
        len(plain),
        True,
        False,
    )
    assert file.sha256 == hashlib.sha256(plain).hexdigest()
    async with house.database.read() as tx:
        assert await files.read(tx, file.id, original=True) == plain
        copy = await files.read(tx, file.id)
    assert copy is not None
    assert b"canary" in plain
    assert b"canary" not in copy
    assert b"Exif" not in copy
    with Image.open(io.BytesIO(copy)) as drawn:
        assert drawn.size == (40, 80), "upright as the phone meant it"
        assert not drawn.getexif()


async def test_other_kinds_have_no_copy(house: House) -> None:
    file = await _record(house, await _keep(house, b"%PDF-1.7 ..."), "合同.pdf")
    assert (file.media, file.has_copy, file.name) == ("application/pdf", False, "合同.pdf")
    async with house.database.read() as tx:
        assert await files.read(tx, file.id) is None
        assert await files.read(tx, file.id, original=True) == b"%PDF-1.7 ..."
        assert await files.read(tx, "none", original=True) is None


async def test_nothing_on_disk_can_be_read(house: House) -> None:
    await _record(house, await _keep(house, b"canary" * 100))
    for path in _on_disk(house):
        assert b"canary" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


async def test_real_bytes_count(house: House) -> None:
    with pytest.raises(Empty):
        await _keep(house, b"")
    with pytest.raises(TooBig):
        await files.keep(house.database, house.database.sealer, chunks(b"x" * 2001), limit=2000)
    assert _on_disk(house) == []


async def test_a_download_cut_off_leaves_nothing(house: House) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await files.keep(house.database, house.database.sealer, broken())
    assert _on_disk(house) == []


async def test_a_full_disk_leaves_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for failing in range(1, 5):
        calls = 0

        def full(handle: int, n: int = failing) -> None:
            nonlocal calls
            calls += 1
            if calls == n:
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(blobs.os, "fsync", full)
        with pytest.raises(Busy):
            await _keep(house, photo())
        assert _on_disk(house) == []
    monkeypatch.undo()
    assert await _keep(house, photo())


async def test_everything_is_flushed_before_it_counts(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    real = os.fsync

    def note(handle: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(blobs.os, "fsync", note)
    blob = await _keep(house, b"x")
    path = blobs.path_of(house.database.data, blob.id)
    assert flushed[:2] == [str(path), str(path.parent)]


@pytest.mark.parametrize("damage", ["flip", "cut", "gone", "swap"])
async def test_bytes_that_are_not_those_sent_are_refused(house: House, damage: str) -> None:
    file, other = [await _record(house, await _keep(house, b"x" * n)) for n in (300, 301)]
    path = blobs.path_of(house.database.data, file.id)
    sealed = bytearray(path.read_bytes())
    if damage == "flip":
        sealed[100] ^= 1
    elif damage == "cut":
        del sealed[-10:]
    elif damage == "swap":
        sealed[:] = blobs.path_of(house.database.data, other.id).read_bytes()
    path.write_bytes(sealed)
    if damage == "gone":
        path.unlink()
    async with house.database.read() as tx:
        with pytest.raises(Damaged):
            await files.read(tx, file.id, original=True)


async def test_the_same_bytes_twice_look_different(house: House) -> None:
    one, two = [await _keep(house, b"same" * 50) for _ in range(2)]
    paths = [blobs.path_of(house.database.data, blob.id) for blob in (one, two)]
    assert one.id != two.id
    assert paths[0].read_bytes() != paths[1].read_bytes()


async def test_files_go_from_hand_to_draft_to_lead(house: House) -> None:
    file = await _record(house, await _keep(house, b"x" * 10))
    async with house.database.write() as tx:
        draft = await house.draft(tx)
        assert await files.under_way(tx, house.monitor.id) == (1, 10)
        await files.claim(tx, [file.id], draft)
        assert [f.id for f in await files.of_draft(tx, draft)] == [file.id]
        lead = await house.report(tx, draft_id=draft)
        assert [f.id for f in await files.of_lead(tx, lead.id)] == [file.id]
        assert await files.under_way(tx, house.monitor.id) == (0, 0)
        other = await house.report(tx)
        await files.attach(tx, [file.id], other.id)
        assert await files.of_lead(tx, other.id) == [], "what is a lead's stays its"


async def test_orphans_are_swept_after_a_while(house: House) -> None:
    kept = await _record(house, await _keep(house, b"kept"))
    orphan = await _keep(house, photo())
    async with house.database.write() as tx:
        draft = await house.draft(tx)
        await files.claim(tx, [kept.id], draft)
        past = house.now.fromtimestamp(time.time() - 3600, house.now.tzinfo)
        assert await files.sweep_orphans(tx, past) == 0, "it may be just about to get its row"
        future = past + timedelta(hours=2)
        assert await files.sweep_orphans(tx, future) == 2
        assert not blobs.path_of(house.database.data, orphan.id).exists()
        assert await files.read(tx, kept.id, original=True) == b"kept"


async def test_loose_and_discarded_files_go(house: House) -> None:
    loose, thrown = [await _record(house, await _keep(house, b"x")) for _ in range(2)]
    future = house.now + timedelta(days=3650)
    async with house.database.write() as tx:
        draft = await house.draft(tx)
        await files.claim(tx, [thrown.id], draft)
        await sessions.finish_draft(tx, draft, "discarded", None, house.now)
        assert await files.get(tx, thrown.id) is None
        assert await files.sweep_orphans(tx, future) == 1
        assert await files.get(tx, loose.id) is None
        assert await files.sweep_orphans(tx, future) == 1
    assert _on_disk(house) == []
