"""People: only the bound act, a code works once, removal is immediate."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from storage import history, outbox, people, sessions, tables
from storage.people import Person, Role
from tests.storage.conftest import House

DAY = timedelta(days=1)


async def test_the_bound_are_found_the_others_not(house: House) -> None:
    async with house.database.read() as tx:
        assert await people.find(tx, "telegram", "1001") == house.monitor
        assert await people.find(tx, "web", "1001") is None
        assert await people.find(tx, "telegram", "9999") is None
        assert await people.get(tx, house.officer.id) == house.officer
        assert house.officer.role is Role.OFFICER


async def test_an_account_is_one_person_at_a_time(house: House) -> None:
    async with house.database.write() as tx:
        await people.bind(tx, house.colleague.id, "telegram", "1001", "1001", house.now)
        assert await people.find(tx, "telegram", "1001") == house.colleague
        assert await people.addresses(tx, house.monitor.id) == []


async def test_addresses_latest_first_unreachable_last(house: House) -> None:
    async with house.database.write() as tx:
        await people.bind(tx, house.monitor.id, "web", "w", "page", house.now + DAY)
        both = [("web", "page"), ("telegram", "1001")]
        assert await people.addresses(tx, house.monitor.id) == both
        await people.touch(tx, "telegram", "1001", house.now + 2 * DAY)
        assert await people.addresses(tx, house.monitor.id) == both[::-1]
        await people.mark_unreachable(tx, "telegram", "1001", house.now)
        assert await people.addresses(tx, house.monitor.id) == both
        await people.mark_reachable(tx, "telegram", "1001")
        assert await people.addresses(tx, house.monitor.id) == both[::-1]


async def test_who_is_where(house: House) -> None:
    async with house.database.read() as tx:
        officers = {p.id for p in await people.officers(tx, house.office.id)}
        assert officers == {house.officer.id, house.colleague.id}
        for office in (house.office, house.above):
            assert await people.monitors_under(tx, office.id) == [house.monitor]
        assert len(await people.everyone(tx)) == 3


@pytest.mark.parametrize(
    ("names", "matches"),
    [
        ("李小河", True),
        ("街道的李小河和村里的张三", True),
        ("李 小 河", True),
        ("李·小河", True),
        ("李小 河主任", True),
        ("赵田", True),
        ("王大山", False),
        ("李小", False),
        ("", False),
        ("abc", False),
    ],
)
async def test_the_roster_knows_its_own(house: House, names: str, matches: bool) -> None:
    async with house.database.write() as tx:
        nameless = await people.add(
            tx,
            role="officer",
            place_id=house.street.id,
            office_id=house.office.id,
            name="赵",
            now=house.now,
        )
        assert nameless.name == "赵", "one character names nobody"
        assert await people.roster_match(tx, house.office.id, names) is matches
        assert not await people.roster_match(tx, house.above.id, names)


async def test_a_code_works_once(house: House) -> None:
    async with house.database.write() as tx:
        _, code = await people.invite(
            tx, role="monitor", place_id=house.village.id, name="孙二", now=house.now
        )
        assert len(code) >= 22
        assert await people.redeem(tx, code + "x", "web", "a", "a", house.now) is None
        person = await people.redeem(tx, code, "web", "a", "a", house.now)
        assert person is not None
        assert (person.name, person.role, person.place_id) == (
            "孙二",
            Role.MONITOR,
            house.village.id,
        )
        assert await people.find(tx, "web", "a") == person
        assert await people.redeem(tx, code, "web", "b", "b", house.now) is None
        assert await people.find(tx, "web", "b") is None
        assert await people.why(tx, code, house.now) == "used"
        assert await people.why(tx, "guess", house.now) == "unknown"
        assert code not in str(await tx.all(select(tables.invitations)))


async def test_of_two_who_use_a_code_at_once_one_is_bound(house: House) -> None:
    async with house.database.write() as tx:
        _, code = await people.invite(tx, role="monitor", place_id=house.village.id, now=house.now)

    async def redeem(account: str) -> Person | None:
        async with house.database.write() as tx:
            return await people.redeem(tx, code, "web", account, account, house.now)

    bound = await asyncio.gather(*(redeem(str(n)) for n in range(6)))
    assert len([person for person in bound if person]) == 1
    async with house.database.read() as tx:
        assert len(await people.everyone(tx)) == 4


async def test_codes_end(house: House) -> None:
    async with house.database.write() as tx:

        async def code() -> tuple[str, str]:
            made, code = await people.invite(
                tx, role="officer", place_id=house.street.id, now=house.now
            )
            return made.id, code

        _, old = await code()
        week = house.now + 7 * DAY
        assert await people.redeem(tx, old, "web", "a", "a", week) is None
        assert await people.why(tx, old, week) == "expired"
        _, shown = await code()
        assert (await people.expose(tx, shown, house.now)) is not None
        assert (await people.expose(tx, shown, house.now)) is None
        assert await people.redeem(tx, shown, "web", "a", "a", house.now) is None
        id, taken = await code()
        assert await people.revoke_invitation(tx, id, house.now)
        assert not await people.revoke_invitation(tx, id, house.now)
        assert await people.why(tx, taken, house.now) == "revoked"
        assert await people.redeem(tx, taken, "web", "a", "a", house.now) is None
        assert [i.exposed for i in await people.invitations(tx)].count(True) == 1
        assert await people.find(tx, "web", "a") is None


async def test_a_further_account_for_somebody_known(house: House) -> None:
    async with house.database.write() as tx:
        _, code = await people.invite(
            tx,
            role="officer",
            place_id=house.street.id,
            person_id=house.officer.id,
            now=house.now,
        )
        assert await people.redeem(tx, code, "web", "w", "w", house.now) == house.officer
        assert await people.find(tx, "telegram", "2001") == house.officer


async def test_removal_takes_everything_at_once(house: House) -> None:
    async with house.database.write() as tx:
        await sessions.save(tx, house.monitor.id, {"step": 3}, house.now)
        draft = await house.draft(tx, {"what": "x"})
        letter = await outbox.put(
            tx,
            channel="telegram",
            chat="1001",
            lane="answer",
            payload={},
            now=house.now,
            person_id=house.monitor.id,
        )
        _, mine = await people.invite(
            tx,
            role="monitor",
            place_id=house.village.id,
            person_id=house.monitor.id,
            now=house.now,
        )
        _, issued = await people.invite(
            tx,
            role="monitor",
            place_id=house.village.id,
            issued_by=house.monitor.id,
            now=house.now,
        )
        assert await people.revoke(tx, house.monitor.id, house.now, by=house.officer.id)
        assert not await people.revoke(tx, house.monitor.id, house.now, by=None)
    async with house.database.write() as tx:
        assert await people.find(tx, "telegram", "1001") is None
        gone = await people.get(tx, house.monitor.id)
        assert gone is not None
        assert gone.revoked_at == house.now
        assert (await sessions.load(tx, house.monitor.id)).state == {}
        ended = await sessions.get_draft(tx, draft, house.monitor.id)
        assert ended is not None
        assert (ended.state, ended.content) == ("discarded", {})
        assert letter is not None
        dropped = await outbox.get(tx, letter)
        assert dropped is not None
        assert dropped.state == "dropped"
        for code in (mine, issued):
            assert await people.redeem(tx, code, "web", "z", "z", house.now) is None
        assert await people.addresses(tx, house.monitor.id), "one notice may still be sent"
        assert [e.by for e in await history.recent(tx, event="person_revoked")] == [
            house.officer.id
        ]
        assert await people.monitors_under(tx, house.office.id) == []
