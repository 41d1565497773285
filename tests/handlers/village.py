"""A small invented district with a real database, in which conversations can be played.

`Voice` is one person at one channel: she says and presses things and sees what comes back, as
a transcript reads. Nothing is delivered: what is answered is looked at as it enters the outbox.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from handlers import door
from handlers.messages import FileRef, Heard, Inbound, Outbound, Place
from knowledge.book import Book
from storage import files, invitations, places
from storage.database import Database
from storage.people import Role
from storage.places import Office

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
    b"\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99="
    b"\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


@dataclass(frozen=True)
class Found:
    """A search hit of the plain finder below."""

    id: str
    matched: tuple[str, ...] = ()


@dataclass
class Plain:
    """A finder that knows a few words: dialogues are tested here, not the search."""

    known: dict[str, tuple[str, ...]]

    def search(self, text: str, top: int = 5, kinds: Iterable[str] = ()) -> Sequence[Found]:
        """Entries whose word stands in the text."""
        wanted = set(kinds)
        return [
            Found(id, (word,))
            for word, ids in self.known.items()
            if word in text
            for id in ids
            if not wanted or KIND_OF[id.rstrip("0123456789.")] in wanted
        ][:top]


KIND_OF = {
    **{"SP": "power", "NL": "prohibition", "LC": "category", "PR": "procedure"},
    **{"OL": "limit", "BP": "business", "Q": "question", "P": "parameter"},
}
FINDER = Plain({"塘": ("LC03", "SP17", "NL2.07"), "低保": ("LC01", "SP22")})


@dataclass
class Voice:
    """One person, on one channel."""

    village: Village
    account: str
    channel: str = "telegram"
    seen: list[Outbound] = field(default_factory=list)

    async def says(self, text: str, **more: object) -> list[Outbound]:
        """Words, in her private chat."""
        return await self.village.hear(self._said(Heard.TEXT, text=text, **more), self)

    async def presses(self, label: str, *, chat: str = "", at: str = "") -> list[Outbound]:
        """The newest button with this on it, wherever she last saw it."""
        data = at or self.button(label)
        place = Place.GROUP if chat else Place.PRIVATE
        return await self.village.hear(
            self._said(Heard.PRESS, data=data, press="p1", chat=chat or self.account, place=place),
            self,
        )

    async def sends(
        self,
        *,
        name: str = "a.png",
        body: bytes = PNG,
        album: str = "",
        kind: str = "photo",
        text: str = "",
    ) -> None:
        """A file, kept as the worker keeps it before a dialogue hears of it."""

        async def chunks() -> AsyncIterator[bytes]:
            yield body

        database = self.village.database
        blob = await files.keep(database, database.sealer, chunks())
        async with database.write() as tx:
            person = await door.people.find(tx, self.channel, self.account)
            assert person is not None
            await files.record(
                tx, blob, person_id=person.id, name=name, kind=kind, now=self.village.now
            )
        ref = FileRef("f1", name=name, size=len(body), kind=kind, stored=blob.id)
        await self.village.hear(
            self._said(Heard.FILES, files=(ref,), album=album, text=text), self
        )

    def button(self, label: str) -> str:
        """The data of the newest button with these words on it."""
        for one in reversed(self.seen):
            for row in one.buttons:
                for button in row:
                    if label in button.label:
                        return button.data
        raise AssertionError(f"no button {label!r} in {[o.text for o in self.seen[-3:]]}")

    def labels(self) -> list[str]:
        """The buttons of the newest message that has any."""
        last = next(one for one in reversed(self.seen) if one.buttons)
        return [button.label for row in last.buttons for button in row]

    @property
    def last(self) -> str:
        """The newest words."""
        return self.seen[-1].text

    @property
    def all(self) -> str:
        """Everything she was ever shown."""
        return "\n".join(one.text for one in self.seen)

    def _said(self, heard: Heard, **more: object) -> Inbound:
        self.village.now += timedelta(seconds=7)
        given = {"chat": self.account, "place": Place.PRIVATE, "message": "m1", **more}
        given["place"] = Place(given["place"])
        return Inbound(
            self.channel,
            self.account,
            heard=heard,
            at=self.village.now,
            **given,  # type: ignore[arg-type]
        )


@dataclass
class Village:
    """东沙区 ▸ 海云街道 ▸ 南礁村, all invented, with an office at the street and one above it."""

    database: Database
    house: door.House
    now: datetime
    office: Office
    upper: Office
    village_id: str
    voices: list[Voice] = field(default_factory=list)
    group: list[Outbound] = field(default_factory=list)

    async def hear(self, said: Inbound, voice: Voice) -> list[Outbound]:
        """One turn; what it answers is shown to whoever it is for."""
        async with self.database.write() as tx:
            out = await door.receive(self.house, tx, said, self.now)
            for one in [shown for shown in out if not shown.delete]:
                reader = next(
                    (v for v in self.voices if (v.channel, v.account) == (one.channel, one.chat)),
                    None,
                )
                if one.toast:
                    reader = voice
                    if not one.text:
                        continue
                (reader.seen if reader else self.group).append(one)
        return out

    async def invited(
        self, role: Role, name: str, account: str, channel: str = "telegram"
    ) -> Voice:
        """Somebody who opened her invitation."""
        async with self.database.write() as tx:
            _, code = await invitations.invite(
                tx,
                role=role,
                place_id=self.village_id if role is Role.MONITOR else self.office.place_id,
                office_id=None if role is Role.MONITOR else self.office.id,
                name=name,
                now=self.now,
            )
        voice = Voice(self, account, channel)
        self.voices.append(voice)
        await voice.says(f"/start {code}")
        return voice

    async def stranger(self, account: str) -> Voice:
        """Somebody who was never invited."""
        voice = Voice(self, account)
        self.voices.append(voice)
        return voice


@asynccontextmanager
async def build(
    database: Database, book: Book, now: datetime, *, upper: bool = True, chat: str = "-100"
) -> AsyncIterator[Village]:
    """The district, with the street office's group bound to `chat`."""
    async with database.write() as tx:
        district = await places.add_place(tx, kind="district", name="东沙区")
        street = await places.add_place(tx, kind="street", name="海云街道", parent_id=district.id)
        village = await places.add_place(tx, kind="village", name="南礁村", parent_id=street.id)
        office = await places.add_office(
            tx, place_id=street.id, name="海云街道监察办", code="HY", phone="0577-0000"
        )
        above = office
        if upper:
            above = await places.add_office(
                tx, place_id=district.id, name="东沙区监委信访室", code="DS"
            )
        if chat:
            await places.bind_chat(tx, office.id, "telegram", chat, now)
    yield Village(database, door.House(book, FINDER), now, office, above, village.id)
