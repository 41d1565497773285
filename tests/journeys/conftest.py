"""Towns to play in: a fake Telegram, a deployment on the engine asked for, everybody invited."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from tests.fake_telegram import FakeTelegram
from tests.journeys.checker import check
from tests.journeys.serving import Deployment, Nursery
from tests.journeys.town import Town, settle

TOKEN = "4242424242:CanaryTokenThatNobodyMaySee_8Kq"


@dataclass
class Founder:
    """Founds towns on one engine, and takes them down at the end."""

    folder: Path
    sqlite: Path  # a migrated, empty SQLite file
    postgres: str  # the address of a migrated, empty database; empty: SQLite
    nursery: Nursery | None = None
    far_away: bool = False
    towns: list[Town] = field(default_factory=list)
    names: itertools.count[int] = field(default_factory=itertools.count)

    async def found(self, *, webhook: bool = False, serve: bool = True, **people: int) -> Town:
        """A town whose people have opened their invitations, and its server at work."""
        api = FakeTelegram(TOKEN)
        await api.start()
        folder = self.folder / f"town{next(self.names)}"
        deployment = Deployment(folder, api, await self._database(), webhook=webhook)
        await deployment.prepare(self.sqlite)
        deployment.nursery = self.nursery
        if self.far_away:
            deployment.extra["TZ"] = "America/Los_Angeles"
        town = await settle(deployment, **people)
        self.towns.append(town)
        if serve:
            await deployment.start()
            await town.assemble()
        return town

    async def quick(self) -> None:
        """Found towns whose servers start within a second, and can be made to crash."""
        self.nursery = await Nursery.open()

    async def _database(self) -> str:
        if not self.postgres:
            return ""
        template = make_url(self.postgres)
        name = f"{template.database}_{secrets.token_hex(4)}"
        await self._admin(f"CREATE DATABASE {name} TEMPLATE {template.database}")
        return template.set(database=name).render_as_string(hide_password=False)

    async def _admin(self, statement: str) -> None:
        plain = make_url(self.postgres).set(drivername="postgresql", database="postgres")
        connection = await asyncpg.connect(plain.render_as_string(hide_password=False))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def leave(self) -> None:
        """Stop everything."""
        for town in self.towns:
            deployment = town.deployment
            deployment.kill()
            if deployment.process is not None:
                await deployment.process.wait()
            await town.api.stop()
            if self.postgres:
                name = make_url(deployment.url).database
                await self._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        if self.nursery is not None:
            await self.nursery.close()


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    """The address of a template database on PostgreSQL; empty: SQLite."""
    return str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else ""


@pytest.fixture
async def founder(engine: str, tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Founder]:
    """Founds towns on each engine in turn."""
    made = Founder(tmp_path, sqlite_template, engine)
    yield made
    await made.leave()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> AsyncIterator[Founder]:
    """Founds the towns that many stories share; its servers run far from Beijing's time zone."""
    made = Founder(tmp_path_factory.mktemp("towns"), sqlite_template, "", far_away=True)
    await made.quick()
    yield made
    await made.leave()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def common(shared: Founder) -> Town:
    """One town, served by polling, for many stories."""
    return await shared.found(monitors=6)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pushed(shared: Founder) -> Town:
    """One town, served by webhook, for many stories."""
    return await shared.found(webhook=True)


@pytest_asyncio.fixture(loop_scope="session")
async def town(common: Town) -> AsyncIterator[Town]:
    """The town served by polling; after each story everything must hold."""
    yield common
    await all_holds(common)


@pytest_asyncio.fixture(loop_scope="session")
async def hooked(pushed: Town) -> AsyncIterator[Town]:
    """The town served by webhook; after each story everything must hold."""
    yield pushed
    await all_holds(pushed)


async def all_holds(town: Town) -> None:
    """Once it is quiet, everything that must hold does."""
    town.api.nemesis.calm()
    await town.quiet("receipt", "answer", "notice")
    (await check(town)).hold()
