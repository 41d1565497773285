"""What people see: messages with their buttons, and waiting for one to appear."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from .world import Json, Post, Room, World


@dataclass(frozen=True)
class Seen:
    """One message as a person sees it now."""

    chat: int
    id: int
    mine: bool
    body: Json

    @property
    def text(self) -> str:
        """Its text or caption, or the question of a quiz."""
        poll = self.body.get("poll", {}).get("question", "")
        return str(self.body.get("text") or self.body.get("caption") or poll)

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """Label and data of every button, in reading order."""
        rows = self.body.get("reply_markup", {}).get("inline_keyboard", [])
        return [(one["text"], one.get("callback_data", "")) for row in rows for one in row]

    @property
    def labels(self) -> list[str]:
        """What stands on the buttons."""
        return [label for label, _ in self.buttons]

    @property
    def kind(self) -> str:
        """text, photo, document, video, voice, audio, poll, location or service."""
        kinds = ("text", "photo", "document", "video", "voice", "audio", "poll", "location")
        return next((kind for kind in kinds if kind in self.body), "service")

    @property
    def file(self) -> str:
        """The id of the file it shows; empty if there is none."""
        shown = self.body.get(self.kind)
        if isinstance(shown, list):
            shown = shown[-1]
        return str(shown.get("file_id", "")) if isinstance(shown, dict) else ""

    @property
    def protected(self) -> bool:
        """Whether the client is asked not to forward or save it."""
        return bool(self.body.get("has_protected_content"))

    def button(self, wanted: str) -> tuple[str, str] | None:
        """The button whose data is `wanted`, or whose label holds it."""
        for label, data in self.buttons:
            if data == wanted or wanted in label:
                return label, data
        return None


def look(room: Room) -> list[Seen]:
    """Everything that stands in that chat now, oldest first."""
    return [
        Seen(room.id, post.id, post.mine, post.body) for post in room.posts if not post.deleted
    ]


def spoken(room: Room) -> list[Seen]:
    """What the bot said there and still stands."""
    return [seen for seen in look(room) if seen.mine]


async def wait_for(room: Callable[[], Room], part: str, after: int, within: float) -> Seen:
    """The newest message of the bot there that holds `part`, above the id `after`."""
    until = asyncio.get_running_loop().time() + within
    while True:
        for seen in reversed(spoken(room())):
            if seen.id > after and part in seen.text:
                return seen
        if asyncio.get_running_loop().time() > until:
            raise AssertionError(f"nobody said {part!r}; there stands:\n{transcript(room())}")
        await asyncio.sleep(0.01)


def transcript(room: Room) -> str:
    """A chat as one reads it: who, what, and the buttons under it."""
    lines = []
    for seen in look(room):
        who = "bot" if seen.mine else seen.body["from"]["first_name"]
        shown = seen.text if seen.kind == "text" else f"<{seen.kind}> {seen.text}".rstrip()
        lines.append(f"{who}: {shown}")
        if seen.labels:
            lines.append("  " + " ".join(f"[{label}]" for label in seen.labels))
    return "\n".join(lines)


def everything(world: World, chat: int) -> bytes:
    """All that a chat ever received from the bot, deleted and edited versions and files included.

    For canary sweeps: search it for what must never have gone there.
    """
    found: list[bytes] = []
    for post in world.rooms[chat].posts:
        if not post.mine:
            continue
        found += [repr(version).encode() for version in post.versions]
        found += _bytes_of(world, post)
    return b"\n".join(found)


def _bytes_of(world: World, post: Post) -> list[bytes]:
    ref = Seen(post.chat, post.id, post.mine, post.body).file
    stored = world.files.get(ref)
    return [stored.body, stored.name.encode()] if stored else []
