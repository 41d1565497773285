"""Leadership: of several processes one takes in and delivers, the others stand by.

On one machine it is a lock on a file in the data folder; on PostgreSQL an advisory lock. Both are
given back by the system itself when the process dies.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.errors import Busy, told

MAIN = "cunjian"


class Leadership:
    """The right to do a thing that only one process may do at a time."""

    def __init__(self, database: Database, name: str = MAIN) -> None:
        """`name` says what is led, such as the intake of one bot."""
        self._database = database
        self._name = database.sealer.fingerprint("leader", name)
        self._file: int | None = None
        self._connection: AsyncConnection | None = None

    async def take(self) -> bool:
        """Tries to lead; False while another does. Raises Busy if the database is down."""
        if not self._database.postgres:
            self._file = lock(self._database.data, self._name)
            return self._file is not None
        try:
            connection = await self._database.connect()
            key = {"key": int.from_bytes(self._name.encode()[:7], "big")}
            row = await connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key)
            if row.scalar_one():
                await connection.commit()
                self._connection = connection
                return True
            await connection.close()
        except (SQLAlchemyError, OSError) as error:
            raise told(error) or Busy() from None
        return False

    async def still(self) -> bool:
        """Whether it leads still; a broken line to the server ends it."""
        if self._connection is None:
            return self._file is not None
        try:
            await self._connection.execute(text("SELECT 1"))
            await self._connection.commit()
        except (SQLAlchemyError, OSError):
            await self.leave()
            return False
        return True

    async def leave(self) -> None:
        """Gives the right back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.invalidate()
            await connection.close()

    async def __aenter__(self) -> bool:
        """Leads for the length of a block, if nobody else does."""
        return await self.take()

    async def __aexit__(self, *_: Any) -> None:
        """Gives the right back."""
        await self.leave()


def lock(data: Path, name: str) -> int | None:
    """An open, locked file in the data folder; None if another process has it."""
    handle = os.open(data / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
