"""What comes of each letter is written down once, for every outcome, whatever else goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from bot.channels import Dead, Halt, Migrated, Parcel, Retry, Sent, Spoken, Stop, Why
from bot.delivery import Delivery
from bot.post import lay_in_outbox
from handlers.messages import Lane, Outbound
from storage import Busy, leads, outbox, places
from storage.database import Database, Tx
from storage.people import Role
from tests.handlers.conftest import book, village  # noqa: F401
from tests.handlers.test_report import STORY, answer_all, begin, only_lead, send
from tests.handlers.village import Village


class Mouth:
    """Says what it is told to have come of each letter; `Sent` where nothing is told."""

    def __init__(self, *outcomes: Spoken) -> None:
        self.outcomes = list(outcomes)
        self.said: list[Outbound] = []

    async def speak(self, letter: Outbound, parcels: Sequence[Parcel] = ()) -> Spoken:
        """Keep it."""
        self.said.append(letter)
        return self.outcomes.pop(0) if self.outcomes else Sent(str(len(self.said)))


class Shaky:
    """A database that is busy for the first few writes."""

    def __init__(self, database: Database, busy: int) -> None:
        self.read, self._database, self.busy = database.read, database, busy

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """Busy at the end, as at a commit that does not get through."""
        async with self._database.write() as tx:
            yield tx
            if self.busy:
                self.busy -= 1
                raise Busy


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting takes no time."""
    sleep = asyncio.sleep

    async def short(seconds: float) -> None:
        await sleep(min(seconds, 0.001))

    monkeypatch.setattr(asyncio, "sleep", short)


async def deliver(
    database: Any, now: datetime, out: Sequence[Outbound], mouth: Mouth, **more: Any
) -> Delivery:
    """Lay it in the outbox and let it be said; ends when every outcome is written down."""
    house = more.pop("house", None)
    mouths = {"telegram": mouth, **more}
    delivery = Delivery(database, cast(Any, house), mouths, lambda: now)
    async with delivery.database.write() as tx:
        letters = await lay_in_outbox(tx, list(out), now)
    await settle(delivery, lambda: delivery.push(letters))
    return delivery


async def settle(delivery: Delivery, begin: Callable[[], None]) -> None:
    keeper = asyncio.create_task(delivery._write_down())
    begin()
    async with asyncio.timeout(5):
        while delivery._tasks or delivery._known:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
    assert not keeper.done()
    keeper.cancel()


async def rows(database: Database, now: datetime) -> list[str]:
    async with database.read() as tx:
        return [one.payload["text"] for one in await outbox.due(tx, now)]


async def test_what_was_said_is_not_said_again_however_long_the_database_is_away(
    database: Database, now: datetime
) -> None:
    mouth = Mouth()
    shaky = Shaky(database, 0)
    delivery = Delivery(cast(Any, shaky), cast(Any, None), {"telegram": mouth}, lambda: now)
    async with database.write() as tx:
        letters = await lay_in_outbox(tx, [Outbound("telegram", "7", text="a")], now)
    shaky.busy = 12
    keeper = asyncio.create_task(delivery._write_down())
    delivery.push(letters)
    for _ in range(50):
        await delivery.scan()
        await asyncio.sleep(0.01)
    assert [one.text for one in mouth.said] == ["a"]
    assert await rows(database, now) == []
    keeper.cancel()


async def test_one_outcome_that_cannot_be_written_down_stops_nobody(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Outbound("telegram", "8", text="card", quiz=None)
    whole = Delivery._record

    async def poisoned(self: Delivery, tx: Tx, letter: Any, one: Outbound, spoken: Spoken) -> Any:
        if one.text == "card":
            raise KeyError
        return await whole(self, tx, letter, one, spoken)

    monkeypatch.setattr(Delivery, "_record", poisoned)
    mouth = Mouth()
    others = [Outbound("telegram", str(n), text=str(n)) for n in range(5)]
    delivery = await deliver(database, now, [card, *others], mouth)
    await settle(delivery, lambda: None)
    assert await rows(database, now + timedelta(days=1)) == []


async def test_a_dead_channel_leaves_its_letters_and_lets_the_others_speak(
    database: Database, now: datetime
) -> None:
    telegram, web = Mouth(Stop(Halt.TOKEN)), Mouth()
    out = [Outbound("telegram", "7", text="t1"), Outbound("telegram", "7", text="t2")]
    out += [Outbound("web", "w", text="w1")]
    delivery = await deliver(database, now, out, telegram, web=web)
    assert delivery.stopped is Halt.TOKEN
    assert [one.text for one in web.said] == ["w1"]
    async with database.write() as tx:
        await lay_in_outbox(tx, [Outbound("web", "w", text="w2")], now)
    found = asyncio.create_task(delivery.scan())
    await found
    await settle(delivery, lambda: None)
    assert [one.text for one in web.said] == ["w1", "w2"]
    assert await rows(database, now) == ["t1", "t2"]


async def test_letters_of_a_channel_that_is_not_there_hide_nobodys(
    database: Database, now: datetime
) -> None:
    async with database.write() as tx:
        old = [Outbound("telegram", str(n), text="t", lane=Lane.RECEIPT) for n in range(205)]
        await lay_in_outbox(tx, [*old, Outbound("web", "w", text="w")], now)
    web = Mouth()
    delivery = Delivery(database, cast(Any, None), {"web": web}, lambda: now)
    await delivery.scan()
    await settle(delivery, lambda: None)
    assert [one.text for one in web.said] == ["w"]


async def test_a_group_with_a_long_queue_hides_nobodys_letters(
    database: Database, now: datetime
) -> None:
    gate = asyncio.Event()

    class Slow(Mouth):
        async def speak(self, letter: Outbound, parcels: Sequence[Parcel] = ()) -> Spoken:
            if letter.chat == "-1":
                await gate.wait()
            return await super().speak(letter, parcels)

    mouth = Slow()
    async with database.write() as tx:
        cards = [Outbound("telegram", "-1", text="c", lane=Lane.CARD) for _ in range(205)]
        await lay_in_outbox(
            tx, [*cards, Outbound("telegram", "7", text="n", lane=Lane.NOTICE)], now
        )
    delivery = Delivery(database, cast(Any, None), {"telegram": mouth}, lambda: now)
    keeper = asyncio.create_task(delivery._write_down())
    for _ in range(20):
        await delivery.scan()
        await asyncio.sleep(0.01)
    assert [one.text for one in mouth.said] == ["n"]
    gate.set()
    keeper.cancel()


async def test_a_letter_to_be_tried_again_keeps_its_place_before_the_next(
    database: Database, now: datetime
) -> None:
    mouth = Mouth(Retry(3.0, "429"))
    out = [Outbound("telegram", "7", text="1"), Outbound("telegram", "7", text="2")]
    delivery = await deliver(database, now, out, mouth)
    await delivery.scan()
    assert [one.text for one in mouth.said] == ["1"]
    delivery.now = lambda: now + timedelta(seconds=4)
    await delivery.scan()
    await settle(delivery, lambda: None)
    assert [one.text for one in mouth.said] == ["1", "1", "2"]


@pytest.mark.parametrize("back", [timedelta(days=2), timedelta(hours=5)])
async def test_a_clock_set_back_holds_up_no_letter(
    database: Database, now: datetime, back: timedelta
) -> None:
    async with database.write() as tx:
        await lay_in_outbox(tx, [Outbound("telegram", "7", text="a")], now)
    assert await rows(database, now - back) == ["a"]


async def test_all_letters_of_a_group_that_moved_arrive_in_order(
    village: Village,  # noqa: F811
) -> None:
    mouth = Mouth(Migrated("-900"), Migrated("-900"))
    out = [Outbound("telegram", "-100", text=text) for text in ("1", "2", "3")]
    delivery = await deliver(village.database, village.now, out[:2], mouth)
    async with village.database.write() as tx:
        await lay_in_outbox(tx, [Outbound("telegram", "-900", text="3")], village.now)
    await delivery.scan()
    await settle(delivery, lambda: None)
    assert [(one.chat, one.text) for one in mouth.said[2:]] == [
        ("-900", "1"),
        ("-900", "2"),
        ("-900", "3"),
    ]


async def card_of(village: Village) -> tuple[leads.Lead, list[Outbound]]:  # noqa: F811
    await village.invited(Role.OFFICER, "周建国", "o1")
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await answer_all(wang, STORY)
    await send(wang)
    lead = await only_lead(village)
    return lead, [one for one in village.group if one.card]


@pytest.mark.parametrize("why", [Why.KICKED, Why.FORBIDDEN])
async def test_a_card_that_could_not_get_in_arrives_once_the_bot_is_back(
    village: Village,  # noqa: F811
    why: Why,
) -> None:
    lead, card = await card_of(village)
    mouth = Mouth(Dead(why))
    delivery = await deliver(village.database, village.now, card, mouth, house=village.house)
    await settle(delivery, lambda: None)
    assert [one.chat for one in mouth.said] == ["-100", "o1"]
    assert "办公群" in mouth.said[1].text
    async with village.database.read() as tx:
        assert len(await outbox.undelivered(tx)) == 1
    async with village.database.write() as tx:
        assert await outbox.revive(tx, "telegram", "-100", village.now) == 1
    await delivery.scan()
    await settle(delivery, lambda: None)
    assert lead.number in mouth.said[2].text
    async with village.database.read() as tx:
        now = await leads.get(tx, lead.id)
    assert now is not None
    assert now.forwarded_at is not None


async def test_a_card_on_its_way_to_a_group_that_was_given_up_is_not_posted(
    village: Village,  # noqa: F811
) -> None:
    lead, card = await card_of(village)
    async with village.database.write() as tx:
        await places.unbind_chat(tx, village.office.id)
    mouth = Mouth()
    await deliver(village.database, village.now, card, mouth, house=village.house)
    assert mouth.said == []
    async with village.database.read() as tx:
        now = await leads.get(tx, lead.id)
    assert now is not None
    assert now.forwarded_at is None


async def test_a_card_on_its_way_to_the_office_before_tells_it_nothing(
    village: Village,  # noqa: F811
) -> None:
    lead, card = await card_of(village)
    async with village.database.write() as tx:
        await places.bind_chat(tx, village.upper.id, "telegram", "-200", village.now)
        await leads.move(
            tx,
            lead,
            ("submitted",),
            event="transfer",
            by=None,
            now=village.now,
            office=village.upper.id,
        )
    mouth = Mouth()
    await deliver(village.database, village.now, card, mouth, house=village.house)
    assert mouth.said == []
    async with village.database.read() as tx:
        now = await leads.get(tx, lead.id)
    assert now is not None
    assert now.forwarded_at is None, "the office that has it now has not seen it"


async def test_a_letter_that_was_tampered_with_is_shown_as_dead_and_holds_up_nobody(
    database: Database, now: datetime
) -> None:
    async with database.write() as tx:
        out = [Outbound("telegram", str(n), text=str(n)) for n in range(3)]
        first, *_ = await lay_in_outbox(tx, out, now)
        await tx.conn.exec_driver_sql(
            "UPDATE outbox SET letter = (SELECT letter FROM outbox ORDER BY id DESC LIMIT 1)"
            f" WHERE id = {first.id}"
        )
    mouth = Mouth()
    delivery = Delivery(database, cast(Any, None), {"telegram": mouth}, lambda: now)
    await delivery.scan()
    await settle(delivery, lambda: None)
    assert [one.text for one in mouth.said] == ["1", "2"]
    async with database.read() as tx:
        assert [one.id for one in await outbox.undelivered(tx)] == [first.id]


async def test_news_that_cannot_reach_her_is_told_to_the_office_even_before_anybody_accepts(
    village: Village,  # noqa: F811
) -> None:
    lead, _ = await card_of(village)
    told = Outbound("telegram", "u1", text="x", key=f"told:{lead.id}:opened:1")
    mouth = Mouth(Dead(Why.BLOCKED))
    delivery = await deliver(village.database, village.now, [told], mouth, house=village.house)
    await settle(delivery, lambda: None)
    assert [one.chat for one in mouth.said] == ["u1", "-100"]
    assert lead.number in mouth.said[1].text
    assert "王阿婆" not in mouth.said[1].text


async def test_every_message_of_a_long_letter_is_taken_out_later(
    database: Database, now: datetime
) -> None:
    mouth = Mouth(Sent("13", also=("11", "12")))
    await deliver(database, now, [Outbound("telegram", "7", text="long")], mouth)
    async with database.write() as tx:
        swept = await outbox.sweep(tx, now + timedelta(days=1))
    assert swept == {("telegram", "7"): ["11", "12", "13"]}


async def test_spent_rows_go_and_keys_that_matter_stay(database: Database, now: datetime) -> None:
    out = [Outbound("telegram", "7", text=str(n)) for n in range(9)]
    out += [Outbound("telegram", "7", text="receipt", key="receipt:x")]
    await deliver(database, now, out, Mouth())
    later = now + timedelta(days=31)
    async with database.write() as tx:
        assert await outbox.forget(tx, later) == 0, "not yet wiped"
        await outbox.sweep(tx, later)
        assert await outbox.forget(tx, now) == 0, "not yet old"
        assert await outbox.forget(tx, later) == 9
        again = await lay_in_outbox(tx, out[-1:], later)
    assert again == []
