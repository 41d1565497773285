"""Leafing through the lists: list, group, item; and from an item to all that belongs to it.

Every button here is good at any time and gives no right to anything: it only names a page.
"""

from collections.abc import Sequence

from handlers.messages import Button, Keyboard
from handlers.monitor import menu, report
from handlers.texts import say
from handlers.turn import Turn, in_rows, link
from knowledge.schema import Entry

PAGE = 8
"""Items on one page: a thumb should not have to scroll."""

LISTS = (
    "power",
    "prohibition",
    "procedure",
    "limit",
    "question",
    "term",
    "checklist",
    "business",
    "behaviour",
    "accountability",
    "risk",
)

REMEMBERED = 40
"""Entries whose looks are counted; the least looked at is forgotten first."""

FAVOURITES = 3
TWICE = 2
"""Looks from which on an entry is a favourite."""


def lists(turn: Turn) -> None:
    """The lists by name, and above them what she looks up most."""
    top = favourites(turn)
    lines = [say("ask.browse.title")] + ([say("ask.browse.favourites")] if top else [])
    rows: Keyboard = tuple((Button(one.title, f"e.{one.id}"),) for one in top)
    rows += in_rows([link(f"ask.lists.{kind}", f"b.{kind}.0") for kind in LISTS])
    turn.show("\n".join(lines), (*rows, *go_on(turn), menu.home_row()), replaces=pressed(turn))


async def press(turn: Turn) -> bool:
    """A page of a list: `b.power.0` its groups, `b.power/2.0` the items of the third."""
    _, place, at = (*turn.said.data.split("."), "", "")[:3]
    kind, _, number = place.partition("/")
    if kind not in LISTS:
        lists(turn)
        return True
    groups = groups_of(turn, kind)
    if number.isdecimal() and int(number) < len(groups):
        group = list(groups)[int(number)]
        title = say("ask.browse.group", list=say(f"ask.lists.{kind}"), title=groups[group])
        items = [one for one in _every(turn, kind) if one.group == group]
        _page(turn, title, items, place, at, f"b.{kind}.0")
    elif groups:
        _groups(turn, kind, groups)
    else:
        _page(turn, say(f"ask.lists.{kind}"), _every(turn, kind), kind, at, "b.all.0")
    return True


def groups_of(turn: Turn, kind: str) -> dict[str, str]:
    """The groups of a list that have entries, in the order of the packs."""
    used = {one.group for one in _every(turn, kind)}
    return {key: title for key, title in turn.book.groups(kind).items() if key in used}


def page_of(turn: Turn, entry: Entry) -> str:
    """The data of the page on which an entry stands."""
    kind = turn.book.kind_of(entry.id)
    if kind not in LISTS:
        return "b.all.0"
    items = _every(turn, kind)
    keys = list(groups_of(turn, kind))
    place = kind
    if entry.group in keys:
        items = [one for one in items if one.group == entry.group]
        place = f"{kind}/{keys.index(entry.group)}"
    at = next((n for n, one in enumerate(items) if one.id == entry.id), 0)
    return f"b.{place}.{at // PAGE}"


def ways(turn: Turn, entry: Entry) -> Keyboard:
    """From a card back to its list, to the lists, or to what was begun."""
    return (
        *go_on(turn),
        (link("ask.button.back", page_of(turn, entry)), *menu.home_row()),
    )


def go_on(turn: Turn) -> Keyboard:
    """Back to a report or a check that is open while she looks something up."""
    if turn.state.get("in") == "check":
        return ((link("check_talk.button.go_on", "k.go"),),)
    if turn.state.get("in") == report.NAME:
        return ((link("ask.button.go_on", f"d.open.{turn.state['draft']}"),),)
    return ()


def favourites(turn: Turn) -> list[Entry]:
    """What she looks up most, the most looked at first."""
    looked: dict[str, int] = turn.state.get("looked", {})
    often = sorted((id for id in looked if looked[id] >= TWICE), key=lambda id: (-looked[id], id))
    found = [one for id in often if (one := turn.book.get(id, turn.today))]
    return found[:FAVOURITES]


def counted(looked: dict[str, int], id: str) -> dict[str, int]:
    """The counts after one more look."""
    more = {**looked, id: looked.get(id, 0) + 1}
    while len(more) > REMEMBERED:
        del more[min((one for one in more if one != id), key=lambda one: more[one])]
    return more


def pressed(turn: Turn) -> str:
    """The message under whose button this is: leafing rewrites it in place. What stands above
    the front door's own buttons is kept: it may be a receipt."""
    inside = turn.said.data not in {"m.lists", "k.all", "q.aside"}
    return turn.said.message if turn.said.press and inside else ""


def _groups(turn: Turn, kind: str, groups: dict[str, str]) -> None:
    rows: Keyboard = tuple(
        (Button(title, f"b.{kind}/{n}.0"),) for n, title in enumerate(groups.values())
    )
    text = say("ask.browse.list", title=say(f"ask.lists.{kind}"))
    back = (link("ask.button.back", "b.all.0"), *menu.home_row())
    turn.show(text, (*rows, *go_on(turn), back), replaces=pressed(turn))


def page(
    turn: Turn, title: str, buttons: Sequence[Button], data: str, number: str, *, back: str
) -> None:
    """One page of buttons, with the ways to the next and the last one and back. Pages are
    `data.0`, `data.1` and so on; a number that is none of them is the first or the last."""
    pages = max(-(-len(buttons) // PAGE), 1)
    at = min(int(number), pages - 1) if number.isdecimal() and len(number) < 5 else 0
    rows: Keyboard = tuple((one,) for one in buttons[at * PAGE : (at + 1) * PAGE])
    if pages > 1:
        title += say("ask.browse.page", page=at + 1, pages=pages)
    turning = []
    if at > 0:
        turning.append(link("menu.button.less", f"{data}.{at - 1}"))
    if at < pages - 1:
        turning.append(link("menu.button.more", f"{data}.{at + 1}"))
    rows += (tuple(turning),) if turning else ()
    ends = (link("ask.button.back", back), *menu.home_row())
    turn.show(title, (*rows, *go_on(turn), ends), replaces=pressed(turn))


def _page(turn: Turn, title: str, items: list[Entry], place: str, number: str, back: str) -> None:
    buttons = [Button(one.title, f"e.{one.id}") for one in items]
    text = say("ask.browse.list", title=title)
    page(turn, text, buttons, f"b.{place}", number, back=back)


def _every(turn: Turn, kind: str) -> list[Entry]:
    return list(turn.book.of_kind(kind, turn.today))
