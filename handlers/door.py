"""Who is at the door: the roster decides, before any dialogue hears a word.

A stranger gets one constant sentence and leaves no trace. An invitation is good once, in
private. Somebody taken off the roster is refused at the very next word.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from handlers import answer, refusing, tidying
from handlers.alerting import alert
from handlers.messages import Heard, Inbound, Lane, Outbound, Place
from handlers.monitor import menu
from handlers.office import cards, desk, guarding
from handlers.texts import say
from handlers.turn import Finder, Turn
from knowledge.book import Book
from storage import history, instance, invitations, leads, outbox, people, places, sessions
from storage.database import Tx
from storage.people import Person, Role

GUESSES = 5
"""Wrong invitations after which an account is no longer answered for a while."""

GUESS_WINDOW = timedelta(hours=1)
ANSWER_WINDOW, ANSWERS = timedelta(minutes=1), 10
"""How many of those who guess too often are told so, in which time."""

ALL_GUESSES = 60
"""Wrong invitations in one window, from all accounts, after which every unknown one waits."""


_NO_MESSAGE = frozenset((Heard.PRESS, Heard.QUIZ, Heard.INLINE))
"""What is no message of hers in the chat: there is nothing to take out."""


QUIZ = "quiz."
"""Before the channel's id of a quiz that was put: which card it asks about."""


@dataclass
class House:
    """What every turn is answered with."""

    book: Book
    finder: Finder
    guesses: dict[str, list[datetime]] = field(default_factory=dict)  # in memory only
    _answered: tuple[datetime | None, int] = (None, 0)  # since when, how many of those who guess

    def may_guess(self, account: str, now: datetime) -> bool:
        """Whether an unknown account may try an invitation now."""
        fresh = {
            who: [at for at in times if now - at < GUESS_WINDOW]
            for who, times in self.guesses.items()
        }
        self.guesses = {who: times for who, times in fresh.items() if times}
        of_all = sum(len(times) for times in self.guesses.values())
        return len(self.guesses.get(account, ())) < GUESSES and of_all < ALL_GUESSES

    def may_answer(self, now: datetime) -> bool:
        """Whether one more of those who guessed too often is answered: a crowd of them is not."""
        since, count = self._answered
        if since is None or abs(now - since) >= ANSWER_WINDOW:
            since, count = now, 0
        self._answered = (since, count + 1)
        return count < ANSWERS

    def guessed_wrong(self, account: str, now: datetime) -> None:
        """One more wrong invitation from this account."""
        self.guesses.setdefault(account, []).append(now)


async def receive(house: House, tx: Tx, said: Inbound, now: datetime) -> list[Outbound]:
    """Answer one thing said, by whomever it was said. What is answered is returned, not sent."""
    match said.heard:
        case Heard.MIGRATED:
            await outbox.move_chat(tx, said.channel, said.chat, said.text)
            return []
        case Heard.REMOVED:
            return await _thrown_out(tx, said)
        case Heard.ADDED:
            return await _brought_in(tx, said, now)
    person = await people.find(tx, said.channel, said.account) if said.account else None
    if person is None:
        return await _stranger(house, tx, said, now)
    if said.heard is Heard.BLOCKED:
        await people.mark_unreachable(tx, said.channel, said.account, now)
        return []
    if said.heard is Heard.UNBLOCKED:
        await people.mark_reachable(tx, said.channel, said.account)
        await outbox.revive(tx, said.channel, said.chat, now)
        return []
    if said.place is Place.GROUP and said.text.startswith("/start "):
        return await _exposed(tx, said, now)
    swept: list[Outbound] = []
    if said.place is Place.PRIVATE:
        await people.touch(tx, said.channel, said.account, now)
        if person.role is Role.MONITOR and said.message and said.heard not in _NO_MESSAGE:
            swept = [tidying.later(said, [said.message], now)]
    if said.heard is Heard.QUIZ:
        said = replace(said, text=await instance.get(tx, f"{QUIZ}{said.message}") or "")
    session = await sessions.load(tx, person.id)
    turn = Turn(tx, house.book, house.finder, now, said, person, dict(session.state))
    await answer.answer(turn)
    if turn.state != session.state:
        await sessions.save(tx, person.id, turn.state, now)
    if said.data.startswith("f."):
        _strip(turn.out, said)
    if said.heard is Heard.PRESS and not any(one.toast for one in turn.out):
        turn.out.append(Outbound(said.channel, said.chat, toast=said.press))
    return [*turn.out, *swept]


def _strip(out: list[Outbound], said: Inbound) -> None:
    """The question just answered loses its buttons, with the first thing that is said below it:
    an old one can't be pressed by mistake. A message that is rewritten keeps its new ones."""
    for place, one in enumerate(out):
        if (one.channel, one.chat) == (said.channel, said.chat) and not one.card:
            if not one.toast and one.replaces != said.message:
                out[place] = replace(one, strip=said.message)
            return


async def _stranger(house: House, tx: Tx, said: Inbound, now: datetime) -> list[Outbound]:
    """An invitation, or the one constant sentence."""
    if said.heard is Heard.IGNORED or not said.chat:
        return []
    if said.heard is Heard.INLINE:
        return [Outbound(said.channel, said.chat, inline=said.press, text="[]")]
    if said.place is Place.GROUP:
        if said.text.startswith("/start"):
            return await _exposed(tx, said, now)
        if said.heard is Heard.PRESS:
            if not await refusing.record(tx, said, None, now):
                return []
            text = say("office.act.refused")
            return [Outbound(said.channel, said.chat, text=text, toast=said.press, alert=True)]
        if said.anonymous and said.text.startswith("/"):
            return [Outbound(said.channel, said.chat, text=say("office.act.anonymous"))]
        return []
    code = invitation(said)
    if not code:
        return [_plain(said, say("menu.stranger"))]
    account = tx.sealer.fingerprint(said.channel, said.account)
    if not house.may_guess(account, now):
        return [_plain(said, say("menu.stranger"))] if house.may_answer(now) else []
    person = await invitations.redeem(tx, code, said.channel, said.account, said.chat, now)
    if person is None:
        house.guessed_wrong(account, now)
        return [_plain(said, say("menu.invite_bad"))]
    return [await _welcome(tx, said, person), *await cards.waiting(tx, person, now)]


def invitation(said: Inbound) -> str:
    """The code a message opens an invitation with; empty if it opens none."""
    command, _, code = said.text.strip().partition(" ")
    return code.strip() if command == "/start" else ""


def _plain(said: Inbound, text: str) -> Outbound:
    return Outbound(said.channel, said.chat, text=text, toast=said.press, alert=bool(said.press))


async def _welcome(tx: Tx, said: Inbound, person: Person) -> Outbound:
    office = (
        await places.get_office(tx, person.office_id)
        if person.office_id
        else await places.office_for(tx, person.place_id)
    )
    text = say(
        f"menu.welcome.{person.role}", name=person.name, office=office.name if office else ""
    )
    rows = desk.rows(office=person.role is Role.OFFICER)
    if person.role is Role.MONITOR:
        rows = menu.rows()
    return Outbound(said.channel, said.chat, text=text.lstrip(" ，"), buttons=rows)


async def _exposed(tx: Tx, said: Inbound, now: datetime) -> list[Outbound]:
    """An invitation opened in a group is void: everybody there has read it."""
    code = invitation(said)
    if not code:
        return []
    exposed = await invitations.expose(tx, code, now)
    if exposed is None:
        return []  # nothing was given away, and a group can't be filled with our answers
    issuer = exposed.issued_by
    out = [Outbound(said.channel, said.chat, text=say("menu.invite_exposed"))]
    for address in await people.addresses(tx, issuer) if issuer else []:
        out.append(Outbound(*address, text=say("menu.invite_exposed"), lane=Lane.NOTICE))
        break
    return out


async def _brought_in(tx: Tx, said: Inbound, now: datetime) -> list[Outbound]:
    """The bot was put into a group: it stays if that is an office's own, or an officer did it."""
    office = await places.office_by_chat(tx, said.channel, said.chat)
    if office is not None:
        await outbox.revive(tx, said.channel, said.chat, now)
        return []
    person = await people.find(tx, said.channel, said.account) if said.account else None
    if person is not None and person.role in {Role.OFFICER, Role.STEWARD}:
        return []
    await refusing.record(tx, said, None, now)
    out = [Outbound(said.channel, said.chat, leave=True)]
    return out + await alert(tx, "stranger_group", once=f"stranger_group:{now:%Y%m%d}")


async def _thrown_out(tx: Tx, said: Inbound) -> list[Outbound]:
    """The bot was put out of a group: if it is an office's, its officers are told one by one."""
    office = await places.office_by_chat(tx, said.channel, said.chat)
    return await guarding.without_group(tx, office) if office is not None else []


async def apologise(tx: Tx, said: Inbound, number: str) -> list[Outbound]:
    """What is said to somebody whose message we could not handle; only to people on the roster."""
    if said.place is not Place.PRIVATE or not said.account:
        return []
    if await people.find(tx, said.channel, said.account) is None:
        return []
    return [Outbound(said.channel, said.chat, text=say("menu.oops", number=number))]


async def forwarded(house: House, tx: Tx, lead_id: str, now: datetime) -> list[Outbound]:
    """A card reached its office for the first time: the monitor is told."""
    lead = await leads.get(tx, lead_id)
    if lead is None or lead.forwarded_at is not None:
        return []
    await leads.mark(tx, lead, forwarded_at=now)
    person = await people.get(tx, lead.reporter_id)
    office = await places.get_office(tx, lead.office_id)
    where = await people.addresses(tx, lead.reporter_id) if person else []
    if person is None or person.revoked_at is not None or not where or office is None:
        return []
    text = say("mine.told.forwarded", number=lead.number, office=office.name)
    return [Outbound(*where[0], text=text, lane=Lane.NOTICE, key=f"forwarded:{lead.id}")]


async def undeliverable(
    tx: Tx, one: Outbound, *, kicked: bool, reason: str, now: datetime
) -> list[Outbound]:
    """A letter will never arrive. A monitor who stopped the bot: the office is told which lead's
    news does not reach her. An office's chat: its officers are told one by one."""
    if kicked:
        office = await places.office_by_chat(tx, one.channel, one.chat)
        found = await people.officers(tx, office.id) if office else []
        text = say("office.group.kicked", office=office.name if office else "")
        out = []
        for officer in found:
            for channel, chat in (await people.addresses(tx, officer.id))[:1]:
                key = f"kicked:{office.id}:{officer.id}:{now:%Y%m%d}" if office else ""
                out.append(Outbound(channel, chat, text=text, lane=Lane.NOTICE, key=key))
        return out
    if one.key.startswith("alert:"):
        return []
    parts = one.key.split(":")
    lead = await leads.get(tx, parts[1]) if parts[0] == "told" else None
    if lead is None:
        return await alert(
            tx, "dead", once=f"dead:{tx.sealer.fingerprint(one.chat)}:{now:%Y%m%d}", reason=reason
        )
    await people.mark_unreachable(tx, one.channel, one.chat, now)
    await history.append(tx, lead_id=lead.id, event="unreachable", by=None, now=now)
    text = say("office.unreachable_monitor", number=lead.number)
    where = await cards.handled_in(tx, lead)
    return [Outbound(*where[0], text=text, lane=Lane.NOTICE)] if where else []
