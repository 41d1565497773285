"""What time brings: reminders once, none in a mass when a clock is wrong, absences owned up to."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.clock import Clock
from bot.delivery import Delivery
from handlers.messages import Outbound
from storage import instance, leads, outbox, sessions
from storage.people import Role
from tests.handlers.conftest import book, village  # noqa: F401
from tests.handlers.test_report import STORY, answer_all, begin, send
from tests.handlers.village import Village


class Time:
    """A wall clock and a monotonic one that can be moved apart."""

    def __init__(self, at: datetime) -> None:
        self.wall = at
        self.mono = 1000.0

    def passes(self, time: timedelta) -> None:
        self.wall += time
        self.mono += time.total_seconds()


@pytest.fixture
def time(now: datetime) -> Time:
    return Time(now)


def clock_of(village: Village, time: Time) -> Clock:  # noqa: F811
    delivery = Delivery(village.database, village.house, {}, lambda: time.wall)
    return Clock(village.database, village.house, delivery, lambda: time.wall, lambda: time.mono)


async def waiting(village: Village) -> list[Outbound]:  # noqa: F811
    from bot.post import from_letter

    async with village.database.read() as tx:
        far = village.now + timedelta(days=4000)
        return [from_letter(one) for one in await outbox.due(tx, far, limit=500)]


async def reported(village: Village) -> leads.Lead:  # noqa: F811
    await village.invited(Role.OFFICER, "周建国", "o1")
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await answer_all(wang, STORY)
    await send(wang)
    async with village.database.read() as tx:
        return (await leads.open_of(tx, village.office.id))[0]


async def test_an_overdue_lead_is_called_to_mind_once(village: Village, time: Time) -> None:  # noqa: F811
    lead = await reported(village)
    clock = clock_of(village, time)
    await clock.beat()
    assert not [one for one in await waiting(village) if lead.number in one.text]
    time.passes(timedelta(days=5))
    await clock.beat()
    time.passes(timedelta(minutes=1))
    await clock.beat()
    assert len([one for one in await waiting(village) if lead.number in one.text]) == 1


async def test_a_clock_that_jumps_sends_nothing_and_raises_an_alarm(
    village: Village,  # noqa: F811
    time: Time,
) -> None:
    lead = await reported(village)
    clock = clock_of(village, time)
    await clock.beat()
    time.wall += timedelta(days=400)
    await clock.beat()
    await clock.beat()
    assert clock.alarm == "clock"
    assert not [one for one in await waiting(village) if lead.number in one.text]


async def test_an_absence_is_owned_up_to(village: Village, time: Time) -> None:  # noqa: F811
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    async with village.database.write() as tx:
        await instance.heartbeat(tx, time.wall)
    time.passes(timedelta(hours=30))
    await clock_of(village, time).own_up()
    told = [one for one in await waiting(village) if one.chat == wang.account]
    assert len(told) == 1
    assert "11-22 09:30" in told[0].text


async def test_a_draft_left_for_a_week_is_called_to_mind_and_never_sent(
    village: Village,  # noqa: F811
    time: Time,
) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await wang.says("1")
    time.passes(timedelta(days=8))
    clock = clock_of(village, time)
    await clock.beat()
    await clock.beat()
    assert len([one for one in await waiting(village) if one.chat == wang.account]) == 1
    time.passes(timedelta(days=40))
    await clock.beat()
    async with village.database.read() as tx:
        person = await sessions_owner(tx)
        assert await sessions.open_drafts(tx, person) == []
        assert await leads.open_of(tx, village.office.id) == []


async def sessions_owner(tx: object) -> str:
    from storage import people

    found = await people.find(tx, "telegram", "u1")  # type: ignore[arg-type]
    assert found is not None
    return found.id
