"""The pages as they are served, over loopback, on a small invented district.

Everything is joined as `bot.app` joins it, except that the search knows a few words only.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import httpx

from bot.channels import Mouth
from bot.channels.web import CHANNEL
from bot.channels.web.joining import join
from bot.clock import Clock
from bot.delivery import Delivery
from bot.demo import prepare
from bot.intake import Intake
from bot.joined import App, now
from bot.settings import Settings
from bot.web.server import serve_pages
from bot.worker import Reader, Worker
from handlers.door import House
from knowledge.book import Book
from storage import invitations, people, places
from storage.database import Database
from storage.people import Person, Role
from tests.handlers.village import FINDER

Change = Callable[[App], None]


@dataclass
class Phone:
    """Somebody's browser without a screen: it keeps its session and says where it comes from."""

    client: httpx.AsyncClient
    after: int = 0

    async def say(self, text: str, id: str = "") -> int:
        """Say something; the status."""
        return await self.post("/say", {"id": id or fresh(), "text": text})

    async def press(self, data: str, *, room: bool = False, message: str = "") -> int:
        """Press a button; the status."""
        return await self.post(
            "/press", {"id": fresh(), "data": data, "room": room, "message": message}
        )

    async def post(self, path: str, body: object, **headers: str) -> int:
        """Post JSON as the page does; the status."""
        answer = await self.client.post(path, json=body, headers=headers)
        return answer.status_code

    async def send(self, body: object, *, name: str = "a.png", id: str = "") -> int:
        """Upload one file; the status."""
        headers = {"X-Id": id or fresh(), "X-Name": quote(name), "X-Kind": "photo"}
        answer = await self.client.post("/file", content=body, headers=headers)  # type: ignore[arg-type]
        return answer.status_code

    async def feed(self, after: int = 0) -> list[dict[str, object]]:
        """Everything this page is shown."""
        answer = await self.client.get("/feed", params={"after": after})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def hears(self, words: str, within: float = 10.0) -> dict[str, object]:
        """Wait for a message with these words, and give it."""
        shown: list[dict[str, object]] = []
        for _ in range(int(within / 0.05)):
            shown = await self.feed()
            for item in reversed(shown):
                if words in str(item["text"]):
                    return item
            await asyncio.sleep(0.05)
        raise AssertionError(f"never heard {words!r}: {[item['text'] for item in shown]}")

    @property
    def token(self) -> str:
        """The session in its cookie jar; empty for a stranger."""
        return next((cookie.value or "" for cookie in self.client.cookies.jar), "")


def fresh() -> str:
    """A name that no page gave before."""
    return secrets.token_hex(16)


def button(item: dict[str, object], label: str) -> str:
    """The data of a button of a message."""
    rows: list[list[list[str]]] = item["rows"]  # type: ignore[assignment]
    for row in rows:
        for text, data in row:
            if label in text:
                return data
    raise AssertionError(f"no button {label!r} in {rows}")


@dataclass
class Site:
    """A running server and whoever is on its roster."""

    app: App
    url: str
    clients: list[httpx.AsyncClient]

    def phone(self, **headers: str) -> Phone:
        """A browser that nobody has logged in with."""
        given = {"Origin": self.url, "Sec-Fetch-Site": "same-origin", **headers}
        client = httpx.AsyncClient(base_url=self.url, headers=given, timeout=30, trust_env=False)
        self.clients.append(client)
        return Phone(client)

    async def code(self, name: str) -> str:
        """A fresh invitation for somebody on the roster."""
        person = await self.person(name)
        async with self.app.database.write() as tx:
            _, code = await invitations.invite(
                tx,
                role=person.role,
                place_id=person.place_id,
                office_id=person.office_id,
                person_id=person.id,
                now=now(),
            )
        return code

    async def invited(self, name: str) -> Phone:
        """Somebody's browser, logged in by an invitation."""
        phone = self.phone()
        answer = await phone.client.post(f"/i/{await self.code(name)}")
        assert answer.status_code == 303, answer.text
        return phone

    async def person(self, name: str) -> Person:
        """Somebody on the roster."""
        async with self.app.database.read() as tx:
            return next(one for one in await people.everyone(tx) if one.name == name)

    async def count_rows(self) -> int:
        """How many updates are waiting or parked."""
        from storage import inbox

        async with self.app.database.read() as tx:
            return await inbox.unfinished(tx) + len(await inbox.parked(tx))

    async def other_office(self) -> None:
        """A second street with an office and an officer of its own."""
        async with self.app.database.write() as tx:
            street = await places.add_place(tx, kind="street", name="松林街道")
            office = await places.add_office(tx, place_id=street.id, name="松林监察办", code="SL")
            await people.add(
                tx,
                role=Role.OFFICER,
                place_id=street.id,
                office_id=office.id,
                name="邻办人",
                now=now(),
            )


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def serving(
    database: Database,
    book: Book,
    folder: Path,
    *,
    demo: bool = False,
    change: Change = lambda app: None,
    clock: Callable[[], datetime] = now,
) -> AsyncIterator[Site]:
    """Worker, delivery and pages at work until the end of the block."""
    port = free_port()
    settings = Settings(data=database.data, key_file=folder / "none", http=f"127.0.0.1:{port}")
    house = House(book, FINDER)
    mouths: dict[str, Mouth] = {}
    readers: dict[str, Reader] = {}
    delivery = Delivery(database, house, mouths, clock)
    worker = Worker(database, house, readers, delivery, clock)

    async def refuse(_peek: object) -> None:
        """Strangers never come this far on the web."""

    intake = Intake(database, clock, worker.wake, refuse, refuse)
    app = App(
        settings,
        database,
        house,
        intake,
        worker,
        delivery,
        Clock(database, house, delivery, clock),
        mouths,
        readers,
    )
    app.hub = join(app)
    assert CHANNEL in mouths
    change(app)
    await prepare(database, clock())
    jobs = [
        asyncio.create_task(job)
        for job in (worker.run(app.stop), delivery.run(app.stop), serve_pages(app, demo=demo))
    ]
    site = Site(app, f"http://127.0.0.1:{port}", [])
    try:
        await _answers(port, jobs)
        yield site
    finally:
        app.stop.set()
        for client in site.clients:
            await client.aclose()
        await asyncio.gather(*jobs)


async def _answers(port: int, jobs: list[asyncio.Task[None]]) -> None:
    for _ in range(400):
        for job in jobs:
            if job.done():
                await job
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise AssertionError("the pages are not served")
