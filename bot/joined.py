"""Everything joined, as channels, pages and commands are handed it; `bot.app` joins it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.channels import Failed, Mouth, Stop
from bot.channels.web.mouth import Hub
from bot.clock import Clock
from bot.delivery import Delivery
from bot.intake import Intake, Peek
from bot.log import event_log
from bot.settings import Settings
from bot.unfit import Unfit
from bot.worker import Reader, Worker
from handlers.door import House
from storage import Busy, instance
from storage.database import Database

log = event_log()


@dataclass
class App:
    """Everything joined: what pages, commands and tests are given."""

    settings: Settings
    database: Database
    house: House
    intake: Intake
    worker: Worker
    delivery: Delivery
    clock: Clock
    mouths: dict[str, Mouth]
    readers: dict[str, Reader]
    watch: Callable[[], Coroutine[Any, Any, None]] | None = None  # looks after bound groups
    take_over: bool = False  # poll even if updates are pushed to somebody just now
    hub: Hub = field(default_factory=Hub)  # wakes pages
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    poll: Callable[[], Coroutine[Any, Any, None]] | None = (
        None  # listens, if the channel is polled
    )
    webhook: Callable[[bytes], Awaitable[None]] | None = None  # takes what is pushed


def now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)


async def receive_patiently(app: App, batch: list[tuple[Peek, dict[str, Any]]]) -> None:
    """Store a batch, however long the database is away; nothing is confirmed before."""
    wait = 0.5
    while not app.stop.is_set():
        try:
            await app.intake.receive(batch)
        except Busy:
            log.warning("database_busy", wait=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 15.0)
        else:
            return
    raise asyncio.CancelledError


def unfit(failed: Failed) -> Unfit:
    """What to tell the operator when a channel will not go on."""
    outcome = failed.outcome
    return (
        Unfit(f"serve.halt.{outcome.reason}")
        if isinstance(outcome, Stop)
        else Unfit("serve.channel")
    )


async def remember_name(app: App, username: str) -> None:
    """Keep the bot's public name, so that invitations can be printed without asking again."""
    async with app.database.write() as tx:
        await instance.put(tx, "telegram.username", username)
