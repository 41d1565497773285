"""Faults of the group, of access and of invitations; each test is named by its id in the plan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from handlers.texts import say
from storage import history, invitations, numbers, people, tables
from storage.people import Role
from tests.fake_telegram import Person
from tests.journeys.founder import Founder, all_holds
from tests.journeys.town import (
    Town,
    card_of,
    document,
    photo,
    wait,
    words,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
STRANGER = say("menu.stranger")


async def refused(town: Town) -> int:
    """How many attempts stand in the audit log."""
    async with town.deployment.storage() as database, database.read() as tx:
        return len(await history.recent(tx, event="refused", limit=10_000))


async def invited(town: Town, lifetime: timedelta = invitations.WEEK) -> str:
    """A fresh invitation's code."""
    async with town.deployment.storage() as database, database.write() as tx:
        _, code = await invitations.invite(
            tx,
            role=Role.MONITOR,
            place_id=town.village_id,
            now=datetime.now(UTC),
            lifetime=lifetime,
        )
    return code


async def test_I02_a_lead_waits_while_the_bot_is_out_of_the_group(town: Town) -> None:
    zhou, chen = town.officers
    await town.quiet()
    mark = zhou.mark
    town.group.kicks_bot(chen.person)
    await zhou.hears("@office.group.kicked", mark)
    number = await town.lead_of(town.monitors[0])
    assert card_of(town.group, number) is None
    mark = town.monitors[0].mark
    town.group.adds_bot(zhou.person)
    await town.monitors[0].hears("@mine.told.forwarded", mark, of=number)
    assert card_of(town.group, number)


async def test_I04_an_anonymous_administrator_is_told_how_to_act(town: Town) -> None:
    mark = town.group.room.last_id
    town.group.says_anonymously("/bind whatever")
    await town.group.sees(words("office.act.anonymous"), 20, after=mark)


async def test_I05_a_member_who_is_not_staff_can_do_nothing(town: Town) -> None:
    number = await town.lead_of(town.monitors[0])
    card = await town.officers[0].until(lambda: card_of(town.group, number, "受理"), "the card")
    before = await refused(town)
    nobody = town.stranger()
    town.group.admits(nobody)
    for who in (nobody, town.monitors[1].person):
        press = who.presses("受理", card)
        toast = await wait(partial(_toast, who, press), "an alert", 20)
        assert words("office.act.refused") in str(toast["text"])
        assert toast["alert"]
    assert (await town.lead(number)).state == "submitted"
    assert await refused(town) == before + 2
    town.group.loses(nobody)


def _toast(who: Person, press: str) -> dict[str, object] | None:
    return next((one for one in who.toasts if one["press"] == press), None)


async def test_I07_another_group_is_left_at_once(town: Town) -> None:
    nobody = town.stranger()
    other = town.api.group(-1008880000001, [nobody], "another")
    other.room.bot = "left"
    other.adds_bot(nobody)
    await wait(lambda: other.room.bot == "left", "leaving", 20)
    assert [m.text for m in other.messages()] == []


async def test_J01_a_stranger_gets_one_sentence_and_leaves_no_trace(town: Town) -> None:
    nobody = town.stranger()
    files = len(town.api.called("getFile"))
    town.canaries.append("stranger canary 3310")
    nobody.says("stranger canary 3310")
    nobody.says("/help")
    nobody.sends_photo(photo())
    nobody.sends_document("stranger canary 3310.pdf", document())
    nobody.sends_voice(b"OggS")
    nobody.shares_location()
    nobody.sends(contact={"phone_number": "1", "first_name": "stranger canary 3310"})
    nobody.forges("m.report")
    nobody.types_inline("stranger canary 3310")
    nobody.says("/start wrong-code-0000000000")
    await wait(lambda: len(nobody.messages()) >= 2, "an answer", 20)
    await town.quiet("answer")
    assert {m.text for m in nobody.messages()} <= {STRANGER, say("menu.invite_bad")}
    assert len(town.api.called("getFile")) == files
    async with town.deployment.storage() as database, database.read() as tx:
        rows = await tx.all(tables.inbox.select().where(tables.inbox.c.body.is_not(None)))
        assert not [row for row in rows if row.state in {"new", "fetch"}]
        assert await people.find(tx, "telegram", str(nobody.id)) is None


async def test_J02_every_bad_invitation_is_refused_alike(town: Town) -> None:
    async def exposed() -> str:
        code = await invited(town)
        async with town.deployment.storage() as database, database.write() as tx:
            await invitations.expose(tx, code, datetime.now(UTC))
        return code

    used = town.monitors[0].code
    expired = await invited(town, lifetime=timedelta(seconds=-1))
    said = set()
    for code in (used, expired, await exposed(), used[:-1] + "x"):
        nobody = town.stranger()
        nobody.says(f"/start {code}")
        said.add((await nobody.sees(timeout=20)).text)
    assert said == {say("menu.invite_bad")}


async def test_J05_an_invitation_opened_in_a_group_is_void(town: Town) -> None:
    code = await invited(town)
    nobody = town.stranger()
    town.group.admits(nobody)
    mark = town.group.room.last_id
    nobody.says(f"/start@cunjian_bot {code}", chat=town.group)
    await town.group.sees(words("menu.invite_exposed"), 20, after=mark)
    nobody.says(f"/start {code}")
    assert (await nobody.sees(timeout=20)).text == say("menu.invite_bad")
    town.group.loses(nobody)


async def test_J07_somebody_taken_off_the_roster_is_refused_at_once(town: Town) -> None:
    gone, zhou = town.monitors[5], town.officers[0]
    number = await town.lead_of(gone)
    await town.drafts_for([gone])
    async with town.deployment.storage() as database, database.write() as tx:
        person = await town.person(tx, gone)
        await people.revoke(tx, person.id, datetime.now(UTC), None)
    for data in ("m.report", "m.mine", "m.drafts", "f.1.sure"):
        gone.person.forges(data, gone.person.last())
    mark = gone.person.says("/start").id
    gone.person.says(number)
    await town.quiet("answer", "notice")
    assert {m.text for m in gone.person.messages() if m.id > mark} <= {STRANGER}
    await zhou.presses_card(town.group, "受理", number)
    await town.quiet("notice", "answer")
    assert not gone.newest("@mine.told.registered", mark)


async def test_J08_anothers_number_is_answered_as_one_that_does_not_exist(town: Town) -> None:
    number = await town.lead_of(town.monitors[1])
    nobodys = numbers.make("HY", numbers.day_of(datetime.now(UTC)), 999)
    wang = town.monitors[0]
    await wang.goes_home()
    said = {(await wang.says(asked)).text for asked in (number, number.lower(), nobodys)}
    assert len(said) == 1
    assert words("mine.not_found") in said.pop()


async def test_J04_guessing_is_slowed_and_stopped(shared: Founder) -> None:
    town = await shared.found()
    guesser = town.stranger()
    for n in range(12):
        guesser.says(f"/start guess-number-{n:012}")
    await town.quiet("answer")
    said = [m.text for m in guesser.messages()]
    assert said.count(say("menu.invite_bad")) == 5
    good = await invited(town)
    await opens_in_vain(town, guesser, good)
    for _ in range(15):
        other = town.stranger()
        for n in range(5):
            other.says(f"/start another-guess-{n:012}")
    await town.quiet("answer")
    await opens_in_vain(town, town.stranger(), good)
    await town.monitors[0].goes_home()  # who is inside is served all the while
    await all_holds(town)


async def opens_in_vain(town: Town, nobody: Person, code: str) -> None:
    """Even a good invitation opens nothing now."""
    mark = nobody.says(f"/start {code}").id
    await town.monitors[0].goes_home()
    await town.quiet("answer")
    assert {m.text for m in nobody.messages() if m.id > mark} <= {STRANGER}
    async with town.deployment.storage() as database, database.read() as tx:
        assert await people.find(tx, "telegram", str(nobody.id)) is None


async def test_J13_no_trace_of_the_reporter_anywhere_else(town: Town) -> None:
    """A whole life with canaries in every name; `checker` looks for them after each story."""
    number = await town.accepted(town.monitors[0])
    zhou = town.officers[0]
    for label in ("看详情", "退回补充"):
        await zhou.presses_card(town.group, label, number)
    await zhou.hears("@office.need.question.ask")
    await zhou.says("是哪一年的事？", number)
    await zhou.presses("@office.act.send", "@office.act.done")
    received = town.api.received(town.group)
    for one in town.monitors:
        for trace in (one.roster_name, str(one.person.id), one.person.account.username):
            assert trace.encode() not in received
