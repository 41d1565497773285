"""Who can't type: a report told in voice notes, from the first question to the officer's ear."""

from __future__ import annotations

from handlers.texts import say
from tests.journeys.checker import check
from tests.journeys.founder import Founder
from tests.journeys.town import STORY, Town, wait

TOLD = b"OggS" + bytes(range(200))


async def test_what_was_said_aloud_is_heard_by_the_office(founder: Founder) -> None:
    town = await founder.found()
    number = await tells_it(town)
    await is_heard(town, number)
    assert await town.deployment.stop() == 0
    (await check(town, submitted=1)).hold()


async def tells_it(town: Town) -> str:
    wang = town.monitors[0]
    await wang.begins()
    await wang.answers(STORY["level"])
    wang.sent.append(TOLD)
    await wang.hears("@report.voice_kept", wang.person.sends_voice(TOLD).id)
    mark = wang.mark
    wang.taps("@report.voice_done")
    question = await wang.question(mark)
    assert say("report.category.ask_bare") in question.text
    preview = await wang.answers_all(await wang.answers("3"), STORY)
    assert say("report.voice_mark") in preview.text
    return await wang.submits()


async def is_heard(town: Town, number: str) -> None:
    """The card says where the story is; the note itself only comes to who asks for it."""
    zhou = town.officers[0]
    await zhou.presses_card(town.group, "受理", number)
    mark = zhou.mark
    await zhou.presses_card(town.group, "看详情", number)
    shown = await zhou.hears("@office.details.seen", mark)
    assert say("report.voice_mark") in shown.text
    zhou.taps("@office.details.originals")
    await wait(lambda: [m for m in zhou.person.messages() if m.kind == "voice"], "the note", 20)
    (note,) = (m for m in zhou.person.messages() if m.kind == "voice")
    assert town.api.bytes_of(note) == TOLD
    assert not [m for m in town.group.messages() if m.kind == "voice"]
