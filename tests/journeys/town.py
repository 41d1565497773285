"""A sample district and the people in it, as they act on their phones.

Every name, account, text and number that must stay where it belongs is a canary: the checker
looks for it everywhere else (`town.SECRET_*`).
"""

from __future__ import annotations

import asyncio
import io
import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from PIL import Image
from sqlalchemy import select

from storage import invitations, leads, outbox, people, places, sessions, tables
from storage.database import Database
from storage.people import Role
from tests.fake_telegram import FakeTelegram, Group, Person, Seen
from tests.journeys.serving import Deployment

GROUP = -1001234500001
EXIF = "ExifCanaryCamera5531"
WRITTEN = "深蓝信笺九七"
"""Stands in every report beyond what a card may show of it."""

ACCUSED = "阮阿大"
PHONE_IN_TEXT = "13912345678"

STORY = {
    "在哪里做事": "1",
    "出了什么事": f"书记小舅子{ACCUSED}包了西头那口大塘，租金没见着，找{PHONE_IN_TEXT}问过他，"
    f"他说账在会计那里，大家都看不到，谁问都不答，去年到今年一次也没贴出来过，{WRITTEN}",
    "哪一类": "1",
    "说的是谁": ACCUSED,
    "管什么": "南礁村书记",
    "在哪儿": "西头大塘",
    "什么时候": "去年秋天",
    "多少钱": "两万多",
    "清单里的一条": "1",
    "怎么知道": "亲眼看见",
    "亲戚": "没有",
    "毁账本": "没有",
    "怎么署名": "1",
}
"""What a monitor answers, by a word of the question; what is not listed is skipped."""

T = TypeVar("T")
_fresh = itertools.count(1)


def photo(canary: str = EXIF) -> bytes:
    """A picture unlike any before, with a camera's traces in it."""
    n = next(_fresh)
    image = Image.new("RGB", (24, 24), (n % 256, n // 256 % 256, 90))
    exif = Image.Exif()
    exif[0x010F] = canary
    exif[0x013B] = f"{canary} {n}"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def document() -> bytes:
    """A small document unlike any before."""
    return b"%PDF-1.4\n% Author(" + EXIF.encode() + b") %d\n%%%%EOF" % next(_fresh)


@dataclass(eq=False)
class Talker:
    """Somebody with a phone: acts, and waits for what follows."""

    api: FakeTelegram
    person: Person
    roster_name: str
    role: Role
    code: str = ""
    patience: float = 40.0
    sent: list[bytes] = field(default_factory=list)  # bytes of every file sent

    @property
    def mark(self) -> int:
        """The newest message in the private chat now."""
        return self.person.room.last_id

    async def until(self, holds: Callable[[], Seen | None], what: str) -> Seen:
        """Wait for something to be seen."""
        return await wait(holds, what, self.patience, lambda: self.api.transcript(self.person))

    async def says(self, text: str, part: str = "") -> Seen:
        """Type it, and wait for what the bot answers."""
        mark = self.person.says(text).id
        return await self.hears(part, mark)

    async def hears(self, part: str = "", after: int = 0) -> Seen:
        """The newest message of the bot that holds `part`."""
        return await self.until(lambda: self.newest(part, after), part or "anything")

    def newest(self, part: str = "", after: int = 0) -> Seen | None:
        """The newest message of the bot above an id that holds `part`, if there is one."""
        found = [m for m in self.person.messages() if m.id > after and part in m.text]
        return found[-1] if found else None

    async def presses(self, label: str, part: str = "", *, message: Seen | None = None) -> Seen:
        """Press the newest button with this on it, and wait for a new message."""
        under = message or await self.has(label)
        mark = self.mark
        self.person.presses(label, under)
        return await self.hears(part, mark)

    async def has(self, label: str) -> Seen:
        """Wait until there is such a button; the message it stands under."""
        return await self.until(lambda: self.under(label), f"a button {label}")

    def under(self, label: str) -> Seen | None:
        """The newest message with such a button."""
        found = [m for m in self.person.messages() if m.button(label)]
        return found[-1] if found else None

    async def joins(self) -> None:
        """Open the invitation."""
        await self.says(f"/start {self.code}")

    # --- a report ----------------------------------------------------------------------------

    async def begins(self) -> Seen:
        """A new report, at its first question."""
        await self.says("/start", "村监助手")
        mark = self.mark
        self.person.presses("报一件事")
        await self.question(mark)
        mark = self.mark
        self.person.presses("管事的人办事不对")
        return await self.question(mark)

    async def question(self, after: int) -> Seen:
        """The open question: the newest message whose buttons belong to a dialogue."""

        def asked() -> Seen | None:
            found = [m for m in self.person.messages() if m.id > after and _asks(m)]
            return found[-1] if found else None

        return await self.until(asked, "a question")

    async def answers(self, text: str) -> Seen:
        """Answer the open question; the next one."""
        return await self.question(self.person.says(text).id)

    async def answers_all(self, question: Seen, answers: dict[str, str]) -> Seen:
        """Answer each question as it comes; the preview."""
        for _ in range(40):
            if "你看看" in question.text:
                return question
            question = await self.answers(answer_to(question, answers))
        raise AssertionError(f"the form does not end:\n{self.api.transcript(self.person)}")

    async def sends_photo(self, caption: str = "") -> bytes:
        """A photo, and wait until it is told to be kept."""
        body = photo()
        self.sent.append(body)
        await self.hears("材料收到", self.person.sends_photo(body, caption).id)
        return body

    async def resumes(self) -> None:
        """Open the only draft again, up to the last question before it is sent."""
        await self.presses("没写完的", "没写完的有")
        mark = self.mark
        self.person.presses("·")
        await self.hears("你看看", mark)
        await self.presses("报上去", "报之前说")

    async def submits(self) -> str:
        """From the preview to the receipt; its number."""
        await self.presses("报上去", "报之前说")
        mark = self.mark
        self.person.presses("是的，报上去")
        return number_in((await self.hears("收好了", mark)).text)

    async def reports(self, answers: dict[str, str] | None = None, photos: int = 0) -> str:
        """A whole report; its number."""
        question = await self.begins()
        for _ in range(photos):
            await self.sends_photo()
        await self.answers_all(question, answers or STORY)
        return await self.submits()

    # --- an officer --------------------------------------------------------------------------

    async def presses_card(self, group: Group, label: str, number: str) -> str:
        """Press a button of a lead's card in the group, again if the card was out of date; what
        was shown to her."""
        while True:
            card = await self.until(lambda: card_of(group, number, label), f"{label} of {number}")
            said = await self.toasted(self.person.presses(label, card))
            if "看一眼新卡片" not in said:
                return said
            old = card.body
            await self.until(lambda: fresher(group, number, old), f"a fresh card of {number}")  # noqa: B023

    async def toasted(self, press: str) -> str:
        """What was shown to this person for that press."""

        def found() -> dict[str, str] | None:
            return next((t for t in self.person.toasts if t["press"] == press), None)

        shown = await wait(found, f"a toast for {press}", self.patience)
        return str(shown.get("text") or "")


def answer_to(question: Seen, answers: dict[str, str]) -> str:
    """The answer that fits a question, or to skip it."""
    return next((said for word, said in answers.items() if word in question.text), "跳过")


def _asks(message: Seen) -> bool:
    return any(data.startswith("f.") for _, data in message.buttons)


def number_in(text: str) -> str:
    """The lead's number in a sentence."""
    found = re.search(r"[A-Z]{2}-\d{6}-\w+", text)
    assert found, text
    return found[0]


def card_of(group: Group, number: str, label: str = "") -> Seen | None:
    """The newest card of a lead in the group, if it has such a button."""
    found = [m for m in group.messages() if number in m.text and (not label or m.button(label))]
    return found[-1] if found else None


def fresher(group: Group, number: str, old: object) -> Seen | None:
    """The card, once it is another than it was."""
    card = card_of(group, number)
    return card if card is not None and card.body != old else None


async def wait(
    holds: Callable[[], T | None], what: str, patience: float, show: Callable[[], str] = str
) -> T:
    """Wait until `holds` gives something, and give it."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while not (found := holds()):
        if loop.time() > until:
            raise AssertionError(f"never came: {what}\n{show()}")
        await asyncio.sleep(0.01)
    return found


@dataclass(eq=False)
class Town:
    """东沙区 ▸ 海云街道 ▸ 南礁村, an office with a group, and everybody in it."""

    deployment: Deployment
    api: FakeTelegram
    group: Group
    monitors: list[Talker]
    officers: list[Talker]
    upper: Talker
    office_id: str
    village_id: str
    street_id: str
    strangers: Iterable[int] = field(default_factory=lambda: itertools.count(7900000001))

    @property
    def talkers(self) -> list[Talker]:
        """Everybody who was invited."""
        return [*self.monitors, *self.officers, self.upper]

    async def assemble(self) -> None:
        """Everybody opens the invitation, and the first officer binds the group."""
        await asyncio.gather(*(one.joins() for one in self.talkers))
        await self.bind(self.officers[0], self.group)

    async def bind(self, officer: Talker, group: Group) -> Seen:
        """Bind a group as an office does."""
        told = await officer.presses("绑定办公群", "/bind")
        mark = group.room.last_id
        officer.person.says(told.text.strip().splitlines()[-1], chat=group)
        return await group.sees("绑定", timeout=20, after=mark)

    def stranger(self) -> Person:
        """Somebody nobody invited."""
        number = next(iter(self.strangers))
        return self.api.user(number, f"Stranger{number}")

    async def lead(self, number: str) -> leads.Lead:
        """A lead as it is stored now."""
        async with self.deployment.storage() as database, database.read() as tx:
            found = await leads.by_number(tx, number)
        assert found is not None, number
        return found

    async def drafts_for_all(self, answers: dict[str, str] = STORY) -> None:
        """The first monitor writes a report and saves it; each other one is given a copy of the
        draft, and everybody opens it again: a report ready to be sent, by everybody.
        """
        first, *others = self.monitors
        await first.answers_all(await first.begins(), answers)
        await first.presses("先存着", "存好了")
        now = datetime.now(UTC)
        async with self.deployment.storage() as database, database.write() as tx:
            found = await people.find(tx, "telegram", str(first.person.id))
            assert found is not None
            (draft,) = await sessions.open_drafts(tx, found.id)
            for one in others:
                other = await people.find(tx, "telegram", str(one.person.id))
                assert other is not None
                await sessions.new_draft(tx, other.id, draft.content, now)
        await asyncio.gather(*(one.resumes() for one in self.monitors))

    async def quiet(self, *lanes: str) -> None:
        """Wait until nothing is due in these lanes of the outbox (none: in any)."""
        due = select(tables.outbox.c.lane).where(
            tables.outbox.c.state == "pending", tables.outbox.c.next_at <= datetime.now(UTC)
        )
        wanted = {outbox.LANES.index(lane) for lane in lanes or outbox.LANES}
        async with self.deployment.storage() as database:
            for _ in range(400):
                async with database.read() as tx:
                    if not wanted & {row.lane for row in await tx.all(due)}:
                        return
                await asyncio.sleep(0.1)
        raise AssertionError(f"{lanes} never fall quiet")


MONITORS = ("王秋蝉", "林海棠", "陶小满", "葛望舒", "冯砚秋", "罗听雨")
OFFICERS = ("周建国", "陈晓燕", "许长青", "沈知行", "梁既明")


async def settle(
    deployment: Deployment, *, monitors: int = 2, officers: int = 2, group: int = GROUP
) -> Town:
    """Put the district into a prepared deployment's storage, and its people into the world."""
    api = deployment.api
    now = datetime.now(UTC)
    async with deployment.storage() as database:
        town = await _place(database, deployment, now)
        wanted = [
            *((Role.MONITOR, _name(MONITORS, n), 7100000001 + n) for n in range(monitors)),
            *((Role.OFFICER, _name(OFFICERS, n), 7200000001 + n) for n in range(officers)),
        ]
        for role, name, account in wanted:
            one = await _invited(database, town, role, name, account, now)
            (town.monitors if role is Role.MONITOR else town.officers).append(one)
        town.upper = await _invited(
            database, town, Role.OFFICER, "方上级", 7300000001, now, up=True
        )
    town.group = api.group(group, [one.person for one in town.officers], "海云街道监察办工作群")
    return town


def _name(names: tuple[str, ...], n: int) -> str:
    return names[n % len(names)] + ("" if n < len(names) else f"{n}")


async def _place(database: Database, deployment: Deployment, now: datetime) -> Town:
    async with database.write() as tx:
        district = await places.add_place(tx, kind="district", name="东沙区")
        street = await places.add_place(tx, kind="street", name="海云街道", parent_id=district.id)
        village = await places.add_place(tx, kind="village", name="南礁村", parent_id=street.id)
        office = await places.add_office(
            tx, place_id=street.id, name="海云街道监察办", code="HY", phone="0577-0000"
        )
        await places.add_office(tx, place_id=district.id, name="东沙区监委信访室", code="DS")
    nobody: list[Talker] = []
    return Town(
        deployment,
        deployment.api,
        Group(deployment.api, GROUP),
        nobody,
        [],
        None,  # type: ignore[arg-type]
        office.id,
        village.id,
        district.id,
    )


async def _invited(
    database: Database,
    town: Town,
    role: Role,
    name: str,
    account: int,
    now: datetime,
    *,
    up: bool = False,
) -> Talker:
    async with database.write() as tx:
        offices = {one.code: one for one in await places.all_offices(tx)}
        office = offices["DS" if up else "HY"]
        _, code = await invitations.invite(
            tx,
            role=role,
            place_id=town.village_id if role is Role.MONITOR else office.place_id,
            office_id=None if role is Role.MONITOR else office.id,
            name=name,
            now=now,
        )
    shown = f"Phone{role.value.title()}Canary{account}"
    person = town.api.user(account, shown, f"user_canary_{account}")
    return Talker(town.api, person, name, role, code)
