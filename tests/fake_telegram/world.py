"""What Telegram remembers: accounts, chats, messages, files; and the clock it lives by.

Nothing here speaks HTTP. `calls` changes this state for the bot, `story` for the people.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

ANONYMOUS_ADMIN = 1087968824
DELETE_WITHIN = 48 * 3600
PRESS_LIVES = 150
MESSAGE_LIVES = 24 * 3600


class Refusal(Exception):
    """The server says no: `code` and `description` go into the answer, word for word."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    @property
    def answer(self) -> Json:
        """The body of the HTTP answer."""
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


class Clock:
    """Real time plus what a test added to it, in seconds since 1970."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        """Let that much time go by at once."""
        self.ahead += seconds


@dataclass
class Account:
    """A person or a bot."""

    id: int
    name: str
    username: str = ""
    is_bot: bool = False
    blocked: bool = False
    deactivated: bool = False
    started: bool = True
    toasts: list[Json] = field(default_factory=list)
    inline: list[list[Json]] = field(default_factory=list)

    def as_user(self) -> Json:
        """As the API shows a user."""
        body: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.name}
        return {**body, "username": self.username} if self.username else body


@dataclass
class Post:
    """One message in one chat, with every version of it that was ever shown."""

    id: int
    chat: int
    body: Json
    mine: bool
    at: float
    deleted: bool = False
    versions: list[Json] = field(default_factory=list)


@dataclass
class Room:
    """A private chat or a group. `members` maps account ids to their standing."""

    id: int
    kind: str = "private"
    title: str = ""
    username: str = ""
    members: dict[int, str] = field(default_factory=dict)
    bot: str = "member"  # member | administrator | restricted | left | kicked
    moved_to: int = 0
    posts: list[Post] = field(default_factory=list)
    last_id: int = 0

    def as_chat(self, account: Account | None = None) -> Json:
        """As the API shows a chat."""
        body: Json = {"id": self.id, "type": self.kind}
        if account is not None:
            body["first_name"] = account.name
        else:
            body["title"] = self.title
        if self.username:
            body["username"] = self.username
        return body


@dataclass
class StoredFile:
    """Bytes under a file id, good for one bot only."""

    body: bytes
    name: str
    mime: str
    bot: int


class World:
    """All of it, for one bot."""

    def __init__(self, token: str = "42:TEST") -> None:
        self.token = token
        self.revoked = False
        self.me = Account(int(token.partition(":")[0]), "Cunjian", "cunjian_bot", is_bot=True)
        self.reads_all = False
        self.clock = Clock()
        self.accounts: dict[int, Account] = {}
        self.rooms: dict[int, Room] = {}
        self.files: dict[str, StoredFile] = {}
        self.paths: dict[str, str] = {}
        self.presses: dict[str, tuple[int, float]] = {}  # query id -> (who, when)
        self.queries: dict[str, int] = {}  # inline query id -> who
        self.polls: dict[str, Post] = {}
        self.commands: list[Json] = []
        self._last = 0

    def fresh(self) -> int:
        """A number never given before."""
        self._last += 1
        return self._last

    def room(self, chat: int) -> Room:
        """Where to post: refuses as Telegram does, whatever the reason it cannot be reached."""
        room = self.rooms.get(chat)
        if room is None:
            raise Refusal(400, "Bad Request: chat not found")
        if room.moved_to:
            raise Refusal(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": room.moved_to},
            )
        if room.kind == "private":
            self._reachable(self.accounts[chat])
        elif room.bot == "kicked":
            raise Refusal(403, f"Forbidden: bot was kicked from the {self._kind(room)} chat")
        elif room.bot == "left":
            raise Refusal(403, f"Forbidden: bot is not a member of the {self._kind(room)} chat")
        return room

    def may_post(self, chat: int) -> Room:
        """Like `room`, and refuses where the bot may read but not write."""
        room = self.room(chat)
        if room.bot == "restricted":
            raise Refusal(400, "Bad Request: not enough rights to send text messages to the chat")
        return room

    @staticmethod
    def _kind(room: Room) -> str:
        return "supergroup" if room.kind == "supergroup" else "group"

    @staticmethod
    def _reachable(account: Account) -> None:
        if account.deactivated:
            raise Refusal(403, "Forbidden: user is deactivated")
        if account.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if not account.started:
            raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")

    def post(self, room: Room, author: Account, content: Json, **extra: Any) -> Post:
        """Put a message into a chat and return it, shown as the API shows it."""
        room.last_id += 1
        at = self.clock.now()
        person = self.accounts.get(room.id) if room.kind == "private" else None
        body: Json = {
            "message_id": room.last_id,
            "from": author.as_user(),
            "chat": room.as_chat(person),
            "date": int(at),
            **extra,
            **content,
        }
        found = Post(room.last_id, room.id, body, author is self.me, at)
        found.versions.append(dict(body))
        room.posts.append(found)
        return found

    def find(self, chat: int, message: int, *, failing: str) -> Post:
        """A message that still stands there; refuses in the words of `failing`."""
        for post in self.room(chat).posts:
            if post.id == message and not post.deleted:
                return post
        raise Refusal(400, f"Bad Request: {failing}")

    def keep(self, body: bytes, name: str, mime: str, kind: str) -> tuple[str, str]:
        """Keep a file's bytes; its id and its unique id."""
        number = self.fresh()
        ref = f"{kind}-{self.me.id}-{number}"
        self.files[ref] = StoredFile(body, name, mime, self.me.id)
        return ref, f"u{number}"

    def replace_bot(self, token: str, username: str) -> None:
        """Another bot takes over: same people, new id, and every old file id is dead."""
        self.token = token
        self.revoked = False
        self.me = Account(int(token.partition(":")[0]), "Cunjian", username, is_bot=True)
