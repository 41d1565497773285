"""Whether all is well, and how much there is of everything: numbers, nothing else."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from bot.joined import App
from storage import Busy, inbox, instance, outbox

LATE = timedelta(minutes=10)
ALIVE = timedelta(minutes=2)
ROOM = 200 * 1024 * 1024
"""Bytes that must be free in the data folder."""


async def health(app: App) -> dict[str, Any]:
    """`ok`, and what is wrong if it is not."""
    wrong: list[str] = []
    numbers: dict[str, int] = {}
    try:
        numbers = await count(app)
    except Busy:
        wrong.append("database")
    if app.delivery.stopped:
        wrong.append(f"channel_{app.delivery.stopped}")
    if app.clock.alarm:
        wrong.append(app.clock.alarm)
    if numbers.get("inbox_parked"):
        wrong.append("parked")
    if numbers.get("outbox_late"):
        wrong.append("undelivered")
    if shutil.disk_usage(app.settings.data).free < ROOM:
        wrong.append("disk")
    return {"ok": not set(wrong) - {"parked", "undelivered"}, "wrong": wrong, **numbers}


async def count(app: App) -> dict[str, int]:
    """What waits, what was given up, and how many strangers knocked."""
    now = app.worker.now()
    async with app.database.read() as tx:
        waiting = await outbox.undelivered(tx, older_than=now - LATE)
        alive = await instance.last_alive(tx)
        return {
            "inbox_unfinished": await inbox.unfinished(tx),
            "inbox_parked": len(await inbox.parked(tx)),
            "outbox_late": sum(letter.state == "pending" for letter in waiting),
            "outbox_dead": sum(letter.state == "dead" for letter in waiting),
            "outbox_held": sum(letter.state == "held" for letter in waiting),
            "seconds_since_beat": int((now - alive).total_seconds()) if alive else -1,
        }


async def figures(app: App) -> str:
    """The same numbers as Prometheus reads them."""
    registry = CollectorRegistry()
    up = Gauge("cunjian_up", "1 if all is well", registry=registry)
    state = await health(app)
    up.set(1 if state["ok"] else 0)
    for name, value in state.items():
        if isinstance(value, int) and not isinstance(value, bool):
            Gauge(f"cunjian_{name}", name.replace("_", " "), registry=registry).set(value)
    return generate_latest(registry).decode()
