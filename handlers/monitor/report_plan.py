"""Which questions a report asks, in which order: worked out from the answers so far.

The questions themselves stand in the packs: the common ones in `report.yaml`, those of a
category in `categories.yaml`, those of a list item with the item. Nothing here touches storage.
"""

from collections.abc import Sequence
from dataclasses import replace

from handlers.form import Ask, Filled, Plan
from handlers.texts import say
from handlers.turn import Finder, title_of
from knowledge.book import Book
from knowledge.schema import Category, Field, Power, Prohibition

LEVELS = ("village", "station", "leaders", "above", "unsure")
"""Where the person spoken of works. It decides which office may see the report at all."""

OTHER = "other"
NONE = "none"
BEFORE_CATEGORY = ("what",)
LAST = ("origin", "known_to", "kinship", "urgency", "real_name")
SINCE = ("since", "when")
"""A field that asks once more when it was."""

LOOKED_AT = 12
ITEMS = 4
"""List items offered, of those that the story sounds like; those of its category first."""

UNASKED = ("witness", "evidence", "rule")


def plan_of(book: Book, finder: Finder, item: str = "") -> Plan:
    """The plan of a report over this book; the item that it was begun from stands first."""

    def plan(filled: Filled) -> Sequence[Ask]:
        common = {field.key: field for field in book.form("report").fields}
        middle = [key for key in common if key not in (*BEFORE_CATEGORY, *LAST, *UNASKED)]
        asks = [_level(), *(_ask(common[key]) for key in BEFORE_CATEGORY)]
        asks += _category(book, finder, filled, item)
        asks += [_ask(common[key]) for key in middle]
        asks += _item(book, finder, filled, item)
        asks += _own(book, filled, taken=set(common))
        asks += [_ask(common[key]) for key in LAST if key in common]
        return asks

    return plan


def category_of(filled: Filled) -> str:
    """The id of the category chosen, or empty."""
    chosen = filled.value("category")
    return filled.value("category_all") if chosen == OTHER else chosen


def item_of(filled: Filled) -> str:
    """The id of the list item chosen, or empty."""
    chosen = filled.value("item")
    return "" if chosen == NONE else chosen


def _level() -> Ask:
    labels = tuple(say(f"report.level.{level}") for level in LEVELS)
    return Ask(
        "level",
        say("report.level.label"),
        say("report.level.ask"),
        "choice",
        labels,
        LEVELS,
        required=True,
    )


def _ask(field: Field) -> Ask:
    return Ask(
        field.key,
        field.label,
        field.ask,
        field.kind,
        field.choices,
        required=field.required,
        free=field.kind != "choice",
    )


def _category(book: Book, finder: Finder, filled: Filled, item: str) -> list[Ask]:
    """The categories that sound most like it, those of the item first; all if none does."""
    if not filled.text("what"):
        return []
    every = book.every(Category)
    own = [entry.id for entry in every if item and item in (*entry.powers, *entry.prohibitions)]
    found = [hit.id for hit in finder.search(filled.written("what"), 3, ("category",))]
    near = dict.fromkeys([*(id for id in found if id in own), *own[:2], *found])
    first = [entry for id in near for entry in every if entry.id == id]
    label = say("report.category.label")
    if not first:
        return [_category_ask("category", label, "report.category.ask_bare", every)]
    asks = [_category_ask("category", label, "report.category.ask", first, other=True)]
    if filled.value("category") == OTHER:
        asks.append(_category_ask("category_all", label, "report.category.ask_all", every))
    return asks


def _category_ask(
    key: str, label: str, text: str, entries: Sequence[Category], *, other: bool = False
) -> Ask:
    labels = [entry.title for entry in entries]
    values = [entry.id for entry in entries]
    if other:
        labels.append(say("report.category.other"))
        values.append(OTHER)
    return Ask(key, label, say(text), "choice", tuple(labels), tuple(values), required=True)


def _item(book: Book, finder: Finder, filled: Filled, item: str) -> list[Ask]:
    """The list items that the story touches, with the words that point to them; the item that
    the report was begun from comes first."""
    if not filled.text("what"):
        return []
    hits = finder.search(filled.written("what"), LOOKED_AT, ("power", "prohibition"))
    matched = {hit.id: hit for hit in hits}
    chosen = book.find(Category, category_of(filled))
    own = (*chosen.powers, *chosen.prohibitions) if chosen else ()
    near = sorted(matched, key=lambda id: id not in own)
    ids = list(dict.fromkeys([*([item] if book.get(item) else []), *near]))[:ITEMS]
    if not ids:
        return []
    titles, lines = [], []
    for n, id in enumerate(ids, start=1):
        title, shown = title_of(book, id), matched[id].matched if id in matched else ()
        key = "report.item.line" if shown else "report.item.line_bare"
        comma = say("report.item.comma")
        lines.append(say(key, n=n, title=title, words=comma.join(shown[:3])))
        titles.append(title)
    return [
        Ask(
            "item",
            say("report.item.label"),
            "\n".join([say("report.item.ask"), *lines]),
            "choice",
            (*titles, say("report.item.none")),
            (*ids, NONE),
            written=True,
        )
    ]


def _own(book: Book, filled: Filled, taken: set[str]) -> list[Ask]:
    """The questions of the item; where it has none, those of the category. None is required:
    she says what she saw, and nobody is sent to find out more."""
    fields: Sequence[Field] = ()
    if item := item_of(filled):
        entry = book.find(Power, item) or book.find(Prohibition, item)
        fields = entry.ask if entry else ()
    if not fields and (category := category_of(filled)):
        kind = book.find(Category, category)
        fields = kind.fields if kind else ()
    asks = [
        replace(_ask(field), required=False)
        for field in fields
        if field.key not in taken and (field.key, field.kind) != SINCE
    ]
    if asks:
        asks[0] = replace(asks[0], ask=say("report.own_first") + "\n" + asks[0].ask)
    return asks
