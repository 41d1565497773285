"""Backups: whole under load, and refused before anything is touched if they are not."""

from __future__ import annotations

import asyncio
import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from storage import backup, files, leads, outbox
from storage.backup import NotHere, Refused
from storage.database import FILE, Database, default_url
from storage.keys import KeyRing, Sealer
from storage.leader import Leadership
from storage.verify import verify
from tests.storage.conftest import House


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> str:
    """Backups are SQLite's."""
    data = tmp_path / "data"
    data.mkdir()
    (data / FILE).write_bytes(sqlite_template.read_bytes())
    return default_url(data)


async def _bytes(plain: bytes) -> AsyncIterator[bytes]:
    yield plain


async def _report_with_file(house: House, text: str) -> str:
    blob = await files.keep(house.database, house.database.sealer, _bytes(text.encode() * 50))
    async with house.database.write() as tx:
        lead = await house.report(tx, text)
        await files.record(
            tx,
            blob,
            person_id=house.monitor.id,
            name="a.txt",
            kind="document",
            now=house.now,
            lead_id=lead.id,
        )
        await outbox.put(
            tx, channel="telegram", chat="9", lane="receipt", payload={"n": text}, now=house.now
        )
    return lead.number


@dataclass(frozen=True)
class Saved:
    """A backup, and what was in it."""

    file: Path
    number: str
    house: House


@pytest.fixture
async def saved(house: House, tmp_path: Path) -> Saved:
    """A backup of a database with one lead that has one file."""
    number = await _report_with_file(house, "修路")
    path = tmp_path / "backup.tar"
    await backup.backup(house.database, path, house.now)
    return Saved(path, number, house)


def _everything(data: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(data)): p.read_bytes()
        for p in data.rglob("*")
        if p.is_file() and not p.name.endswith((".lock", "-shm", "-wal"))
    }


async def test_a_backup_under_load_restores_on_a_clean_machine(
    house: House, tmp_path: Path, sealer: Sealer
) -> None:
    receipted: list[str] = []
    enough, stop = asyncio.Event(), asyncio.Event()

    async def load() -> None:
        while not stop.is_set():
            receipted.append(await _report_with_file(house, f"第{len(receipted)}件"))
            if len(receipted) == 5:
                enough.set()

    loading = asyncio.create_task(load())
    await enough.wait()
    before = list(receipted)
    manifest = await backup.backup(house.database, tmp_path / "b.tar", house.now)
    stop.set()
    await loading
    assert backup.check(tmp_path / "b.tar", sealer) == manifest
    clean = tmp_path / "clean"
    restored = await backup.restore(tmp_path / "b.tar", clean, sealer, house.now)
    assert restored == manifest
    database = await Database.open(default_url(clean), sealer, clean)
    assert await verify(database) == []
    async with database.write() as tx:
        for number in before:
            assert await leads.by_number(tx, number), "receipted before the backup's time"
        assert await outbox.due(tx, house.now) == [], "nothing goes out without a human yes"
        held = await outbox.undelivered(tx)
        assert len(held) >= len(before)
        assert {letter.state for letter in held} == {"held"}
    await database.close()


def test_there_is_no_key_and_no_word_in_it(saved: Saved, tmp_path_factory: object) -> None:
    whole = saved.file.read_bytes()
    assert saved.file.stat().st_mode & 0o077 == 0
    assert "修路".encode() not in whole
    assert "王大山".encode() not in whole
    with tarfile.open(saved.file) as tar:
        assert not [name for name in tar.getnames() if "key" in name]
    assert sorted(p.name for p in saved.file.parent.glob("backup.tar*")) == ["backup.tar"]


async def test_what_was_there_is_set_aside(saved: Saved, sealer: Sealer) -> None:
    data = saved.house.database.data
    await _report_with_file(saved.house, "后来的")
    await saved.house.database.close()
    await backup.restore(saved.file, data, sealer, saved.house.now)
    (aside,) = data.glob("before-restore-*")
    assert (aside / FILE).exists()
    assert len(list((aside / "files").glob("*/*"))) == 2
    database = await Database.open(default_url(data), sealer, data)
    async with database.read() as tx:
        assert [lead.number for lead in await leads.all_leads(tx)] == [saved.number]
    assert await verify(database) == []
    await database.close()


async def test_one_flipped_bit_anywhere_is_refused(saved: Saved, sealer: Sealer) -> None:
    data = saved.house.database.data
    await saved.house.database.close()
    before, whole = _everything(data), saved.file.read_bytes()
    with tarfile.open(saved.file) as tar:
        held = [(m.offset_data, m.size) for m in tar]
    offsets = [start + size * part // 100 for start, size in held for part in (0, 13, 50, 97)]
    for offset in offsets:
        broken = bytearray(whole)
        broken[offset] ^= 0x10
        saved.file.write_bytes(broken)
        with pytest.raises(Refused):
            await backup.restore(saved.file, data, sealer, saved.house.now)
    assert _everything(data) == before


async def test_a_backup_cut_short_anywhere_is_refused(saved: Saved, sealer: Sealer) -> None:
    data = saved.house.database.data
    await saved.house.database.close()
    before, whole = _everything(data), saved.file.read_bytes()
    with tarfile.open(saved.file) as tar:
        end = max(m.offset_data + m.size for m in tar)
    for size in [0, 1, 511, 512, *range(600, end, end // 25), end - 1]:
        saved.file.write_bytes(whole[:size])
        with pytest.raises(Refused):
            await backup.restore(saved.file, data, sealer, saved.house.now)
    saved.file.unlink()
    with pytest.raises(Refused):
        await backup.restore(saved.file, data, sealer, saved.house.now)
    assert _everything(data) == before


@pytest.fixture
def other(sqlite_template: Path, tmp_path: Path) -> Path:
    """The data folder of another installation."""
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / FILE).write_bytes(sqlite_template.read_bytes())
    return folder


async def test_another_installation_or_key_is_refused(
    saved: Saved, sealer: Sealer, other: Path, tmp_path: Path
) -> None:
    database = await Database.open(default_url(other), sealer, other)
    await database.close()
    before = _everything(other)
    with pytest.raises(Refused, match="another installation"):
        await backup.restore(saved.file, other, sealer, saved.house.now)
    stranger = Sealer(KeyRing.create(tmp_path / "key2"))
    with pytest.raises(Refused, match="another key"):
        await backup.restore(saved.file, other, stranger, saved.house.now)
    assert _everything(other) == before


async def test_over_a_running_program_is_refused(saved: Saved, sealer: Sealer) -> None:
    async with Leadership(saved.house.database):
        with pytest.raises(Refused, match="running"):
            await backup.restore(saved.file, saved.house.database.data, sealer, saved.house.now)


async def test_a_damaged_database_may_be_replaced(saved: Saved, sealer: Sealer) -> None:
    data = saved.house.database.data
    await saved.house.database.close()
    for path in data.glob(f"{FILE}*"):
        path.write_bytes(b"rubbish" * 1000)
    await backup.restore(saved.file, data, sealer, saved.house.now)
    database = await Database.open(default_url(data), sealer, data)
    assert await verify(database) == []
    await database.close()


@pytest.mark.parametrize("name", ["../escape", "/etc/escape", "files/../escape", "files/ab"])
def test_what_does_not_belong_in_it_is_refused(
    saved: Saved, sealer: Sealer, tmp_path: Path, name: str
) -> None:
    with tarfile.open(saved.file, "a") as tar:
        info = tarfile.TarInfo(name)
        tar.addfile(info)
    with pytest.raises(Refused):
        backup.check(saved.file, sealer)
    assert not (tmp_path / "escape").exists()


async def test_a_failed_backup_leaves_the_last_one(
    saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_add", full)
    with pytest.raises(backup.Busy):
        await backup.backup(saved.house.database, saved.file, saved.house.now)
    assert saved.file.read_bytes() == before
    assert sorted(p.name for p in saved.file.parent.glob("backup.tar*")) == ["backup.tar"]


async def test_postgres_has_its_own_tool(
    postgres_url: str, sealer: Sealer, tmp_path: Path, now: datetime
) -> None:
    database = Database(postgres_url, sealer, tmp_path)
    with pytest.raises(NotHere, match="pg_dump"):
        await backup.backup(database, tmp_path / "b.tar", now)
