"""What must be kept is kept, wherever she wanders; what must not be kept is nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.post import lay_in_outbox
from handlers.messages import FileRef, Heard, Outbound
from handlers.texts import say
from storage import files, history, leads, outbox, people, sessions
from storage.people import Role
from tests.bot.test_clock import Time, clock_of
from tests.handlers.test_guarding import card
from tests.handlers.test_office import GROUP, again, in_group
from tests.handlers.test_report import STORY, answer_all, begin, only_lead, send
from tests.handlers.village import Village, Voice, build

SECRET = "镇上的王镇长收了挖机老板的钱"


@pytest.fixture
async def wang(village: Village) -> Voice:
    """A monitor."""
    return await village.invited(Role.MONITOR, "王阿婆", "u1")


@pytest.fixture
async def zhou(village: Village) -> Voice:
    """An officer."""
    return await village.invited(Role.OFFICER, "周建国", "o1")


@pytest.fixture
async def lead(village: Village, wang: Voice, zhou: Voice) -> leads.Lead:
    """A lead that was just reported."""
    await begin(wang)
    await answer_all(wang, STORY)
    await send(wang)
    return await only_lead(village)


@pytest.fixture
async def lonely(database: Any, book: Any, now: Any) -> Any:
    """A street with no office above it."""
    async with build(database, book, now, upper=False) as made:
        yield made


async def stored(village: Village, *out: Outbound) -> str:
    """Everything that can be read in the database with the key: states, drafts, letters, leads."""
    async with village.database.write() as tx:
        await lay_in_outbox(tx, list(out), village.now)
    async with village.database.read() as tx:
        found: list[Any] = [one.detail for one in await history.recent(tx, limit=999)]
        for person in await people.everyone(tx):
            found.append((await sessions.load(tx, person.id)).state)
            found += [one.content for one in await sessions.open_drafts(tx, person.id)]
            found += await leads.mine(tx, person.id)
        far = village.now + timedelta(days=9)
        found += [one.payload for one in await outbox.due(tx, far, limit=999)]
    return repr(found)


@pytest.mark.parametrize("kind", ["说的是街道领导或更上面", "牵涉国家秘密"])
async def test_a_matter_above_or_secret_leaves_none_of_the_words_typed_before(
    lonely: Village, kind: str
) -> None:
    wang = await lonely.invited(Role.MONITOR, "王阿婆", "u1")
    await wang.says("/start")
    await wang.presses("报一件事")
    await wang.says(SECRET)
    await wang.presses("别的事")
    await wang.presses("", at=next(b for b in await buttons(wang) if kind in b[0])[1])
    kept = await stored(lonely)
    assert "挖机" not in kept
    assert "王镇长" not in kept


async def buttons(voice: Voice) -> list[tuple[str, str]]:
    """What stood on the newest buttons, and their data."""
    last = next(one for one in reversed(voice.seen) if one.buttons)
    return [(button.label, button.data) for row in last.buttons for button in row]


async def test_a_report_that_nobody_in_the_tree_may_have_leaves_nothing(lonely: Village) -> None:
    await lonely.invited(Role.OFFICER, "周建国", "o1")
    wang = await lonely.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    told = {**STORY, "出了什么事": SECRET, "说的是谁": "周建国"}
    await answer_all(wang, told)
    await wang.sends()
    async with lonely.database.write() as tx:
        shown = [Outbound("telegram", "u1", text=wang.all)]
        (letter,) = await lay_in_outbox(tx, shown, lonely.now)
        await outbox.sent(tx, letter.id, lonely.now, "31 32")
    await wang.presses("报上去")
    out = await wang.presses("是的，报上去")
    assert "向上一级" in out[0].text or "上一级" in wang.all
    async with lonely.database.read() as tx:
        wiped = await outbox.get(tx, letter.id)
        person = await people.find(tx, "telegram", "u1")
        assert person is not None
        assert await files.under_way(tx, person.id) == (0, 0)
    assert wiped is not None
    assert wiped.payload == {}
    later = [one for one in out if one.delete == ("31", "32")]
    assert [one.not_before for one in later] == [lonely.now + timedelta(hours=24)]
    assert "挖机" not in await stored(lonely, *out)


async def test_above_the_street_goes_to_the_office_above_whatever_she_answers_next(
    village: Village, wang: Voice
) -> None:
    await wang.says("/start")
    await wang.presses("报一件事")
    await wang.says(SECRET)
    await wang.presses("别的事")
    await wang.presses("说的是街道领导")
    await answer_all(wang, STORY)
    await send(wang)
    lead = await only_lead(village)
    assert lead.office_id == village.upper.id
    assert SECRET in str(lead.content)
    assert not [one for one in village.group if one.chat == GROUP]


@pytest.mark.parametrize("away", ["/start", "/help", "清单和规矩", "报一件事", "我报的事"])
async def test_what_was_half_said_to_the_office_is_there_when_she_comes_back(
    village: Village, wang: Voice, lead: leads.Lead, away: str
) -> None:
    await wang.presses("", at=f"l.add.{lead.id}")
    await wang.says("第一句")
    await wang.sends()
    if away.startswith("/"):
        await wang.says(away)
    else:
        await wang.says("/start")
        await wang.presses(away)
    village.now += timedelta(days=2)
    async with village.database.write() as tx:
        await files.sweep_orphans(
            tx, village.now - timedelta(hours=6), unclaimed=village.now - timedelta(days=7)
        )
    await wang.presses("", at=f"l.add.{lead.id}")
    assert wang.last == say("mine.say.again", n=2)
    await wang.says("第二句")
    await wang.presses("说完了")
    async with village.database.read() as tx:
        (said,) = await leads.thread(tx, lead.id)
        assert said.text == "第一句\n第二句"
        assert [one.id for one in await files.of_lead(tx, lead.id)] == list(said.files)
        person = await people.find(tx, "telegram", "u1")
        assert person is not None
        assert not (await sessions.load(tx, person.id)).state.get("unsaid")
    await wang.presses("", at=f"l.add.{lead.id}")
    assert wang.last == say("mine.say.ask")


async def test_what_she_takes_back_is_kept_nowhere(
    village: Village, wang: Voice, lead: leads.Lead
) -> None:
    await wang.presses("", at=f"l.add.{lead.id}")
    await wang.says("这句不要")
    await wang.sends()
    await wang.presses("不说了")
    assert "这句不要" not in await stored(village)
    async with village.database.read() as tx:
        person = await people.find(tx, "telegram", "u1")
        assert person is not None
        assert await files.under_way(tx, person.id) == (0, 0)


async def test_a_file_that_waited_too_long_is_owned_up_to(
    village: Village, wang: Voice, lead: leads.Lead
) -> None:
    await wang.presses("", at=f"l.add.{lead.id}")
    await wang.sends()
    await wang.says("收据")
    async with village.database.write() as tx:
        await files.sweep_orphans(tx, village.now + timedelta(days=8))
    await wang.presses("说完了")
    assert say("mine.say.files_gone", n=1) in wang.all
    async with village.database.read() as tx:
        (said,) = await leads.thread(tx, lead.id)
    assert said.files == ()


async def test_a_supplement_about_somebody_of_the_office_does_not_reach_it(
    village: Village, wang: Voice, zhou: Voice, lead: leads.Lead
) -> None:
    await in_group(village, zhou, lead, "accept")
    before = len(zhou.seen)
    await wang.presses("", at=f"l.add.{lead.id}")
    await wang.says("其实周建国也拿了钱")
    await wang.sends()
    out = await wang.presses("说完了")
    assert zhou.seen[before:] == []
    async with village.database.read() as tx:
        assert await leads.thread(tx, lead.id) == []
        person = await people.find(tx, "telegram", "u1")
        assert person is not None
        assert await files.under_way(tx, person.id) == (0, 0)
    assert "也拿了钱" not in await stored(village, *out)
    assert "上一级" in wang.last


async def test_what_she_wrote_and_what_we_showed_leave_her_chat_after_a_day(
    village: Village, wang: Voice
) -> None:
    await begin(wang)
    out = await wang.says("1")
    (own,) = [one for one in out if one.delete]
    assert own.delete == ("m1",)
    assert own.not_before == village.now + timedelta(hours=24)
    async with village.database.write() as tx:
        for letter in await lay_in_outbox(tx, out, village.now):
            await outbox.sent(tx, letter.id, village.now, "9")
    clock = clock_of(village, Time(village.now + timedelta(hours=25)))
    await clock.tidy()
    async with village.database.read() as tx:
        due = await outbox.due(tx, village.now + timedelta(hours=25))
    assert {tuple(one.payload.get("delete", ())) for one in due} == {("m1",), ("9",)}
    async with village.database.read() as tx:
        due = await outbox.due(tx, village.now + timedelta(hours=5))
    assert not [one for one in due if one.payload.get("delete") == ["m1"]], "not before"


async def test_photos_of_an_album_that_come_after_the_report_was_sent_are_offered_to_it(
    village: Village, wang: Voice
) -> None:
    await begin(wang)
    await answer_all(wang, STORY)
    await wang.sends(album="g1")
    await send(wang)
    await wang.sends(album="g1")
    await wang.sends(album="g1")
    await wang.presses("补进去")
    lead = await only_lead(village)
    async with village.database.read() as tx:
        assert len(await files.of_lead(tx, lead.id)) == 3


async def test_an_edited_sentence_leaves_the_report_as_it_was_and_is_offered_to_it(
    village: Village, wang: Voice, lead: leads.Lead
) -> None:
    content = lead.content
    said = wang._said(Heard.EDITED, text="租金三万")
    await village.hear(said, wang)
    assert lead.number in wang.last
    await wang.presses("补进去")
    now = await again(village, lead)
    assert now.content == content
    async with village.database.read() as tx:
        assert [one.text for one in await leads.thread(tx, lead.id)] == ["租金三万"]


async def test_a_sentence_that_was_overtaken_by_the_press_is_offered_to_the_report(
    village: Village, wang: Voice, lead: leads.Lead
) -> None:
    said = wang._said(Heard.TEXT, text="还有他儿子")
    await village.hear(replace(said, at=lead.submitted_at - timedelta(seconds=3)), wang)
    assert lead.number in wang.last
    await wang.presses("补进去")
    async with village.database.read() as tx:
        assert [one.text for one in await leads.thread(tx, lead.id)] == ["还有他儿子"]


@pytest.mark.parametrize("reason", ["too_big", "empty", "too_many", "unreachable", "unsafe"])
@pytest.mark.parametrize("where", ["report", "talk"])
async def test_a_refused_file_is_said_so_wherever_it_came(
    village: Village, wang: Voice, lead: leads.Lead, reason: str, where: str
) -> None:
    if where == "report":
        await begin(wang)
    else:
        await wang.presses("", at=f"l.add.{lead.id}")
    ref = FileRef("f", refused=reason)
    await village.hear(wang._said(Heard.FILES, files=(ref,)), wang)
    assert say(f"report.file_refused.{reason}") in wang.all


async def test_every_kind_of_thing_is_answered_in_private(
    village: Village, wang: Voice, zhou: Voice
) -> None:
    for voice in (wang, zhou):
        for heard, more in (
            (Heard.IGNORED, {"text": "sticker"}),
            (Heard.LOCATION, {"latitude": 27.5, "longitude": 120.5}),
            (Heard.FILES, {"files": (FileRef("f", refused="too_big"),)}),
            (Heard.TEXT, {"text": "？？？"}),
            (Heard.TEXT, {"text": "\u200b"}),
            (Heard.TEXT, {"text": "9" * 8000}),
            (Heard.TEXT, {"text": "' OR 1=1; --"}),
            (Heard.TEXT, {"text": "{7*7} {0.__class__} %s"}),
        ):
            out = await village.hear(voice._said(heard, **more), voice)
            assert [one for one in out if one.text], (heard, more)


async def test_a_number_of_thousands_of_digits_is_no_answer_and_no_harm(
    village: Village, wang: Voice
) -> None:
    await begin(wang)
    await wang.says("9" * 8000)
    assert "在哪里做事" in wang.last


async def test_hostile_words_stay_words_on_the_card_and_in_the_details(
    village: Village, wang: Voice, zhou: Voice
) -> None:
    hostile = "{number} <b>x</b> [a](http://e.vil) @zhou /accept \u202e反 13800138000 {0}"
    await begin(wang)
    await answer_all(wang, {**STORY, "出了什么事": hostile})
    await send(wang)
    lead = await only_lead(village)
    from tests.handlers.test_guarding import look

    await look(village, members=2)
    shown = await card(village)
    for live in ("http://", "@zhou", " /accept", "\u202e", "13800138000"):
        assert live not in shown
    assert "{number} <b>x</b>" in shown
    await in_group(village, zhou, lead, "details")
    assert "13800138000" in zhou.all
    assert "@zhou" not in zhou.all
    assert "\u202e" not in zhou.all
