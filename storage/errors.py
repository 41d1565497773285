"""What may go wrong in storage, in two words: `Busy` and `Damaged`. A docstring is the message."""

from __future__ import annotations

from sqlalchemy import exc

_SQLITE_BUSY = {5, 6, 8, 9, 10, 13, 14, 15}  # busy, locked, read-only, interrupted, I/O, full...
_SQLITE_DAMAGED = {11, 26}  # corrupt, not a database
_POSTGRES_BUSY = (
    "08",
    "53",
    "57",
    "40",
    "55",
    "58",
    "25006",
)  # down, full, shutting down, deadlock
_POSTGRES_DAMAGED = ("XX001", "XX002")


class Told(Exception):
    """An error whose docstring is its message."""

    def __str__(self) -> str:
        said = super().__str__()
        return said or (type(self).__doc__ or "").split("\n\n")[0].replace("\n", " ").strip()


class Busy(Told):
    """The database cannot take it now: it is locked, down, full or read-only. Nothing changed."""


class Damaged(Told):
    """What is stored is damaged. Restore a backup: `cunjian restore FILE`."""


class SealBroken(Damaged):
    """A sealed value was changed, stands in the wrong place, or has another key."""


def told(error: BaseException) -> Exception | None:
    """The `Busy` or `Damaged` that an error of the database amounts to; None for any other error.

    Only errors of SQLAlchemy and of the drivers are recognised, so that a fault of the caller's
    own inside a transaction is never taken for the database's.
    """
    if isinstance(error, (exc.TimeoutError, exc.InterfaceError)):
        return Busy()
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        if code & 0xFF in _SQLITE_BUSY:
            return Busy()
        return Damaged() if code & 0xFF in _SQLITE_DAMAGED else None
    state = getattr(cause, "sqlstate", None)
    if state and state.startswith(_POSTGRES_DAMAGED):
        return Damaged()
    if state and state.startswith(_POSTGRES_BUSY):
        return Busy()
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return Busy()
    return None
