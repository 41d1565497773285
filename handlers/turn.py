"""One turn of a conversation: who said what, what is known, and what is answered.

A `Turn` lives inside one transaction. Dialogues add answers to it; the worker writes them to the
outbox in the same transaction, so that what was done and what was said about it stand or fall
together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any, Protocol

from handlers.messages import Button, Inbound, Keyboard, Lane, Outbound
from handlers.texts import say
from knowledge.book import Book
from storage.database import Tx
from storage.people import Person

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one time and no summer time; numbers, dates and clocks follow it."""


LASTING = ("looked", "learn", "check", "unsaid")
"""Parts of a person's state that belong to no one dialogue and outlast them all."""


class Hit(Protocol):
    """One entry that a search found."""

    @property
    def id(self) -> str:
        """The entry's id."""

    @property
    def matched(self) -> tuple[str, ...]:
        """The words of the question that it was found by."""


class Finder(Protocol):
    """Finds entries for what somebody typed."""

    def search(self, text: str, top: int = 5, kinds: Iterable[str] = ()) -> Sequence[Hit]:
        """Entries that fit, best first; empty if nothing does."""


@dataclass
class Turn:
    """What a dialogue is handed, and where it puts its answers."""

    tx: Tx
    book: Book
    finder: Finder
    now: datetime
    said: Inbound
    person: Person
    state: dict[str, Any]  # this person's dialogue: {"in": name, "step": int, ...}
    out: list[Outbound] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The Beijing date."""
        return self.now.astimezone(BEIJING).date()

    def show(self, text: str, rows: Keyboard = (), **more: Any) -> None:
        """Answer in the chat in which it was said."""
        self.out.append(
            Outbound(self.said.channel, self.said.chat, text=text, buttons=rows, **more)
        )

    def tell(self, key: str, rows: Keyboard = (), **values: object) -> None:
        """Answer with one of the texts."""
        self.show(say(key, **values), rows)

    def toast(self, key: str, *, alert: bool = False, **values: object) -> None:
        """A short word that only the one who pressed sees; a plain answer if nobody pressed."""
        if not self.said.press:
            self.tell(key, (), **values)
            return
        self.out = [one for one in self.out if one.toast != self.said.press]
        self.show(say(key, **values), toast=self.said.press, alert=alert)

    def write_to(
        self, addresses: Sequence[tuple[str, str]], text: str, rows: Keyboard = (), **more: Any
    ) -> bool:
        """Write to somebody else, where they were last seen. False if they have no address."""
        if not addresses:
            return False
        channel, chat = addresses[0]
        self.out.append(
            Outbound(channel, chat, text=text, buttons=rows, **{"lane": Lane.NOTICE, **more})
        )
        return True

    def enter(self, dialogue: str, **state: Any) -> None:
        """Begin a dialogue: what is said next goes to it."""
        self.state = {**self._lasting(), "in": dialogue, **state}

    def leave(self) -> None:
        """No dialogue is open any more."""
        self.state = {**self._lasting(), "in": ""}

    def _lasting(self) -> dict[str, Any]:
        kept = {name: self.state[name] for name in LASTING if name in self.state}
        return {"step": self.state.get("step", 0), **kept}

    def button(self, label: str, verb: str | int) -> Button:
        """A button of the present step; pressed later, it is known to be stale."""
        return Button(label, f"f.{self.state.get('step', 0)}.{verb}")

    def step(self) -> None:
        """A new question is put: buttons of the one before are stale from now on."""
        self.state["step"] = self.state.get("step", 0) + 1


def title_of(book: Book, id: str) -> str:
    """An entry's title; of an entry that has ended or gone, its id."""
    entry = book.get(id)
    return entry.title if entry else id


def link(key: str, data: str, **values: object) -> Button:
    """A button with one of the texts on it, good at any time."""
    return Button(say(key, **values), data)


def in_rows(buttons: Sequence[Button], width: int = 2) -> Keyboard:
    """Buttons side by side, long labels alone: a thumb must be able to hit and an eye to read."""
    rows: list[tuple[Button, ...]] = []
    line: list[Button] = []
    for button in buttons:
        if len(button.label) > 8:
            rows += [tuple(line)] if line else []
            rows.append((button,))
            line = []
            continue
        line.append(button)
        if len(line) == width:
            rows.append(tuple(line))
            line = []
    return tuple(rows + ([tuple(line)] if line else []))
