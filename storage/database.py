"""The database: one place to open it, and the unit of work in which everything else happens."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Executable, Row, make_url
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.dml import Insert

from storage import sqlite
from storage.errors import Busy, Damaged, Told, told
from storage.keys import KeyWrong, Sealer

__all__ = ["FILE", "Busy", "Damaged", "Database", "Outdated", "Tx", "default_url"]

FILE = "cunjian.db"
Found = Row[*tuple[Any, ...]]
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Outdated(Told):
    """This database is of another version of the program. Back up, then run `cunjian migrate`."""


@dataclass
class Tx:
    """One transaction. Whatever is done with it is kept whole or not at all."""

    conn: AsyncConnection
    sealer: Sealer
    data: Path
    postgres: bool
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    async def one(self, statement: Executable, values: Values | None = None) -> Found | None:
        """The first row of what a statement gives, if any."""
        return (await self.conn.execute(statement, values)).first()

    async def all(self, statement: Executable, values: Values | None = None) -> list[Found]:
        """All rows of what a statement gives."""
        return list((await self.conn.execute(statement, values)).all())

    async def run(self, statement: Executable, values: Values | None = None) -> int:
        """Runs a statement; how many rows it touched."""
        return (await self.conn.execute(statement, values)).rowcount

    async def once(self, upsert: Upsert, values: Values) -> Found | None:
        """Runs an insert that may meet a row with the same key; the row it gives back, if any."""
        return (await self.conn.execute(upsert[self.postgres], values)).first()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that is undone alone if it fails; the error goes on to the caller."""
        told_before = len(self.after_commit)
        try:
            async with self.conn.begin_nested():
                yield
        except BaseException:
            del self.after_commit[told_before:]
            raise


Upsert = Mapping[bool, Insert]
"""The same insert for both engines, by whether it is PostgreSQL."""


def upsert(make: Callable[[Any], Insert], table: Any) -> Upsert:
    """Builds an insert with ON CONFLICT, which each dialect spells for itself."""
    return {False: make(sqlite_dialect.insert(table)), True: make(postgresql.insert(table))}


def default_url(data: Path) -> str:
    """The SQLite database inside a data folder."""
    return f"sqlite+aiosqlite:///{data / FILE}"


class Database:
    """An open database. SQLite: one writer at a time, many readers. PostgreSQL: a pool."""

    def __init__(self, url: str, sealer: Sealer, data: Path) -> None:
        """Use `Database.open`, which also checks what it opens."""
        self.url, self.sealer, self.data = url, sealer, data
        self.postgres = make_url(url).get_backend_name() == "postgresql"
        if self.postgres:
            self._writer = self._reader = create_async_engine(url, pool_size=10)
        else:
            self._writer = sqlite.open_engine(url, write=True)
            self._reader = sqlite.open_engine(url, write=False)
        self._turn: AbstractAsyncContextManager[Any] = (
            nullcontext() if self.postgres else asyncio.Lock()
        )

    @classmethod
    async def open(cls, url: str, sealer: Sealer, data: Path) -> Database:
        """Opens a migrated database and checks it.

        Raises Damaged if the engine finds it broken, Outdated if its tables are of another version
        of the program, KeyWrong if the key is not the one it was begun with, Busy if it is down.
        """
        from storage import instance, migrations

        os.makedirs(data, mode=0o700, exist_ok=True)
        database = cls(url, sealer, data)
        try:
            async with database.read() as tx:
                if not await tx.conn.run_sync(migrations.is_current):
                    raise Outdated
                if not database.postgres and await database.quick_check(tx):
                    raise Damaged
            async with database.write() as tx:
                if not await instance.begin(tx):
                    raise KeyWrong
        except BaseException:
            await database.close()
            raise
        return database

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A transaction that may change things: committed at the end, undone by any error.

        On SQLite the processes of one machine take turns; Busy after waiting five seconds for
        another process. Busy at the very end may, if the line to a server broke, come after the
        commit took effect; what must happen once carries its own key.
        """
        async with self._turn, self._begin(self._writer) as tx:
            yield tx
        for tell in tx.after_commit:
            tell()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A transaction that sees one moment of the database and cannot change it."""
        async with self._begin(self._reader, read=True) as tx:
            yield tx

    @asynccontextmanager
    async def _begin(self, engine: AsyncEngine, read: bool = False) -> AsyncIterator[Tx]:
        try:
            connection = await engine.connect()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise told(error) or Busy() from None
        except Exception as error:
            raise (told(error) or error) from None
        try:
            if read and self.postgres:
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            async with connection.begin():
                yield Tx(connection, self.sealer, self.data, self.postgres)
        except SQLAlchemyError as error:
            known = told(error)
            if known is None:
                raise
            raise known from None
        finally:
            await asyncio.shield(connection.close())

    async def connect(self) -> AsyncConnection:
        """A connection of one's own, for what outlasts transactions; the caller closes it."""
        return await self._writer.connect()

    @staticmethod
    async def quick_check(tx: Tx, *, thorough: bool = False) -> list[str]:
        """What SQLite finds broken in its own file; empty when it is whole."""
        pragma = "PRAGMA integrity_check" if thorough else "PRAGMA quick_check"
        found = [str(row[0]) for row in await tx.conn.exec_driver_sql(pragma)]
        return [] if found == ["ok"] else found

    async def close(self) -> None:
        """Lets every connection go."""
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()
