"""Founds towns: a fake Telegram, a deployment on the engine asked for, everybody invited."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
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
    settings: dict[str, str] = field(default_factory=dict)  # of the environment, for every server
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
        deployment.extra |= self.settings
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
        await self.admin(f"CREATE DATABASE {name} TEMPLATE {template.database}")
        return template.set(database=name).render_as_string(hide_password=False)

    async def admin(self, statement: str) -> None:
        """Run a statement on the server."""
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
                await self.admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        if self.nursery is not None:
            await self.nursery.close()


async def all_holds(town: Town) -> None:
    """Once it is quiet, everything that must hold does."""
    town.api.nemesis.calm()
    await town.quiet("receipt", "answer", "notice")
    (await check(town)).hold()
