"""One thing to know at a time, and a question to see whether it stuck.

What was answered wrong comes back after one day, then three, then seven. Nothing is scored and
nothing is owed: whoever never answers is never asked why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from handlers.messages import Button, Keyboard, Outbound, Quiz
from handlers.monitor import browse, menu, rule_card
from handlers.texts import say
from handlers.turn import Turn, link
from knowledge.book import Book
from knowledge.schema import Card

WAITS = (1, 3, 7)
"""Days until a card comes back after a wrong answer, and after each right one that follows."""


@dataclass(frozen=True)
class Learning:
    """What one person has learnt. `again` holds {card: (day it comes back, waits behind it)}."""

    daily: bool = False
    last: str = ""  # the ISO day on which the last daily card was sent
    known: tuple[str, ...] = ()
    again: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    open: tuple[str, ...] = ()  # quizzes that were put and not answered

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "Learning":
        """As it stands in a person's state."""
        kept = state.get("learn", {})
        return cls(
            daily=kept.get("daily", False),
            last=kept.get("last", ""),
            known=tuple(kept.get("known", ())),
            again={id: (day, n) for id, (day, n) in kept.get("again", {}).items()},
            open=tuple(kept.get("open", ())),
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "daily": self.daily,
            "last": self.last,
            "known": list(self.known),
            "again": {id: list(waits) for id, waits in self.again.items()},
            "open": list(self.open),
        }

    def put(self, id: str) -> "Learning":
        """A quiz was put."""
        return replace(self, open=(*(one for one in self.open if one != id), id))

    def answered(self, id: str, today: date, *, right: bool) -> "Learning":
        """A quiz was answered."""
        again = {one: waits for one, waits in self.again.items() if one != id}
        known = tuple(one for one in self.known if one != id)
        place = 0 if not right else self.again[id][1] + 1 if id in self.again else len(WAITS)
        if place < len(WAITS):
            again[id] = ((today + timedelta(days=WAITS[place])).isoformat(), place)
        else:
            known = (*known, id)
        left = tuple(one for one in self.open if one != id)
        return replace(self, known=known, again=again, open=left)


def next_card(learning: Learning, book: Book, today: date) -> Card | None:
    """What comes next: what was answered wrong and is due, then what is new; none if there is
    nothing of either."""
    due = sorted((day, id) for id, (day, _) in learning.again.items() if day <= today.isoformat())
    for _, id in due:
        if (card := book.find(Card, id, today)) is not None:
            return card
    done = {*learning.known, *learning.again}
    fresh = [card for card in book.every(Card, today) if card.id not in done]
    unseen = [card for card in fresh if card.id not in learning.open]
    return next(iter([*unseen, *fresh]), None)


def todays_card(state: Mapping[str, Any], book: Book, today: date) -> Card | None:
    """The card to send to somebody today; none if they don't wish it, or had it already."""
    learning = Learning.of(state)
    if not learning.daily or learning.last >= today.isoformat():
        return None
    return next_card(learning, book, today)


def sent_today(state: Mapping[str, Any], card: Card, today: date) -> dict[str, Any]:
    """The state after the daily card was sent."""
    learning = replace(Learning.of(state), last=today.isoformat()).put(card.id)
    return {**state, "learn": learning.to_json()}


def letters(
    state: Mapping[str, Any], book: Book, card: Card, today: date, channel: str, chat: str
) -> list[Outbound]:
    """A card as it is sent: the thing to know, then its question. What comes back after a
    wrong answer is asked first, without the answer above it."""
    learning = Learning.of(state)
    if card.id in learning.again:
        text = say("learn.again")
    else:
        rests = rule_card.rests(book, card, today)
        text = say("learn.card", title=card.title, summary=card.summary, rests=rests)
    quiz = Quiz(card.quiz.ask, card.quiz.choices, card.quiz.right, card.quiz.why, card.id)
    return [
        Outbound(channel, chat, text=text, buttons=_rows(learning)),
        Outbound(channel, chat, quiz=quiz),
    ]


def one(turn: Turn) -> None:
    """The next card, now."""
    learning = Learning.of(turn.state)
    card = next_card(learning, turn.book, turn.today)
    if card is None:
        turn.tell("learn.nothing", _rows(learning, more=False))
        return
    said = turn.said
    turn.out += letters(turn.state, turn.book, card, turn.today, said.channel, said.chat)
    turn.state["learn"] = learning.put(card.id).to_json()


async def press(turn: Turn) -> bool:
    """`y.one` another card, `y.on` and `y.off` a card a day or none."""
    verb = turn.said.data.partition(".")[2]
    if verb == "one":
        one(turn)
    elif verb in {"on", "off"}:
        learning = replace(Learning.of(turn.state), daily=verb == "on")
        turn.state["learn"] = learning.to_json()
        turn.tell(f"learn.{verb}", _rows(learning))
    else:
        return False
    return True


def answered(turn: Turn) -> None:
    """An answer to a quiz: right or not, why, and where the rule stands. `said.text` names the
    card it asks about; if that is not known and several are open, nobody can say which."""
    learning = Learning.of(turn.state)
    only = learning.open[0] if len(learning.open) == 1 else ""
    card = turn.book.find(Card, turn.said.text or only)
    chosen = turn.said.data
    if card is None or not chosen.isdecimal():
        return
    right = int(chosen) == card.quiz.right
    learning = learning.answered(card.id, turn.today, right=right)
    turn.state["learn"] = learning.to_json()
    near = rule_card.related(turn.book, card, turn.today)[:1]
    rows: Keyboard = tuple((Button(entry.title, f"e.{entry.id}"),) for entry in near)
    values = {"why": card.quiz.why, "right": card.quiz.choices[card.quiz.right]}
    key = "learn.right" if right else "learn.wrong"
    turn.tell(key, (*rows, *browse.go_on(turn), *_rows(learning)), **values)


def _rows(learning: Learning, *, more: bool = True) -> Keyboard:
    wish = "off" if learning.daily else "on"
    first = [link("learn.button.more", "y.one")] if more else []
    return (
        (*first, link(f"learn.button.{wish}", f"y.{wish}")),
        menu.home_row(),
    )
