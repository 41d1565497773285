"""Migrations: up, down and up again; true to the tables; killed anywhere, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from storage import migrations
from storage.database import Database, Outdated, default_url
from storage.errors import Busy
from storage.keys import Sealer
from storage.tables import metadata


@pytest.fixture(params=["sqlite", "postgres"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database to migrate, on each engine in turn."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return default_url(tmp_path)


async def _look(url: str, look: object) -> object:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(look)  # type: ignore[arg-type]
    finally:
        await engine.dispose()


def _names(connection: Connection) -> list[str]:
    return sorted(inspect(connection).get_table_names())


def _revisions() -> list[str]:
    script = ScriptDirectory.from_config(migrations._config())
    return [revision.revision for revision in script.walk_revisions()][::-1]


async def test_up_down_up(bare: str) -> None:
    await migrations.migrate(bare)
    await migrations.migrate(bare)
    whole = await _look(bare, _names)
    for revision in _revisions():
        await migrations.migrate(bare, "-1" if revision != "0001" else "base")
        await migrations.migrate(bare)
    assert await _look(bare, _names) == whole
    assert await _look(bare, migrations.current) == migrations.head()


async def test_the_tables_are_what_the_program_thinks(bare: str) -> None:
    await migrations.migrate(bare)

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return list(compare_metadata(context, metadata))

    assert await _look(bare, differences) == []


async def test_killed_at_each_statement_it_can_be_begun_again(
    tmp_path: Path, sealer: Sealer
) -> None:
    """One transaction for all: before the commit there is nothing, after it there is all."""
    ran: list[str] = []

    class Killed(Exception):
        pass

    limit = 10_000

    def count(*args: object) -> None:
        ran.append(str(args[2]))
        if len(ran) == limit:
            raise Killed

    event.listen(Engine, "before_cursor_execute", count)
    try:
        await migrations.migrate(default_url(tmp_path))
        statements = len(ran)
        assert statements > 30
        for limit in range(1, statements + 1, 4):
            ran.clear()
            data = tmp_path / str(limit)
            data.mkdir()
            with pytest.raises(Killed):
                await migrations.migrate(default_url(data))
            ran.clear()
            limit_was, limit = limit, 10_000
            assert await _look(default_url(data), _names) == [], limit_was
            await migrations.migrate(default_url(data))
            database = await Database.open(default_url(data), sealer, data)
            await database.close()
    finally:
        event.remove(Engine, "before_cursor_execute", count)


async def test_an_empty_database_is_not_run_on(tmp_path: Path, sealer: Sealer) -> None:
    with pytest.raises(Outdated):
        await Database.open(default_url(tmp_path), sealer, tmp_path)


async def test_a_server_that_is_down_is_busy() -> None:
    with pytest.raises(Busy):
        await migrations.migrate("postgresql+asyncpg://nobody@127.0.0.1:1/none")
