"""The composition root: the one place that chooses concrete things and joins them.

`serve` runs any of five parts in one process: intake, worker, delivery, clock, web. Split over
several processes they share nothing but the database.
"""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from bot.channels import Mouth
from bot.clock import Clock
from bot.delivery import Delivery
from bot.intake import Intake, Peek, Tell
from bot.joined import App, now
from bot.log import event_log
from bot.settings import Settings
from bot.unfit import Unfit
from bot.worker import Reader, Worker
from handlers.door import House
from handlers.messages import Outbound
from handlers.texts import say
from knowledge.book import PACKS, Book
from knowledge.search import Search
from storage.database import Database
from storage.keys import KeyRing, Sealer
from storage.leader import Leadership

PARTS = ("intake", "worker", "delivery", "clock", "web")
HANDS = 4
"""Workers side by side on PostgreSQL; SQLite takes one writer at a time."""

GRACE = 8.0
"""Seconds that what is under way has to finish when the process is told to stop."""

log = event_log()


def read_book(settings: Settings) -> Book:
    """The national pack and whatever the deployment puts on top of it."""
    return Book.load([PACKS / "national", *settings.packs])


@asynccontextmanager
async def opened(
    settings: Settings, parts: Iterable[str] = PARTS, *, take_over: bool = False
) -> AsyncIterator[App]:
    """Join everything that these parts need, and take it apart at the end."""
    parts = frozenset(parts)
    book = read_book(settings)
    house = House(book, Search.build(book))
    sealer = Sealer(KeyRing.load(settings.key_file, data=settings.data))
    async with AsyncExitStack() as stack:
        database = await Database.open(settings.database, sealer, settings.data)
        stack.push_async_callback(database.close)
        mouths: dict[str, Mouth] = {}
        readers: dict[str, Reader] = {}
        delivery = Delivery(database, house, mouths, now)
        worker = Worker(database, house, readers, delivery, now)
        refuse, soothe = (_teller(mouths, key) for key in ("menu.stranger", "menu.busy"))
        intake = Intake(database, now, worker.wake, refuse, soothe)
        clock = Clock(database, house, delivery, now)
        app = App(
            settings,
            database,
            house,
            intake,
            worker,
            delivery,
            clock,
            mouths,
            readers,
            take_over=take_over,
        )
        if settings.bot_token.get_secret_value() and parts - {"clock"}:
            from bot.channels.telegram.joining import join

            await join(app, stack, parts)
        from bot.channels.web.joining import join as join_web

        app.hub = join_web(app)
        yield app


def _teller(mouths: dict[str, Mouth], key: str) -> Tell:
    """Says one constant sentence past the outbox; whether it arrives is not our concern."""

    async def tell(peek: Peek) -> None:
        if mouth := mouths.get(peek.channel):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(3):
                    await mouth.speak(Outbound(peek.channel, peek.chat, text=say(key)))

    return tell


async def serve(settings: Settings, parts: frozenset[str], *, take_over: bool = False) -> None:
    """Run these parts until a signal stops the process. Raises Unfit when it must not go on."""
    async with opened(settings, parts, take_over=take_over) as app:
        stop_on_signals(app)
        gc.collect()
        gc.freeze()  # packs and libraries stay: looking through them again holds up answers
        await run(app, parts)


def stop_on_signals(app: App) -> None:
    """Finish what is under way when the process is asked to stop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.stop.set)


async def run(app: App, parts: frozenset[str], *, demo: bool = False) -> None:
    """Run the parts of an opened app until its `stop` is set or one of them fails for good."""
    jobs = []
    if "worker" in parts:
        hands = HANDS if app.database.postgres else 1
        jobs.append(app.worker.run(app.stop, hands=hands))
    if "clock" in parts:
        jobs.append(app.clock.run(app.stop))
    if parts & {"intake", "delivery"}:
        jobs.append(_lead(app, parts))
    if "web" in parts:
        from bot.web.server import serve_pages

        jobs.append(serve_pages(app, demo=demo))
    log.info("started", count=len(jobs))
    tasks = [asyncio.create_task(job) for job in jobs]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    app.stop.set()
    if pending:
        _, late = await asyncio.wait(pending, timeout=GRACE)
        for task in late:
            task.cancel()
    for task in done:
        if (error := task.exception()) is not None:
            raise error
    log.info("stopped")


async def _lead(app: App, parts: frozenset[str]) -> None:
    """Listen and speak, while no other process does so for the same database."""
    leadership = Leadership(app.database)
    said = False
    while not app.stop.is_set():
        if await leadership.take():
            break
        if not said:
            log.warning("standing_by")
            said = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(app.stop.wait(), 2.0)
    try:
        await _speak_and_listen(app, parts, leadership)
    finally:
        await leadership.leave()


async def _speak_and_listen(app: App, parts: frozenset[str], leadership: Leadership) -> None:
    jobs = [_keep_leading(app, leadership)]
    if "delivery" in parts:
        jobs.append(app.delivery.run(app.stop))
        if app.watch is not None:
            jobs.append(app.watch())
    if "intake" in parts and app.poll is not None:
        jobs.append(app.poll())
    if not app.stop.is_set():
        await _together(app, jobs)


async def _together(app: App, jobs: list[Any]) -> None:
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    finally:
        app.stop.set()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_leading(app: App, leadership: Leadership) -> None:
    """Stop at once when the right to lead is lost: another process may have it by now."""
    while not app.stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(app.stop.wait(), 5.0)
        if not app.stop.is_set() and not await leadership.still():
            raise Unfit("serve.lost_lead")
