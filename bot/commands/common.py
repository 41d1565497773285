"""What every command shares: the settings, an open database, and plain words when it must stop.

Whatever goes wrong is one plain line on stderr and exit 1; no traceback reaches a steward, and
nothing that anybody wrote. Heavy imports stand inside functions: `cunjian --help` is quick.
"""

import asyncio
import json
import os
import re
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, ParamSpec

import typer

from handlers.texts import find, has, say

if TYPE_CHECKING:
    from bot.settings import Settings
    from knowledge.book import Book
    from storage.database import Database

P = ParamSpec("P")
Json = Annotated[bool, typer.Option("--json", help=say("cli.help.json"))]
BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
_OURS = ("bot", "handlers", "storage", "knowledge")


class NoDatabase(FileNotFoundError):
    """There is no database here yet."""


def now() -> datetime:
    """The moment at which the command runs."""
    return datetime.now(UTC)


def beijing(at: datetime | None) -> str:
    """A moment as people in China write it, to the minute; nothing for none."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if at else ""


def tell(key: str, **values: object) -> None:
    """One sentence of `cli.yaml` on stdout."""
    typer.echo(say(f"cli.{key}", **values))


def tell_data(data: object) -> None:
    """Data on stdout, for `--json`."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1))


def fail(key: str, **values: object) -> NoReturn:
    """One plain line on stderr that says what is wrong and what to do, and exit 1."""
    typer.echo(say(f"cli.{key}", **values), err=True)
    raise typer.Exit(1)


def command(does: Callable[P, Coroutine[Any, Any, None] | None]) -> Callable[P, None]:
    """A command, which may be async; its errors become plain lines."""

    @wraps(does)
    def plainly(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            result = does(*args, **kwargs)
            if result is not None:
                asyncio.run(result)
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise
        except Exception as error:
            for line in sentences(error):
                typer.echo(line, err=True)
            raise typer.Exit(1) from None

    return plainly


def sentences(error: Exception) -> list[str]:
    """What an error means, in plain words; for one that nobody foresaw, its kind and place."""
    from bot.unfit import Unfit
    from knowledge.findings import PackError

    if isinstance(error, Unfit):
        return [say(error.key, **error.values)]
    if isinstance(error, PackError):
        from bot.commands.knowledge import sentence

        return [sentence(finding) for finding in error.findings]
    values: dict[str, object] = {"file": "", "setting": "", "line": 0}
    if isinstance(error, OSError):
        values["file"] = error.filename or ""
    if hasattr(error, "errors") and hasattr(error, "error_count"):  # pydantic, not imported here
        values["setting"] = ".".join(str(part) for part in error.errors()[0]["loc"])
    if found := re.search(r"at line (\d+)", str(error)):
        values["line"] = found[1]
    if (refused := find("cli.refused").get(str(error))) is not None:
        return [str(refused)]
    for kind in type(error).__mro__:
        if kind is not Exception and has(f"cli.error.{kind.__name__}"):
            return [say(f"cli.error.{kind.__name__}", **values)]
    return [say("cli.error.unforeseen", kind=type(error).__name__, where=_where(error))]


def _where(error: Exception) -> str:
    """The last of our own lines that an error passed through."""
    root = str(Path(__file__).parents[2])
    ours = [
        f"{os.path.relpath(frame.filename, root)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.relpath(frame.filename, root).split(os.sep)[0] in _OURS
    ]
    return ours[-1] if ours else "?"


def settings() -> "Settings":
    """The settings in force in this folder."""
    from bot.settings import Settings

    return Settings()


@asynccontextmanager
async def opened(given: "Settings | None" = None) -> "AsyncIterator[Database]":
    """The database, open and checked. Raises a `storage.errors.Told`, or NoDatabase."""
    from storage.database import Database
    from storage.keys import KeyRing, Sealer

    given = given or settings()
    sealer = Sealer(KeyRing.load(given.key_file, data=given.data))
    refuse_missing(given)
    database = await Database.open(given.database, sealer, given.data)
    try:
        yield database
    finally:
        await database.close()


def sqlite_file(given: "Settings") -> Path | None:
    """The file of the database; none on PostgreSQL."""
    engine, _, path = given.database.partition(":///")
    return Path(path) if engine.startswith("sqlite") else None


def refuse_missing(given: "Settings") -> None:
    """Raises NoDatabase rather than let SQLite make an empty one in the wrong folder."""
    if (sqlite := sqlite_file(given)) and not sqlite.exists():
        raise NoDatabase(2, "", str(sqlite))


def book(given: "Settings | None" = None) -> "Book":
    """The national book with the packs of the settings on top of it. Raises PackError."""
    from knowledge.book import PACKS, Book

    return Book.load([PACKS / "national", *(given or settings()).packs])


def refuse_taken(file: Path) -> None:
    """Before work is done: raises FileExistsError or FileNotFoundError if `write_new` would."""
    if file.exists():
        raise FileExistsError(17, "", str(file))
    if not file.parent.is_dir():
        raise FileNotFoundError(2, "", str(file.parent))


def write_new(file: Path, raw: bytes) -> None:
    """A new file for its owner alone. Raises FileExistsError: nothing is ever overwritten."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(raw)
