"""`cunjian init`, `migrate`, `verify`, `backup`, `restore`: what is stored, as a whole."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands import doctor, queues
from bot.commands.common import (
    Json,
    NoDatabase,
    beijing,
    command,
    fail,
    now,
    opened,
    refuse_missing,
    refuse_taken,
    settings,
    sqlite_file,
    tell,
    tell_data,
    write_new,
)
from handlers.texts import find, say

if TYPE_CHECKING:
    from bot.settings import Settings
    from storage.keys import KeyRing, Sealer
    from storage.verify import Problem

app = typer.Typer()
app.command(name="doctor", help=say("cli.help.doctor"))(doctor.doctor)
app.add_typer(queues.outbox_app, name="outbox")
app.add_typer(queues.inbox_app, name="inbox")


@app.command(help=say("cli.help.init"))
@command
async def init() -> None:
    """A commented settings file, the key and the tables; what is there already stays."""
    from storage.keys import KeyRing, KeyWrong

    _write_settings(Path(say("cli.toml.file")))
    given = settings()
    given.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = not given.key_file.exists()
    if made and (sqlite := sqlite_file(given)) and sqlite.exists():
        fail("init.key_lost")
    ring = (
        KeyRing.create(given.key_file) if made else KeyRing.load(given.key_file, data=given.data)
    )
    try:
        KeyRing.load(given.key_file, data=given.data)
        version = await _migrated(given, ring)
    except KeyWrong:
        if made:  # PostgreSQL knows another key: the new one must not be taken for it
            given.key_file.unlink()
            fail("init.key_lost")
        raise
    tell("init.key_made" if made else "init.key_kept", file=given.key_file)
    tell("init.database", version=version)
    tell("init.next")


def _write_settings(file: Path) -> None:
    try:
        write_new(file, commented_settings().encode())
    except FileExistsError:
        tell("init.kept", file=file)
    else:
        tell("init.wrote", file=file)


def commented_settings() -> str:
    """The settings file: every setting with what it is for, and its default commented out."""
    from bot.settings import Settings

    lines = [f"# {line}" for line in say("cli.toml.head").split("\n")]
    for name, field in Settings.model_fields.items():
        default: Any = field.default
        if hasattr(default, "get_secret_value"):
            default = default.get_secret_value()
        shown = default if isinstance(default, list | int) else str(default)
        lines += ["", f"# {say(f'cli.setting.{name}')}", f"# {name} = {json.dumps(shown)}"]
    return "\n".join(lines) + "\n"


@app.command(help=say("cli.help.migrate"))
@command
async def migrate() -> None:
    """Bring the tables to this version of the program; safe to run again."""
    from storage.keys import KeyRing

    given = settings()
    ring = KeyRing.load(given.key_file, data=given.data)
    refuse_missing(given)
    tell("migrate.done", version=await _migrated(given, ring))


async def _migrated(given: "Settings", ring: "KeyRing") -> str:
    """Migrates, then opens what came of it; the revision."""
    from storage import migrations
    from storage.database import Database
    from storage.keys import Sealer

    await migrations.migrate(given.database)
    if sqlite := sqlite_file(given):
        sqlite.chmod(0o600)
    database = await Database.open(given.database, Sealer(ring), given.data)
    await database.close()
    return migrations.head()


@app.command(help=say("cli.help.verify"))
@command
async def verify(as_json: Json = False) -> None:
    """Walk through everything stored; exit 1 if anything was changed or is damaged."""
    from storage import verify as storage_verify

    async with opened() as database:
        problems = await storage_verify.verify(database)
    if as_json:
        tell_data([vars(problem) for problem in problems])
    else:
        for problem in problems:
            typer.echo(_in_words(problem), err=True)
        if not problems:
            tell("verify.clean")
    if problems:
        fail("verify.found", n=len(problems))


def _in_words(problem: "Problem") -> str:
    """A problem in plain words; the ids in it stay."""
    first, _, rest = problem.where.partition(" ")
    where = f"{find('cli.verify.where').get(first, first)} {rest}".strip()
    known = find("cli.verify.what").items()
    what = next((said for begins, said in known if problem.what.startswith(begins)), problem.what)
    return say("cli.verify.problem", where=where, what=what)


@app.command(help=say("cli.help.backup"))
@command
async def backup(
    file: Path,
    check: Annotated[bool, typer.Option("--verify", help=say("cli.help.backup_verify"))] = False,
) -> None:
    """Everything into one sealed file while the program runs, read back at once."""
    from storage import backup as storage_backup

    if check:
        manifest = await asyncio.to_thread(storage_backup.check, file, _sealer(settings()))
        tell("backup.fine", at=_at(manifest.at), n=len(manifest.parts))
        return
    refuse_taken(file)
    async with opened() as database:
        manifest = await storage_backup.backup(database, file, now())
        await asyncio.to_thread(storage_backup.check, file, database.sealer)
    tell("backup.done", file=file, at=_at(manifest.at), n=len(manifest.parts))
    if manifest.gone:
        tell("backup.gone", n=len(manifest.gone))


@app.command(help=say("cli.help.restore"))
@command
async def restore(
    file: Path,
    yes: Annotated[bool, typer.Option("--yes", help=say("cli.help.yes"))] = False,
) -> None:
    """What a backup is; with --yes, put it in the place of what is here."""
    from storage import backup as storage_backup
    from storage import outbox
    from storage.keys import KeyRing

    given = settings()
    ring = KeyRing.load(given.key_file, data=given.data)
    if sqlite_file(given) is None:
        raise storage_backup.NotHere
    manifest = await asyncio.to_thread(storage_backup.check, file, _sealer(given))
    tell("restore.is", at=_at(manifest.at), n=len(manifest.parts))
    if not yes:
        tell(f"restore.{await _here(given, manifest.instance)}")
        tell("restore.dry")
        return
    before = set(given.data.glob("before-restore-*"))
    await storage_backup.restore(file, given.data, _sealer(given), now())
    await _migrated(given, ring)
    aside = sorted(set(given.data.glob("before-restore-*")) - before)
    if aside:
        tell("restore.done", at=_at(manifest.at), folder=aside[-1])
    else:
        tell("restore.done_fresh", at=_at(manifest.at))
    async with opened(given) as database, database.read() as tx:
        held = [one for one in await outbox.undelivered(tx) if one.state == "held"]
    if held:
        tell("restore.held", n=len(held))


async def _here(given: "Settings", instance_name: str) -> str:
    """What stands where a backup would be put."""
    from storage import instance
    from storage.errors import Told

    try:
        async with opened(given) as database, database.read() as tx:
            name = await instance.name(tx)
    except NoDatabase:
        return "here_none"
    except Told:
        return "here_shut"
    return "here_same" if name == instance_name else "here_other"


def _sealer(given: "Settings") -> "Sealer":
    from storage.keys import KeyRing, Sealer

    return Sealer(KeyRing.load(given.key_file, data=given.data))


def _at(iso: str) -> str:
    return beijing(datetime.fromisoformat(iso))
