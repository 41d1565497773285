"""The pages themselves: log in by invitation, talk, press, send files, see what came."""

from __future__ import annotations

import asyncio
import json
import urllib.parse
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from bot.channels.web import CHANNEL, room_of
from bot.channels.web.mouth import news
from bot.intake import Peek
from bot.joined import App
from bot.keeping import keep
from bot.web import feed
from bot.web.guard import (
    Pace,
    Visitor,
    account_of,
    limited,
    log_in,
    must_be,
    new_token,
    own_page,
    visitor,
)
from handlers.messages import FileRef, Heard, Inbound, Place
from handlers.texts import find, say
from storage import Busy, files, invitations, people, places
from storage.people import Person, Role

HERE = Path(__file__).parent
WAIT = 20.0
"""Seconds that a page's question for news may wait."""

GLANCE = 1.0
"""Seconds between looks at the database, for what another process sent."""

LONGEST = 64 * 1024
WELCOME = 8.0
SINCE = timedelta(seconds=15)


def pages(app: App) -> FastAPI:
    """The pages over a joined app."""
    web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    web.mount("/static", StaticFiles(directory=HERE / "static"))
    templates = Jinja2Templates(directory=HERE / "templates")
    templates.env.globals["say"] = say
    guesses = Pace(most=10, seconds=600)

    def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        root = request.scope.get("root_path", "")
        return templates.TemplateResponse(
            request, name, {"root": root, **values}, status_code=status
        )

    @web.get("/")
    async def home(request: Request) -> HTMLResponse:
        found = await visitor(request, app.database)
        if found is None:
            return page(request, "closed.html", 403, text=say("menu.stranger"))
        async with app.database.read() as tx:
            room = await feed.room(tx, found)
        return page(request, "talk.html", room=bool(room), words=json.dumps(find("web.script")))

    @web.get("/i/{code}")
    async def invited(request: Request, code: str) -> HTMLResponse:
        """Opening the link changes nothing: what previews links must not use them up."""
        return page(request, "invited.html", code=code)

    @web.post("/i/{code}")
    async def enter(request: Request, code: str) -> Response:
        if not own_page(request):
            raise HTTPException(403)
        if not guesses.allows(request):
            return page(request, "closed.html", 429, text=say("web.too_many"))
        token = new_token()
        account = account_of(token)
        async with app.database.read() as tx:
            good = await invitations.why(tx, code, _now()) == "good"
        if good:
            await _hear(app, account, Heard.TEXT, new_token(), text=f"/start {code}", invites=True)
        person = await _bound(app, account) if good else None
        if person is None:
            return page(request, "closed.html", 403, text=say("menu.invite_bad"))
        await _open_room(app, person)
        response = RedirectResponse(request.scope.get("root_path", "") + "/", status_code=303)
        log_in(request, response, token)
        return response

    @web.get("/feed")
    async def latest(request: Request, after: int = 0, wait: bool = False) -> JSONResponse:
        found = await must_be(request, app.database)
        async with asyncio.timeout(WAIT + 5):
            shown = await _news(app, found, after, wait=wait)
        return JSONResponse(shown)

    @web.post("/say")
    async def words(request: Request) -> JSONResponse:
        found = await must_be(request, app.database)
        body = await _json(request)
        said = str(body.get("text", ""))[:20000]
        await _hear(app, found.account, Heard.TEXT, _id(body), text=said)
        return JSONResponse({})

    @web.post("/press")
    async def press(request: Request) -> JSONResponse:
        found = await must_be(request, app.database)
        body = await _json(request)
        id = _id(body)
        chat, place = found.account, Place.PRIVATE
        if body.get("room"):
            async with app.database.read() as tx:
                chat, place = await feed.room(tx, found), Place.GROUP
            if not chat:
                raise HTTPException(403)
        await _hear(
            app,
            found.account,
            Heard.PRESS,
            id,
            chat=chat,
            place=place,
            data=str(body.get("data", ""))[:64],
            message=str(body.get("message", ""))[:20],
            press=id,
        )
        return JSONResponse({})

    @web.post("/quiz")
    async def quiz(request: Request) -> JSONResponse:
        found = await must_be(request, app.database)
        body = await _json(request)
        await _hear(
            app,
            found.account,
            Heard.QUIZ,
            _id(body),
            data=str(body.get("choice", ""))[:2],
            message=str(body.get("message", ""))[:20],
        )
        return JSONResponse({})

    @web.post("/where")
    async def location(request: Request) -> JSONResponse:
        found = await must_be(request, app.database)
        body = await _json(request)
        try:
            latitude, longitude = float(body["latitude"]), float(body["longitude"])
        except (KeyError, TypeError, ValueError):
            raise HTTPException(400) from None
        await _hear(
            app,
            found.account,
            Heard.LOCATION,
            _id(body),
            latitude=latitude,
            longitude=longitude,
        )
        return JSONResponse({})

    @web.post("/file")
    async def upload(request: Request) -> JSONResponse:
        """One file as the body; its name, kind and album in headers."""
        found = await must_be(request, app.database)
        headers = request.headers
        ref = FileRef(
            "web",
            name=urllib.parse.unquote(headers.get("x-name", ""))[:200],
            kind=headers.get("x-kind", "document")[:10],
        )
        id = _id({"id": headers.get("x-id", "")})
        body = limited(request, files.LIMIT + 1024)
        try:
            kept = await keep(app.database, CHANNEL, found.account, ref, body, _now())
        except Busy:
            raise HTTPException(503) from None
        await _hear(
            app,
            found.account,
            Heard.FILES,
            id,
            files=(kept,),
            album=headers.get("x-album", "")[:40],
        )
        return JSONResponse({})

    @web.get("/file/{letter}/{number}")
    async def shown_file(request: Request, letter: int, number: int) -> Response:
        found = await must_be(request, app.database)
        async with app.database.read() as tx:
            one = await feed.letter_for(tx, found, letter)
            if one is None or not 0 <= number < len(one.files):
                raise HTTPException(404)
            kept = await files.get(tx, one.files[number])
            body = await files.read(tx, one.files[number], original=one.originals)
        if kept is None or body is None:
            raise HTTPException(404)
        image = kept.has_copy and not one.originals
        name = urllib.parse.quote(kept.name)
        return Response(
            body,
            media_type="image/jpeg" if image else "application/octet-stream",
            headers={}
            if image
            else {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
        )

    @web.get("/picture/{letter}")
    async def picture(request: Request, letter: int) -> Response:
        found = await must_be(request, app.database)
        async with app.database.read() as tx:
            one = await feed.letter_for(tx, found, letter)
        if one is None or not one.picture:
            raise HTTPException(404)
        return Response(one.picture, media_type="image/png")

    return web


def _now() -> datetime:
    return datetime.now(UTC)


def _id(body: dict[str, Any]) -> str:
    """The name that the page gave to what it sends: a second copy of it has no effect."""
    id = body.get("id")
    if not isinstance(id, str) or not 8 <= len(id) <= 64:
        raise HTTPException(400)
    return id


async def _json(request: Request) -> dict[str, Any]:
    body = b"".join([chunk async for chunk in limited(request, LONGEST)])
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(found, dict):
        raise HTTPException(400)
    return found


async def greet(app: App, said: Inbound) -> None:
    """Store something said on somebody's behalf, such as the first word of a demo."""
    peek = Peek(CHANNEL, f"{said.account}:{new_token()}", said.account, said.chat, private=True)
    await app.intake.receive([(peek, {"read": said.to_json()})])


async def _hear(
    app: App,
    account: str,
    heard: Heard,
    id: str,
    *,
    chat: str = "",
    place: Place = Place.PRIVATE,
    invites: bool = False,
    **what: Any,
) -> None:
    """Store one thing said; when this returns, it will be answered. 503 if it can't be stored."""
    said = Inbound(CHANNEL, account, chat or account, place, heard, _now(), **what)
    peek = Peek(
        CHANNEL, f"{account}:{id}", account, said.chat, place is Place.PRIVATE, invites=invites
    )
    try:
        await app.intake.receive([(peek, {"read": said.to_json()})])
    except Busy:
        raise HTTPException(503) from None


async def _bound(app: App, account: str) -> Person | None:
    """Whoever an invitation bound to this account, once the worker came to it."""
    for _ in range(int(WELCOME / 0.05)):
        async with app.database.read() as tx:
            if person := await people.find(tx, CHANNEL, account):
                return person
        await asyncio.sleep(0.05)
    return None


async def _open_room(app: App, person: Person) -> None:
    """Without Telegram an office meets on the web: its first officer opens the room."""
    if person.role is not Role.OFFICER or not person.office_id:
        return
    if app.settings.bot_token.get_secret_value():
        return
    async with app.database.write() as tx:
        office = await places.get_office(tx, person.office_id)
        if office is not None and not office.chat:
            await places.bind_chat(tx, office.id, CHANNEL, room_of(office.id), _now())


async def _news(app: App, found: Visitor, after: int, *, wait: bool) -> list[dict[str, Any]]:
    """What is new for a visitor, at once or as soon as there is something."""
    async with app.database.read() as tx:
        chats = [found.account, *filter(None, [await feed.room(tx, found)])]
    end = asyncio.get_running_loop().time() + (WAIT if wait else 0)
    while True:
        async with app.database.read() as tx:
            shown = await feed.items(tx, app.house.book, found, max(after - 50, 0))
        if any(item["id"] > after for item in shown):
            return shown
        if asyncio.get_running_loop().time() >= end or app.stop.is_set():
            return []
        with app.hub.listening(chats) as event:
            await news(event, GLANCE)


async def drained(body: AsyncIterator[bytes]) -> bytes:
    """All of a body."""
    return b"".join([chunk async for chunk in body])
