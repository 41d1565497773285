"""The web channel joined to the rest: what the composition root calls."""

from __future__ import annotations

from bot.channels.web import CHANNEL
from bot.channels.web.mouth import Hub, WebMouth
from bot.channels.web.reader import WebReader
from bot.joined import App
from storage.outbox import Letter


def join(app: App) -> Hub:
    """Add the web's mouth and reader; pages in this process are woken by what is sent."""
    hub = Hub()
    before = app.delivery.sent

    def sent(letter: Letter) -> None:
        before(letter)
        if letter.channel == CHANNEL:
            hub.wake(letter.chat)

    app.mouths[CHANNEL] = WebMouth()
    app.readers[CHANNEL] = WebReader()
    app.delivery.sent = sent
    return hub
