"""What a page says: words, presses, places and files, stored before they are confirmed.

Each carries a name that the page made up, so that a second copy of it has no effect.
"""

from __future__ import annotations

import json
import urllib.parse
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.channels.web import CHANNEL
from bot.intake import Peek
from bot.joined import App
from bot.keeping import keep
from bot.web import feed
from bot.web.guard import Pace, Visitor, limited, must_be
from handlers.messages import FileRef, Heard, Inbound, Place
from storage import Busy, files

LONGEST = 64 * 1024
"""Bytes of anything but a file."""

UPLOAD = 240.0
"""Seconds in which a file must have come."""

KINDS = frozenset({"photo", "document", "voice", "video", "audio"})

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{8,64}$")]


class Said(BaseModel):
    """Anything a page says."""

    model_config = ConfigDict(extra="ignore")

    id: Name


class Words(Said):
    """What was typed."""

    text: str = Field(min_length=1, max_length=8000)


class Press(Said):
    """A button of a message, in private or in the office's room."""

    data: str = Field(max_length=64)
    message: str = Field("", max_length=64)
    room: bool = False


class Choice(Said):
    """An answer to a quiz."""

    message: str = Field(max_length=64)
    choice: int = Field(ge=0, le=20)


class Spot(Said):
    """Where somebody is, in degrees."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


M = TypeVar("M", bound=Said)


def routes(app: App, often: Pace) -> APIRouter:
    """Everything that can be said."""
    web = APIRouter()

    async def speaker(request: Request) -> Visitor:
        found = await must_be(request, app.database)
        if not often.allows(found.account):
            raise HTTPException(429)
        return found

    @web.post("/say")
    async def words(request: Request) -> JSONResponse:
        """What was typed, to the private chat."""
        found = await speaker(request)
        said = await _read(request, Words)
        return await hear(app, found.account, Heard.TEXT, said.id, text=said.text)

    @web.post("/press")
    async def press(request: Request) -> JSONResponse:
        """A button. In the room only an officer of that office is heard."""
        found = await speaker(request)
        said = await _read(request, Press)
        chat, place = found.account, Place.PRIVATE
        if said.room:
            async with app.database.read() as tx:
                chat, place = await feed.room(tx, found), Place.GROUP
            if not chat:
                raise HTTPException(403)
        return await hear(
            app,
            found.account,
            Heard.PRESS,
            said.id,
            chat=chat,
            place=place,
            data=said.data,
            message=said.message,
            press=f"{found.account}.{said.id}",
        )

    @web.post("/quiz")
    async def quiz(request: Request) -> JSONResponse:
        """An answer to a quiz."""
        found = await speaker(request)
        said = await _read(request, Choice)
        picked = str(said.choice)
        return await hear(
            app, found.account, Heard.QUIZ, said.id, data=picked, message=said.message
        )

    @web.post("/where")
    async def where(request: Request) -> JSONResponse:
        """A place on the map."""
        found = await speaker(request)
        said = await _read(request, Spot)
        return await hear(
            app,
            found.account,
            Heard.LOCATION,
            said.id,
            latitude=said.latitude,
            longitude=said.longitude,
        )

    @web.post("/file")
    async def upload(request: Request) -> JSONResponse:
        """One file as the body; its name, kind and album in headers.

        Its bytes go from the network to the sealed store and nowhere else: a form's parser
        would leave them unsealed in a temporary file.
        """
        found = await speaker(request)
        headers = request.headers
        id = _checked(Said, {"id": headers.get("x-id")}).id
        kind = headers.get("x-kind", "")
        name = urllib.parse.unquote(headers.get("x-name", ""), errors="replace")[:200]
        ref = FileRef(CHANNEL, name=name, kind=kind if kind in KINDS else "document")
        body = limited(request, files.LIMIT, seconds=UPLOAD)
        kept = await keep(app.database, CHANNEL, found.account, ref, body, app.worker.now())
        return await hear(
            app,
            found.account,
            Heard.FILES,
            id,
            files=(kept,),
            album=headers.get("x-album", "")[:64],
        )

    return web


async def hear(
    app: App,
    account: str,
    heard: Heard,
    id: str,
    *,
    chat: str = "",
    place: Place = Place.PRIVATE,
    invites: bool = False,
    **what: Any,
) -> JSONResponse:
    """Store one thing said; when this returns, it will be answered. Raises storage.Busy."""
    now = app.worker.now()
    said = Inbound(CHANNEL, account, chat or account, place, heard, now, **what)
    private = place is Place.PRIVATE
    peek = Peek(CHANNEL, f"{account}:{id}", account, said.chat, private, invites=invites)
    try:
        await app.intake.receive([(peek, {"read": said.to_json()})])
    except Busy:
        raise HTTPException(503) from None
    return JSONResponse({}, status_code=202)


async def _read(request: Request, model: type[M]) -> M:
    body = b"".join([piece async for piece in limited(request, LONGEST)])
    try:
        return _checked(model, json.loads(body))
    except (ValueError, RecursionError):
        raise HTTPException(400) from None


def _checked(model: type[M], body: object) -> M:
    try:
        return model.model_validate(body)
    except ValidationError:
        raise HTTPException(400) from None
