"""`/_test/...`: the same stories over HTTP, so that another process can tell them.

    POST /_test/user       {"id": 7, "name": "...", "username": ""}
    POST /_test/group      {"id": -1001, "members": [7], "title": ""}
    POST /_test/do         {"who": 7, "does": "says", "with": {"text": "..."}}   (see `Person`)
    POST /_test/fault      {"method": "sendMessage", "nth": 1, "kind": "reset", "times": 1}
    POST /_test/update     any raw update
    POST /_test/advance    {"seconds": 90000}
    POST /_test/limits     {"on": true}
    GET  /_test/messages?chat=7   what the bot said there: id, text, buttons, kind
    GET  /_test/transcript?chat=7
    GET  /_test/received?chat=-1001   all that chat ever received, for canary sweeps
    GET  /_test/calls      methods called so far, in order

In `with`, `chat` is a chat's id, `message` and `reply_to` are `[chat, id]`, and `body` is base64.
"""

from __future__ import annotations

import base64
import os
import signal
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .seen import Seen, look
from .story import Chat, Group, Person

if TYPE_CHECKING:
    from .server import FakeTelegram


def add_control(app: web.Application, api: FakeTelegram) -> None:
    """Put the endpoints into the application."""
    control = Control(api)
    for name in ("user", "group", "do", "fault", "update", "advance", "limits"):
        app.router.add_post(f"/_test/{name}", getattr(control, name))
    for name in ("messages", "transcript", "received", "calls"):
        app.router.add_get(f"/_test/{name}", getattr(control, name))


def _answer(seen: Seen) -> dict[str, Any]:
    return {
        "chat": seen.chat,
        "id": seen.id,
        "text": seen.text,
        "buttons": seen.buttons,
        "kind": seen.kind,
        "mine": seen.mine,
    }


class Control:
    """Turns a request into a call of the story."""

    def __init__(self, api: FakeTelegram) -> None:
        self.api = api

    async def user(self, request: web.Request) -> web.Response:
        """A new person."""
        given = await request.json()
        self.api.user(given["id"], given["name"], given.get("username", ""))
        return web.json_response({})

    async def group(self, request: web.Request) -> web.Response:
        """A new group."""
        given = await request.json()
        members = [Person(self.api, number) for number in given.get("members", [])]
        self.api.group(given["id"], members, given.get("title", "office"))
        return web.json_response({})

    async def do(self, request: web.Request) -> web.Response:
        """Somebody does something."""
        given = await request.json()
        who: int = given["who"]
        actor: Chat = Person(self.api, who) if who > 0 else Group(self.api, who)
        done = getattr(actor, given["does"])(**self._arguments(given.get("with", {})))
        if isinstance(done, Seen):
            return web.json_response(_answer(done))
        if isinstance(done, list):
            return web.json_response([_answer(one) for one in done])
        return web.json_response(done if isinstance(done, str) else {})

    def _arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        made = dict(given)
        for name in ("message", "reply_to"):
            if name in made:
                chat, number = made[name]
                room = self.api.world.rooms[chat]
                made[name] = next(seen for seen in look(room) if seen.id == number)
        if "chat" in made:
            made["chat"] = Group(self.api, made["chat"])
        if "by" in made:
            made["by"] = Person(self.api, made["by"])
        if "body" in made:
            made["body"] = base64.b64decode(made["body"])
        if "pictures" in made:
            made["pictures"] = [base64.b64decode(one) for one in made["pictures"]]
        return made

    async def fault(self, request: web.Request) -> web.Response:
        """Something will go wrong. With `kind` kill, `pid` is the process to kill."""
        given = await request.json()
        pid = given.pop("pid", 0)
        then = (lambda: os.kill(pid, signal.SIGKILL)) if pid else None
        self.api.fault(**given, then=then)
        return web.json_response({})

    async def update(self, request: web.Request) -> web.Response:
        """A raw update."""
        return web.json_response({"update_id": self.api.inject(await request.json())})

    async def advance(self, request: web.Request) -> web.Response:
        """Time goes by."""
        self.api.clock.advance((await request.json())["seconds"])
        return web.json_response({})

    async def limits(self, request: web.Request) -> web.Response:
        """Pace limits on or off."""
        self.api.flood.on = bool((await request.json())["on"])
        return web.json_response({})

    async def messages(self, request: web.Request) -> web.Response:
        """What the bot said in a chat."""
        room = self.api.world.rooms[int(request.query["chat"])]
        return web.json_response([_answer(seen) for seen in look(room) if seen.mine])

    async def transcript(self, request: web.Request) -> web.Response:
        """A chat as one reads it."""
        return web.Response(text=self.api.transcript(int(request.query["chat"])))

    async def received(self, request: web.Request) -> web.Response:
        """All that a chat ever received."""
        return web.Response(body=self.api.received(int(request.query["chat"])))

    async def calls(self, request: web.Request) -> web.Response:
        """The methods called so far."""
        return web.json_response([call.method for call in self.api.calls])
