"""Asking what the rule is: typed words to the entry that answers, and the lists to browse."""

from handlers.messages import Button, Keyboard
from handlers.monitor import menu
from handlers.turn import Turn, title_of

LISTS = ("power", "prohibition", "procedure", "limit", "question", "term")


async def question(turn: Turn, text: str) -> None:
    """Answer with the entries that fit best; say so when nothing does."""
    hits = turn.finder.search(text, 3)
    if not hits:
        turn.tell("menu.unknown", (*menu.rows(),))
        return
    entry = turn.book.get(hits[0].id)
    if entry is None:
        turn.tell("menu.unknown", (*menu.rows(),))
        return
    rows: Keyboard = tuple(
        (Button(title_of(turn.book, hit.id), f"e.{hit.id}"),) for hit in hits[1:]
    )
    turn.show(f"{entry.title}\n{entry.summary}", (*rows, menu.home_row()))


async def browse(turn: Turn) -> None:
    """The lists, by name."""
    turn.tell("menu.menu", menu.rows())


async def press(turn: Turn) -> bool:
    """A button of a list or a card; False if it is none of these."""
    if not turn.said.data.startswith("e."):
        return False
    entry = turn.book.get(turn.said.data[2:])
    if entry is None:
        return False
    turn.show(f"{entry.title}\n{entry.summary}", (menu.home_row(),))
    return True


async def command(turn: Turn, command: str, argument: str) -> bool:
    """A typed command that asks for knowledge; False if it is none."""
    return False
