"""Every sealed column, by the tables themselves: moved it refuses, on disk it shows nothing."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select, update

from storage import files, history, inbox, leads, outbox, people, places, sessions, tables
from storage.blobs import Blob
from storage.columns import metadata
from storage.database import FILE, Tx
from storage.errors import SealBroken
from tests.storage.conftest import House

CANARY = "canary7f3a"
SEALED = sorted(
    f"{table.name}.{column.name}"
    for table in metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, LargeBinary) and column.name != "hash"
)


async def _fill(house: House, tx: Tx, n: int) -> None:
    """One more of everything, all of it with the canary inside."""
    now, said = house.now, f"{CANARY}-{n}"
    kind = ("village", "street")[n % 2]
    place = await places.add_place(tx, kind=kind, name=said)
    office = await places.add_office(
        tx, place_id=place.id, name=said, code="AB"[:1] + "CDEF"[n], phone=said
    )
    await places.bind_chat(tx, office.id, "telegram", said, now)
    person = await people.add(
        tx, role="monitor", place_id=place.id, name=said, phone=said, now=now
    )
    await people.bind(tx, person.id, "telegram", said, said, now)
    await people.invite(tx, role="monitor", place_id=place.id, name=said, now=now)
    await sessions.save(tx, person.id, {"t": said}, now)
    lead = await house.report(tx, said, draft_id=await house.draft(tx, {"t": said}))
    await leads.say(tx, lead, by=None, kind="note", text=said, now=now)
    await leads.keep_card(tx, lead.id, "telegram", said, "7", 1, now)
    await history.append(tx, lead_id=lead.id, event="viewed", by=None, now=now, detail={"t": said})
    await inbox.store(tx, "telegram", str(n), "p", {"t": said}, now)
    await outbox.put(
        tx, channel="telegram", chat=said, lane="answer", payload={"t": said}, now=now
    )
    blob = Blob(f"blob{n}", 1, "00", key=tx.sealer.seal(os.urandom(32), f"files.key:blob{n}"))
    await files.record(
        tx, blob, person_id=person.id, name=said, kind="document", now=now, lead_id=lead.id
    )


async def _read_files(tx: Tx) -> None:
    for row in await tx.all(select(tables.files.c.id)):
        await files.get(tx, row.id)
        tx.sealer.open(
            (await tx.all(select(tables.files.c.key).where(tables.files.c.id == row.id)))[0].key,
            f"files.key:{row.id}",
        )


async def _read_each(tx: Tx, column: Any, read: Callable[[Tx, Any], Awaitable[object]]) -> None:
    for row in await tx.all(select(column)):
        await read(tx, row[0])


READERS: dict[str, Callable[[Tx, House], Awaitable[object]]] = {
    "accounts": lambda tx, _: _read_each(tx, tables.accounts.c.person_id, people.addresses),
    "cards": lambda tx, _: _read_each(tx, tables.cards.c.lead_id, leads.cards_of),
    "drafts": lambda tx, house: sessions.open_drafts(tx, house.monitor.id),
    "files": lambda tx, _: _read_files(tx),
    "history": lambda tx, _: history.recent(tx),
    "inbox": lambda tx, house: _update(tx, house),
    "invitations": lambda tx, _: people.invitations(tx),
    "leads": lambda tx, _: leads.all_leads(tx),
    "offices": lambda tx, _: places.all_offices(tx),
    "outbox": lambda tx, house: _letters(tx, house),
    "people": lambda tx, _: people.everyone(tx),
    "places": lambda tx, _: places.all_places(tx),
    "said": lambda tx, _: _read_each(tx, tables.said.c.lead_id, leads.thread),
    "sessions": lambda tx, _: _read_each(tx, tables.sessions.c.person_id, sessions.load),
}


async def _update(tx: Tx, house: House) -> None:
    """One among many is not raised, so that it holds up nobody: it is marked, and empty."""
    found = await inbox.take(tx, house.now)
    if found is not None and not found.whole:
        assert found.body == {}
        raise SealBroken


async def _letters(tx: Tx, house: House) -> None:
    """As with updates: a letter without a chat can't be sent, and says nothing."""
    for letter in await outbox.due(tx, house.now):
        if not letter.chat:
            assert letter.payload == {}
            raise SealBroken


@pytest.mark.parametrize("sealed", SEALED)
async def test_a_value_moved_to_another_row_refuses(house: House, sealed: str) -> None:
    name, column_name = sealed.split(".")
    table = metadata.tables[name]
    column, ids = table.c[column_name], list(table.primary_key.columns)
    async with house.database.write() as tx:
        for n in range(2):
            await _fill(house, tx, n)
            if name == "drafts":
                await house.draft(tx, {"n": n})
        await READERS[name](tx, house)
        if name == "history":
            from tests.storage.test_history import _unguarded

            await _unguarded(tx)
        rows = await tx.all(select(column, *ids).where(column.is_not(None)).order_by(*ids))
        if name == "drafts":
            rows = [
                r
                for r in rows
                if r.id in {d.id for d in await sessions.open_drafts(tx, house.monitor.id)}
            ]
        assert len(rows) >= 2, "there is something to move"
        for target, source in ((0, -1), (-1, 0)):
            here = [c == getattr(rows[target], c.name) for c in ids]
            moved = {column_name: getattr(rows[source], column_name)}
            await tx.run(update(table).where(*here).values(**moved))
        with pytest.raises(SealBroken):
            await READERS[name](tx, house)
        if name == "history" and tx.postgres:
            from sqlalchemy import text

            await tx.conn.execute(text("ALTER TABLE history ENABLE TRIGGER history_guard"))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_stolen_disk_shows_nothing(house: House) -> None:
    async with house.database.write() as tx:
        for n in range(3):
            await _fill(house, tx, n)
    names = ["王大山", "李 小河", "修路"]
    for path in house.database.data.glob(f"{FILE}*"):
        stolen = path.read_bytes()
        assert CANARY.encode() not in stolen
        assert not [name for name in names if name.encode() in stolen]


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_a_stolen_dump_shows_nothing(house: House) -> None:
    async with house.database.write() as tx:
        for n in range(3):
            await _fill(house, tx, n)
        for table in metadata.sorted_tables:
            for row in await tx.all(select(table)):
                kept = [v.encode() if isinstance(v, str) else v for v in row]
                assert not [v for v in kept if isinstance(v, bytes) and CANARY.encode() in v]
