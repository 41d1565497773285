"""What a page reads: news of its chats, and the files and pictures it was shown."""

from __future__ import annotations

import asyncio
import urllib.parse
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response

from bot.channels.web.mouth import news
from bot.joined import App
from bot.web import feed
from bot.web.feed import Batch
from bot.web.guard import must_be, visitor
from storage import files

WAIT = 20.0
"""Seconds that a page's question for news may wait."""

GLANCE = 2.0
"""Seconds between looks at the database, for what another process sent."""

MOST_WAITING = 8
"""Open pages of one account; more than that are asked to come back later."""

SEALED_OFF = {"Content-Security-Policy": "default-src 'none'; sandbox"}
"""A file somebody sent is never part of our pages."""


def routes(app: App) -> APIRouter:
    """Everything that can be read."""
    web = APIRouter()
    waiting: dict[str, int] = {}

    @web.get("/feed")
    async def latest(
        request: Request,
        after: Annotated[int, Query(ge=0)] = 0,
        seen: Annotated[str, Query(max_length=8000)] = "",
        wait: bool = False,
    ) -> JSONResponse:
        """What the page does not have yet; with `wait`, as soon as there is anything."""
        found = await must_be(request, app.database)
        known = {int(one) for one in seen.split(",") if one.isascii() and one.isdecimal()}
        if waiting.get(found.account, 0) >= MOST_WAITING:
            raise HTTPException(429)
        waiting[found.account] = waiting.get(found.account, 0) + 1
        try:
            batch = await _news(request, after, known, WAIT if wait else 0)
        finally:
            waiting[found.account] -= 1
            if not waiting[found.account]:
                del waiting[found.account]
        return JSONResponse({"items": batch.items, "floor": batch.floor})

    async def _news(request: Request, after: int, seen: set[int], seconds: float) -> Batch:
        """Each look asks the roster anew: whoever is taken off it sees nothing more."""
        end = asyncio.get_running_loop().time() + seconds
        who = await must_be(request, app.database)  # one transaction at a time: they are few
        async with app.database.read() as tx:
            chats = [who.account, *filter(None, [await feed.room(tx, who)])]
        with app.hub.listening(chats) as event:
            while True:
                found = await visitor(request, app.database)
                if found is None:
                    raise HTTPException(403)
                async with app.database.read() as tx:
                    now = app.worker.now()
                    batch = await feed.fresh(tx, app.house.book, found, after, seen, now)
                left = end - asyncio.get_running_loop().time()
                if batch.items or left <= 0 or app.stop.is_set() or app.hub.closed:
                    return batch
                await news(event, min(GLANCE, left))

    @web.get("/file/{letter}/{number}")
    async def shown_file(request: Request, letter: int, number: int) -> Response:
        """A file of a letter that was sent to whoever asks."""
        found = await must_be(request, app.database)
        async with app.database.read() as tx:
            one = await feed.letter_for(tx, found, letter)
            if one is None or not 0 <= number < len(one.files):
                raise HTTPException(404)
            kept = await files.get(tx, one.files[number])
            body = await files.read(tx, one.files[number], original=one.originals)
        if kept is None or body is None:
            raise HTTPException(404)
        if kept.has_copy and not one.originals:
            return Response(body, media_type="image/jpeg", headers=SEALED_OFF)
        if kept.media in feed.INLINE:
            return Response(body, media_type=kept.media, headers=SEALED_OFF)
        name = f"attachment; filename*=UTF-8''{urllib.parse.quote(feed.handed_on(kept, number))}"
        return Response(
            body,
            media_type="application/octet-stream",
            headers={**SEALED_OFF, "Content-Disposition": name},
        )

    @web.get("/picture/{letter}")
    async def picture(request: Request, letter: int) -> Response:
        """A picture we drew for whoever asks."""
        found = await must_be(request, app.database)
        async with app.database.read() as tx:
            one = await feed.letter_for(tx, found, letter)
        if one is None or not one.picture:
            raise HTTPException(404)
        return Response(one.picture, media_type="image/png")

    return web
