"""One entry on screen: its card, a closer look, its articles, a picture of it, a report on it."""

from collections.abc import Sequence

from handlers.messages import Button, Keyboard, Outbound
from handlers.monitor import browse, menu, picture, report, rule_card
from handlers.turn import Turn, link
from knowledge.schema import Entry, Power
from storage.people import Role

OTHERS = 2
"""Entries offered beside the one that is shown."""


def show(
    turn: Turn,
    entry: Entry,
    others: Sequence[Entry] = (),
    *,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    report: Keyboard = (),
) -> None:
    """An entry's card, in place of the one whose button was pressed. It counts as a look, in
    her own sealed state and by id only; the way back from a view of it does not."""
    if not turn.said.data.startswith("v."):
        turn.state["looked"] = browse.counted(turn.state.get("looked", {}), entry.id)
    text = "\n\n".join([*before, rule_card.card(turn.book, entry, turn.today), *after])
    turn.show(text, rows(turn, entry, others, report=report), replaces=browse.pressed(turn))


def rows(
    turn: Turn, entry: Entry, others: Sequence[Entry] = (), *, report: Keyboard = ()
) -> Keyboard:
    """What can be done from a card: look closer, check, report, leaf on, go back."""
    book, on = turn.book, turn.today
    near = others or rule_card.related(book, entry, on)
    found: list[tuple[Button, ...]] = [
        (Button(one.title, f"e.{one.id}"),)
        for one in [one for one in near if one.title != entry.title][:OTHERS]
    ]
    if closer := _closer(turn, entry):
        found.append(closer)
    tools = []
    if (procedure := rule_card.procedure_of(book, entry, on)) is not None:
        tools.append(link("ask.button.check", f"k.{procedure.id}"))
    if picture.possible():
        tools.append(link("ask.button.picture", f"v.picture.{entry.id}"))
    if tools:
        found.append(tuple(tools))
    if _may_report(turn):
        found += report or ((link("ask.button.report", f"v.report.{entry.id}"),),)
    return (*found, *browse.ways(turn, entry))


async def press(turn: Turn) -> bool:
    """`e.SP07` shows an entry, `v.basis.SP07` one view of it, `v.card.SP07` the entry again.
    False if there is no such thing."""
    area, _, rest = turn.said.data.partition(".")
    view, _, id = rest.partition(".") if area == "v" else ("card", "", rest)
    entry = turn.book.get(id, turn.today)
    if entry is None:
        return False
    match view:
        case "card":
            show(turn, entry)
        case "picture":
            _picture(turn, entry)
        case "report" if turn.person.role is Role.MONITOR:
            await report.start(turn, item=rule_card.item_of(turn.book, entry, turn.today))
        case _ if view in rule_card.views(entry):
            _view(turn, entry, view)
        case _:
            return False
    return True


def _may_report(turn: Turn) -> bool:
    """Whether a report may begin here: not in the middle of another one."""
    return turn.person.role is Role.MONITOR and turn.state.get("in") != report.NAME


def _closer(turn: Turn, entry: Entry, *, but: str = "") -> tuple[Button, ...]:
    """Its views; of a time limit, those of the power to which it belongs besides."""
    power = rule_card.power_of(turn.book, entry, turn.today)
    shown: list[tuple[Entry, str]] = []
    shown += [(power, view) for view in ("whole", "wrong")] if power else []
    shown += [(entry, view) for view in rule_card.views(entry) if view != but]
    return tuple(
        Button(rule_card.view_label(turn.book.kind_of(one.id), view), f"v.{view}.{one.id}")
        for one, view in shown
    )


def _view(turn: Turn, entry: Entry, view: str) -> None:
    """A closer look; from there back to the card."""
    book, on = turn.book, turn.today
    found: list[tuple[Button, ...]] = []
    if view == "wrong" and isinstance(entry, Power):
        text = rule_card.wrong(book, entry, on)
        against = rule_card.forbidden(book, entry, on)[: browse.PAGE]
        found += [(Button(one.title, f"e.{one.id}"),) for one in against]
    else:
        text = (rule_card.basis if view == "basis" else rule_card.whole)(book, entry, on)
    if closer := _closer(turn, entry, but=view):
        found.append(closer)
    if _may_report(turn):
        found.append((link("ask.button.report", f"v.report.{entry.id}"),))
    ends = (link("ask.button.back", f"v.card.{entry.id}"), *menu.home_row())
    turn.show(text, (*found, *browse.go_on(turn), ends), replaces=browse.pressed(turn))


def _picture(turn: Turn, entry: Entry) -> None:
    """The card as a picture, to be sent on or printed; where nothing can be drawn, its text."""
    text = rule_card.card(turn.book, entry, turn.today)
    title, _, rest = text.partition("\n")
    drawn = picture.card(title, rest.split("\n"))
    said = turn.said
    shown = Outbound(said.channel, said.chat, text="" if drawn else text, picture=drawn)
    turn.out.append(shown)
