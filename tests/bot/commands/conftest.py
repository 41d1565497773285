"""A steward at a terminal, in an empty folder, with an installation on each engine."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.commands import data, leads, org, people, procedure
from storage import files, places
from storage import leads as stored_leads
from storage import people as stored_people
from storage.database import Database, Tx
from storage.keys import KeyRing, Sealer
from storage.register import Lead
from tests.conftest import _empty
from tests.handlers.village import PNG

T = TypeVar("T")

cli = typer.Typer()
cli.add_typer(data.app)
cli.add_typer(people.app)
cli.add_typer(leads.app)
cli.add_typer(org.app, name="org")
cli.add_typer(procedure.app, name="procedure")

ORG = """\
places: [东沙区/海云街道/南礁村, 东沙区/海云街道/北礁村]
offices:
  - {place: 东沙区/海云街道, name: 海云街道监察办, code: HY, phone: 0577-1234}
  - {place: 东沙区, name: 区信访室, code: DS, cards: 只发编号}
people:
  - {role: 信息员, name: 王阿婆, place: 南礁村, phone: 13800001111}
  - {role: 工作人员, name: 李四, office: HY, title: 副主任}
  - {role: 管理员, name: 赵管, place: 东沙区}
"""


@dataclass(frozen=True)
class Terminal:
    """The folder a steward sits in."""

    folder: Path
    url: str

    def run(self, *words: object) -> Result:
        """One command; whatever happens, no traceback is shown."""
        done = CliRunner().invoke(cli, [str(word) for word in words])
        assert "Traceback" not in done.output
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def ok(self, *words: object) -> str:
        """One command that must do; what it said."""
        done = self.run(*words)
        assert done.exit_code == 0, done.output
        return done.stdout

    def refused(self, *words: object) -> str:
        """One command that must be refused; the lines on stderr."""
        done = self.run(*words)
        assert done.exit_code == 1, done.output
        assert done.stderr.strip()
        return done.stderr

    def within(self, does: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        """Something done in one transaction, past the command line."""

        async def go() -> T:
            ring = KeyRing.load(self.folder / "cunjian.key")
            database = await Database.open(self.url, Sealer(ring), self.folder / "data")
            try:
                async with database.write() as tx:
                    return await does(tx)
            finally:
                await database.close()

        return asyncio.run(go())

    def write(self, name: str, text: str) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def lead(self, text: str = "书记小舅子包了塘") -> Lead:
        """A lead of 王阿婆's, with a photo; the organisation must be there."""

        async def go(tx: Tx) -> Lead:
            roster = {person.name: person for person in await stored_people.everyone(tx)}
            (office,) = [o for o in await places.all_offices(tx) if o.code == "HY"]

            async def chunks() -> AsyncIterator[bytes]:
                yield PNG

            now = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)  # the 21st in Beijing
            wang = roster["王阿婆"]
            blob = await files.keep(self.folder / "data", tx.sealer, chunks())
            answers = [{"key": "what", "label": "出了什么事", "text": text}]
            lead, _ = await stored_leads.submit(
                tx,
                draft_id=None,
                reporter_id=wang.id,
                office=office,
                place_id=wang.place_id,
                content={"item": "SP17", "answers": answers},
                category="LC03",
                urgent=True,
                pack="national@1",
                now=now,
            )
            await files.record(
                tx,
                blob,
                person_id=wang.id,
                name="王阿婆拍.png",
                kind="photo",
                now=now,
                lead_id=lead.id,
            )
            return lead

        return self.within(go)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """An empty folder."""
    for name in [name for name in os.environ if name.startswith("CUNJIAN_")]:
        if name != "CUNJIAN_TEST_POSTGRES":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path, f"sqlite+aiosqlite:///{tmp_path / 'data' / 'cunjian.db'}")


@pytest.fixture
def house(terminal: Terminal, sqlite_template: Path) -> Terminal:
    """An installation on SQLite."""
    KeyRing.create(terminal.folder / "cunjian.key")
    (terminal.folder / "data").mkdir(mode=0o700)
    shutil.copy(sqlite_template, terminal.folder / "data" / "cunjian.db")
    return terminal


@pytest.fixture(params=["sqlite", "postgres"])
def both(
    request: pytest.FixtureRequest, house: Terminal, monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """An installation on each engine in turn."""
    if request.param == "sqlite":
        return house
    url: str = request.getfixturevalue("postgres_url")
    monkeypatch.setenv("CUNJIAN_DATABASE_URL", url)

    async def empty() -> None:
        ring = KeyRing.load(house.folder / "cunjian.key")
        database = Database(url, Sealer(ring), house.folder / "data")
        await _empty(database)
        await database.close()

    asyncio.run(empty())
    return Terminal(house.folder, url)
