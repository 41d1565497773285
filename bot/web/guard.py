"""What is checked of every request before anything is done with it."""

import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.responses import Response

from bot.channels.web import CHANNEL
from storage import people
from storage.database import Database
from storage.people import Person

COOKIE = "cunjian"
AGE = 180 * 24 * 3600
"""Seconds a phone stays logged in."""

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "geolocation=(self), microphone=(self), camera=(self)",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; "
    "frame-src 'self'; frame-ancestors 'self'; base-uri 'none'",
}


class Shielded(BaseHTTPMiddleware):
    """Puts the protective headers on every answer."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Answer, then add the headers."""
        response = await call_next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def new_token() -> str:
    """A session: 128 random bits."""
    return secrets.token_urlsafe(16)


def account_of(token: str) -> str:
    """The account a session is: its token is nowhere but in the cookie."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def cookie_name(request: Request) -> str:
    """Each seat of the demo has a cookie of its own; the real page stands at the root."""
    return COOKIE + str(request.scope.get("root_path", "")).replace("/", "_")


def log_in(request: Request, response: Response, token: str) -> None:
    """Leave the session on the phone, out of reach of scripts and of other sites."""
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=AGE,
        path=request.scope.get("root_path", "") + "/",
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
    """Whoever is logged in, or 403; and the request must come from our own page."""
    if request.method == "POST" and not own_page(request):
        raise HTTPException(403)
    found = await visitor(request, database)
    if found is None:
        raise HTTPException(403)
    return found


def own_page(request: Request) -> bool:
    """Whether a request that changes something was made by one of our pages."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def limited(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body in pieces; 413 as soon as it is longer than `most` bytes."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        raise HTTPException(413)
    got = 0
    async for chunk in request.stream():
        got += len(chunk)
        if got > most:
            raise HTTPException(413)
        yield chunk


@dataclass
class Pace:
    """So many tries in so many seconds from one address; kept in memory only."""

    most: int
    seconds: float
    _tries: dict[str, list[float]] = field(default_factory=dict)

    def allows(self, request: Request) -> bool:
        """Count one more try; false if there were too many."""
        now = time.monotonic()
        who = request.client.host if request.client else ""
        fresh = [at for at in self._tries.get(who, ()) if now - at < self.seconds]
        self._tries[who] = [*fresh, now]
        if len(self._tries) > 5000:
            self._tries.clear()
        return len(fresh) < self.most
