"""Verify: whole is silent, and every single thing that was touched is named."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import delete, text, update

from storage import blobs, files, leads, tables
from storage.leads import Lead
from storage.verify import verify
from tests.storage.conftest import House


@pytest.fixture
async def lead(house: House) -> Lead:
    """A lead that was accepted, asked about, and has a file."""

    async def plain() -> AsyncIterator[bytes]:
        yield b"receipt"

    blob = await files.keep(house.database, house.database.sealer, plain())
    async with house.database.write() as tx:
        lead = await house.report(tx)
        moved = await leads.move(
            tx, lead, ["received"], event="accept", by=None, now=house.now, holder=house.officer.id
        )
        assert moved is not None
        await leads.say(tx, moved, by=None, kind="question", text="哪年", now=house.now)
        await files.record(
            tx,
            blob,
            person_id=house.monitor.id,
            name="a",
            kind="document",
            now=house.now,
            lead_id=lead.id,
        )
    return moved


async def test_whole_is_silent(house: House, lead: Lead) -> None:
    assert await verify(house.database) == []


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"state": "archived"}, "state"),
        ({"holder_id": None}, "holder_id"),
        ({"outcome": "clear"}, "outcome"),
        ({"number": "QS-261122-9A"}, "number"),
        ({"content": b"x" * 90}, "sealed"),
    ],
)
async def test_a_lead_changed_behind_its_history_is_named(
    house: House, lead: Lead, changed: dict[str, object], named: str
) -> None:
    async with house.database.write() as tx:
        await tx.run(update(tables.leads).values(**changed))
    problems = await verify(house.database)
    assert [named in problem.what for problem in problems] == [True]


async def test_content_sealed_anew_is_named(house: House, lead: Lead) -> None:
    async with house.database.write() as tx:
        other = tx.sealer.seal_json({"what": "别的"}, f"leads.content:{lead.id}")
        await tx.run(update(tables.leads).values(content=other))
    (problem,) = await verify(house.database)
    assert "submitted" in problem.what
    assert "别的" not in str(problem)


async def test_words_changed_or_gone_are_named(house: House, lead: Lead) -> None:
    async with house.database.write() as tx:
        (said,) = await leads.thread(tx, lead.id)
        other = tx.sealer.seal_json(["别的", []], f"said.words:{said.id}")
        await tx.run(update(tables.said).values(words=other))
    (problem,) = await verify(house.database)
    assert "not in its history" in problem.what
    async with house.database.write() as tx:
        await tx.run(delete(tables.said))
    (problem,) = await verify(house.database)
    assert "gone" in problem.what


@pytest.mark.parametrize("damage", ["gone", "changed"])
async def test_a_file_gone_or_changed_is_named(house: House, lead: Lead, damage: str) -> None:
    async with house.database.read() as tx:
        (file,) = await files.of_lead(tx, lead.id)
    path = blobs.path_of(house.database.data, file.id)
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    (problem,) = await verify(house.database)
    assert file.id in problem.what


async def test_a_lead_taken_out_is_named(house: House, lead: Lead) -> None:
    async with house.database.write() as tx:
        for table in (tables.said, tables.files, tables.leads):
            await tx.run(delete(table))
    assert [lead.id in problem.where for problem in await verify(house.database)] == [True]


async def test_a_rewritten_history_is_named(house: House, lead: Lead) -> None:
    async with house.database.write() as tx:
        if tx.postgres:
            await tx.conn.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            await tx.conn.execute(text("DROP TRIGGER history_no_update"))
        await tx.run(update(tables.history).where(tables.history.c.seq == 2).values(by="x"))
    assert [p.where for p in await verify(house.database)] == ["history 2"]
