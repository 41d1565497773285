"""Delivery: what stands in the outbox goes to its chat, or stands there to be seen.

The usual answer comes straight from memory after the commit; a scan finds what a crash or a
trouble left behind. Each chat has its own queue, so a slow group holds up nobody else; receipts
go first. Every outcome is written down: sent, to be tried again, moved, or dead and shown.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.channels import Dead, Halt, Migrated, Mouth, Parcel, Retry, Sent, Spoken, Stop, Why
from bot.channels.patience import growing
from bot.log import event_log
from bot.post import from_letter, lay_in_outbox
from handlers import door
from handlers.messages import Outbound
from handlers.office import cards
from storage import Busy, files, instance, leads, outbox
from storage.database import Database, Tx
from storage.outbox import Letter

SCAN = 1.0
"""Seconds between scans of the outbox."""

SUPERSEDED = Dead(Why.BUG, "superseded")
UNRECORDED = Dead(Why.BUG, "unrecorded")

Place = tuple[str, str]
"""A channel and a chat."""

Outcome = tuple[Letter, Outbound, Spoken]

log = event_log()


@dataclass
class Delivery:
    """Sends what the outbox holds, through the mouth of each channel."""

    database: Database
    house: door.House
    mouths: Mapping[str, Mouth]
    now: Callable[[], datetime]
    sent: Callable[[Letter], None] = lambda letter: None  # told of everything sent
    stopped: Halt | None = None  # why a channel says nothing any more; the others go on
    _halted: set[str] = field(default_factory=set)  # the channels of which that is so
    _closing: bool = False  # nothing new is begun: its outcome could not be written down
    _queues: dict[Place, list[Letter]] = field(default_factory=dict)
    _tasks: dict[Place, asyncio.Task[None]] = field(default_factory=dict)
    _known: set[int] = field(default_factory=set)  # letters in a queue or under way
    _waiting: set[Place] = field(default_factory=set)  # chats with a letter to be tried again
    _ended: set[int] = field(default_factory=set)  # written down since the last scan began
    _outcomes: asyncio.Queue[Outcome] = field(default_factory=asyncio.Queue)

    def push(self, letters: Iterable[Letter]) -> None:
        """Send these at once; they are already in the outbox."""
        for letter in letters:
            # A press is good for seconds: its answer never waits behind a slow group's cards.
            toast = letter.payload.get("toast", "")
            place = (letter.channel, f"{letter.chat}#{toast}" if toast else letter.chat)
            if letter.id in self._known or letter.channel not in self._speaking():
                continue
            if place in self._waiting:
                continue  # the scan takes them in order, after the one that waits
            self._known.add(letter.id)
            queue = self._queues.setdefault(place, [])
            queue.append(letter)
            queue.sort(key=lambda one: (outbox.LANES.index(one.lane), one.id))
            if place not in self._tasks:
                self._tasks[place] = asyncio.create_task(self._serve(place))

    def _speaking(self) -> set[str]:
        """The channels on which something can be said."""
        return set() if self._closing else self.mouths.keys() - self._halted

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until told to stop; what is being said is finished first."""
        keeper = asyncio.create_task(self._write_down())
        while not stop.is_set():
            try:
                await self.scan()
            except Busy:
                log.warning("database_busy")
            try:
                await asyncio.wait_for(stop.wait(), SCAN)
            except TimeoutError:
                continue
        self._closing = True
        for queue in self._queues.values():
            queue.clear()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._outcomes.join()
        keeper.cancel()

    async def scan(self) -> None:
        """Find what is due and not under way."""
        self._ended.clear()
        busy = {chat for _, chat in self._tasks}  # they have enough to do, and hide nobody
        async with self.database.read() as tx:
            due = await outbox.due(
                tx, self.now(), limit=200, skip_chats=busy, channels=self._speaking()
            )
        self._waiting.clear()
        # What was sent and written down while we looked still seemed due to us: not again.
        self.push([letter for letter in due if letter.id not in self._ended])

    async def _serve(self, place: Place) -> None:
        """Everything for one chat, one after the other."""
        queue = self._queues[place]
        try:
            while queue and place[0] not in self._halted:
                letter = queue.pop(0)
                if letter.lead_id and any(later.lead_id == letter.lead_id for later in queue):
                    # A newer drawing of the same card waits behind it: this one is superfluous.
                    await self._outcomes.put((letter, from_letter(letter), SUPERSEDED))
                    continue
                one, spoken = await self._say(letter)
                if isinstance(spoken, Retry):
                    self._waiting.add(place)
                    self._known.difference_update(left.id for left in queue)
                    queue.clear()
                if isinstance(spoken, Stop):
                    self.stopped = spoken.reason
                    self._halted.add(place[0])
                    self._known.difference_update(left.id for left in queue)
                    queue.clear()
                    log.error("channel_stopped", channel=place[0], error=spoken.reason)
                await self._outcomes.put((letter, one, spoken))
        finally:
            del self._queues[place], self._tasks[place]

    async def _say(self, letter: Letter) -> tuple[Outbound, Spoken]:
        one = from_letter(letter)
        if not letter.chat:
            log.error("damaged", row=letter.id)
            return one, Dead(Why.BUG, "damaged")
        if letter.expires_at is not None and letter.expires_at < self.now():
            return one, Dead(Why.BUG, "expired")
        try:
            prepared = await self._prepare(one)
        except Busy:
            return one, Retry(None, "database")
        except Exception as error:
            log.error("unsayable", error=type(error).__name__, row=letter.id)
            return one, Dead(Why.BUG, type(error).__name__)
        if prepared is None:
            return one, SUPERSEDED
        one, parcels = prepared
        spoken = await self.mouths[one.channel].speak(one, parcels)
        if one.toast and one.text and isinstance(spoken, Dead) and not _in_group(one):
            # A press is good for seconds only: what was to be shown for a moment is said instead.
            spoken = await self.mouths[one.channel].speak(replace(one, toast="", alert=False))
        return one, spoken

    async def _prepare(self, one: Outbound) -> tuple[Outbound, list[Parcel]] | None:
        """A card is drawn now, from what is true now; files are read now. None: it is a card for
        a chat that may not see it any more."""
        if not one.card and not one.files:
            return one, []
        async with self.database.read() as tx:
            if one.card:
                drawn = await self._drawn(tx, one)
                if drawn is None:
                    return None
                one = drawn
            parcels = []
            for number, file_id in enumerate(one.files, start=1):
                kept = await files.get(tx, file_id)
                body = await files.read(tx, file_id, original=one.originals)
                if kept is not None and body is not None:
                    copied = kept.has_copy and not one.originals
                    kind = "photo" if copied else kept.kind
                    name = f"{number}.{'jpg' if copied else files.ending(kept)}"
                    parcels.append(
                        Parcel(name, body, "document" if kind == "photo" and not copied else kind)
                    )
        return one, parcels

    async def _drawn(self, tx: Tx, one: Outbound) -> Outbound | None:
        lead = await leads.get(tx, one.card)
        if lead is None or not await cards.may_read(tx, lead, one.channel, one.chat):
            return None
        view = await cards.draw(tx, self.house.book, one.card, one.channel, one.chat)
        if view is None:
            return None
        known = [
            card.message
            for card in await leads.cards_of(tx, one.card)
            if (card.channel, card.chat) == (one.channel, one.chat)
        ]
        return replace(one, text=view.text, buttons=view.rows, replaces=known[-1] if known else "")

    async def _write_down(self) -> None:
        """Outcomes of several chats share a transaction when they come together."""
        while True:
            batch = [await self._outcomes.get()]
            while not self._outcomes.empty():
                batch.append(self._outcomes.get_nowait())
            letters = await self._recorded(batch)
            for letter, _, spoken in batch:
                self._known.discard(letter.id)
                self._ended.add(letter.id)
                if isinstance(spoken, Sent):
                    self.sent(letter)
                self._outcomes.task_done()
            self.push(letters)

    async def _recorded(self, batch: list[Outcome]) -> list[Letter]:
        """All of it written down, however long the database is away: what was sent and is not
        written down would be sent again. What cannot be written down stops nobody else."""
        wait = 0.5
        while True:
            try:
                async with self.database.write() as tx:
                    return [new for one in batch for new in await self._record(tx, *one)]
            except Busy:
                log.warning("database_busy", wait=wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, 15.0)
            except Exception as error:
                log.error("unrecorded", error=type(error).__name__, count=len(batch))
                if len(batch) > 1:
                    return [new for one in batch for new in await self._recorded([one])]
                (letter, one, spoken) = batch[0]
                if isinstance(spoken, Dead):
                    return []
                # What follows from it fails; that it was sent, or never will be, must stand.
                ended = replace(spoken, quiz="") if isinstance(spoken, Sent) else UNRECORDED
                batch = [(letter, Outbound(one.channel, one.chat), ended)]

    async def _record(self, tx: Tx, letter: Letter, one: Outbound, spoken: Spoken) -> list[Letter]:
        """One outcome in the database, and what follows from it."""
        now = self.now()
        match spoken:
            case Sent():
                said = " ".join(filter(None, (*spoken.also, spoken.message)))
                await outbox.sent(tx, letter.id, now, said)
                if one.quiz is not None and spoken.quiz:
                    await instance.put(tx, f"{door.QUIZ}{spoken.quiz}", one.quiz.id)
                return await self._card_sent(tx, one, spoken, now) if one.card else []
            case Retry():
                wait = spoken.after if spoken.after is not None else growing(letter.tries + 1)
                await outbox.retry(tx, letter.id, now + timedelta(seconds=wait), spoken.error)
            case Migrated():
                await outbox.move_chat(tx, one.channel, one.chat, spoken.new_chat)
            case Stop():
                await outbox.retry(tx, letter.id, now, str(spoken.reason))
            case Dead(error="expired" | "superseded"):
                await outbox.dropped(tx, letter.id, now, spoken.error)
            case Dead():
                return await self._dead(tx, letter, one, spoken, now)
        return []

    async def _card_sent(self, tx: Tx, one: Outbound, spoken: Sent, now: datetime) -> list[Letter]:
        message = spoken.message or one.replaces
        lead = await leads.get(tx, one.card)
        if lead is not None and message:
            await leads.keep_card(tx, one.card, one.channel, one.chat, message, lead.revision, now)
        out = await door.forwarded(self.house, tx, one.card, now)
        return await lay_in_outbox(tx, out, now)

    async def _dead(
        self, tx: Tx, letter: Letter, one: Outbound, spoken: Dead, now: datetime
    ) -> list[Letter]:
        """It never arrives: it stands in the operator's list, and whoever must know is told."""
        if one.toast or one.strip or one.delete:
            await outbox.dropped(tx, letter.id, now, spoken.reason)
            return []
        shut = spoken.reason in {Why.KICKED, Why.FORBIDDEN, Why.GONE} and _in_group(one)
        error = outbox.BLOCKED if shut or spoken.reason is Why.BLOCKED else spoken.reason
        await outbox.dead(tx, letter.id, now, error)
        log.error("undeliverable", error=spoken.reason, lane=letter.lane, row=letter.id)
        out = await door.undeliverable(tx, one, kicked=shut, reason=str(spoken.reason), now=now)
        return await lay_in_outbox(tx, out, now)


def _in_group(one: Outbound) -> bool:
    """Whether others read along: what is meant for one who pressed is not said there."""
    return one.chat.startswith(("-", "office:"))
