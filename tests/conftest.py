"""Shared fixtures: a key, a time, and a fresh database on each engine.

PostgreSQL is taken from CUNJIAN_TEST_POSTGRES; without an answering server its half is skipped by
name, except where CI=true: there it fails.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url, text

from storage.database import Database, default_url
from storage.keys import KeyRing, Sealer
from storage.migrations import migrate
from storage.tables import metadata

POSTGRES = os.environ.get(
    "CUNJIAN_TEST_POSTGRES", "postgresql+asyncpg://root@127.0.0.1:5432/postgres"
)


@pytest.fixture(scope="session")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    """One key for the whole run."""
    return KeyRing.create(tmp_path_factory.mktemp("keys") / "keys")


@pytest.fixture(scope="session")
def sealer(ring: KeyRing) -> Sealer:
    """Seals with that key."""
    return Sealer(ring)


@pytest.fixture
def now() -> datetime:
    """A Sunday morning in Beijing."""
    return datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    asyncio.run(migrate(default_url(folder)))
    return folder / "cunjian.db"


async def _admin(statement: str) -> None:
    plain = make_url(POSTGRES).set(drivername="postgresql")
    connection = await asyncpg.connect(plain.render_as_string(hide_password=False), timeout=5)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A migrated database of our own on the server, which nobody opens: others are copied from it,
    and each is begun with a key of its own. Dropped at the end of the run."""
    name = f"cunjian_test_{secrets.token_hex(4)}"
    try:
        asyncio.run(_admin(f"CREATE DATABASE {name}"))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        reason = f"no PostgreSQL answers at {make_url(POSTGRES).host} ({type(error).__name__})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    url = make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    asyncio.run(migrate(url))
    yield url
    asyncio.run(_admin(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def postgres_url(postgres_template: str) -> Iterator[str]:
    """A database that tests use one after the other, each emptying it first."""
    template = make_url(postgres_template)
    name = f"{template.database}_used"
    asyncio.run(_admin(f"CREATE DATABASE {name} TEMPLATE {template.database}"))
    yield template.set(database=name).render_as_string(hide_password=False)
    asyncio.run(_admin(f"DROP DATABASE {name} WITH (FORCE)"))


_RESTART = (
    "SELECT setval(oid::regclass, 1, false) FROM pg_class "
    "WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
)


async def _empty(database: Database) -> None:
    """As after the migration. Rows are deleted: TRUNCATE takes a hundred times as long here."""
    async with database.write() as tx:
        await tx.conn.execute(text("SET LOCAL session_replication_role = replica"))
        for table in metadata.sorted_tables:
            await tx.conn.execute(text(f'DELETE FROM "{table.name}"'))
        await tx.conn.execute(text("INSERT INTO chain VALUES (1, 0, ''::bytea)"))
        await tx.conn.execute(text(_RESTART))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a fresh database is, on each engine in turn."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(request.getfixturevalue("sqlite_template"), data / "cunjian.db")
    return default_url(data)


@pytest.fixture
async def database(url: str, sealer: Sealer, tmp_path: Path) -> AsyncIterator[Database]:
    """An open, empty database on each engine in turn."""
    if url.startswith("postgresql"):
        raw = Database(url, sealer, tmp_path / "data")
        await _empty(raw)
        await raw.close()
    database = await Database.open(url, sealer, tmp_path / "data")
    yield database
    await database.close()
