"""A clock that goes astray, leads that come due in a mass, a database away at the start."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.clock import CLOCK, TOO_MANY, Clock
from handlers import reminding
from handlers.messages import Outbound
from storage import Busy, instance, leads, outbox
from storage.people import Role
from tests.bot.test_clock import Time, clock_of, reported, waiting
from tests.handlers.conftest import book, village  # noqa: F401
from tests.handlers.village import Village


@pytest.fixture
def time(now: datetime) -> Time:
    return Time(now)


async def told(village: Village, who: str) -> list[str]:  # noqa: F811
    return [one.text for one in await waiting(village) if one.chat == who]


async def late_leads(village: Village, count: int) -> None:  # noqa: F811
    """So many open leads that come due on one day, beside the one that was reported."""
    lead = await reported(village)
    async with village.database.write() as tx:
        for _ in range(count - 1):
            await leads.submit(
                tx,
                draft_id=None,
                reporter_id=lead.reporter_id,
                office=village.office,
                place_id=lead.place_id,
                content=lead.content,
                category=lead.category,
                urgent=False,
                pack="",
                now=village.now,
                due_at=lead.due_at,
            )


async def test_a_clock_put_right_again_goes_on_where_it_stopped(
    village: Village,  # noqa: F811
    time: Time,
) -> None:
    await village.invited(Role.STEWARD, "管", "s1")
    lead = await reported(village)
    clock = clock_of(village, time)
    await clock.beat()
    time.wall += timedelta(days=400)
    await clock.beat()
    await clock.beat()
    assert clock.alarm == CLOCK
    assert len(await told(village, "s1")) == 1
    time.wall -= timedelta(days=400)
    time.passes(timedelta(days=5))
    await clock.beat()
    assert clock.alarm == ""
    assert len([one for one in await waiting(village) if lead.number in one.text]) == 1


async def test_a_clock_set_back_reminds_nobody_twice(
    village: Village,  # noqa: F811
    time: Time,
) -> None:
    lead = await reported(village)
    clock = clock_of(village, time)
    time.passes(timedelta(days=5))
    await clock.beat()
    time.wall -= timedelta(days=2)
    await clock.beat()
    assert clock.alarm == CLOCK
    time.wall += timedelta(days=2)
    await clock.beat()
    assert len([one for one in await waiting(village) if lead.number in one.text]) == 1


async def test_a_mass_of_reminders_is_held_back_and_none_of_them_is_lost(
    village: Village,  # noqa: F811
    time: Time,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reminding, "MOST", 3)
    await village.invited(Role.STEWARD, "管", "s1")
    await late_leads(village, 5)
    clock = clock_of(village, time)
    time.passes(timedelta(days=5))
    await clock.beat()
    await clock.beat()
    assert clock.alarm == TOO_MANY
    assert len(await told(village, "s1")) == 1
    async with village.database.read() as tx:
        alive = await instance.last_alive(tx)
    assert alive == time.wall, "it is alive all the same, and owns up to no absence later"
    monkeypatch.setattr(reminding, "MOST", 9)
    await clock.beat()
    assert clock.alarm == ""
    reminded = [one for one in await waiting(village) if one.key.startswith("due:")]
    assert len(reminded) == 5


async def test_an_absence_is_not_forgotten_because_the_database_was_away_at_the_start(
    village: Village,  # noqa: F811
    time: Time,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await village.invited(Role.MONITOR, "王阿婆", "u1")
    async with village.database.write() as tx:
        await instance.heartbeat(tx, time.wall)
    time.passes(timedelta(hours=30))
    clock = clock_of(village, time)
    own_up, tries = Clock.own_up, 0

    async def busy_first(self: Clock) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise Busy
        await own_up(self)

    monkeypatch.setattr(Clock, "own_up", busy_first)

    class Stop:
        """Stops after a few beats, without waiting."""

        count = 0

        def is_set(self) -> bool:
            self.count += 1
            return self.count > 4

        async def wait(self) -> None:
            raise TimeoutError

    stop: Any = Stop()
    await clock.run(stop)
    assert len([one for one in await told(village, "u1") if "没在线" in one]) == 1


async def test_letters_that_wait_too_long_are_told_to_the_steward_once_a_day(
    village: Village,  # noqa: F811
    time: Time,
) -> None:
    from bot.post import lay_in_outbox

    await village.invited(Role.STEWARD, "管", "s1")
    async with village.database.write() as tx:
        await lay_in_outbox(tx, [Outbound("telegram", "-100", text="x")], time.wall)
    clock = clock_of(village, time)
    await clock.beat()
    assert await told(village, "s1") == []
    time.passes(timedelta(minutes=11))
    await clock.beat()
    await clock.beat()
    assert len(await told(village, "s1")) == 1
    async with village.database.read() as tx:
        assert await outbox.late(tx, time.wall - timedelta(minutes=10)) == 1
