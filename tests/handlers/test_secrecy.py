"""Who reported stands nowhere, and a card shows nothing where nobody may read it any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from handlers.office import cards, details
from storage import leads, outbox, people, places
from storage.people import Role
from tests.handlers.test_guarding import look
from tests.handlers.test_office import GROUP, again, in_group
from tests.handlers.test_report import STORY, answer_all, begin, only_lead, send
from tests.handlers.village import Village, Voice

OWN = "我王阿婆亲眼看见的，王 阿婆就住塘边，阿婆不骗人"


@pytest.fixture
async def wang(village: Village) -> Voice:
    """A monitor."""
    return await village.invited(Role.MONITOR, "王阿婆", "u1")


@pytest.fixture
async def zhou(village: Village) -> Voice:
    """An officer."""
    return await village.invited(Role.OFFICER, "周建国", "o1")


async def report(wang: Voice, **other: str) -> leads.Lead:
    """A lead that was just reported."""
    await begin(wang)
    await answer_all(wang, {**STORY, **other})
    await send(wang)
    return await only_lead(wang.village)


async def posted(village: Village, lead: leads.Lead, chat: str, message: str = "7") -> None:
    """The card stands in a chat, as delivery writes down."""
    async with village.database.write() as tx:
        await leads.keep_card(tx, lead.id, "telegram", chat, message, lead.revision, village.now)


async def shown(village: Village, lead: leads.Lead, chat: str) -> cards.View | None:
    async with village.database.read() as tx:
        return await cards.draw(tx, village.house.book, lead.id, "telegram", chat)


@pytest.mark.parametrize("level", ["summary", "full"])
async def test_her_own_name_in_her_own_words_reaches_no_card_and_no_details(
    village: Village, wang: Voice, zhou: Voice, level: str
) -> None:
    async with village.database.write() as tx:
        await places.set_card_level(tx, village.office.id, level)
    lead = await report(wang, 出了什么事=OWN)
    await look(village, members=2)
    card = await shown(village, lead, GROUP)
    assert card is not None
    assert "塘边" in card.text
    for name in ("王阿婆", "王 阿婆", "阿婆"):
        assert name not in card.text
    await in_group(village, zhou, lead, "details")
    assert "塘边" in zhou.all
    for name in ("王阿婆", "王 阿婆", "阿婆"):
        assert name not in zhou.all


async def test_half_the_name_of_who_is_spoken_of_reaches_no_card(
    village: Village, wang: Voice, zhou: Voice
) -> None:
    what = "大柱把塘给了他家亲戚，主任也晓得"
    lead = await report(wang, 说的是谁="王大柱 周主任", 出了什么事=what)
    await look(village, members=2)
    card = await shown(village, lead, GROUP)
    assert card is not None
    assert "大柱" not in card.text
    assert "主任" in card.text


async def test_a_note_stays_with_the_office_that_made_it(
    village: Village, wang: Voice, zhou: Voice
) -> None:
    lead = await report(wang)
    async with village.database.write() as tx:
        person = await people.find(tx, "telegram", "o1")
        assert person is not None
        for kind in ("note", "message"):
            await leads.say(
                tx, lead, by=person.id, kind=kind, text=kind, files=[], now=village.now
            )
    async with village.database.read() as tx:
        own = await details.thread_for(tx, lead, village.office.id)
        other = await details.thread_for(tx, lead, village.upper.id)
    assert [said.text for said in own] == ["note", "message"]
    assert [said.text for said in other] == ["message"]


async def test_a_day_of_another_year_says_which(village: Village, wang: Voice) -> None:
    lead = replace(await report(wang), due_at=datetime(2027, 11, 29, 3, tzinfo=UTC))
    assert "2027-11-29" in cards.until(lead)
    assert "2026" not in cards.until(replace(lead, due_at=lead.submitted_at))


async def test_a_group_that_was_given_up_shows_nothing(
    village: Village, wang: Voice, zhou: Voice
) -> None:
    lead = await report(wang)
    await look(village, members=2)
    await posted(village, lead, GROUP)
    await look(village, public=True, members=2)
    assert await shown(village, lead, GROUP) is None
    village.group.clear()
    await zhou.presses("待办")
    await zhou.presses(lead.number)
    await zhou.presses("受理")
    told = [one for one in village.group if one.chat == GROUP]
    assert [one.replaces for one in told] == ["7"]
    assert not told[0].card
    assert not told[0].buttons
    assert "塘" not in told[0].text


async def test_an_old_group_and_a_removed_officers_chat_are_cleared_of_cards(
    village: Village, wang: Voice, zhou: Voice
) -> None:
    chen = await village.invited(Role.OFFICER, "陈晓燕", "o2")
    lead = await report(wang)
    await posted(village, lead, GROUP, "7")
    await posted(village, lead, "o2", "8")
    async with village.database.write() as tx:
        person = await people.find(tx, "telegram", "o2")
        assert person is not None
        await people.revoke(tx, person.id, village.now, None)
        await places.bind_chat(tx, village.office.id, "telegram", "-300", village.now)
    out = await zhou.presses("", at=f"c.{lead.id}.1.accept")
    kept = {one.chat: one for one in out if one.card or one.replaces}
    assert set(kept) == {GROUP, "o2", "-300"}
    assert kept["-300"].card == lead.id
    assert not kept[GROUP].card
    assert not kept["o2"].card
    assert "塘" not in chen.all
    async with village.database.read() as tx:
        assert await leads.cards_of(tx, lead.id) == []


async def test_officers_of_the_office_before_see_no_more_of_a_transferred_lead(
    village: Village, wang: Voice, zhou: Voice
) -> None:
    lead = await report(wang)
    await posted(village, lead, "o1")
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
    assert await shown(village, lead, "o1") is None
    await zhou.presses("", at=f"c.{lead.id}.2.details")
    assert "塘" not in zhou.all
    assert (await again(village, lead)).opened_at is None


async def test_a_removed_persons_waiting_letters_are_not_sent(
    village: Village, wang: Voice, zhou: Voice
) -> None:
    from bot.post import lay_in_outbox

    lead = await report(wang)
    out = await zhou.presses("", at=f"c.{lead.id}.1.details")
    async with village.database.write() as tx:
        await lay_in_outbox(tx, out, village.now)
        person = await people.find(tx, "telegram", "o1")
        assert person is not None
        await people.revoke(tx, person.id, village.now, None)
    async with village.database.read() as tx:
        waiting = await outbox.due(tx, village.now)
    assert [one.payload.get("text", "") for one in waiting if one.chat == "o1"] == []
