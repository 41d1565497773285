"""How long an answer takes beside the least bot: `python -m tests.benchmarks.bench_answer`.

The shipped `serve` process (SQLite, polling) and `echo_bot` each talk to a fake Bot API server of
their own. A clock runs from the moment an update can be fetched until the answer's first call
arrives there. Both are asked in turns, so whatever else the machine does slows both; what counts
is the ratio, printed last.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

from storage.database import default_url
from storage.migrations import migrate
from tests.fake_telegram import FakeTelegram, Person
from tests.fake_telegram.calls import Call
from tests.journeys.founder import TOKEN, Founder
from tests.journeys.serving import ROOT
from tests.journeys.town import STORY, Town, answer_to

ROUNDS, ASKED = 4, 50
PAUSE = 0.06
"""Seconds between two messages of one person: as fast as answers may follow one another."""


class Arrivals(list[Call]):
    """The calls a fake server has had; `sent` is set when something is said in a chat."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = asyncio.Event()
        self.at = 0.0

    def append(self, call: Call) -> None:
        """One more call."""
        super().append(call)
        if call.method.startswith("send") and not self.sent.is_set():
            self.at = time.perf_counter()
            self.sent.set()


async def timed(api: FakeTelegram, say: Callable[[], Any]) -> float:
    """Milliseconds from an update to the first thing that is said."""
    api.calls = arrivals = Arrivals()
    begun = time.perf_counter()
    say()
    await asyncio.wait_for(arrivals.sent.wait(), 20)
    await asyncio.sleep(PAUSE)
    return (arrivals.at - begun) * 1000


@asynccontextmanager
async def echoing(folder: Path) -> AsyncIterator[tuple[FakeTelegram, Person]]:
    """The echo bot, and somebody to talk to it."""
    async with FakeTelegram(TOKEN) as api:
        person = api.user(1, "Wang")
        arguments = ("-m", "tests.benchmarks.echo_bot", api.url, TOKEN, str(folder / "echo.db"))
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            while not api.called("getUpdates"):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.05)
            yield api, person
        finally:
            process.kill()
            await process.wait()


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Town]:
    """The shipped program, as it is run."""
    await migrate(default_url(folder))
    founder = Founder(folder, folder / "cunjian.db", "")
    founder.settings["CUNJIAN_LOG_LEVEL"] = "INFO"
    try:
        yield await founder.found(monitors=3, officers=1)
    finally:
        await founder.leave()


async def measure() -> dict[str, list[float]]:
    """Milliseconds of every answer, by what was said."""
    took: dict[str, list[float]] = {"echo": [], "front door": [], "lookup": [], "form": []}
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        folder = Path(name)
        async with serving(folder) as town, echoing(folder) as (echo, wang):
            door, asking, writing = town.monitors
            question = await writing.begins()
            for _ in range(ROUNDS):
                for n in range(ASKED):
                    text = f"低保要贴几天 {n}"
                    took["echo"].append(await timed(echo, lambda: wang.says(text)))  # noqa: B023
                    took["front door"].append(
                        await timed(town.api, lambda: door.person.says("/start"))
                    )
                    took["lookup"].append(await timed(town.api, lambda: asking.person.says(text)))  # noqa: B023
                    reply = "上一步" if n % 2 else answer_to(question, STORY)
                    took["form"].append(await timed(town.api, lambda: writing.person.says(reply)))  # noqa: B023
    return took


def main() -> None:
    """Print the table and the ratio."""
    took = asyncio.run(measure())
    print(f"{'answer to':14}{'asked':>6}{'p50 ms':>8}{'p99 ms':>8}{'times echo':>12}")
    least = median(took["echo"])
    for what, times in took.items():
        slow = sorted(times)[int(len(times) * 0.99) - 1]
        print(
            f"{what:14}{len(times):6}{median(times):8.1f}{slow:8.1f}{median(times) / least:12.2f}"
        )
    ours = median(each for what, times in took.items() if what != "echo" for each in times)
    print(f"an ordinary answer: {ours:.1f} ms at the median, {ours / least:.2f} echoes")


if __name__ == "__main__":
    main()
