"""What is checked of every request before anything is done with it."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.web import CHANNEL
from storage import people
from storage.database import Database
from storage.people import Person

COOKIE = "cunjian"
AGE = 180 * 24 * 3600
"""Seconds a phone stays logged in after it was last opened."""

IDLE = 20.0
"""Seconds a sender may be silent in the middle of a body."""

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), microphone=(self), camera=()",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; "
    "frame-src 'self'; frame-ancestors 'self'; base-uri 'none'",
}
FOR_STATIC = {"Cache-Control": "no-cache"}
"""Our own script and style may be kept, if the browser asks each time whether they changed."""


class Shielded:
    """Puts the protective headers on every answer that does not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, with the headers added."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        static = "/static/" in scope["path"]

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**HEADERS, **(FOR_STATIC if static else {})}.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, shielded)


def new_token() -> str:
    """A session: 128 random bits."""
    return secrets.token_urlsafe(16)


def account_of(token: str) -> str:
    """The account a session is: its token is nowhere but in the cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def cookie_name(request: Request) -> str:
    """Each seat of the demo has a cookie of its own; the real page stands at the root."""
    return COOKIE + root_of(request).replace("/", "_")


def root_of(request: Request) -> str:
    """The path under which this page stands; empty at the root."""
    return str(request.scope.get("root_path", ""))


def log_in(request: Request, response: Response, token: str) -> None:
    """Leave the session on the phone, out of reach of scripts and of other sites."""
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=AGE,
        path=root_of(request) + "/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


@dataclass(frozen=True)
class Visitor:
    """Who a request comes from, by the roster as it stands now."""

    account: str
    person: Person


async def visitor(request: Request, database: Database) -> Visitor | None:
    """Whoever is logged in; none for a stranger or somebody taken off the roster."""
    token = request.cookies.get(cookie_name(request), "")
    if not token:
        return None
    async with database.read() as tx:
        person = await people.find(tx, CHANNEL, account_of(token))
    return Visitor(account_of(token), person) if person else None


async def must_be(request: Request, database: Database) -> Visitor:
    """Whoever is logged in, or 403; and what changes something must come from our own page."""
    if request.method == "POST" and not own_page(request):
        raise HTTPException(403)
    found = await visitor(request, database)
    if found is None:
        raise HTTPException(403)
    return found


def own_page(request: Request) -> bool:
    """Whether a request that changes something was made by one of our pages.

    Browsers say so themselves; older ones name at least the page's origin. Silence is no yes.
    A page that sends no referrer has the origin "null", so the browser's own word comes first.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host")


async def limited(request: Request, most: int, *, seconds: float = 30.0) -> AsyncIterator[bytes]:
    """The body in pieces. 413 as soon as it is longer than `most` bytes, 408 if it comes too
    slowly to be complete after so many seconds, 400 if the sender goes away."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        raise HTTPException(413)
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    pieces = request.stream()
    got = 0
    while True:
        try:
            async with asyncio.timeout_at(min(end, loop.time() + IDLE)):
                piece = await anext(pieces, None)
        except TimeoutError:
            raise HTTPException(408) from None
        except ClientDisconnect:
            raise HTTPException(400) from None
        if piece is None:
            return
        got += len(piece)
        if got > most:
            raise HTTPException(413)
        yield piece


@dataclass
class Pace:
    """So many times in so many seconds for each; kept in memory only."""

    most: int
    seconds: float
    _times: dict[str, list[float]] = field(default_factory=dict)

    def allows(self, who: str) -> bool:
        """Count one more time; false if there were too many."""
        now = time.monotonic()
        fresh = [at for at in self._times.get(who, ()) if now - at < self.seconds]
        if len(self._times) > 5000:
            live = {w: t for w, t in self._times.items() if now - t[-1] < self.seconds}
            self._times = live
        if len(fresh) >= self.most:
            return False
        self._times[who] = [*fresh, now]
        return True


def caller(request: Request) -> str:
    """The network address of whoever asks."""
    return request.client.host if request.client else ""
