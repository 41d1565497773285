"""The unit of work: whole or not at all, one writer, and faults by two names."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url, text

from storage import Busy, Damaged, inbox, instance
from storage import sqlite as module
from storage.database import Database, Outdated, default_url
from storage.keys import KeyRing, KeyWrong, Sealer


async def test_an_error_undoes_everything(database: Database) -> None:
    said: list[str] = []
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with database.write() as tx:
            await instance.put(tx, "a", "1")
            tx.after_commit.append(lambda: said.append("told"))
            raise ZeroDivisionError
    async with database.read() as tx:
        assert await instance.get(tx, "a") is None
    assert said == []


async def test_after_the_commit_it_is_told(database: Database) -> None:
    said: list[str] = []
    async with database.write() as tx:
        tx.after_commit.append(lambda: said.append("told"))
        assert said == []
    assert said == ["told"]


async def test_a_cancelled_writer_leaves_nothing_and_lets_the_next_in(database: Database) -> None:
    begun = asyncio.Event()

    async def slow() -> None:
        async with database.write() as tx:
            await instance.put(tx, "a", "1")
            begun.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(slow())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.write() as tx:
        assert await instance.get(tx, "a") is None


async def test_a_savepoint_is_undone_alone(database: Database) -> None:
    said: list[int] = []
    async with database.write() as tx:
        await instance.put(tx, "a", "1")
        with pytest.raises(ZeroDivisionError):  # noqa: PT012
            async with tx.savepoint():
                await instance.put(tx, "b", "1")
                tx.after_commit.append(lambda: said.append(1))
                raise ZeroDivisionError
    async with database.read() as tx:
        assert (await instance.get(tx, "a"), await instance.get(tx, "b")) == ("1", None)
    assert said == []


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(Busy):
        async with database.read() as tx:
            await instance.put(tx, "a", "1")


async def test_a_reader_sees_one_moment(database: Database) -> None:
    async with database.read() as reading:
        assert await instance.get(reading, "a") is None
        async with database.write() as tx:
            await instance.put(tx, "a", "1")
        assert await instance.get(reading, "a") is None


async def test_read_then_write_loses_nothing(database: Database) -> None:
    """Twenty who add one after reading: without the writer's turn or a lock some would be lost."""

    async def add() -> None:
        async with database.write() as tx:
            await instance.count(tx, "n")

    await asyncio.gather(*(add() for _ in range(20)))
    async with database.read() as tx:
        assert await instance.get(tx, "n") == "20"


async def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="time zone"):
        async with database.write() as tx:
            await inbox.ignore(tx, "web", "1", "x", datetime(2026, 1, 1))  # noqa: DTZ001


async def test_another_key_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(KeyWrong):
        await Database.open(
            database.url, Sealer(KeyRing.create(tmp_path / "other")), database.data
        )


async def test_tables_of_another_version_are_refused(database: Database, sealer: Sealer) -> None:
    async with database.write() as tx:
        await tx.conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(Outdated):
            await Database.open(database.url, sealer, database.data)
    finally:
        async with database.write() as tx:
            await tx.conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))


# ---- SQLite ----------------------------------------------------------------------------------


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    """The file of a fresh SQLite database."""
    path = tmp_path / "lite" / "cunjian.db"
    path.parent.mkdir()
    path.write_bytes(sqlite_template.read_bytes())
    return path


async def _open(file: Path, sealer: Sealer) -> Database:
    return await Database.open(default_url(file.parent), sealer, file.parent)


async def test_sqlite_is_set_up_to_survive_a_power_cut(file: Path, sealer: Sealer) -> None:
    database = await _open(file, sealer)
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
    }
    async with database.write() as tx:
        for pragma, value in wanted.items():
            row = (await tx.conn.exec_driver_sql(f"PRAGMA {pragma}")).first()
            assert row is not None
            assert row[0] == value, pragma
    await database.close()


async def test_a_lock_held_by_another_process_is_busy_and_changes_nothing(
    file: Path, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PRAGMAS", ("PRAGMA busy_timeout = 50", *module._PRAGMAS[1:]))
    database = await _open(file, sealer)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy):
        async with database.write() as tx:
            await instance.put(tx, "a", "1")
    other.execute("ROLLBACK")
    other.close()
    async with database.write() as tx:
        assert await instance.get(tx, "a") is None
        await instance.put(tx, "a", "1")
    await database.close()


async def test_a_writer_has_the_lock_from_the_start(
    file: Path, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a plain BEGIN two processes would read first, and the second would fail or win too."""
    monkeypatch.setattr(module, "_PRAGMAS", ("PRAGMA busy_timeout = 50", *module._PRAGMAS[1:]))
    one, two = await _open(file, sealer), await _open(file, sealer)
    async with one.write():
        with pytest.raises(Busy):
            async with two.write():
                pass
    await one.close()
    await two.close()


async def test_a_full_disk_is_busy_at_whatever_write_and_passes(
    file: Path, sealer: Sealer, now: datetime
) -> None:
    database = await _open(file, sealer)
    body = {"text": "字" * 3000}

    async def limit(pages: int) -> None:
        async with database.write() as tx:
            await tx.conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    kept = 0
    await limit(1)  # SQLite takes this as "as many as there are now"
    refused = False
    for n in range(30):
        try:
            async with database.write() as tx:
                await inbox.store(tx, "web", str(n), "p", body, now)
        except Busy:
            refused = True
        else:
            kept += 1
    assert refused
    await limit(1 << 30)
    async with database.write() as tx:
        assert await inbox.unfinished(tx) == kept
        assert await inbox.store(tx, "web", "again", "p", body, now)
    await database.close()


@pytest.mark.parametrize("where", [0, 4096 * 3 + 5])
async def test_a_damaged_file_is_refused(file: Path, sealer: Sealer, where: int) -> None:
    handle = os.open(file, os.O_WRONLY)
    os.pwrite(handle, b"\xa5" * 700, where)
    os.close(handle)
    with pytest.raises(Damaged) as refused:
        await _open(file, sealer)
    assert "restore" in str(refused.value)


@pytest.mark.parametrize("pages", [5, 30])
async def test_a_file_cut_short_is_refused(file: Path, sealer: Sealer, pages: int) -> None:
    os.truncate(file, pages * 4096)
    with pytest.raises(Damaged):
        await _open(file, sealer)


# ---- PostgreSQL ------------------------------------------------------------------------------


async def _terminate(url: str) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    admin = await asyncpg.connect(plain)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await admin.close()


async def test_a_server_that_restarts_in_the_middle_is_busy_and_comes_back(
    postgres_url: str, sealer: Sealer, tmp_path: Path
) -> None:
    database = Database(postgres_url, sealer, tmp_path)
    with pytest.raises(Busy):  # noqa: PT012
        async with database.write() as tx:
            await instance.put(tx, "half", "1")
            await _terminate(postgres_url)
            await instance.put(tx, "half", "2")
    async with database.write() as tx:
        assert await instance.get(tx, "half") is None
    await database.close()


async def test_a_server_that_is_down_is_busy(sealer: Sealer, tmp_path: Path) -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none", sealer, tmp_path)
    with pytest.raises(Busy):
        async with database.write():
            pass
    await database.close()
