"""People and groups, by what they do: `wang.says("...")`, `office.adds_bot(by=chief)`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import asking
from .calls import Upload
from .seen import Seen, look, spoken, wait_for
from .speaking import shown_file
from .world import ANONYMOUS_ADMIN, Account, Json, Room

if TYPE_CHECKING:
    from .server import FakeTelegram

GROUP_BOT = Account(ANONYMOUS_ADMIN, "Group", "GroupAnonymousBot", is_bot=True)


class Chat:
    """Something one can look into."""

    def __init__(self, api: FakeTelegram, chat: int) -> None:
        self.api = api
        self.id = chat

    @property
    def room(self) -> Room:
        """The chat as the server keeps it."""
        return self.api.world.rooms[self.id]

    def messages(self) -> list[Seen]:
        """What the bot said here and still stands, oldest first."""
        return spoken(self.room)

    def last(self) -> Seen:
        """The newest message of the bot."""
        return self.messages()[-1]

    async def sees(self, part: str = "", timeout: float = 5.0, *, after: int = 0) -> Seen:  # noqa: ASYNC109
        """Wait until the bot said something that holds `part`; the newest such message."""
        return await wait_for(lambda: self.room, part, after, timeout)


class Person(Chat):
    """Somebody with a phone. `chat` says where; without it, in private with the bot."""

    @property
    def account(self) -> Account:
        """The account as the server keeps it."""
        return self.api.world.accounts[self.id]

    @property
    def toasts(self) -> list[Json]:
        """The answers to this person's presses: press, text, alert."""
        return self.account.toasts

    def says(
        self, text: str, chat: Chat | None = None, reply_to: Seen | None = None, **extra: object
    ) -> Seen:
        """Type a text. `extra` are further fields of the message, as the API names them."""
        content: Json = {"text": text}
        if command := re.match(r"/[A-Za-z0-9_]+(@\w+)?", text):
            length = len(command.group())
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return self._post({**content, **extra}, chat, reply_to)

    def forwards(self, text: str, origin: str = "somebody", **extra: object) -> Seen:
        """Pass on what another wrote."""
        shown = {"type": "hidden_user", "date": 1, "sender_user_name": origin}
        return self._post({"text": text, "forward_origin": shown, **extra}, None)

    def sends_photo(self, body: bytes, caption: str = "", chat: Chat | None = None) -> Seen:
        """Send one picture."""
        return self._sends("photo", Upload("photo.jpg", body, "image/jpeg"), caption, chat)

    def sends_document(
        self, name: str, body: bytes, caption: str = "", mime: str = "application/octet-stream"
    ) -> Seen:
        """Send a file as it is."""
        return self._sends("document", Upload(name, body, mime), caption, None)

    def sends_voice(self, body: bytes, seconds: int = 3) -> Seen:
        """Send a voice message."""
        return self._sends("voice", Upload("voice.ogg", body, "audio/ogg"), "", None)

    def sends_video(self, body: bytes, caption: str = "") -> Seen:
        """Send a film."""
        return self._sends("video", Upload("video.mp4", body, "video/mp4"), caption, None)

    def sends_album(
        self, pictures: Sequence[bytes], caption: str = "", chat: Chat | None = None
    ) -> list[Seen]:
        """Send several pictures at once: separate messages with one album id."""
        album = str(self.api.world.fresh())
        sent = []
        for number, body in enumerate(pictures):
            upload = Upload("photo.jpg", body, "image/jpeg")
            words = caption if number == 0 else ""
            sent.append(self._sends("photo", upload, words, chat, media_group_id=album))
        return sent

    def shares_location(self, latitude: float = 30.5, longitude: float = 114.3) -> Seen:
        """Send where one is."""
        return self._post({"location": {"latitude": latitude, "longitude": longitude}}, None)

    def sends(self, **content: object) -> Seen:
        """Send anything else, as the API names it: `sticker=...`, `contact=...`."""
        return self._post(dict(content), None)

    def edits(self, message: Seen, text: str) -> None:
        """Change a message sent before."""
        post = next(p for p in self.api.world.rooms[message.chat].posts if p.id == message.id)
        post.body = {**post.body, "text": text, "edit_date": int(self.api.world.clock.now())}
        self.api.updates.put("edited_message", post.body, f"chat:{message.chat}")

    def presses(
        self, wanted: str, message: Seen | None = None, *, inaccessible: bool = False
    ) -> str:
        """Press the button with that label or data; the newest one here if no message is given.

        Returns the press's id. `inaccessible`: the server no longer shows the message itself.
        """
        candidates = [message] if message else list(reversed(self.messages()))
        for seen in candidates:
            if button := seen.button(wanted):
                return self.forges(button[1], seen, inaccessible=inaccessible)
        raise LookupError(f"no button {wanted!r} on {[seen.labels for seen in candidates]}")

    def forges(self, data: str, message: Seen | None = None, *, inaccessible: bool = False) -> str:
        """Send a press with any data, as an altered client can. No message: none is shown."""
        world = self.api.world
        query = f"{self.id}{world.fresh():08d}"
        world.presses[query] = (self.id, world.clock.now())
        content: Json = {
            "id": query,
            "from": self.account.as_user(),
            "chat_instance": "1",
            "data": data,
        }
        if message is not None and inaccessible:
            chat = message.body["chat"]
            content["message"] = {"chat": chat, "message_id": message.id, "date": 0}
        elif message is not None:
            content["message"] = message.body
        self.api.updates.put("callback_query", content, f"press:{self.id}")
        return query

    def types_inline(self, query: str) -> str:
        """Type `@bot words` in some chat; the query's id."""
        number = f"i{self.api.world.fresh()}"
        self.api.world.queries[number] = self.id
        content = {"id": number, "from": self.account.as_user(), "query": query, "offset": ""}
        self.api.updates.put("inline_query", content, f"inline:{self.id}")
        return number

    def answers_quiz(self, message: Seen, option: int) -> None:
        """Choose an answer of a quiz."""
        content = {
            "poll_id": message.body["poll"]["id"],
            "user": self.account.as_user(),
            "option_ids": [option],
            "option_persistent_ids": [str(option)],
        }
        self.api.updates.put("poll_answer", content, f"poll:{self.id}")

    def blocks(self) -> None:
        """Stop the bot."""
        self.account.blocked = True
        self._standing("member", "kicked")

    def unblocks(self) -> None:
        """Let the bot write again."""
        self.account.blocked = False
        self._standing("kicked", "member")

    def _standing(self, old: str, new: str) -> None:
        self.api.standing(self.room, self.account, old, new)

    def _sends(
        self, kind: str, upload: Upload, caption: str, chat: Chat | None, **extra: object
    ) -> Seen:
        content = {**shown_file(self.api.world, kind, upload), **extra}
        return self._post({**content, "caption": caption} if caption else content, chat)

    def _post(self, content: Json, chat: Chat | None, reply_to: Seen | None = None) -> Seen:
        if reply_to is not None:
            content = {**content, "reply_to_message": reply_to.body}
        self.account.started = True
        return self.api.hears((chat or self).room, self.account, content)


class Group(Chat):
    """A group chat with the bot in it or not."""

    def everything_said(self) -> list[Seen]:
        """All that stands in the group, whoever wrote it."""
        return look(self.room)

    def says_anonymously(self, text: str, reply_to: Seen | None = None) -> Seen:
        """An administrator writes in the group's own name."""
        content: Json = {"text": text, "sender_chat": self.room.as_chat()}
        if reply_to is not None:
            content["reply_to_message"] = reply_to.body
        return self.api.hears(self.room, GROUP_BOT, content)

    def adds_bot(self, by: Person) -> None:
        """Somebody puts the bot in."""
        old, self.room.bot = self.room.bot, "member"
        self.api.standing(self.room, by.account, old, "member")

    def kicks_bot(self, by: Person) -> None:
        """Somebody puts the bot out."""
        old, self.room.bot = self.room.bot, "kicked"
        self.api.standing(self.room, by.account, old, "kicked")

    def restricts_bot(self) -> None:
        """The bot may read but not write."""
        self.room.bot = "restricted"

    def admits(self, person: Person, standing: str = "member") -> None:
        """One more member."""
        self.room.members[person.id] = standing

    def loses(self, person: Person) -> None:
        """One member fewer."""
        self.room.members[person.id] = "left"

    def upgrades(self, new: int, *, announced: bool = True) -> Group:
        """The group becomes a supergroup with a new id, told by service messages or not."""
        world = self.api.world
        room = self.room
        world.rooms[new] = Room(
            new, "supergroup", room.title, members=dict(room.members), bot=room.bot
        )
        if announced:
            self.api.hears(room, GROUP_BOT, {"migrate_to_chat_id": new})
            self.api.hears(world.rooms[new], GROUP_BOT, {"migrate_from_chat_id": self.id})
        room.moved_to = new
        return Group(self.api, new)


def bot_hears(room: Room, content: Json, bot: Account, reads_all: bool) -> bool:
    """Whether privacy mode lets the bot see that message."""
    if room.kind == "private" or reads_all or room.bot == "administrator":
        return True
    words = str(content.get("text") or content.get("caption") or "")
    name = "@" + bot.username.lower()
    if words.startswith("/"):
        meant = re.match(r"/\w+(@\w+)?", words)
        return bool(meant) and (meant.group(1) or name).lower() == name  # type: ignore[union-attr]
    author = content.get("reply_to_message", {}).get("from", {}).get("id")
    service = not words and not (
        {"photo", "document", "voice", "video", "location"} & set(content)
    )
    return name in words.lower() or author == bot.id or service


def standing_update(api: FakeTelegram, room: Room, by: Account, old: str, new: str) -> Json:
    """The content of a `my_chat_member` update."""
    me = api.world.me.id
    return {
        "chat": room.as_chat(api.world.accounts.get(room.id)),
        "from": by.as_user(),
        "date": int(api.world.clock.now()),
        "old_chat_member": asking.member(api.world, me, old),
        "new_chat_member": asking.member(api.world, me, new),
    }
