"""The web server: pages, the webhook, health and figures, on one port."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
from collections.abc import Generator

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from bot.joined import App
from bot.settings import Settings
from bot.unfit import Unfit
from bot.web.guard import Shielded, limited
from bot.web.health import Figures, health
from bot.web.pages import pages
from storage import Busy

LARGEST_UPDATE = 1024 * 1024
SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of the header


def site(app: App, *, demo: bool = False) -> FastAPI:
    """Everything that is served."""
    web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    web.add_middleware(Shielded)
    figures = Figures(app)

    @web.get("/healthz")
    async def healthz() -> JSONResponse:
        state = await health(app)
        return JSONResponse(state, status_code=200 if state["ok"] else 503)

    @web.get("/metrics")
    async def metrics() -> Response:
        return PlainTextResponse(await figures.read())

    @web.post("/telegram")
    @web.post("/telegram/{path:path}")
    async def webhook(request: Request) -> Response:
        """Nothing is read, parsed or logged before the secret is known to be right."""
        secret = app.settings.webhook_secret.get_secret_value()
        given = request.headers.get(SECRET, "")
        if app.webhook is None or not secret:
            raise HTTPException(404)
        if not hmac.compare_digest(given.encode(), secret.encode()):
            raise HTTPException(401)
        body = b"".join([piece async for piece in limited(request, LARGEST_UPDATE, seconds=20)])
        try:
            await app.webhook(body)
        except (ValueError, RecursionError):
            raise HTTPException(400) from None
        except Busy:
            raise HTTPException(503) from None
        return Response(status_code=200)

    if demo:
        from bot.demo import add_demo

        add_demo(web, app)
    web.mount("/", pages(app))
    return web


def listening(settings: Settings) -> socket.socket:
    """The socket that the pages are served on. Raises Unfit if the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host.strip("[]"), settings.port), family=family)
    except OSError:
        raise Unfit("serve.port_taken", port=settings.port) from None


async def serve_pages(app: App, *, demo: bool = False) -> None:
    """Serve until the app stops. Raises Unfit if the port is taken."""
    settings = app.settings
    config = uvicorn.Config(
        site(app, demo=demo),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=32 * 1024,
    )
    server = _Quiet(config)
    door = listening(settings)

    async def stop() -> None:
        await app.stop.wait()
        app.hub.close()
        server.should_exit = True

    stopping = asyncio.create_task(stop())
    try:
        await server.serve([door])
    finally:
        stopping.cancel()


class _Quiet(uvicorn.Server):
    """Leaves signals to the composition root."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """None of its own."""
        yield
