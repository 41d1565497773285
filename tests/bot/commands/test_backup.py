"""`backup` and `restore`: whole or refused, nothing overwritten unasked, old letters held."""

import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from storage import outbox
from storage.database import Tx
from storage.keys import KeyRing, Sealer
from storage.leader import MAIN, lock
from tests.bot.commands.conftest import ORG, Terminal


@pytest.fixture
def saved(house: Terminal, now: datetime) -> Path:
    """A backup of an installation with a lead, a file and a waiting letter."""
    house.write("org.yaml", ORG)
    house.ok("org", "import", "org.yaml", "--write")
    house.lead()

    async def wait(tx: Tx) -> None:
        await outbox.put(tx, channel="web", chat="1", lane="answer", payload={}, now=now)

    house.within(wait)
    assert "密钥不在里面" in house.ok("backup", "b.tar")
    return house.folder / "b.tar"


def test_a_backup_is_private_whole_and_never_overwritten(house: Terminal, saved: Path) -> None:
    assert saved.stat().st_mode & 0o077 == 0
    assert "是好的" in house.ok("backup", "--verify", saved)
    assert "已经有这个文件" in house.refused("backup", saved)
    assert "没有这个文件" in house.refused("backup", "none/b.tar")


def test_restore_only_looks_until_told(house: Terminal, saved: Path) -> None:
    database = house.folder / "data" / "cunjian.db"
    before = database.stat().st_mtime_ns
    said = house.ok("restore", saved)
    assert "什么都没动" in said
    assert "挪到旁边" in said
    assert database.stat().st_mtime_ns == before
    assert not list((house.folder / "data").glob("before-*"))


def test_restore_brings_everything_back_and_holds_old_letters(
    house: Terminal, saved: Path
) -> None:
    shutil.rmtree(house.folder / "data")
    said = house.ok("restore", saved, "--yes")
    assert "1 条消息" in said
    assert "没有问题" in house.ok("verify")
    assert "HY-261121-1" in house.ok("lead", "list")
    assert "扣着" in house.ok("outbox", "list")
    assert "放行了 1 条" in house.ok("outbox", "release", "--send")
    assert "没有送不到的" in house.ok("outbox", "list")


def test_what_was_held_may_be_dropped(house: Terminal, saved: Path) -> None:
    assert "before-restore-" in house.ok("restore", saved, "--yes")
    assert "1 条不发了" in house.ok("outbox", "release", "--drop")


def test_a_bad_backup_is_refused_and_nothing_changes(house: Terminal, saved: Path) -> None:
    whole = saved.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for name, raw in (
        ("cut", whole[:-9000]),
        ("flip", bytes(flipped)),
        ("none", b""),
        ("t", b"x"),
    ):
        (house.folder / name).write_bytes(raw)
        for words in (["restore", name], ["restore", name, "--yes"], ["backup", "--verify", name]):
            assert "备份" in house.refused(*words)
    assert "没有这个备份" in house.refused("restore", "nowhere.tar")
    assert "没有问题" in house.ok("verify")


def test_another_installations_backup_is_refused(
    house: Terminal, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUNJIAN_DATA", "elsewhere")
    house.ok("init")  # the same key, another installation
    assert "恢复会被拒绝" in house.ok("restore", saved)
    assert "另一套系统" in house.refused("restore", saved, "--yes")
    KeyRing.create(house.folder / "other.key")
    monkeypatch.setenv("CUNJIAN_KEY_FILE", "other.key")
    assert "不是用这个密钥" in house.refused("restore", saved)


def test_restore_is_refused_while_the_program_runs(house: Terminal, saved: Path) -> None:
    sealer = Sealer(KeyRing.load(house.folder / "cunjian.key"))
    handle = lock(house.folder / "data", sealer.fingerprint("leader", MAIN))
    assert handle is not None
    assert "先停下" in house.refused("restore", saved, "--yes")
    os.close(handle)


def test_postgres_is_told_to_use_its_own_tool(both: Terminal) -> None:
    if both.url.startswith("sqlite"):
        return
    assert "pg_dump" in both.refused("backup", "b.tar")
    both.write("b.tar", "")
    assert "pg_dump" in both.refused("restore", "b.tar")
