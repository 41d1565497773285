"""The pages people see: their conversation, their invitation, and the door that stays shut."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.parse
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.exceptions import HTTPException as Refusal

from bot.channels.web import CHANNEL, room_of
from bot.joined import App
from bot.web import feed, reading, talk
from bot.web.guard import (
    Pace,
    account_of,
    caller,
    cookie_name,
    limited,
    log_in,
    new_token,
    own_page,
    root_of,
    visitor,
)
from handlers.messages import Heard
from handlers.texts import find, say
from storage import Busy, files, invitations, people, places
from storage.people import Person, Role

HERE = Path(__file__).parent
WELCOME = 8.0
"""Seconds in which the worker usually comes to an invitation."""

TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


def pages(app: App) -> FastAPI:
    """The pages over a joined app."""
    web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    web.mount("/static", StaticFiles(directory=HERE / "static"))
    templates = Jinja2Templates(directory=HERE / "templates")
    templates.env.globals["say"] = say
    guesses = Pace(most=10, seconds=600)
    web.include_router(talk.routes(app, Pace(most=60, seconds=30)))
    web.include_router(reading.routes(app))

    def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        root = root_of(request)
        return templates.TemplateResponse(
            request, name, {"root": root, **values}, status_code=status
        )

    def shut(request: Request, status: int, key: str) -> HTMLResponse:
        return page(request, "closed.html", status, text=say(key))

    @web.get("/")
    async def home(request: Request) -> Response:
        """The conversation; of an officer, with the office's room beside it."""
        found = await visitor(request, app.database)
        if found is None:
            return shut(request, 403, "menu.stranger")
        async with app.database.read() as tx:
            room = await feed.room(tx, found)
        script = find("web.script") | {"most": files.LIMIT}
        answer = page(
            request,
            "talk.html",
            room=bool(room),
            officer=found.person.role is Role.OFFICER,
            who=found.person.name,
            words=json.dumps(script),
        )
        log_in(request, answer, request.cookies[cookie_name(request)])
        return answer

    @web.get("/office")
    async def office(request: Request) -> Response:
        """The same page: an officer's has the room on it."""
        return RedirectResponse(root_of(request) + "/", status_code=307)

    @web.get("/i/{code}")
    async def invited(request: Request, code: str) -> Response:
        """Opening the link changes nothing, so that link previews do not use it up.

        Whoever came in by it before and taps it again goes straight in.
        """
        if await visitor(request, app.database) and not await _good(app, code):
            return RedirectResponse(root_of(request) + "/", status_code=303)
        name = await _host(app)
        return page(request, "invited.html", code=code, host=name, seat=new_token())

    @web.post("/i/{code}")
    async def enter(request: Request, code: str) -> Response:
        """Come in. The page was given its session beforehand: a second tap is the same visit."""
        if not own_page(request):
            raise HTTPException(403)
        body = b"".join([piece async for piece in limited(request, 4096)])
        given = urllib.parse.parse_qs(body.decode("ascii", "replace")).get("seat", [""])[0]
        token = given if TOKEN.fullmatch(given) else new_token()
        account = account_of(token)
        if not await _bound(app, account, 0):
            if not await _good(app, code):
                status = 403 if guesses.allows(caller(request)) else 429
                key = "menu.invite_bad" if status == 403 else "web.too_many"
                return shut(request, status, key)
            start = f"/start {code}"
            await talk.hear(app, account, Heard.TEXT, new_token(), text=start, invites=True)
        person = await _bound(app, account, WELCOME)
        if person is None and not await _good(app, code):
            return shut(request, 403, "menu.invite_bad")
        if person is not None:
            await _open_room(app, person)
        answer = RedirectResponse(root_of(request) + "/", status_code=303)
        log_in(request, answer, token)
        return answer

    @web.exception_handler(Busy)
    async def busy(request: Request, _error: Exception) -> Response:
        """The database is away for a moment."""
        if _wants_page(request):
            return shut(request, 503, "web.busy")
        return JSONResponse({}, status_code=503)

    async def refused(request: Request, error: Exception) -> Response:
        """A page for people, a bare number for scripts."""
        status = error.status_code if isinstance(error, Refusal) else 400
        if _wants_page(request):
            return shut(request, status, "web.lost")
        return JSONResponse({}, status_code=status)

    web.add_exception_handler(Refusal, refused)
    web.add_exception_handler(RequestValidationError, refused)
    return web


def _wants_page(request: Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


async def _good(app: App, code: str) -> bool:
    """Whether an invitation can still be used."""
    async with app.database.read() as tx:
        return await invitations.why(tx, code, app.worker.now()) == "good"


async def _host(app: App) -> str:
    """Who invites, as anybody may know it: the only office, or else the topmost place.

    The code is not looked at: whoever guesses codes, or previews links, learns nothing by it.
    """
    async with app.database.read() as tx:
        offices = await places.all_offices(tx)
        if len(offices) == 1:
            return offices[0].name
        return next((one.name for one in await places.all_places(tx) if not one.parent_id), "")


async def _bound(app: App, account: str, seconds: float) -> Person | None:
    """Whoever an invitation bound to this account, once the worker came to it."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        async with app.database.read() as tx:
            if person := await people.find(tx, CHANNEL, account):
                return person
        if asyncio.get_running_loop().time() >= end:
            return None
        await asyncio.sleep(0.05)


async def _open_room(app: App, person: Person) -> None:
    """Without Telegram an office meets on the web: its first officer opens the room."""
    if person.role is not Role.OFFICER or not person.office_id:
        return
    if app.settings.bot_token.get_secret_value():
        return
    async with app.database.write() as tx:
        office = await places.get_office(tx, person.office_id)
        if office is not None and not office.chat:
            now = app.worker.now()
            await places.bind_chat(tx, office.id, CHANNEL, room_of(office.id), now)
