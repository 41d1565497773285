"""kill -9 at the points that matter, in a process of its own."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import textwrap
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from storage import files, inbox, leads
from storage.database import FILE, Database, default_url
from storage.keys import KeyRing, Sealer
from storage.verify import verify

BEGIN = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from storage import files, inbox, leads, people, places, sessions
from storage.database import Database, default_url
from storage.keys import KeyRing, Sealer
data, key = Path(sys.argv[1]), Path(sys.argv[2])
now = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
def die(): os.kill(os.getpid(), signal.SIGKILL)
async def photo():
    yield b"evidence" * 1000
async def house(tx):
    street = await places.add_place(tx, kind="street", name="s")
    office = await places.add_office(tx, place_id=street.id, name="o", code="QS")
    person = await people.add(tx, role="monitor", place_id=street.id, now=now)
    return street, office, person
async def main():
    database = await Database.open(default_url(data), Sealer(KeyRing.load(key)), data)
"""
END = "\nasyncio.run(main())\n"

POINTS = {
    "before the inbox row commits": """
        async with database.write() as tx:
            await inbox.store(tx, "telegram", "1", "p", {"t": "x"}, now)
            die()
    """,
    "after the inbox row commits": """
        async with database.write() as tx:
            await inbox.store(tx, "telegram", "1", "p", {"t": "x"}, now)
        die()
    """,
    "between blob and row": """
        await files.keep(data, database.sealer, photo())
        die()
    """,
    "between row and commit": """
        blob = await files.keep(data, database.sealer, photo())
        async with database.write() as tx:
            street, office, person = await house(tx)
            await files.record(tx, blob, person_id=person.id, name="a", kind="photo", now=now)
            die()
    """,
    "in the middle of submitting": """
        async with database.write() as tx:
            street, office, person = await house(tx)
            draft = await sessions.new_draft(tx, person.id, {}, now)
        async with database.write() as tx:
            await leads.submit(tx, draft_id=draft.id, reporter_id=person.id, office=office,
                place_id=street.id, content={}, category="c", urgent=False, pack="1", now=now)
            die()
    """,
    "after submitting": """
        async with database.write() as tx:
            street, office, person = await house(tx)
            draft = await sessions.new_draft(tx, person.id, {}, now)
            blob = await files.keep(data, database.sealer, photo())
            await files.record(tx, blob, person_id=person.id, name="a", kind="photo", now=now,
                draft_id=draft.id)
            await leads.submit(tx, draft_id=draft.id, reporter_id=person.id, office=office,
                place_id=street.id, content={}, category="c", urgent=False, pack="1", now=now)
        die()
    """,
}


def _count(folder: Path) -> int:
    return len(list(folder.glob("*/*")))


@pytest.fixture
def data(sqlite_template: Path, tmp_path: Path) -> Path:
    """A data folder with an empty database."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / FILE).write_bytes(sqlite_template.read_bytes())
    return folder


@pytest.mark.parametrize("point", POINTS)
async def test_killed(point: str, data: Path, tmp_path: Path, now: datetime) -> None:
    key = tmp_path / "key"
    sealer = Sealer(KeyRing.create(key))
    program = BEGIN + textwrap.indent(textwrap.dedent(POINTS[point]), "    ") + END
    ended = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, str(data), str(key)], check=False
    )
    assert ended.returncode == -signal.SIGKILL
    database = await Database.open(default_url(data), sealer, data)
    assert await verify(database) == []
    async with database.write() as tx:
        assert await inbox.unfinished(tx) == (point == "after the inbox row commits")
        kept = await leads.all_leads(tx)
        assert len(kept) == (point == "after submitting")
        for lead in kept:
            (file,) = await files.of_lead(tx, lead.id)
            assert await files.read(tx, file.id, original=True) == b"evidence" * 1000
        on_disk = await asyncio.to_thread(_count, data / "files")
        swept = await files.sweep_orphans(tx, now + timedelta(days=3650))
        assert swept == (on_disk if not kept else 0)
    await database.close()
