"""Looks at the groups that offices are bound to: who could read a card there?"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

from bot.channels import Failed
from bot.channels.telegram import Me, preflight
from bot.channels.telegram.wire import Bot
from bot.joined import App
from bot.log import event_log
from bot.post import lay_in_outbox
from handlers.office import cards, guarding
from storage import Busy, instance, people, places
from storage.places import Office

EVERY = timedelta(minutes=10)
GLANCE = 1.5
"""Seconds between looks whether a group was bound just now."""

log = event_log()


async def watch(app: App, bot: Bot, me: Me) -> None:
    """Look at every group now and then, and at a new one at once, until the app stops."""
    next_at = app.worker.now()
    while not app.stop.is_set():
        with contextlib.suppress(Busy):
            async with app.database.read() as tx:
                due = await instance.get(tx, "groups.due")
            if due or app.worker.now() >= next_at:
                await look_at_all(app, bot, me)
                next_at = app.worker.now() + EVERY
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(app.stop.wait(), GLANCE)


async def look_at_all(app: App, bot: Bot, me: Me) -> None:
    """One look at each office's group; what may be shown there is decided anew."""
    now = app.worker.now()
    async with app.database.write() as tx:
        await instance.drop(tx, "groups.due")
        offices = [one for one in await places.all_offices(tx) if one.channel == "telegram"]
    for office in offices:
        try:
            group = await preflight.look_at(bot, me, office.chat)
            inside = await _inside(app, bot, office)
        except Failed:
            log.warning("group_unseen")  # it stays as it was: not trusted, if never seen
            continue
        async with app.database.write() as tx:
            before = await guarding.level(tx, office)
            out = await guarding.looked(
                tx, office, public=group.public, members=group.members, now=now, inside=inside
            )
            letters = await lay_in_outbox(tx, out, now)
            if group.public or await guarding.level(tx, office) != before:
                redrawn = await cards.anew(tx, office, now)
                letters += await lay_in_outbox(tx, redrawn, now)
        app.delivery.push(letters)


async def _inside(app: App, bot: Bot, office: Office) -> int:
    """How many of an office's officers are in its group; whom Telegram does not tell of is not."""
    async with app.database.read() as tx:
        accounts = [
            {chat for channel, chat in await people.addresses(tx, one.id) if channel == "telegram"}
            for one in await people.officers(tx, office.id)
        ]
    count = 0
    for own in accounts:
        for account in own:
            count += bool(await preflight.is_member(bot, office.chat, account))
    return count
