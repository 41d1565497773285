"""Faults of the Bot API, of texts and of files; each test is named by its id in the plan."""

from __future__ import annotations

import asyncio

import pytest

from storage import files, outbox, places
from tests.fake_telegram import Refusal, Seen
from tests.fake_telegram.calls import Upload
from tests.fake_telegram.speaking import shown_file
from tests.journeys.town import (
    EXIF,
    STORY,
    Talker,
    Town,
    answer_to,
    card_of,
    document,
    number_in,
    photo,
    wait,
    words,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def kept(town: Town, number: str) -> list[files.File]:
    """The files of a lead."""
    lead = await town.lead(number)
    async with town.deployment.storage() as database, database.read() as tx:
        return await files.of_lead(tx, lead.id)


async def details(town: Town, number: str) -> Seen:
    """What the first officer reads in private."""
    zhou = town.officers[0]
    mark = zhou.mark
    await zhou.presses_card(town.group, "看详情", number)
    return await zhou.hears("@office.details.seen", mark)


@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "reset", "refuse"])
async def test_D03_a_failed_send_is_tried_again(town: Town, kind: str) -> None:
    wang = town.monitors[0]
    town.api.fault("sendMessage", 1, kind, times=2)
    await wang.says("/start", "@menu.hello")


async def test_D03_a_server_that_is_gone_is_waited_for(town: Town) -> None:
    wang = town.monitors[0]
    await town.api.stop()
    mark = wang.person.says("/start").id
    await town.api.start()
    await wang.hears("@menu.hello", mark)


@pytest.mark.parametrize("kind", ["garble", "truncated", "empty", "html", "odd", "huge"])
async def test_D05_an_answer_that_tells_nothing_is_no_answer(town: Town, kind: str) -> None:
    wang = town.monitors[0]
    town.api.fault("sendMessage", 1, kind)
    town.api.fault("getUpdates", 1, kind)
    mark = wang.person.says("/start").id

    def copies() -> int:
        return sum(m.id > mark and words("menu.hello") in m.text for m in wang.person.messages())

    # The lost reply told nothing, so it is said once more, and then no more.
    await wait(lambda: copies() == 2, "a second copy", 20)
    await asyncio.sleep(2)
    assert copies() == 2


async def test_D06_a_card_without_an_id_is_posted_again_at_the_next_change(town: Town) -> None:
    zhou = town.officers[0]
    await town.quiet()
    town.api.fault("sendMessage", 2, "message_id_0")  # her receipt goes first
    number = await town.lead_of(town.monitors[0])
    await zhou.presses_card(town.group, "受理", number)

    def accepted() -> Seen | None:
        card = card_of(town.group, number)
        return card if card and words("office.state.registered") in card.text else None

    await zhou.until(accepted, "a card that shows the change")


async def test_D09_a_monitor_who_stopped_the_bot(town: Town) -> None:
    lin, zhou = town.monitors[3], town.officers[0]
    number = await town.lead_of(lin)
    await town.quiet()
    lin.person.blocks()
    mark, told = zhou.mark, lin.mark
    await zhou.presses_card(town.group, "受理", number)
    await zhou.hears("@office.unreachable_monitor", mark, of=number)
    calls = len(town.api.called("sendMessage"))
    await town.quiet()
    assert len(town.api.called("sendMessage")) == calls
    lin.person.unblocks()
    await lin.hears("@mine.told.registered", told, of=number)


async def test_D11_nothing_we_send_is_parsed_for_markup(town: Town) -> None:
    await town.lead_of(town.monitors[0])
    for call in town.api.calls:
        assert not call.given.get("parse_mode")
        assert not call.given.get("entities")


async def test_D11_a_refused_letter_stands_in_the_list(town: Town) -> None:
    wang = town.monitors[0]
    refused = Refusal(400, "Bad Request: can't parse entities: unsupported start tag")
    town.api.fault("sendMessage", 1, refused)
    wang.person.says("/start")
    for _ in range(100):
        async with town.deployment.storage() as database, database.read() as tx:
            if any(letter.state == "dead" for letter in await outbox.undelivered(tx)):
                return
        await asyncio.sleep(0.1)
    raise AssertionError("it is neither said nor shown to the operator")


async def test_D12_a_file_too_large_to_fetch(town: Town) -> None:
    wang = town.monitors[0]
    await wang.begins()
    mark = wang.person.sends_video(bytes(25 * 1024 * 1024)).id
    await wang.hears("@report.file_refused.too_big", mark)
    assert await wang.answers("1")
    await gives_up(wang)


async def gives_up(one: Talker) -> None:
    """Throw the open draft away."""
    await one.presses("@form.button.cancel", "@report.sure_cancel")
    await one.presses("@report.cancel_yes", "@report.cancelled")


async def reports_with(one: Talker, **answers: str) -> str:
    """A report of which some answers are others; its number."""
    return await one.reports({**STORY, **answers})


async def test_F01_a_long_text_in_three_parts_is_one_answer(town: Town) -> None:
    wang = town.monitors[0]
    await wang.begins()
    await wang.answers("1")
    parts = ["塘" * 4096, "租" * 4096, "金" * 1808]
    for part in parts:
        mark = wang.person.says(part).id
    await town.quiet("answer")
    question = await wang.until(lambda: wang.newest("@report.category.ask"), "the next question")
    assert question.id > mark - 3
    await wang.answers_all(question, STORY)
    number = await wang.submits()
    lead = await town.lead(number)
    assert next(a["text"] for a in lead.content["answers"] if a["key"] == "what") == "".join(parts)
    await details(town, number)
    zhou = town.officers[0]
    await wait(lambda: sum(m.text.count("金") for m in zhou.person.messages()) >= 1808, "all", 20)


HOSTILE = "<b>粗</b> </a><a href=tg://user?id=1> *_`[]() {{7*7}} %s ${x} {number}"


async def test_F06_markup_and_templates_stay_text(town: Town) -> None:
    wang = town.monitors[0]
    question = await wang.begins()
    paper = document()
    wang.sent.append(paper)
    mark = wang.person.sends_document(f"{HOSTILE}.pdf", paper).id
    await wang.hears("@report.file_kept", mark)
    await wang.answers_all(question, {**STORY, "what": f"塘的租金 {HOSTILE}", "post": HOSTILE})
    assert HOSTILE in wang.person.last().text
    number = await wang.submits()
    shown = (await details(town, number)).text
    for piece in ("<b>粗</b>", "{{7*7}}", "%s", "${x}", "{number}", "*_`[]()"):
        assert piece in shown


async def test_F07_nothing_in_a_card_is_live(town: Town) -> None:
    wang = town.monitors[0]
    hostile = "塘租 http://evil.example/x @cunjian_bot /start t.me/joinchat h\u200bttp://a.b.com"
    number = await reports_with(wang, what=hostile)
    card = await wang.until(lambda: card_of(town.group, number, "受理"), "the card")
    for live in ("http://", "evil.example", "@cunjian_bot", " /start", "t.me", "\u200b"):
        assert live not in card.text
    for call in town.api.called("sendMessage"):
        assert "is_disabled" in str(call.given.get("link_preview_options"))


async def test_F13_numbers_of_people_are_masked_in_the_group(town: Town) -> None:
    planted = ("330327199001011234", "6222021202001234567", "０１３９１２３４５６７")
    number = await reports_with(town.monitors[0], what="塘租 " + " ".join(planted))
    card = await town.officers[0].until(lambda: card_of(town.group, number, "受理"), "the card")
    assert not any(one in card.text for one in (*planted, "01391234567"))
    assert planted[0] in (await details(town, number)).text


async def test_G02_the_files_of_one_report_are_limited(town: Town) -> None:
    wang = town.monitors[4]
    await wang.begins()
    for _ in range(30):
        body = photo()
        wang.sent.append(body)
        wang.person.sends_photo(body)
    mark = wang.person.sends_photo(photo()).id
    await wang.hears("@report.file_refused.too_many", mark - 3)
    await gives_up(wang)


async def test_G06_a_picture_sent_as_a_file_loses_its_traces_but_not_its_original(
    town: Town,
) -> None:
    wang = town.monitors[0]
    await town.drafts_for([wang])
    body = photo()
    wang.sent.append(body)
    mark = wang.person.sends_document("IMG_7731.jpg", body, mime="image/jpeg").id
    await wang.hears("@report.file_kept", mark)
    mark = wang.mark
    wang.taps("@report.confirm_yes")
    number = number_in((await wang.hears("@report.receipt", mark)).text)
    (file,) = await kept(town, number)
    zhou = town.officers[0]
    mark = zhou.mark
    await details(town, number)

    def shown() -> list[Seen]:
        return [m for m in zhou.person.messages() if m.id > mark and m.file]

    await wait(lambda: bool(shown()), "the copy", 20)
    assert EXIF.encode() not in town.api.bytes_of(shown()[0])
    async with town.deployment.storage() as database, database.read() as tx:
        assert await files.read(tx, file.id, original=True) == body


async def test_G09_sizes_are_told_by_the_bytes(town: Town) -> None:
    wang = town.monitors[0]
    await wang.begins()
    mark = wang.person.sends_document("empty.pdf", b"").id
    await wang.hears("@report.file_refused.empty", mark)
    content = shown_file(town.api.world, "document", Upload("x.pdf", document(), "a/b"))
    wang.sent.append(town.api.world.files[content["document"]["file_id"]].body)
    del content["document"]["file_size"]
    mark = wang.person.sends(**content).id
    await wang.hears("@report.file_kept", mark)
    large = bytes(21 * 1024 * 1024)
    lying = shown_file(town.api.world, "document", Upload("y.pdf", large, "a/b"))
    lying["document"]["file_size"] = 10
    mark = wang.person.sends(**lying).id
    await wang.hears("@report.file_refused.too_big", mark)
    await gives_up(wang)


async def test_G11_whose_words_were_passed_on_is_never_kept(town: Town) -> None:
    wang = town.monitors[0]
    town.canaries.append("OriginCanary6604")
    question = await wang.begins()
    question = await wang.answers("1")
    assert answer_to(question, STORY) == STORY["what"]
    mark = wang.person.forwards(STORY["what"], "OriginCanary6604").id
    await wang.answers_all(await wang.question(mark), STORY)
    number = await wang.submits()
    assert "OriginCanary6604" not in (await details(town, number)).text


async def test_I01_a_group_that_became_another_is_followed(town: Town) -> None:
    zhou, old = town.officers[0], town.group
    await town.quiet()
    town.group = old.upgrades(-1001234577001, announced=False)
    number = await town.lead_of(town.monitors[0])
    await zhou.presses_card(town.group, "受理", number)
    await town.monitors[0].hears("@mine.told.registered", of=number)
    async with town.deployment.storage() as database, database.read() as tx:
        office = await places.get_office(tx, town.office_id)
    assert office is not None
    assert office.chat == str(town.group.id)
