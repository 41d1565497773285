"""What must hold after every story, whatever went wrong in it (`checker` of the fault plan).

`check` looks at what people were shown, at the database, at the sealed files and at what was
printed, and says everything that does not hold. It is run when the server has stopped.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

import asyncpg
from sqlalchemy import make_url, select

from handlers.texts import find
from storage import inbox, outbox, tables
from storage.database import Database
from storage.verify import verify
from tests.fake_telegram import FakeTelegram
from tests.journeys import town as sample
from tests.journeys.serving import SECRET, Deployment
from tests.journeys.town import Talker, Town

RECEIPT = re.compile(
    "|".join(
        re.escape(find(key).partition("{files}")[0]).replace(
            r"\{number\}", r"([A-Z]{2}-\d{6}-\w+)"
        )
        + r"(\d+)"
        for key in ("report.receipt", "report.receipt_later")
    )
)
"""The words of a receipt, up to the number of files."""


@dataclass(frozen=True)
class Receipt:
    """What a monitor was promised: this number, with so many files."""

    number: str
    files: int


@dataclass
class Outcome:
    """What a check found: problems, and what was counted."""

    problems: list[str] = field(default_factory=list)
    leads: int = 0
    receipts: int = 0
    repeated_receipts: int = 0
    repeated_cards: int = 0
    updates: int = 0
    letters: Counter[str] = field(default_factory=Counter)

    def hold(self) -> None:
        """Fail with everything that does not."""
        assert not self.problems, "\n".join(self.problems)


def receipts(api: FakeTelegram) -> list[Receipt]:
    """Every receipt ever shown to anybody, repeated ones too."""
    found = []
    for room in api.world.rooms.values():
        for post in room.posts:
            told = RECEIPT.search(str(post.body.get("text", ""))) if post.mine else None
            if told:
                number, files = [part for part in told.groups() if part]
                found.append(Receipt(number, int(files)))
    return found


async def check(town: Town, *, submitted: int | None = None) -> Outcome:
    """Everything that must hold. `submitted`: how many leads there must be, if the story knows."""
    deployment, api = town.deployment, town.api
    outcome = Outcome()
    async with deployment.storage() as database:
        await _cases(database, town, outcome)
        await _queues(database, api, outcome)
        outcome.problems += [f"verify: {p.where}: {p.what}" for p in await verify(database)]
    if submitted is not None and outcome.leads != submitted:
        outcome.problems.append(f"{outcome.leads} leads for {submitted} submissions")
    outcome.problems += [
        f"canary {name} stands in {place}"
        for place, body, canaries in [swept async for swept in _places(town, town.canaries)]
        for name, canary in canaries.items()
        if canary in body
    ]
    return outcome


async def _cases(database: Database, town: Town, outcome: Outcome) -> None:
    """Every receipted lead is there with its files; one lead a draft; one card a chat."""
    shown = receipts(town.api)
    counted = Counter(receipt.number for receipt in shown)
    promised = {receipt.number: receipt.files for receipt in shown}
    sent = {hashlib.sha256(body).hexdigest() for one in town.talkers for body in one.sent}
    async with database.read() as tx:
        rows = await tx.all(select(tables.leads))
        kept: dict[str, list[str]] = {row.id: [] for row in rows}
        for file in await tx.all(select(tables.files.c.lead_id, tables.files.c.sha256)):
            if file.lead_id:
                kept[file.lead_id].append(file.sha256)
    numbers = {row.number: row for row in rows}
    drafts = Counter(row.draft_id for row in rows)
    say = outcome.problems.append
    for number, files in promised.items():
        if number not in numbers:
            say(f"{number} has a receipt and is gone")
        elif len(kept[numbers[number].id]) < files:
            say(f"{number} promised {files} files and has {len(kept[numbers[number].id])}")
    for lead, hashes in kept.items():
        for strange in set(hashes) - sent:
            say(f"lead {lead} holds a file nobody sent: {strange}")
        if len(set(hashes)) != len(hashes):
            say(f"lead {lead} holds a file twice")
    for draft, times in drafts.items():
        if times > 1:
            say(f"draft {draft} became {times} leads")
    for number in numbers:
        if number not in promised:
            say(f"{number} was submitted and nobody was told its number")
    outcome.leads, outcome.receipts = len(rows), len(shown)
    outcome.repeated_receipts = sum(times - 1 for times in counted.values())
    outcome.repeated_cards = _repeated_cards(town, numbers)


def _repeated_cards(town: Town, numbers: Iterable[str]) -> int:
    """How many copies of cards too many stand in the group."""
    standing = Counter(
        number for number in numbers for message in town.group.messages() if number in message.text
    )
    return sum(times - 1 for times in standing.values())


async def _queues(database: Database, api: FakeTelegram, outcome: Outcome) -> None:
    """Every confirmed update is a finished row; every letter is sent, due, dropped or shown."""
    say = outcome.problems.append
    async with database.read() as tx:
        known = {row.update_id: row for row in await tx.all(select(tables.inbox))}
        letters = await tx.all(select(tables.outbox))
        listed = {letter.id for letter in await outbox.undelivered(tx)}
        waiting = await inbox.unfinished(tx)
    if waiting:
        say(f"{waiting} updates were not worked on")
    for number in api.updates.confirmed:
        if number and str(number) not in known:
            say(f"update {number} was confirmed and is nowhere")
    for row in known.values():
        if row.state == "parked" and not row.reason:
            say(f"update {row.update_id} is parked without a reason")
        if row.state not in {"done", "ignored", "parked", "fetch", "new"}:
            say(f"update {row.update_id} is {row.state}")
        if row.state in {"done", "ignored"} and row.body is not None:
            say(f"update {row.update_id} is {row.state} and its body is still there")
    for letter in letters:
        outcome.letters[letter.state] += 1
        if letter.state not in {"sent", "pending", "dead", "dropped", "held"}:
            say(f"letter {letter.id} is {letter.state}")
        if letter.state == "dead" and letter.id not in listed:
            say(f"letter {letter.id} is dead and in no list")
        if letter.state == "dead" and not letter.error:
            say(f"letter {letter.id} is dead and nobody knows why")
    outcome.updates = len(known)


# --- the canary sweep ----------------------------------------------------------------------------


def identity(talkers: Iterable[Talker]) -> dict[str, bytes]:
    """Who somebody is: the name on the roster, on the phone, the username, the account."""
    found: dict[str, bytes] = {}
    for one in talkers:
        account = one.person.account
        told = (one.roster_name, account.name, account.username, str(account.id))
        found |= {f"of {one.roster_name}: {word}": word.encode() for word in told}
    return found


def written() -> dict[str, bytes]:
    """What was written and must stay sealed."""
    words = (sample.WRITTEN, sample.ACCUSED, sample.PHONE_IN_TEXT, sample.EXIF)
    return {word: word.encode() for word in words}


VILLAGE = {"the village": sample.VILLAGE.encode()}
"""Where there is one monitor, the village says who she is: the database does not name it."""


def credentials(town: Town) -> dict[str, bytes]:
    """What opens doors."""
    found = {"the token": town.api.token.partition(":")[2].encode()}
    found["the webhook's secret"] = SECRET.encode()
    found["the key"] = town.deployment.key_file.read_bytes().split()[1]
    codes = {f"the invitation of {one.roster_name}": one.code.encode() for one in town.talkers}
    return found | codes


Swept = tuple[str, bytes, dict[str, bytes]]


async def _places(town: Town, more: list[str]) -> AsyncIterator[Swept]:
    """Every place to be swept, its bytes, and what must not stand there."""
    extra = {word: word.encode() for word in more}
    doors, people = credentials(town), identity(town.talkers)
    everything = doors | people | written() | extra
    yield "the log", town.deployment.log.read_bytes(), everything
    yield "the database", await _dump(town.deployment), everything | VILLAGE
    for path in sorted(town.deployment.folder.rglob("*")):
        inside = path.is_file() and town.deployment.key_file != path
        if inside and path != town.deployment.log and not path.name.startswith("cunjian.db"):
            yield path.name, path.read_bytes(), everything
    secret = doors | identity(town.monitors) | written() | extra
    for chat, room in town.api.world.rooms.items():
        if room.kind != "private":
            yield f"group {chat}", _readable(town.api.received(chat)), secret
    for one in town.monitors:
        others = identity([other for other in town.monitors if other is not one])
        body = _readable(town.api.received(one.person))
        yield f"the chat of {one.roster_name}", body, _without(others, one)


def _without(others: dict[str, bytes], one: Talker) -> dict[str, bytes]:
    own = identity([one]).values()
    return {name: word for name, word in others.items() if not any(word in o for o in own)}


def _readable(received: bytes) -> bytes:
    """What a chat received; `received` shows the bot's own posts with the chat's own name on
    them, which the bot did not say: only words, buttons and files are looked at."""
    return re.sub(rb"'chat': \{[^}]*\}|'reply_to_message': \{.*?\}\}", b"", received)


async def _dump(deployment: Deployment) -> bytes:
    """Every byte the database keeps: the files of SQLite, every row of PostgreSQL."""
    if not deployment.postgres:
        return b"".join(path.read_bytes() for path in sorted(deployment.data.glob("cunjian.db*")))
    plain = make_url(deployment.url).set(drivername="postgresql")
    connection = await asyncpg.connect(plain.render_as_string(hide_password=False))
    found: list[bytes] = []
    try:
        for table in tables.metadata.sorted_tables:
            for row in await connection.fetch(f'SELECT * FROM "{table.name}"'):
                found += [v if isinstance(v, bytes) else str(v).encode() for v in row.values()]
    finally:
        await connection.close()
    return b"\n".join(found)
