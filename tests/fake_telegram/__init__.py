"""A Bot API server for tests that behaves as the real one where it matters.

    async with FakeTelegram() as api:
        wang = api.user(7, "Wang")
        wang.says("/start")
        ...                                  # the bot under test talks to api.url with api.token
        seen = await wang.sees("hello")
        wang.presses("report", seen)
        api.fault("sendMessage", 1, "lost_reply")

It confirms updates by offset and drops them when they expire (24 h, a press 150 s) on a clock that
a test may advance; pushes to a webhook in order within a queue; keeps Telegram's limits of length,
size, age and pace (`api.flood.on = True`); refuses in Telegram's own words; and goes wrong when
asked (`nemesis.KINDS`). `python -m tests.fake_telegram --port 8081` runs it alone, driven over
HTTP (`control`).
"""

from .seen import Seen
from .server import FakeTelegram
from .story import Group, Person
from .world import Refusal

__all__ = ["FakeTelegram", "Group", "Person", "Refusal", "Seen"]
