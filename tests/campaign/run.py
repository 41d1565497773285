"""One campaign: load, kills, and what is left afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field

from tests.campaign.people import Load
from tests.journeys.checker import Outcome, check
from tests.journeys.founder import Founder
from tests.journeys.town import Town, wait

PATIENCE = 90.0
"""Seconds that somebody waits for an answer before it counts as lost."""


@dataclass
class Figures:
    """What a campaign found."""

    kills: int = 0
    seconds: float = 0.0
    updates: int = 0
    reports: int = 0
    receipts: int = 0
    photos: int = 0
    accepts: int = 0
    lost: int = 0
    doubled: int = 0
    repeated_receipts: int = 0
    repeated_cards: int = 0
    recoveries: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """One line a figure."""
        worst = max(self.recoveries, default=0.0)
        middle = sorted(self.recoveries)[len(self.recoveries) // 2] if self.recoveries else 0.0
        lines = [
            f"kills                    {self.kills}",
            f"duration                 {self.seconds:.0f} s",
            f"updates sent             {self.updates}",
            f"reports sent             {self.reports}",
            f"receipts                 {self.receipts}",
            f"photos sent              {self.photos}",
            f"accepts pressed          {self.accepts}",
            f"lost                     {self.lost}",
            f"doubled                  {self.doubled}",
            f"receipts shown again     {self.repeated_receipts}",
            f"cards shown again        {self.repeated_cards}",
            f"recovery, median         {middle:.2f} s",
            f"recovery, worst          {worst:.2f} s",
        ]
        return "\n".join([*lines, *(f"PROBLEM {problem}" for problem in self.problems)])


async def campaign(
    founder: Founder,
    *,
    kills: int,
    monitors: int = 20,
    officers: int = 5,
    seconds: float = 3600.0,
    pause: float = 1.0,
    seed: int = 1,
) -> Figures:
    """Kill the server `kills` times at random instants under load, or until time is up."""
    chance = random.Random(seed)
    await founder.quick()
    town = await founder.found(monitors=monitors, officers=officers)
    for one in town.talkers:
        one.patience = PATIENCE
    await town.drafts_for(town.monitors[:1])
    load, figures, begun = Load(town, chance, pause), Figures(), time.monotonic()
    using = asyncio.create_task(load.run())
    while figures.kills < kills and time.monotonic() - begun < seconds and not using.done():
        await asyncio.sleep(chance.uniform(0.05, 3.0))
        figures.recoveries.append(await kill_and_restart(town))
        figures.kills += 1
    load.over = True
    await using
    await drained(town, load)
    await town.deployment.stop()
    figures.seconds = time.monotonic() - begun
    told = await check(town, submitted=load.sent)
    return tell(figures, load, told, town)


async def kill_and_restart(town: Town) -> float:
    """Seconds from the kill until somebody is answered again."""
    town.deployment.kill()
    await town.deployment.ended()
    killed = time.monotonic()
    before = answers(town)
    await town.deployment.start()
    await wait(lambda: answers(town) > before, "an answer after the kill", PATIENCE)
    return time.monotonic() - killed


def answers(town: Town) -> int:
    """How often anything was said so far."""
    return sum(call.method.startswith(("send", "edit", "answer")) for call in town.api.calls)


async def drained(town: Town, load: Load) -> None:
    """Everything said, also in the group, whose pace is one message in three seconds."""
    for _ in range(20):
        with contextlib.suppress(AssertionError):
            await town.quiet()
            break
    with contextlib.suppress(AssertionError):
        await load.all_told()


def tell(figures: Figures, load: Load, told: Outcome, town: Town) -> Figures:
    """The figures, with what did not hold."""
    figures.updates = town.api.updates.next_id - 700_000_001
    figures.reports, figures.receipts = load.sent, len(load.numbers)
    figures.photos, figures.accepts = load.photos, load.presses
    figures.problems = [*told.problems, *load.stuck]
    figures.lost = sum("gone" in p or "nowhere" in p or "promised" in p for p in told.problems)
    figures.lost += max(0, load.sent - told.leads)
    figures.doubled = max(0, told.leads - load.sent) + sum("twice" in p for p in told.problems)
    figures.repeated_receipts = told.repeated_receipts
    figures.repeated_cards = told.repeated_cards
    return figures
