"""`cunjian doctor`: is this installation well? One line a check, and exit 1 if any fails."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from bot.commands.common import (
    BEIJING,
    Json,
    beijing,
    book,
    command,
    fail,
    now,
    opened,
    sentences,
    settings,
    tell,
    tell_data,
)
from handlers.texts import say

if TYPE_CHECKING:
    from bot.settings import Settings
    from storage.database import Database, Tx

LOW, FULL = 2.0, 0.5
"""Free gigabytes below which the disk is worth a word, and below which it fails."""

SKEW = timedelta(minutes=5)
"""The clock may lie so far behind the last sign of life."""


@dataclass(frozen=True)
class Check:
    """What was found about one part: well, worth a word, or wrong."""

    name: str
    mark: Literal["ok", "mind", "bad"]
    said: str


@command
async def doctor(as_json: Json = False) -> None:
    """Check everything that can be checked without changing anything."""
    checks = [check async for check in _checks()]
    if as_json:
        tell_data([vars(check) for check in checks])
    else:
        for check in checks:
            mark, name = (
                say(f"cli.doctor.mark.{check.mark}"),
                say(f"cli.doctor.name.{check.name}"),
            )
            tell("doctor.line", mark=mark, name=name, said=check.said)
    if bad := sum(check.mark == "bad" for check in checks):
        fail("doctor.bad", n=bad)
    if not as_json:
        tell("doctor.clean")


def _ok(name: str, said: str = "", **values: object) -> Check:
    return Check(name, "ok", say(f"cli.doctor.said.{said or name}", **values))


def _mind(name: str, said: str, **values: object) -> Check:
    return Check(name, "mind", say(f"cli.doctor.said.{said}", **values))


def _bad(name: str, said: str, **values: object) -> Check:
    return Check(name, "bad", say(f"cli.doctor.said.{said}", **values))


def _failed(name: str, error: Exception) -> Check:
    return Check(name, "bad", " ".join(sentences(error)))


async def _checks() -> AsyncIterator[Check]:
    try:
        given = settings()
    except Exception as error:
        yield _failed("settings", error)
        return
    yield _settings(given)
    yield _disk(given)
    for check in _knowledge(given):
        yield check
    try:
        async with opened(given) as database:
            yield _ok("key")
            async for check in _database(database):
                yield check
            yield await _bot(given, database)
    except Exception as error:
        yield _failed("key" if _about_key(error) else "database", error)


def _about_key(error: Exception) -> bool:
    from storage.keys import KeyProblem

    return isinstance(error, KeyProblem)


def _settings(given: "Settings") -> Check:
    from pathlib import Path

    try:
        if not 0 < given.port < 65536:
            raise ValueError
    except ValueError:
        return _bad("settings", "http")
    if given.webhook_url and not given.webhook_secret.get_secret_value():
        return _bad("settings", "webhook_secret")
    if given.webhook_url and not given.webhook_url.startswith("https://"):
        return _bad("settings", "webhook_https")
    if not Path(say("cli.toml.file")).exists():
        return _mind("settings", "settings_none")
    return _ok("settings")


def _disk(given: "Settings") -> Check:
    folder = given.data if given.data.is_dir() else given.data.absolute().parent
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x" * 4096)
            probe.flush()
        free = shutil.disk_usage(folder).free / 1024**3
    except OSError:
        return _bad("disk", "disk_shut", file=folder)
    if free < FULL:
        return _bad("disk", "disk_full", free=f"{free:.1f}")
    told = {"free": f"{free:.1f}"}
    return _mind("disk", "disk_low", **told) if free < LOW else _ok("disk", **told)


def _knowledge(given: "Settings") -> Iterator[Check]:
    """The packs, and the announced working days of this year and the next."""
    from datetime import date

    from knowledge.findings import PackError
    from knowledge.workdays import NotAnnounced, is_workday

    try:
        yield _ok("packs", version=book(given).version)
    except (PackError, OSError) as error:
        yield _failed("packs", error)
    year = now().astimezone(BEIJING).year
    if isinstance(is_workday(date(year, 6, 1)), NotAnnounced):
        yield _bad("calendar", "calendar_none", year=year)
    elif isinstance(is_workday(date(year + 1, 6, 1)), NotAnnounced):
        yield _mind("calendar", "calendar_next", year=year + 1)
    else:
        yield _ok("calendar", year=year)


async def _database(database: "Database") -> AsyncIterator[Check]:
    from storage import instance, migrations
    from storage.leader import Leadership

    async with database.read() as tx:
        if not database.postgres and (wrong := await database.quick_check(tx, thorough=True)):
            yield Check("database", "bad", wrong[0])
        else:
            yield _ok("database", version=migrations.head())
        alive = await instance.last_alive(tx)
        if alive is not None and alive > now() + SKEW:
            yield _bad("clock", "clock_wild", at=beijing(alive))
        else:
            yield _ok("clock")
        yield await _queues(tx)
        yield await _offices(tx)
    async with Leadership(database) as led:
        yield _mind("running", "stopped") if led else _ok("running")


async def _queues(tx: "Tx") -> Check:
    from storage import inbox, outbox

    letters = await outbox.undelivered(tx)
    stuck = {
        "parked": len(await inbox.parked(tx)),
        "dead": sum(letter.state == "dead" for letter in letters),
        "held": sum(letter.state == "held" for letter in letters),
    }
    if any(stuck.values()):
        return _bad("queues", "stuck", **stuck)
    return _ok("queues", waiting=await inbox.unfinished(tx))


async def _offices(tx: "Tx") -> Check:
    """Whether a lead would reach somebody at every office."""
    from handlers.office.cards import chats_for
    from storage import places

    offices = await places.all_offices(tx)
    if not offices:
        return _mind("offices", "offices_none")
    deaf = [office.name for office in offices if not await chats_for(tx, office)]
    if deaf:
        return _mind("offices", "offices_deaf", names=" ".join(deaf))
    return _ok("offices", n=len(offices))


async def _bot(given: "Settings", database: "Database") -> Check:
    """Ask the channel who we are; the answer is kept, for links in invitations."""
    token = given.bot_token.get_secret_value()
    if not token:
        return _ok("bot", "bot_none")
    from bot.channels import Failed, Stop
    from bot.channels.telegram.preflight import who_am_i
    from bot.channels.telegram.speak import TelegramMouth
    from storage import instance

    mouth = TelegramMouth(token, given.telegram_api)
    try:
        me = await who_am_i(mouth.people)
    except Failed as failed:
        wrong = "bot_token" if isinstance(failed.outcome, Stop) else "bot_away"
        return _bad("bot", wrong)
    finally:
        await mouth.close()
    async with database.write() as tx:
        await instance.put(tx, "telegram.username", me.username)
    return _ok("bot", username=me.username)
