"""Leads: one per draft, one number each, one holder, one history row for each step."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from storage import history, leads, sessions
from storage.leads import Lead
from storage.verify import fold
from tests.storage.conftest import House

DAY = timedelta(days=1)


async def test_a_draft_becomes_one_lead(house: House) -> None:
    async with house.database.write() as tx:
        draft = await house.draft(tx, {"what": "x"})
        lead = await house.report(tx, "字\0字", draft_id=draft)
        again, made = await leads.submit(
            tx,
            draft_id=draft,
            reporter_id=house.monitor.id,
            office=house.office,
            place_id=house.village.id,
            content={},
            category="",
            urgent=True,
            pack="",
            now=house.now + DAY,
        )
        assert (again, made) == (lead, False)
        assert lead.content == {"what": "字�字"}
        assert lead.number.startswith("QS-261122-1")
        assert await leads.get(tx, lead.id) == lead
        ended = await sessions.get_draft(tx, draft, house.monitor.id)
        assert ended is not None
        assert (ended.state, ended.lead_id) == ("submitted", lead.id)
        assert [(e.event, e.state) for e in await history.of_lead(tx, lead.id)] == [
            ("submitted", "submitted")
        ]


async def test_pressed_twice_at_once_it_is_one_lead(house: House) -> None:
    async with house.database.write() as tx:
        draft = await house.draft(tx)

    async def submit() -> Lead:
        async with house.database.write() as tx:
            return await house.report(tx, draft_id=draft)

    made = await asyncio.gather(*(submit() for _ in range(6)))
    assert len({lead.id for lead in made}) == 1
    async with house.database.read() as tx:
        assert len(await leads.all_leads(tx)) == 1


async def test_numbers_count_by_office_and_beijing_day(house: House) -> None:
    async def report(**other: object) -> str:
        async with house.database.write() as tx:
            return (await house.report(tx, **other)).number

    numbers = await asyncio.gather(*(report() for _ in range(5)))
    assert sorted(n[10:-1] for n in numbers) == ["1", "2", "3", "4", "5"]
    assert (await report(now=house.now + DAY))[:11] == "QS-261123-1"
    assert (await report(office=house.above))[:11] == "YX-261122-1"


async def test_it_is_found_however_the_number_is_typed(house: House) -> None:
    async with house.database.write() as tx:
        lead = await house.report(tx)
        assert await leads.by_number(tx, f" {lead.number.lower().replace('-', ' ')}") == lead
        assert await leads.by_number(tx, lead.number[:-1] + "?") is None


async def test_of_two_who_accept_at_once_one_wins(house: House) -> None:
    """Both saw the lead free; without the revision in the UPDATE both would hold it."""
    async with house.database.write() as tx:
        seen = await house.report(tx)

    async def accept(who: str) -> Lead | None:
        async with house.database.write() as tx:
            return await leads.move(
                tx, seen, ["received"], event="accept", by=who, now=house.now, holder=who
            )

    results = await asyncio.gather(accept(house.officer.id), accept(house.colleague.id))
    (won,) = [lead for lead in results if lead]
    async with house.database.read() as tx:
        assert await leads.get(tx, seen.id) == won
        accepted = [e for e in await history.of_lead(tx, seen.id) if e.event == "accept"]
        assert [e.by for e in accepted] == [won.holder_id]


async def test_each_state_walked_through_is_written_down(house: House) -> None:
    async with house.database.write() as tx:
        lead = await house.report(tx)
        moved = await leads.move(
            tx,
            lead,
            ["received", "registered"],
            event="accept",
            by=house.officer.id,
            now=house.now + DAY,
            detail={"why": "属本办"},
            holder=house.officer.id,
            due_at=house.now + 15 * DAY,
        )
        assert moved is not None
        assert (moved.state, moved.holder_id, moved.revision) == (
            "registered",
            house.officer.id,
            2,
        )
        assert moved.state_since == house.now + DAY
        assert await leads.get(tx, lead.id) == moved
        steps = await history.of_lead(tx, lead.id)
        assert [e.state for e in steps] == ["submitted", "received", "registered"]
        assert steps[-1].detail == {"why": "属本办", "holder_id": house.officer.id}
        given = await leads.move(
            tx,
            moved,
            event="transfer",
            by=house.officer.id,
            now=house.now + DAY,
            office=house.above.id,
            holder=None,
        )
        assert given is not None
        assert (given.state, given.state_since) == ("registered", moved.state_since)
        closed = await leads.move(
            tx,
            given,
            ["closed_clear"],
            event="close",
            by=None,
            now=house.now,
            outcome="clear",
            before="registered",
            due_at=None,
            closed_at=house.now,
        )
        assert closed is not None
        assert closed == await leads.get(tx, lead.id)
        assert fold(await history.of_lead(tx, lead.id)) == {
            "number": lead.number,
            "state": "closed_clear",
            "holder_id": None,
            "office_id": house.above.id,
            "outcome": "clear",
        }


async def test_first_times_stay(house: House) -> None:
    async with house.database.write() as tx:
        lead = await house.report(tx)
        lead = await leads.mark(tx, lead, forwarded_at=house.now, opened_at=house.now)
        lead = await leads.mark(tx, lead, opened_at=house.now + DAY, accepted_at=house.now + DAY)
        assert (lead.opened_at, lead.accepted_at) == (house.now, house.now + DAY)
        assert await leads.get(tx, lead.id) == lead
        assert await leads.mark(tx, lead) == lead


async def test_the_register_lists(house: House) -> None:
    async with house.database.write() as tx:
        old = await house.report(tx)
        new = await house.report(tx, now=house.now + DAY, due_at=house.now + 2 * DAY)
        urgent = await house.report(tx, now=house.now + 2 * DAY, urgent=True)
        assert await leads.open_of(tx, house.office.id) == [urgent, old, new]
        assert await leads.open_of(tx, house.office.id, limit=1, offset=1) == [old]
        assert await leads.mine(tx, house.monitor.id, 2) == [urgent, new]
        assert await leads.count_mine(tx, house.monitor.id) == 3
        assert await leads.overdue(tx, house.now + 2 * DAY) == [new]
        assert await leads.overdue(tx, house.now + DAY) == []
        await leads.move(
            tx, old, ["archived"], event="close", by=None, now=house.now, closed_at=house.now
        )
        assert await leads.count_open(tx, house.office.id) == 2
        assert [x.id for x in await leads.all_leads(tx, state="archived")] == [old.id]
        since = await leads.all_leads(tx, since=house.now + DAY, until=house.now + 2 * DAY)
        assert since == [new]
        assert await leads.all_leads(tx, office_id=house.above.id) == []
        asked = await leads.move(
            tx, new, ["returned"], event="ask", by=None, now=house.now, before="received"
        )
        assert await leads.waiting_for(tx, house.monitor.id) == [asked]


async def test_what_is_said_stays_said(house: House) -> None:
    async with house.database.write() as tx:
        lead = await house.report(tx)
        await leads.say(
            tx, lead, by=house.officer.id, kind="question", text="哪一年\0", now=house.now
        )
        await leads.say(
            tx,
            lead,
            by=house.monitor.id,
            kind="answer",
            text="去年",
            files=["f1"],
            now=house.now + DAY,
        )
        thread = await leads.thread(tx, lead.id)
        assert [(s.kind, s.text, s.files) for s in thread] == [
            ("question", "哪一年�", ()),
            ("answer", "去年", ("f1",)),
        ]
        await leads.note(tx, lead, event="viewed", by=house.officer.id, now=house.now)
        events = [e.event for e in await history.of_lead(tx, lead.id)]
        assert events == ["submitted", "said_question", "said_answer", "viewed"]
        assert "去年" not in str(await history.of_lead(tx, lead.id))


async def test_cards_are_known_by_their_message(house: House) -> None:
    async with house.database.write() as tx:
        lead = await house.report(tx)
        for message, revision in (("0", 1), ("", 1), ("7", 1), ("8", 1), ("7", 2)):
            await leads.keep_card(tx, lead.id, "telegram", "-5", message, revision, house.now)
        cards = await leads.cards_of(tx, lead.id)
        assert [(c.chat, c.message, c.revision) for c in cards] == [("-5", "7", 2), ("-5", "8", 1)]
        await leads.retire_card(tx, lead.id, "telegram", "-5", "7")
        assert [c.message for c in await leads.cards_of(tx, lead.id)] == ["8"]
