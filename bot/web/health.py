"""Whether all is well, and how much there is of everything: numbers, nothing else."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.joined import App
from storage import Busy, inbox, instance, outbox
from storage.outbox import Letter

LATE = timedelta(minutes=10)
ALIVE = timedelta(minutes=2)
ROOM = 200 * 1024 * 1024
"""Bytes that must be free in the data folder."""

HARMLESS = frozenset({"parked", "undelivered"})
"""Worth a look, but no reason to take the service for broken."""


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
    if numbers.get("seconds_since_beat", 0) > ALIVE.total_seconds():
        wrong.append("no_clock")
    if numbers.get("inbox_parked"):
        wrong.append("parked")
    if numbers.get("outbox_late") or numbers.get("outbox_dead"):
        wrong.append("undelivered")
    if shutil.disk_usage(app.settings.data).free < ROOM:
        wrong.append("disk")
    return {"ok": not set(wrong) - HARMLESS, "wrong": wrong, **numbers}


async def count(app: App) -> dict[str, int]:
    """What waits, for how long, and what was given up."""
    now = app.worker.now()
    async with app.database.read() as tx:
        waiting = await outbox.undelivered(tx, older_than=now)
        alive = await instance.last_alive(tx)
        pending = [letter for letter in waiting if letter.state == "pending"]
        oldest = min((letter.created_at for letter in pending), default=now)
        return {
            "inbox_unfinished": await inbox.unfinished(tx),
            "inbox_parked": len(await inbox.parked(tx)),
            "outbox_pending": len(pending),
            "outbox_late": sum(now - letter.created_at > LATE for letter in pending),
            "outbox_oldest_seconds": int((now - oldest).total_seconds()),
            "outbox_dead": sum(letter.state == "dead" for letter in waiting),
            "outbox_held": sum(letter.state == "held" for letter in waiting),
            "seconds_since_beat": int((now - alive).total_seconds()) if alive else 0,
        }


class Figures:
    """What Prometheus reads: the numbers of now, and what this process has sent."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.registry = CollectorRegistry()
        self.sent = Counter("cunjian_sent", "Letters sent", ["lane"], registry=self.registry)
        self.waited = Histogram(
            "cunjian_answer_seconds",
            "Seconds from an answer being written down to its being sent",
            registry=self.registry,
            buckets=(0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60),
        )
        self.gauges: dict[str, Gauge] = {}
        before = app.delivery.sent

        def told(letter: Letter) -> None:
            before(letter)
            self.sent.labels(letter.lane).inc()
            if letter.lane in ("receipt", "answer"):
                seconds = (app.worker.now() - letter.created_at).total_seconds()
                self.waited.observe(max(seconds, 0.0))

        app.delivery.sent = told

    async def read(self) -> str:
        """Everything, in Prometheus' text format."""
        state = await health(self.app)
        numbers = {name: value for name, value in state.items() if name not in ("ok", "wrong")}
        for name, value in {"up": int(state["ok"]), **numbers}.items():
            if name not in self.gauges:
                title = name.replace("_", " ")
                self.gauges[name] = Gauge(f"cunjian_{name}", title, registry=self.registry)
            self.gauges[name].set(value)
        return generate_latest(self.registry).decode()
