"""The demo: an invented district, a monitor's phone and the street office in one window.

Everything lives in a folder that is deleted at the end; there is no token and nothing to set up.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from bot import app as composition
from bot.channels.web import CHANNEL, room_of
from bot.joined import App
from bot.settings import Settings
from bot.web.guard import account_of, log_in, new_token
from bot.web.pages import HERE, pages
from bot.web.server import listening
from bot.web.talk import hear
from handlers.messages import Heard
from handlers.texts import find, say
from storage import people, places
from storage.database import Database
from storage.keys import KeyRing
from storage.migrations import migrate
from storage.people import Role

SEATS = {"monitor": ("monitor", 0), "office": ("officers", 0), "colleague": ("officers", 1)}
"""The panes, and whose each is: a text of the demo and a place in it."""


async def run(port: int, ready: Callable[[str], None]) -> None:
    """Serve the demo until it is stopped; `ready` is told the address."""
    with tempfile.TemporaryDirectory(prefix="cunjian-demo-") as folder:
        keys = Path(folder) / "key" / "cunjian.key"
        keys.parent.mkdir(mode=0o700)
        KeyRing.create(keys)
        settings = Settings(
            data=Path(folder) / "data",
            key_file=keys,
            http=f"127.0.0.1:{port}",
            database_url="",
            bot_token="",
            log_level="WARNING",
        )
        listening(settings).close()  # say so at once if somebody else has the port
        settings.data.mkdir()
        await migrate(settings.database)
        async with composition.opened(settings) as app:
            await prepare(app.database, app.worker.now())
            composition.stop_on_signals(app)
            ready(f"http://{settings.http}/demo")
            await composition.run(app, frozenset(composition.PARTS), demo=True)


async def prepare(database: Database, now: datetime) -> None:
    """The invented district: one street, two villages, an office with a room on the web."""
    names = find("demo")
    async with database.write() as tx:
        district = await places.add_place(tx, kind="district", name=names["district"])
        street = await places.add_place(
            tx, kind="street", name=names["street"], parent_id=district.id
        )
        villages = [
            await places.add_place(tx, kind="village", name=name, parent_id=street.id)
            for name in names["villages"]
        ]
        office = await places.add_office(
            tx, place_id=street.id, name=names["office"], code="HY", phone=names["phone"]
        )
        await places.bind_chat(tx, office.id, CHANNEL, room_of(office.id), now)
        await people.add(
            tx, role=Role.MONITOR, place_id=villages[0].id, name=names["monitor"], now=now
        )
        for name in names["officers"]:
            await people.add(
                tx,
                role=Role.OFFICER,
                place_id=street.id,
                office_id=office.id,
                name=name,
                now=now,
            )


def add_demo(web: FastAPI, app: App) -> None:
    """The window with both panes. Each seat has a path, a cookie and a person of its own."""
    templates = Jinja2Templates(directory=HERE / "templates")
    templates.env.globals["say"] = say
    seated: dict[str, str] = {}
    turn = asyncio.Lock()

    @web.get("/demo")
    async def window(request: Request) -> HTMLResponse:
        return templates.TemplateResponse(request, "demo.html", {"root": "/demo/monitor"})

    @web.get("/demo/{seat}/take")
    async def take(request: Request, seat: str) -> Response:
        """Sit down; whoever opens the window again sits where she sat."""
        if seat not in SEATS:
            return Response(status_code=404)
        async with turn:
            if seat not in seated:
                seated[seat] = new_token()
                await _seat(app, SEATS[seat], account_of(seated[seat]))
        response = RedirectResponse(f"/demo/{seat}/", status_code=303)
        request.scope["root_path"] = f"/demo/{seat}"
        log_in(request, response, seated[seat])
        return response

    for seat in SEATS:
        web.mount(f"/demo/{seat}", pages(app))


async def _seat(app: App, who: tuple[str, int], account: str) -> None:
    """Bind a pane to its person and greet her as if she had just come in."""
    kind, number = who
    name = [find("demo.monitor")][number] if kind == "monitor" else find("demo.officers")[number]
    now = app.worker.now()
    async with app.database.write() as tx:
        person = next(one for one in await people.everyone(tx) if one.name == name)
        await people.bind(tx, person.id, CHANNEL, account, account, now)
    await hear(app, account, Heard.TEXT, new_token(), text="/start")
