"""The server itself: one object to start, stop, and tell what people do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from typing import Any

from aiohttp import web

from . import asking, speaking
from .calls import METHODS, Call, Upload
from .limits import Flood
from .nemesis import AFTER, BODIES, CODES, Fault, Nemesis
from .pusher import Pusher
from .seen import Seen, everything, transcript
from .story import Chat, Group, Person, bot_hears, standing_update
from .updates import Updates
from .world import Account, Clock, Json, Refusal, Room, World

__all__ = ["FakeTelegram", "asking", "speaking"]


class FakeTelegram:
    """A Bot API for one bot. `async with FakeTelegram() as api:` listens on a free port."""

    def __init__(self, token: str = "42:TEST") -> None:
        self.world = World(token)
        self.updates = Updates(self.world.clock)
        self.pusher = Pusher(self.updates)
        self.nemesis = Nemesis()
        self.flood = Flood(self.world.clock)
        self.fault = self.nemesis.fault
        self.calls: list[Call] = []
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._held: set[asyncio.Task[Any]] = set()

    # --- running -----------------------------------------------------------------------------

    async def __aenter__(self) -> FakeTelegram:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """The base address, as `CUNJIAN_TELEGRAM_API` takes it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def clock(self) -> Clock:
        """The server's clock, which a test may advance."""
        return self.world.clock

    @property
    def token(self) -> str:
        """The one token that is good now."""
        return self.world.token

    async def start(self, port: int = 0) -> None:
        """Listen; on the same port again after `stop`, as a server that was down."""
        from .control import add_control  # control drives this class: it is imported late

        app = web.Application(client_max_size=80 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        app.router.add_get("/file/bot{token}/{path:.+}", self._serve_file)
        add_control(app, self)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port or self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening; connections are refused from here on. What is known stays."""
        await self.pusher.close()
        for task in tuple(self._held):
            task.cancel()
        await asyncio.gather(*self._held, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # --- people ------------------------------------------------------------------------------

    def user(self, number: int, name: str, username: str = "", *, started: bool = True) -> Person:
        """A person; `started` says whether the bot may write to them."""
        self.world.accounts[number] = Account(number, name, username, started=started)
        self.world.rooms[number] = Room(number)
        return Person(self, number)

    def group(
        self, number: int, members: list[Person], title: str = "office", username: str = ""
    ) -> Group:
        """A group with the bot in it; a supergroup if its id begins with -100; public if named."""
        kind = "supergroup" if str(number).startswith("-100") else "group"
        standing = {person.id: "member" for person in members}
        self.world.rooms[number] = Room(number, kind, title, username, standing)
        return Group(self, number)

    def hears(self, room: Room, author: Account, content: Json) -> Seen:
        """A message by `author` appears in `room`; the bot gets it if it may."""
        post = self.world.post(room, author, content)
        in_room = room.kind == "private" or room.bot not in ("left", "kicked")
        if in_room and bot_hears(room, content, self.world.me, self.world.reads_all):
            self.updates.put("message", post.body, f"chat:{room.id}")
        return Seen(room.id, post.id, False, post.body)

    def standing(self, room: Room, by: Account, old: str, new: str) -> None:
        """The bot's standing in a chat changed."""
        content = standing_update(self, room, by, old, new)
        self.updates.put("my_chat_member", content, f"chat:{room.id}")

    def inject(self, update: Json) -> int:
        """Queue any update at all, as it is; its id."""
        return self.updates.put_raw(update)

    def transcript(self, chat: Chat | int) -> str:
        """A chat as one reads it."""
        return transcript(self.world.rooms[chat if isinstance(chat, int) else chat.id])

    def received(self, chat: Chat | int) -> bytes:
        """All that a chat ever received from the bot, in one heap, for canary sweeps."""
        return everything(self.world, chat if isinstance(chat, int) else chat.id)

    def bytes_of(self, seen: Seen) -> bytes:
        """The bytes of the file that a message shows."""
        return self.world.files[seen.file].body

    def called(self, method: str) -> list[Call]:
        """The calls of that method so far, refused ones included."""
        return [call for call in self.calls if call.method == method]

    # --- HTTP --------------------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
            call = await self._read(request)
            self.calls.append(call)
            fault = self.nemesis.next(call.method)
            if fault is not None:
                return await self._go_wrong(request, call, fault)
            return web.json_response({"ok": True, "result": await self._perform(call)})
        except Refusal as refusal:
            return web.json_response(refusal.answer, status=refusal.code)
        except ConnectionResetError:
            return web.Response()  # whoever called was killed in the middle of it

    def _check_token(self, request: web.Request) -> None:
        if self.world.revoked or request.match_info["token"] != self.world.token:
            raise Refusal(401, "Unauthorized")

    async def _read(self, request: web.Request) -> Call:
        given: Json = dict(request.query)
        uploads: dict[str, Upload] = {}
        if request.content_type == "application/json":
            given |= await request.json()
        else:
            for name, value in (await request.post()).items():
                if isinstance(value, web.FileField):
                    uploads[name] = Upload(value.filename, value.file.read(), value.content_type)
                    value.file.close()
                else:
                    given[name] = value
        return Call(request.match_info["method"], given, uploads, self.clock.now())

    async def _perform(self, call: Call) -> Any:
        name = call.method.lower()
        if name == "getupdates":
            return await self._hold(self._get_updates(call))
        if name in ("setwebhook", "deletewebhook"):
            self._set_webhook(call)
            return True
        if name == "getwebhookinfo":
            return self.pusher.info()
        if name not in METHODS:
            raise Refusal(404, "Not Found")
        return METHODS[name](self.world, self.flood, call)

    async def _hold(self, waiting: Any) -> Any:
        """Await something long, so that `stop` can end it."""
        task = asyncio.ensure_future(waiting)
        self._held.add(task)
        task.add_done_callback(self._held.discard)
        return await task

    async def _get_updates(self, call: Call) -> list[Json]:
        if self.pusher.webhook is not None:
            raise Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        if "allowed_updates" in call.given:
            self.updates.allowed = set(call.data("allowed_updates"))
        limit = min(max(call.number("limit", 100), 1), 100)
        timeout = min(call.number("timeout"), 50)
        return await self.updates.poll(call.number("offset"), limit, timeout)

    def _set_webhook(self, call: Call) -> None:
        url = call.text("url") if call.method.lower() == "setwebhook" else ""
        self.pusher.aim(url, call.text("secret_token"))
        if "allowed_updates" in call.given:
            self.updates.allowed = set(call.data("allowed_updates"))
        if call.flag("drop_pending_updates"):
            self.updates.pending.clear()

    async def _go_wrong(
        self, request: web.Request, call: Call, fault: Fault
    ) -> web.StreamResponse:
        kind = fault.kind
        if isinstance(kind, Refusal):
            raise kind
        if kind in CODES:
            if kind in ("502", "503", "504"):  # these come from the web server before the API
                text = f"<html><h1>{CODES[kind].description}</h1></html>"
                return web.Response(status=int(kind), text=text, content_type="text/html")
            raise CODES[kind]
        if kind == "hang":
            await self._hold(asyncio.sleep(3600))
        result = None
        if kind in AFTER or kind in BODIES:
            result = await self._perform(call)
        if kind in ("kill", "kill_before") and fault.then is not None:
            fault.then()
        if kind == "message_id_0" and isinstance(result, dict):
            return web.json_response({"ok": True, "result": {**result, "message_id": 0}})
        if kind in BODIES:
            true = json.dumps({"ok": True, "result": result}, ensure_ascii=False).encode()
            return web.Response(body=BODIES[kind](true), content_type="application/json")
        self._cut(request, hard=kind != "refuse")
        return web.Response()

    @staticmethod
    def _cut(request: web.Request, *, hard: bool) -> None:
        """Close the connection without an answer; hard: with a reset."""
        transport = request.transport
        if transport is None:
            return
        if hard:
            with contextlib.suppress(OSError):
                sock = transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()

    async def _serve_file(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
            ref = self.world.paths.get(request.match_info["path"], "")
            if ref not in self.world.files:
                raise Refusal(404, "Not Found")
        except Refusal as refusal:
            return web.json_response(refusal.answer, status=refusal.code)
        stored = self.world.files[ref]
        fault = self.nemesis.next("file")
        if fault is None:
            return web.Response(body=stored.body, content_type="application/octet-stream")
        if fault.kind in ("hang", "reset", "refuse", "kill_before") or fault.kind in CODES:
            with contextlib.suppress(Refusal):
                return await self._go_wrong(request, Call("file", {}), fault)
            return web.json_response(CODES[str(fault.kind)].answer, status=int(str(fault.kind)))
        return await self._half_a_file(request, stored.body, fault)

    async def _half_a_file(
        self, request: web.Request, body: bytes, fault: Fault
    ) -> web.StreamResponse:
        """Send half of the bytes promised, then cut the connection."""
        response = web.StreamResponse(headers={"Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if fault.then is not None:
            fault.then()
        self._cut(request, hard=True)
        return response
