"""SQLite as the rest of `storage` needs it: safe settings, own BEGINs, one hop a statement.

aiosqlite gives each connection a thread. SQLAlchemy goes there four times a statement (a cursor,
the statement, its rows, the end), and each way there and back costs more than the statement. Here
the first and the last cost nothing and the rows come along, so it goes there once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

import aiosqlite
from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit survives a power cut; NORMAL may lose it
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = ON",
    "PRAGMA cell_size_check = ON",
)


class _Cursor(aiosqlite.Cursor):
    """A cursor whose rows come with the statement. All of them: nobody here reads piecemeal."""

    _rows: Iterable[sqlite3.Row] = ()

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> aiosqlite.Cursor:
        """Run a statement and take its rows along."""

        def run() -> Iterable[sqlite3.Row]:
            self._cursor.execute(sql, parameters or ())  # type: ignore[arg-type]
            return self._cursor.fetchall() if self._cursor.description else ()

        self._rows = await self._conn._execute(run)  # type: ignore[no-untyped-call]
        return self

    async def fetchall(self) -> Iterable[sqlite3.Row]:
        """The rows that came along."""
        return self._rows

    async def close(self) -> None:
        """Nothing is left open: every row was taken."""


class _Connection(aiosqlite.Connection):
    """A connection used by one task at a time, whose cursors need no way to its thread."""

    def cursor(self) -> Any:
        """A cursor, at once."""
        return _Cursor(self, self._conn.cursor())


def open_engine(url: str, *, write: bool) -> AsyncEngine:
    """Own BEGINs: IMMEDIATE for writers, so that two that read first cannot both win."""
    file = make_url(url).database or ""

    async def connect() -> aiosqlite.Connection:
        connection = _Connection(lambda: sqlite3.connect(file, check_same_thread=False), 64)
        connection._thread.daemon = True  # a process that ends does not wait for it
        return await connection

    engine = create_async_engine(
        url,
        async_creator=connect,
        pool_size=1 if write else 4,
        max_overflow=0 if write else 8,
        pool_reset_on_return=None,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS if write else (*_PRAGMAS, "PRAGMA query_only = ON"):
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
