"""An entry of the lists as people read it: the answer first, then on what it rests.

Law, a local rule and our own advice are told apart in every view, so that none is taken for
another. Pure: a book and a day in, plain text out.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from handlers.texts import has, say
from knowledge.book import Book
from knowledge.schema import (
    AccountabilityKind,
    Behaviour,
    BusinessRule,
    Card,
    Category,
    Checklist,
    Entry,
    Footing,
    Parameter,
    Power,
    Procedure,
    Prohibition,
    Question,
    RiskPoint,
    Term,
    TimeLimit,
)

CITES = 2
"""Citations that stand under an answer; the rest are one tap away."""


def card(book: Book, entry: Entry, on: date) -> str:
    """The answer as it is shown first: title, answer, what it rests on."""
    lines = [entry.summary, *_about(entry)]
    if entry.note and "whole" not in views(entry):
        lines.append(part("note", entry.note))
    lines.append(rests(book, entry, on))
    if isinstance(entry, Power) and entry.village_only_helps:
        lines.append(say("ask.only_helps"))
    return say(
        "ask.card", title=entry.title, lines="\n".join([*lines, *warnings(book, entry, on)])
    )


def views(entry: Entry) -> tuple[str, ...]:
    """What more can be shown of it: `whole`, `wrong`, `basis`."""
    found = []
    if isinstance(entry, Power | Prohibition | Procedure | RiskPoint | Checklist):
        found.append("whole")
    if isinstance(entry, Power):
        found.append("wrong")
    if entry.basis or entry.local_basis:
        found.append("basis")
    return tuple(found)


def view_label(kind: str, view: str) -> str:
    """What a view is called on a button."""
    own = f"ask.view_of.{kind}.{view}"
    return say(own if has(own) else f"ask.view.{view}")


def related(book: Book, entry: Entry, on: date) -> list[Entry]:
    """The entries that it points to and that are in force."""
    ids: Iterable[str] = ()
    match entry:
        case Prohibition():
            ids = entry.powers
        case Category():
            ids = (*entry.powers, *entry.prohibitions)
        case Question() | Card():
            ids = entry.rests_on
        case Procedure():
            ids = entry.serves
        case Behaviour():
            ids = entry.kinds
    return [found for id in ids if (found := book.get(id, on))]


def procedure_of(book: Book, entry: Entry, on: date) -> Procedure | None:
    """The procedure that can be checked for it: its own, or the first that serves it."""
    if isinstance(entry, Procedure):
        return entry
    power = entry if isinstance(entry, Power) else power_of(book, entry, on)
    ids = power.procedures if power else ()
    return next((one for id in ids if (one := book.find(Procedure, id, on))), None)


def power_of(book: Book, entry: Entry, on: date) -> Power | None:
    """The power to which a time limit belongs: the one that rests on the same article."""
    if not isinstance(entry, TimeLimit):
        return None
    own = {one.cite for one in entry.basis}
    powers = book.every(Power, on)
    exact = (one for one in powers if own & {told.cite for told in one.limits})
    near = (one for one in powers if own & {each.cite for each in one.basis})
    return next(exact, None) or next(near, None)


def item_of(book: Book, entry: Entry, on: date) -> str:
    """The list item that a report about this entry is about; empty if there is none."""
    for one in (entry, power_of(book, entry, on), *related(book, entry, on)):
        if isinstance(one, Power | Prohibition):
            return one.id
    return ""


def part(name: str, text: str) -> str:
    """One labelled line."""
    return say(f"ask.part.{name}", text=text)


def cite(book: Book, written: str, after: str = "") -> str:
    """A citation (`VCOL:35`) by the instrument's short name and the article; straight after
    another article of the same instrument, by the article alone."""
    code, _, article = written.partition(":")
    instrument = book.instruments.get(code)
    if instrument is None:
        return written
    key = "point" if instrument.points else "cite"
    if after.partition(":")[0] == code:
        return say(f"ask.rests.same_{key}", article=article)
    return say(f"ask.rests.{key}", name=instrument.short, article=article)


def cites(book: Book, written: Iterable[str], most: int = CITES) -> str:
    """Several citations, the first few of them spelt out."""
    every = list(dict.fromkeys(written))
    shown = every[:most]
    named = [cite(book, one, before) for before, one in zip(["", *shown], shown, strict=False)]
    text = say("ask.rests.comma").join(named)
    return text if len(every) <= most else say("ask.rests.more", cites=text, n=len(every))


def rests(book: Book, entry: Entry, on: date) -> str:
    """One line that tells law, a local rule and our own advice apart."""
    national = book.level_of(entry.id, on) in {"national", None}
    if entry.footing is Footing.LOCAL or (not national and entry.footing is Footing.LAW):
        local = [one.cite for one in entry.local_basis]
        named = cites(book, [*local, *(one.cite for one in entry.basis)])
        return say("ask.rests.local", cites=named) if named else say("ask.rests.local_bare")
    if entry.footing is Footing.OWN or not entry.basis:
        return say("ask.rests.ours" if isinstance(entry, Question) else "ask.rests.own")
    key = "partly_local" if entry.partly_local else "law"
    return say(f"ask.rests.{key}", cites=cites(book, [one.cite for one in entry.basis]))


def warnings(book: Book, entry: Entry, on: date) -> Iterator[str]:
    """What must be known before anybody relies on it."""
    pack = book.pack_of(entry.id, on)
    if pack is not None and pack.level != "national":
        level = say(f"knowledge.show.level.{pack.level}")
        yield say("ask.rests.from_pack", level=level, title=pack.title)
    if pack is not None and pack.sample:
        yield say("ask.rests.sample")
    if entry.basis and entry.verified is None:
        yield say("ask.rests.unverified")


def basis(book: Book, entry: Entry, on: date) -> str:
    """Every article with what it carries, and where to read it."""
    lines = [say("ask.basis.title", title=entry.title)]
    versions: dict[str, None] = {}
    for one in entry.basis:
        lines.append(say("ask.basis.line", cite=cite(book, one.cite), carries=one.carries))
        instrument = book.instruments.get(one.cite.partition(":")[0])
        if instrument is not None:
            versions[f"{instrument.name}　{instrument.version}"] = None
    for local in entry.local_basis:
        lines.append(say("ask.basis.local", cite=cite(book, local.cite), carries=local.carries))
    if len(lines) == 1:
        lines.append(say("ask.basis.none", rests=rests(book, entry, on)))
    else:
        lines += [say("ask.basis.version", version=one) for one in versions]
        lines.append(say("ask.basis.read"))
    return "\n".join([*lines, *warnings(book, entry, on)])


def whole(book: Book, entry: Entry, on: date) -> str:
    """All that there is to know of it."""
    lines = [entry.title, entry.summary]
    match entry:
        case Power():
            lines += _power(book, entry)
        case Prohibition():
            lines += [part("means", entry.means), part("seen", entry.look)]
            lines += [part("allowed", entry.allowed)] if entry.allowed else []
        case Procedure():
            lines += _procedure(book, entry, on)
        case RiskPoint():
            lines += [part("level", entry.level), part("signs", entry.signs)]
            lines.append(say("ask.part.measures"))
            lines += [say("ask.part.measure", title=m.title, text=m.do) for m in entry.measures]
        case Checklist():
            lines.append(say("ask.part.items"))
            for item in entry.items:
                lines.append(part("item", item.look))
                lines += [part("keep", item.keep)] if item.keep else []
    if entry.note:
        lines.append(part("note", entry.note))
    return "\n".join([*lines, rests(book, entry, on), *warnings(book, entry, on)])


def wrong(book: Book, entry: Power, on: date) -> str:
    """How the rule is usually got round, and which prohibitions stand against that."""
    lines = [entry.title, say("ask.part.wrongs")]
    lines += [part("wrong", one.title) for one in forbidden(book, entry, on)]
    lines.append(say("ask.part.tricks"))
    for trick in entry.tricks:
        lines += [part("trick", trick.trick), part("look", trick.look)]
    return "\n".join(lines)


def forbidden(book: Book, entry: Power, on: date) -> list[Prohibition]:
    """The prohibitions that belong to a power."""
    return [one for id in entry.prohibitions if (one := book.find(Prohibition, id, on))]


def _about(entry: Entry) -> list[str]:
    """What a short entry has beyond its answer; it needs no second screen."""
    match entry:
        case TimeLimit():
            unit = say("ask.hours") if entry.unit == "h" else say(f"check.unit.{entry.unit}")
            lines = [say("ask.part.counted", n=entry.n, unit=unit, since=entry.since)]
            return [*lines, part("place", entry.place)] if entry.place else lines
        case Question():
            return [entry.more] if entry.more else []
        case Term():
            return [part("also", say("ask.rests.comma").join(entry.also))] if entry.also else []
        case BusinessRule():
            return [part("mind", entry.mind)]
        case AccountabilityKind():
            return [part("applies_to", entry.applies_to)]
        case Behaviour():
            return [part("looks_like", entry.looks_like)]
        case Checklist():
            return [part("when", entry.when)]
        case Parameter():
            if entry.value is None:
                return [say("ask.part.value_unset")]
            value = entry.value
            text = "\n".join(value) if isinstance(value, tuple) else f"{value}{entry.unit}"
            return [part("value", text), part("source", entry.source)]
    return []


def _power(book: Book, entry: Power) -> list[str]:
    lines = [part("decides", entry.decides)]
    lines += [part("helps", entry.helps)] if entry.helps else []
    lines += [say("ask.only_helps")] if entry.village_only_helps else []
    lines.append(say("ask.part.steps"))
    for n, step in enumerate(entry.steps, start=1):
        lines.append(say("ask.part.step", n=n, text=step.do, who=step.who))
        lines += [part("proof", step.proof)] if step.proof else []
    lines += [say("ask.part.limits")] if entry.limits else []
    for told in entry.limits:
        cited = cite(book, told.cite) if told.cite else ""
        key = "limit" if cited else "limit_local"
        lines.append(say(f"ask.part.{key}", text=told.say, cite=cited))
    lines.append(part("publish", entry.publish))
    lines.append(part("papers", say("ask.rests.comma").join(entry.papers)))
    return lines


def _procedure(book: Book, entry: Procedure, on: date) -> list[str]:
    """Its steps in the order that the place has chosen, else in the usual one."""
    setting = book.parameter(entry.variant_parameter, on) if entry.variant_parameter else None
    chosen = str(setting.value or "") if setting else ""
    variant = chosen if chosen in entry.variants else entry.default_variant
    lines = [part("variant", entry.variants[variant].title)] if variant else []
    lines.append(say("ask.part.steps"))
    for n, step in enumerate(entry.ordered(variant), start=1):
        lines.append(say("ask.part.step", n=n, text=step.title, who=step.who))
        lines += [part("proof", step.proof)] if step.proof else []
        lines += [say("ask.part.local_step")] if step.local else []
    return lines
