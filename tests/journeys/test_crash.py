"""Kill -9 at every numbered point of the pipeline, and everything is there after the restart.

For each point one monitor has a report ready. The server is made to die when it passes the point
with her report, or her photo, or an officer's press in hand; it is started again, and what was
begun ends as if nothing had happened: nothing lost, nothing double, at most one repeated receipt
or card.
"""

from __future__ import annotations

import os
import signal

from handlers.texts import say
from tests.journeys.checker import check
from tests.journeys.crashing import DIED, arm
from tests.journeys.founder import Founder
from tests.journeys.town import Talker, Town, card_of, number_in, photo, words

SUBMIT = [
    *((point, "") for point in range(1, 7)),
    *((point, lane) for point in range(11, 15) for lane in ("receipt", "card")),
]
PHOTO = (1, 2, 3, 7, 8, 9, 10)
ACCEPT = [(3, ""), (5, ""), (6, ""), (12, "card"), (13, "card")]


async def test_nothing_is_lost_or_doubled_at_any_point(founder: Founder) -> None:
    await founder.quick()
    town = await founder.found(monitors=len(SUBMIT) + len(PHOTO) + 1)
    await town.drafts_for(town.monitors)
    reporting, showing = town.monitors[: len(SUBMIT)], town.monitors[len(SUBMIT) : -1]
    numbers = [
        await submitting(town, monitor, *place)
        for monitor, place in zip(reporting, SUBMIT, strict=True)
    ]
    marks = [
        await sending(town, monitor, point) for monitor, point in zip(showing, PHOTO, strict=True)
    ]
    marks.append(await half_a_download(town, town.monitors[-1]))
    for monitor, mark in zip(town.monitors[len(SUBMIT) :], marks, strict=True):
        assert (
            say("report.file_kept", n=1) in (await monitor.hears("@report.file_kept", mark)).text
        )
    for monitor, number in zip(reporting, numbers, strict=True):
        await monitor.hears("@mine.told.forwarded", of=number)
    for number, place in zip(numbers, ACCEPT, strict=False):
        await accepting(town, number, *place)
    assert await town.deployment.stop() == 0
    outcome = await check(town, submitted=len(SUBMIT))
    outcome.hold()
    assert town.deployment.starts - 1 == len(SUBMIT) + len(PHOTO) + 1 + len(ACCEPT)
    # A07, A08: each death may show one receipt and one card again, never more. Cards wait for
    # the pace of a group, so a kill that was meant for another letter may meet one on its way.
    assert outcome.repeated_receipts <= town.deployment.starts - 1
    assert outcome.repeated_cards <= town.deployment.starts - 1


async def dies(town: Town) -> None:
    """It dies, and is started again."""
    assert await town.deployment.ended(30) == DIED, "it passed the point and lived"
    await town.deployment.start()


async def submitting(town: Town, monitor: Talker, point: int, lane: str) -> str:
    """Dies with her report in hand, or with a card; she gets her receipt."""
    await town.quiet("receipt", "answer")
    mark = monitor.mark
    arm(town.deployment.folder, point, lane)
    monitor.taps("@report.confirm_yes")
    await dies(town)
    return number_in((await monitor.hears("@report.receipt", mark)).text)


async def sending(town: Town, monitor: Talker, point: int) -> int:
    """Dies with her photo in hand; her message's id."""
    body = photo()
    monitor.sent.append(body)
    arm(town.deployment.folder, point)
    mark = monitor.person.sends_photo(body).id
    await dies(town)
    return mark


async def half_a_download(town: Town, monitor: Talker) -> int:
    """A04: dies with half of the bytes; nothing counted them. Her message's id."""
    body = photo()
    monitor.sent.append(body)
    pid = town.deployment.process.pid  # type: ignore[union-attr]
    town.api.fault("file", 1, "kill", then=lambda: os.kill(pid, signal.SIGKILL))
    mark = monitor.person.sends_photo(body).id
    assert await town.deployment.ended(30) == -signal.SIGKILL
    assert monitor.newest("@report.file_kept", mark) is None
    await town.deployment.start()
    return mark


async def accepting(town: Town, number: str, point: int, lane: str) -> None:
    """Dies with an officer's press in hand; one holder, one step."""
    zhou = town.officers[0]
    card = await zhou.until(lambda: card_of(town.group, number, "受理"), f"the card of {number}")
    arm(town.deployment.folder, point, lane)
    zhou.person.presses("受理", card)
    await dies(town)

    def shown() -> object:
        card = card_of(town.group, number)
        return card if card and words("office.state.registered") in card.text else None

    await zhou.until(shown, f"the card of {number}, accepted")  # type: ignore[arg-type]
