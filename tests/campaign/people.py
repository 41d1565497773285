"""What people do during a campaign, and go on doing whatever happens to the server.

They act on what they see, as people do: an answer that does not come is waited for, a question
that is shown twice is answered twice. So what they are told must always lead on.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

from tests.fake_telegram import Seen
from tests.journeys.town import (
    STORY,
    Talker,
    Town,
    answer_to,
    card_of,
    number_in,
    photo,
    wait,
    words,
)

QUESTIONS = 60
"""Answers after which a report is given up: some are given twice after a kill."""


@dataclass
class Load:
    """Everybody at once. `chance` decides who does what; `over` ends it."""

    town: Town
    chance: random.Random
    pause: float = 1.0  # seconds that somebody thinks, on average
    over: bool = False
    sent: int = 0  # reports that somebody pressed the last button of
    numbers: list[str] = field(default_factory=list)  # the receipts that came
    photos: int = 0
    presses: int = 0
    stuck: list[str] = field(default_factory=list)  # who waited in vain, and for what

    async def run(self) -> None:
        """Until it is over, and everybody has finished what they were at."""
        people = [self._reports(one) for one in self.town.monitors]
        people += [self._handles(one) for one in self.town.officers]
        await asyncio.gather(*people)

    async def _thinks(self) -> None:
        await asyncio.sleep(self.chance.expovariate(1 / self.pause))

    async def _reports(self, one: Talker) -> None:
        """A monitor reports again and again; some reports she gives up at the end."""
        await asyncio.sleep(self.chance.uniform(0, 10 * self.pause))
        while not self.over:
            try:
                if not await self._ready(one) or self.chance.random() < 0.1:
                    await one.goes_home()
                    continue
                await self._sends(one)
            except LookupError:
                continue  # a message shown again stood where the button was looked for
            except AssertionError as error:
                self.stuck.append(f"monitor {one.person.id}: {str(error).splitlines()[0]}")

    async def _ready(self, one: Talker) -> bool:
        """A report, but for the last button: one in four written question by question, the others
        taken up again where they were left."""
        if self.chance.random() < 0.75:
            await self.town.drafts_for([one])
            await self._thinks()
            if self.chance.random() < 0.3:
                await self._shows(one)
            return not self.over
        return await self._writes(one) is not None and await self._asks_to_send(one)

    async def _asks_to_send(self, one: Talker) -> bool:
        """Press the last button but one. An answer that was given twice may have led elsewhere by
        now: then something else is asked, and she begins anew; but she is answered."""
        mark = one.mark
        one.taps("@form.button.send")
        try:
            await wait(lambda: one.newest("@report.confirm", mark), "the last question", 15)
        except AssertionError:
            if one.newest("", mark) is None:
                raise
            return False
        return True

    async def _writes(self, one: Talker) -> Seen | None:
        question = await one.begins()
        for _ in range(QUESTIONS):
            if self.over or words("report.preview") in question.text:
                return None if self.over else question
            if self.chance.random() < 0.04:
                await self._shows(one)
            await self._thinks()
            question = await one.answers(answer_to(question, STORY))
        return None

    async def _shows(self, one: Talker) -> None:
        body = photo()
        one.sent.append(body)
        self.photos += 1
        mark = one.person.sends_photo(body).id
        await one.hears("@report.file_kept", mark)

    async def _sends(self, one: Talker) -> None:
        await self._thinks()
        mark = one.mark
        one.taps("@report.confirm_yes")
        self.sent += 1
        self.numbers.append(number_in((await one.hears("@report.receipt", mark)).text))

    async def _handles(self, one: Talker) -> None:
        """An officer accepts what is new, often together with a colleague, and reads it."""
        while not self.over:
            await asyncio.sleep(self.chance.expovariate(1 / (4 * self.pause)))
            waiting = [m for m in self.town.group.messages() if m.button("受理")]
            fresh = [m for m in waiting if m.button("不予受理")]
            if not fresh:
                continue
            card = self.chance.choice(fresh[-5:])
            self.presses += 1
            one.person.presses("受理", card)
            if self.chance.random() < 0.2:
                colleague = self.chance.choice(self.town.officers)
                colleague.person.presses("受理", card)
            if self.chance.random() < 0.2:
                one.person.presses("看详情", card)

    async def all_told(self) -> None:
        """Every card is in the group by now."""
        for number in self.numbers:
            await wait(lambda n=number: card_of(self.town.group, n), f"card of {number}", 120)  # type: ignore[misc]
