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
from functools import cache
from typing import Any, TypeVar

from PIL import Image
from sqlalchemy import select

from handlers.texts import find
from knowledge.book import shipped
from storage import inbox, invitations, leads, outbox, people, places, sessions, tables
from storage.database import Database, Tx
from storage.people import Role
from tests.fake_telegram import FakeTelegram, Group, Person, Seen
from tests.journeys.serving import Deployment

GROUP = -1001234500001
EXIF = "ExifCanaryCamera5531"
WRITTEN = "深蓝信笺九七"
"""Stands in every report beyond what a card may show of it."""

VILLAGE = "南礁村"
ACCUSED = "阮阿大"
PHONE_IN_TEXT = "13912345678"

STORY = {
    "level": "1",
    "what": f"书记小舅子{ACCUSED}包了西头那口大塘，租金没见着，找{PHONE_IN_TEXT}问过他，"
    f"他说账在会计那里，大家都看不到，谁问都不答，去年到今年一次也没贴出来过，{WRITTEN}",
    "category": "1",
    "who": ACCUSED,
    "post": "南礁村书记",
    "where": "西头大塘",
    "when": "去年秋天",
    "amount": "两万多",
    "item": "1",
    "origin": "1",
    "kinship": "1",
    "urgency": "1",
    "real_name": "1",
}
"""What a monitor answers, by the key of the question; what is not listed is skipped."""

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

    async def hears(self, part: str = "", after: int = 0, *, of: str = "") -> Seen:
        """The newest message of the bot that holds `part`, about the lead numbered `of`."""
        return await self.until(lambda: self.newest(part, after, of=of), f"{part} {of}")

    def newest(self, part: str = "", after: int = 0, *, of: str = "") -> Seen | None:
        """The newest message of the bot above an id that holds `part`, if there is one."""
        holds = (meant(part), of)
        shown = (m for m in self.person.messages() if m.id > after)
        found = [m for m in shown if all(one in m.text for one in holds)]
        return found[-1] if found else None

    def taps(self, label: str, message: Seen | None = None) -> str:
        """Press the newest button with this on it, and go on at once; the press's id."""
        return self.person.presses(meant(label), message)

    async def presses(self, label: str, part: str = "", *, message: Seen | None = None) -> Seen:
        """Press the newest button with this on it, and wait for a new message."""
        under = message or await self.has(label)
        mark = self.mark
        self.taps(label, under)
        return await self.hears(part, mark)

    async def has(self, label: str) -> Seen:
        """Wait until there is such a button; the message it stands under."""
        return await self.until(lambda: self.under(label), f"a button {label}")

    def under(self, label: str) -> Seen | None:
        """The newest message with such a button."""
        found = [m for m in self.person.messages() if m.button(meant(label))]
        return found[-1] if found else None

    async def joins(self) -> None:
        """Open the invitation."""
        await self.says(f"/start {self.code}")

    async def goes_home(self) -> Seen:
        """Back to the front door, wherever she is; an open report is kept as a draft."""
        mark = self.person.says("/start").id

        def shown() -> Seen | None:
            found = self.newest("", mark)
            return found if found and found.button(words("menu.button.mine")) else None

        return await self.until(shown, "the front door")

    # --- a report ----------------------------------------------------------------------------

    async def begins(self) -> Seen:
        """A new report, at its first question."""
        await self.goes_home()
        await self.presses("@menu.button.report", "@triage.ask")
        mark = self.mark
        self.taps("@triage.button.IT1")
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
            if words("report.preview") in question.text:
                return question
            question = await self.answers(answer_to(question, answers))
        raise AssertionError(f"the form does not end:\n{self.api.transcript(self.person)}")

    async def sends_photo(self, caption: str = "") -> bytes:
        """A photo, and wait until it is told to be kept."""
        body = photo()
        self.sent.append(body)
        await self.hears("@report.file_kept", self.person.sends_photo(body, caption).id)
        return body

    async def resumes(self) -> None:
        """Open the newest draft again, up to the last question before it is sent."""
        await self.goes_home()
        drafts = await self.presses("@menu.button.drafts", "@report.drafts.title")
        mark = self.mark
        self.taps("@report.drafts.line", drafts)
        await self.hears("@report.preview", mark)
        await self.presses("@form.button.send", "@report.confirm")

    async def submits(self) -> str:
        """From the preview to the receipt; its number."""
        await self.presses("@form.button.send", "@report.confirm")
        mark = self.mark
        self.taps("@report.confirm_yes")
        return number_in((await self.hears("@report.receipt", mark)).text)

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
            if words("office.act.changed") not in said:
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
    key = next((key for key, ask in asks().items() if ask in question.text), "")
    if words("report.category.ask_bare") in question.text:
        key = "category"
    return answers.get(key) or words("form.button.skip")


@cache
def asks() -> dict[str, str]:
    """The question that belongs to each key, as it is put."""
    own = {key: words(f"report.{key}.ask") for key in ("level", "category", "item")}
    return own | {field.key: field.ask for field in shipped().form("report").fields}


@cache
def words(key: str) -> str:
    """The longest stretch of one of the program's sentences that stands there whatever is filled
    in. Stories name what they wait for, so that whoever words it better breaks none.
    """
    pieces = re.split(r"\{\w+\}|\n", find(key))
    return max((piece.strip(" 　") for piece in pieces), key=len)


def meant(part: str) -> str:
    """`@key` is one of the program's sentences, anything else is itself."""
    return words(part[1:]) if part.startswith("@") else part


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
    canaries: list[str] = field(default_factory=list)  # what else a story planted
    _written: dict[str, Any] = field(default_factory=dict)  # a draft to be copied

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
        told = await officer.presses("@office.group.bind_button", "/bind")
        mark = group.room.last_id
        officer.person.says(told.text.strip().splitlines()[-1], chat=group)
        return await group.sees(words("office.group.bound"), timeout=20, after=mark)

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

    async def drafts_for(self, monitors: list[Talker]) -> None:
        """A report ready to be sent by each of these: the first one ever is written question by
        question and saved; the others are given a copy of that draft, and open it again.
        """
        if not self._written:
            writer = monitors[0]
            await writer.answers_all(await writer.begins(), STORY)
            await writer.presses("@form.button.save", "@report.saved")
            async with self.deployment.storage() as database, database.write() as tx:
                person = await self.person(tx, writer)
                draft = (await sessions.open_drafts(tx, person.id))[0]
                self._written = draft.content
                await sessions.finish_draft(tx, draft.id, "discarded", None, datetime.now(UTC))
        async with self.deployment.storage() as database, database.write() as tx:
            for one in monitors:
                person = await self.person(tx, one)
                await sessions.new_draft(tx, person.id, self._written, datetime.now(UTC))
        await asyncio.gather(*(one.resumes() for one in monitors))

    async def person(self, tx: Tx, one: Talker) -> people.Person:
        """Somebody as the roster knows her."""
        found = await people.find(tx, "telegram", str(one.person.id))
        assert found is not None, one.roster_name
        return found

    async def lead_of(self, monitor: Talker) -> str:
        """A lead that this monitor reports now; its number."""
        await self.drafts_for([monitor])
        mark = monitor.mark
        monitor.taps("@report.confirm_yes")
        return number_in((await monitor.hears("@report.receipt", mark)).text)

    async def accepted(self, monitor: Talker) -> str:
        """A lead that the first officer has accepted."""
        number = await self.lead_of(monitor)
        said = await self.officers[0].presses_card(self.group, "受理", number)
        assert words("office.act.done") in said
        await monitor.hears("@mine.told.registered", of=number)
        return number

    async def quiet(self, *lanes: str) -> None:
        """Wait until every update is fetched and worked on, and nothing is due in these lanes of
        the outbox (none: in any).
        """
        wanted = {outbox.LANES.index(lane) for lane in lanes or outbox.LANES}
        table = tables.outbox
        pending = select(table.c.lane).where(table.c.state == "pending")
        async with self.deployment.storage() as database:
            for _ in range(400):
                async with database.read() as tx:
                    due = await tx.all(pending.where(table.c.next_at <= datetime.now(UTC)))
                    waiting = self.api.updates.living() or await inbox.unfinished(tx)
                if not waiting and not wanted & {row.lane for row in due}:
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
        village = await places.add_place(tx, kind="village", name=VILLAGE, parent_id=street.id)
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
