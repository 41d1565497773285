"""Verify: whether everything that is stored is whole, and whether nothing was rewritten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from storage import history, leads, tables
from storage.database import Database, Tx
from storage.errors import Damaged
from storage.files import read
from storage.history import Event
from storage.talk import words_mark

_BEGUN = select(tables.history.c.lead_id).where(tables.history.c.event == "submitted")
_TOLD = ("holder_id", "office_id", "outcome")


@dataclass(frozen=True)
class Problem:
    """One thing that does not hold. Numbers and ids only, nothing that anybody wrote."""

    where: str
    what: str


async def verify(database: Database) -> list[Problem]:
    """Walks through all that is stored; every problem found, empty if it is whole.

    What is seen is one moment of the database, and nothing is changed.
    """
    problems: list[Problem] = []
    async with database.read() as tx:
        if not database.postgres:
            found = await database.quick_check(tx, thorough=True)
            problems += [Problem("database", what) for what in found]
            if found:
                return problems
            wild = await tx.conn.exec_driver_sql("PRAGMA foreign_key_check")
            problems += [
                Problem(f"{found.table} row {found.rowid}", "points nowhere") for found in wild
            ]
        for broken in await history.verify(tx):
            problems.append(Problem(f"history {broken.seq}", broken.what))
        there = {row.id for row in await tx.all(select(tables.leads.c.id))}
        begun = {row.lead_id for row in await tx.all(_BEGUN)}
        problems += [Problem(f"lead {id}", "is gone") for id in sorted(begun - there)]
        for lead_id in sorted(there):
            problems += [problem async for problem in _lead(tx, lead_id)]
    return problems


async def _lead(tx: Tx, lead_id: str) -> AsyncIterator[Problem]:
    """What does not hold about one lead, its thread and its files."""
    where = f"lead {lead_id}"
    try:
        lead, events = await leads.get(tx, lead_id), await history.of_lead(tx, lead_id)
    except Damaged as damaged:
        yield Problem(where, str(damaged))
        return
    if lead is None:
        return
    where = f"lead {lead.number}"
    for name, told in fold(events).items():
        if told != getattr(lead, name):
            yield Problem(where, f"its {name} is not what its history says")
    begun = next((e.detail for e in events if e.event == "submitted"), {})
    if begun.get("content") != leads.content_mark(tx, lead.content):
        yield Problem(where, "its content is not what was submitted")
    async for problem in _thread(tx, lead_id, where, events):
        yield problem
    async for problem in _files(tx, lead_id, where):
        yield problem


def fold(events: list[Event]) -> dict[str, Any]:
    """Number, state, holder, office and outcome of a lead as its history tells them."""
    now: dict[str, Any] = {"number": "", "state": "", "holder_id": None}
    now |= {"office_id": "", "outcome": ""}
    for event in events:
        if event.state:
            now["state"] = event.state
        if event.event == "submitted":
            now["number"] = event.detail.get("number", "")
            now["office_id"] = event.detail.get("office", "")
        now |= {k: event.detail[k] for k in _TOLD if k in event.detail}
    return now


async def _thread(tx: Tx, lead_id: str, where: str, events: list[Event]) -> AsyncIterator[Problem]:
    marks = {e.seq: e.detail.get("words") for e in events if e.event.startswith("said_")}
    try:
        thread = await leads.thread(tx, lead_id)
    except Damaged as damaged:
        yield Problem(where, f"its thread: {damaged}")
        return
    for said in thread:
        if marks.pop(said.id, None) != words_mark(tx, said.text):
            yield Problem(where, f"what was said at {said.id} is not in its history")
    for seq in marks:
        yield Problem(where, f"what was said at {seq} is gone")


async def _files(tx: Tx, lead_id: str, where: str) -> AsyncIterator[Problem]:
    table = tables.files
    known = select(table.c.id, table.c.copy_sha256).where(table.c.lead_id == lead_id)
    for row in await tx.all(known):
        for original in (True, False) if row.copy_sha256 else (True,):
            try:
                await read(tx, row.id, original=original)
            except Damaged as damaged:
                yield Problem(where, f"file {row.id}: {damaged}")
