"""One update after another for each person, and none that fails stops anybody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot import worker as module
from bot.channels import Refused
from bot.delivery import Delivery
from bot.intake import Intake, Peek
from bot.worker import Worker
from handlers.messages import FileRef, Heard, Inbound, Place
from handlers.texts import say
from storage import Busy, files, history, inbox, leads, outbox, people
from storage.people import Role
from tests.handlers.conftest import book, village  # noqa: F401
from tests.handlers.village import PNG, Village


class Reader:
    """Reads what the tests store; `bad` names texts that cannot be read."""

    def __init__(self, at: datetime, *, bad: tuple[str, ...] = ()) -> None:
        self.at, self.bad = at, bad
        self.trouble: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def read(self, body: dict[str, Any]) -> Inbound:
        """As stored, or raises."""
        if "read" in body:
            return Inbound.from_json(body["read"])
        if body["text"] in self.bad:
            raise RuntimeError(body["text"])
        kind = Heard.FILES if body.get("file") else Heard.TEXT
        ref = (FileRef("f", name="a.png", kind="photo"),) if body.get("file") else ()
        who = body["who"]
        return Inbound(
            "telegram", who, who, Place.PRIVATE, kind, self.at, text=body["text"], files=ref
        )

    async def fetch(self, ref: FileRef) -> AsyncIterator[bytes]:
        """A small picture, or the next trouble."""
        await self.gate.wait()
        if self.trouble:
            raise self.trouble.pop(0)
        yield PNG


class House:
    """A worker and an intake over a village."""

    def __init__(self, village: Village, **reader: Any) -> None:  # noqa: F811
        self.village = village
        self.now = village.now
        self.reader = Reader(village.now, **reader)
        delivery = Delivery(village.database, village.house, {}, lambda: self.now)
        self.worker = Worker(
            village.database,
            village.house,
            {"telegram": self.reader},
            delivery,
            lambda: self.now,
        )
        self.refused: list[str] = []
        self.soothed: list[str] = []
        self.intake = Intake(
            village.database, lambda: self.now, self.worker.wake, self.refuse, self.soothe
        )
        self.count = 0

    async def refuse(self, peek: Peek) -> None:
        """Somebody was sent away."""
        self.refused.append(peek.account)

    async def soothe(self, peek: Peek) -> None:
        """Somebody was told that we are busy."""
        self.soothed.append(peek.account)

    async def hears(self, who: str, text: str, *, file: bool = False, **more: Any) -> None:
        """An update comes in."""
        self.count += 1
        given = {"private": True, "has_files": file, **more}
        peek = Peek("telegram", str(self.count), who, who, **given)
        await self.intake.receive([(peek, {"who": who, "text": text, "file": file})])

    async def works(self) -> None:
        """Everything that can be done now is done; time passes for what waits."""
        for _ in range(40):
            while await self.worker.work_one() or await self.worker.fetch_one():
                pass
            async with self.village.database.read() as tx:
                if not await inbox.unfinished(tx):
                    return
            self.now += timedelta(seconds=20)

    async def told(self, who: str) -> str:
        """All that is on its way to somebody."""
        async with self.village.database.read() as tx:
            due = await outbox.due(tx, self.now + timedelta(days=3), limit=500)
        return "\n".join(one.payload.get("text", "") for one in due if one.chat == who)


async def begun(house: House) -> None:
    """A monitor with an open report."""
    await house.village.invited(Role.MONITOR, "王阿婆", "u1")
    voice = house.village.voices[-1]
    await voice.says("/start")
    await voice.presses("报一件事")
    await voice.presses("管事的人办事不对")


async def test_what_is_said_while_a_file_is_fetched_waits_for_it(
    village: Village,  # noqa: F811
) -> None:
    house = House(village)
    await begun(house)
    house.reader.gate.clear()
    await house.hears("u1", "", file=True)
    await house.hears("u1", "1")
    fetching = asyncio.create_task(house.worker.fetch_one())
    for _ in range(5):
        await asyncio.sleep(0.01)
        assert not await house.worker.work_one()
    house.reader.gate.set()
    assert await fetching
    await house.works()
    told = await house.told("u1")
    assert told.index(say("report.file_kept", n=1)) < told.index("出了什么事")


async def test_poison_is_parked_and_everybody_else_served(
    village: Village,  # noqa: F811
) -> None:
    steward = await village.invited(Role.STEWARD, "管", "s1")
    await village.invited(Role.MONITOR, "王阿婆", "u1")
    await village.invited(Role.MONITOR, "林伯", "u2")
    house = House(village, bad=("毒",))
    await house.hears("u1", "毒", file=True)
    await house.hears("u1", "毒")
    for n in range(20):
        await house.hears("u2", f"低保 {n}")
    await house.works()
    async with village.database.read() as tx:
        assert [one.error for one in await inbox.parked(tx)] == ["RuntimeError"] * 2
        assert all("毒" not in str(one.detail) for one in await history.recent(tx))
    assert (await house.told("u2")).count("低保") >= 20
    assert "inbox parked" in await house.told(steward.account)


@pytest.mark.parametrize("file", [False, True])
async def test_what_was_tampered_with_is_given_up_loudly_and_holds_up_nobody(
    village: Village,  # noqa: F811
    file: bool,
) -> None:
    steward = await village.invited(Role.STEWARD, "管", "s1")
    await village.invited(Role.MONITOR, "王阿婆", "u1")
    house = House(village)
    await house.hears("u1", "一", file=file)
    await house.hears("u1", "低保")
    async with village.database.write() as tx:
        await tx.conn.exec_driver_sql(
            "UPDATE inbox SET body = (SELECT body FROM inbox ORDER BY id DESC LIMIT 1)"
            " WHERE id = (SELECT min(id) FROM inbox WHERE state IN ('new', 'fetch'))"
        )
    await house.works()
    async with village.database.read() as tx:
        assert [one.error for one in await inbox.parked(tx)] == ["SealBroken"]
    assert "低保" in await house.told("u1")
    assert "inbox parked" in await house.told(steward.account)


async def test_a_failure_while_parking_loses_only_the_apology(
    village: Village,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await village.invited(Role.MONITOR, "王阿婆", "u1")
    house = House(village, bad=("毒",))

    async def fails(*_: Any, **__: Any) -> Any:
        raise LookupError

    monkeypatch.setattr(module, "alert", fails)
    await house.hears("u1", "毒")
    await house.hears("u1", "低保")
    await house.works()
    async with village.database.read() as tx:
        assert len(await inbox.parked(tx)) == 1
    assert "低保" in await house.told("u1")


async def test_a_hand_goes_on_after_an_error_nobody_thought_of(
    village: Village,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House(village)
    await begun(house)
    await house.hears("u1", "1")
    stop = asyncio.Event()
    calls = 0

    async def odd() -> bool:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ZeroDivisionError
        stop.set()
        return False

    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda _: sleep(0))
    monkeypatch.setattr(house.worker, "work_one", odd)
    await asyncio.wait_for(house.worker.run(stop, fetchers=0), 5)
    assert calls == 2


async def test_busy_in_the_middle_leaves_nothing_and_everything_happens_once_later(
    village: Village,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House(village)
    await begun(house)
    await house.hears("u1", "1")
    done = inbox.done

    async def busy(*_: Any) -> None:
        raise Busy

    monkeypatch.setattr(inbox, "done", busy)
    with pytest.raises(Busy):
        await house.worker.work_one()
    assert await house.told("u1") == ""
    monkeypatch.setattr(inbox, "done", done)
    await house.works()
    assert (await house.told("u1")).count("出了什么事") == 1


async def test_without_its_channel_an_update_waits_and_is_not_given_up(
    village: Village,  # noqa: F811
) -> None:
    await village.invited(Role.MONITOR, "王阿婆", "u1")
    house = House(village)
    await house.hears("u1", "低保")
    reader = house.worker.readers["telegram"]
    house.worker.readers = {}
    for _ in range(10):
        assert not await house.worker.work_one()
        house.now += timedelta(minutes=1)
    house.worker.readers = {"telegram": reader}
    await house.works()
    assert "低保" in await house.told("u1")


@pytest.mark.parametrize("back", [timedelta(days=2), timedelta(hours=3)])
async def test_a_clock_set_back_keeps_nobody_waiting(
    village: Village,  # noqa: F811
    back: timedelta,
) -> None:
    await village.invited(Role.MONITOR, "王阿婆", "u1")
    house = House(village)
    await house.hears("u1", "低保")
    house.now -= back
    assert await house.worker.work_one()


@pytest.mark.parametrize("reason", ["too_big", "empty", "unreachable"])
async def test_a_file_that_is_refused_is_said_so_and_the_draft_is_as_it_was(
    village: Village,  # noqa: F811
    reason: str,
) -> None:
    house = House(village)
    await begun(house)
    house.reader.trouble = [Refused(reason)]
    await house.hears("u1", "", file=True)
    await house.hears("u1", "1")
    await house.works()
    told = await house.told("u1")
    assert say(f"report.file_refused.{reason}") in told
    assert "出了什么事" in told


async def test_a_file_that_is_cut_short_is_fetched_again_from_the_start(
    village: Village,  # noqa: F811
) -> None:
    house = House(village)
    await begun(house)
    house.reader.trouble = [ConnectionError()] * 3
    await house.hears("u1", "", file=True)
    await house.works()
    assert say("report.file_kept", n=1) in await house.told("u1")


async def test_the_thirty_first_file_is_refused_and_the_thirty_stay(
    village: Village,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from bot import keeping

    monkeypatch.setattr(keeping, "MOST_FILES", 2)
    house = House(village)
    await begun(house)
    for _ in range(3):
        await house.hears("u1", "", file=True)
    await house.works()
    told = await house.told("u1")
    assert say("report.file_kept", n=2) in told
    assert say("report.file_refused.too_many") in told


async def test_whoever_is_removed_while_queued_is_refused_and_nothing_is_kept(
    village: Village,  # noqa: F811
) -> None:
    house = House(village)
    await begun(house)
    await house.hears("u1", "", file=True)
    await house.hears("u1", "陈阿大拿了钱")
    async with village.database.write() as tx:
        person = await people.find(tx, "telegram", "u1")
        assert person is not None
        await people.revoke(tx, person.id, house.now, None)
    await house.works()
    assert say("menu.stranger") in await house.told("u1")
    async with village.database.read() as tx:
        assert await leads.count_mine(tx, person.id) == 0
        assert await files.under_way(tx, person.id) == (0, 0)


async def test_strangers_leave_a_number_and_nothing_else(
    village: Village,  # noqa: F811
) -> None:
    house = House(village)
    for n in range(100):
        await house.hears(f"x{n}", "低保", file=n % 2 == 0)
    assert len(house.refused) == 5, "a few a second are answered"
    async with village.database.read() as tx:
        assert await inbox.unfinished(tx) == 0
        assert await outbox.due(tx, house.now) == []


async def test_a_crowd_with_false_invitations_is_slowed_and_then_not_answered(
    village: Village,  # noqa: F811
) -> None:
    house = House(village)
    for n in range(150):
        await house.hears(f"x{n}", f"/start guess{n}", invites=True)
    await house.works()
    async with village.database.read() as tx:
        answers = await outbox.due(tx, house.now, limit=500)
    assert len(answers) < 80


async def test_while_nothing_can_be_stored_those_inside_are_told_once_that_it_is_not_lost(
    village: Village,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House(village)
    await begun(house)
    store = inbox.store

    async def busy(*_: Any, **__: Any) -> None:
        raise Busy

    monkeypatch.setattr(inbox, "store", busy)
    monkeypatch.setattr(inbox, "ignore", busy)
    for who in ("u1", "stranger", "u1"):
        with pytest.raises(Busy):
            await house.hears(who, "1")
    assert house.soothed == ["u1"]
    assert house.refused == []
    monkeypatch.setattr(inbox, "store", store)
    await house.hears("u1", "1")
    await house.works()
    assert (await house.told("u1")).count("出了什么事") == 1
