"""Asking what the rule is: typed words to the entry that answers.

What is asked is kept nowhere. Only a short term that nothing was found for is counted, so that
the steward can teach it to a pack: under a keyed name, and readable only once it came up often.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from handlers import form, redact
from handlers.messages import Button, Keyboard, Outbound
from handlers.monitor import browse, entry, menu, rule_card, triage
from handlers.texts import find, nothing_but, say, words
from handlers.turn import Turn, link
from knowledge.schema import Category, Entry, Question
from knowledge.search.corpus import FOUND
from knowledge.search.fold import fold
from storage import instance
from storage.people import Role

MATTERS = 4
"""Matters of one message that are answered, each with a line."""

TOLD = 6
"""Characters from which on a text may tell of something; what is shorter names a matter."""

LONG = 40
"""From this length on, a text is more likely a story than a question."""

TERM = 8
"""Characters of the longest term that is counted when nothing is found for it."""

OFTEN = 3
"""Times that a term came up before it may be read."""

SURE = 2
"""Among so many best answers a question about reporting must be: what else it is asked with
speaks of the same things."""

SHARED = 6
"""Cards offered to be shared into another chat."""


async def question(turn: Turn, text: str) -> None:
    """Answer with what fits best; say so when nothing does."""
    if not fold(text):
        turn.tell("ask.empty", _home(turn))
        return
    if topic := _about_this(turn, text):
        turn.tell(
            f"menu.about.topics.{topic}.answer",
            ((link("menu.button.report", "m.report"),), *_home(turn)),
        )
        return
    text = _with_part_before(turn, text)
    if about := _about_reporting(turn, text):
        _one(turn, text, (about, *fitting(turn, text)))
        return
    parts = matters(turn, text)
    found = _apart([(part, fitting(turn, part)) for part in parts])
    answered = [pair for pair in found if pair[1]]
    if len(answered) > 1:
        _several(turn, text, found)
    elif len(found) > 1 and not answered:
        await _none(turn, text)
    elif fits := (parts != [text] and fitting(turn, text)) or (answered and answered[0][1]):
        _one(turn, text, fits)
    else:
        await _none(turn, text)


def matters(turn: Turn, text: str) -> Sequence[str]:
    """The matters of one message, each in its own words; the search knows where one ends."""
    split = getattr(turn.finder, "split", None)
    return list(split(text))[:MATTERS] if split else [text]


def fitting(turn: Turn, text: str) -> list[Entry]:
    """The entries in force that fit, best first. What only says what a report would be about
    comes last."""
    hits = turn.finder.search(text, entry.OTHERS + 3)
    entries = [one for hit in hits if (one := turn.book.get(hit.id, turn.today))]
    return sorted(entries, key=lambda one: isinstance(one, Category))


def _about_this(turn: Turn, text: str) -> str:
    """What of this assistant itself a monitor asks about: may it be spoken, what does it cost."""
    if turn.person.role is not Role.MONITOR:
        return ""
    for topic in find("menu.about.topics"):
        if nothing_but(text, f"menu.about.topics.{topic}.says", "menu.about.around"):
            return str(topic)
    return ""


def _about_reporting(turn: Turn, text: str) -> Question | None:
    """The question about reporting itself that is asked here, if one is."""
    if len(text) > LONG:
        return None
    for hit in turn.finder.search(text, SURE, (*FOUND, "question")):
        one = turn.book.get(hit.id, turn.today)
        if isinstance(one, Question) and turn.book.is_about_reporting(one):
            return one
    return None


def sounds_like_report(turn: Turn, text: str, fits: Iterable[Entry]) -> bool:
    """Whether it tells of something that happened rather than asks for a rule."""
    if turn.person.role is not Role.MONITOR or turn.state.get("in"):
        return False
    asks = any(word in text for word in words("ask.asking"))
    kinds = {turn.book.kind_of(one.id) for one in fits}
    if len(text) >= LONG:
        return bool(kinds & {"category", "prohibition", "behaviour"}) or not (asks or kinds)
    return not asks and len(text) >= TOLD and "category" in kinds


def danger(text: str) -> list[str]:
    """What to do first if somebody is in danger now."""
    near = any(word in text for word in words("ask.danger"))
    return [say("triage.looks_like_danger")] if near else []


def _apart(found: Sequence[tuple[str, list[Entry]]]) -> list[tuple[str, list[Entry]]]:
    """Parts that the same entry answers are one matter."""
    first: dict[str, tuple[str, list[Entry]]] = {}
    for part, fits in found:
        first.setdefault(fits[0].id if fits else part, (part, fits))
    return list(first.values())


def _one(turn: Turn, text: str, fits: Sequence[Entry]) -> None:
    others = fits[1 : 1 + entry.OTHERS]
    if not sounds_like_report(turn, text, fits):
        entry.show(turn, fits[0], others, before=danger(text))
        return
    offer = (say("ask.looks_like_report"),)
    entry.show(
        turn, fits[0], others, before=danger(text), after=offer, report=_report_words(turn, text)
    )


def _several(turn: Turn, text: str, found: Sequence[tuple[str, list[Entry]]]) -> None:
    lines = [*danger(text), say("ask.several", n=len(found))]
    rows: list[tuple[Button, ...]] = []
    for n, (part, fits) in enumerate(found, start=1):
        if not fits:
            said = redact.cut(redact.visible(part), 16)
            lines.append(say("ask.matter_none", n=n, said=said))
            continue
        lines.append(say("ask.matter", n=n, title=fits[0].title, summary=fits[0].summary))
        rows.append((Button(fits[0].title, f"e.{fits[0].id}"),))
    every = [one for _, fits in found for one in fits]
    if sounds_like_report(turn, text, every):
        lines.append(say("ask.looks_like_report"))
        rows += _report_words(turn, text)
    turn.show("\n".join(lines), (*rows, *_home(turn)))


async def _none(turn: Turn, text: str) -> None:
    """Say plainly that there is nothing, and offer the lists that come nearest."""
    await _missed(turn, text)
    near = [kind for kind, signs in find("ask.near").items() if any(s in text for s in signs)]
    kinds = list(dict.fromkeys([*near, "power", "prohibition", "question"]))[:3]
    rows: Keyboard = tuple((link(f"ask.lists.{kind}", f"b.{kind}.0"),) for kind in kinds)
    lines = [*danger(text), say("ask.none")]
    if sounds_like_report(turn, text, ()):
        lines.append(say("ask.looks_like_report"))
        rows = (*rows, *_report_words(turn, text))
    elif turn.person.role is Role.MONITOR and not turn.state.get("in"):
        rows = (*rows, (link("menu.button.report", "m.report"),))
    turn.show("\n".join(lines), (*rows, *_home(turn)))


async def _missed(turn: Turn, text: str) -> None:
    """Count a term that nothing was found for; of a sentence, only that there was one."""
    term = fold(text).replace(" ", "")
    if not 2 <= len(term) <= TERM or any(letter.isdigit() for letter in term):
        await instance.count(turn.tx, "missed")
        return
    name = turn.tx.sealer.fingerprint("missed", term)
    if await instance.count(turn.tx, f"missed.{name}") == OFTEN:
        sealed = turn.tx.sealer.seal_text(term, f"settings.value:missed.term.{name}")
        await instance.put(turn.tx, f"missed.term.{name}", sealed.hex())


def _with_part_before(turn: Turn, text: str) -> str:
    """What she pasted and a phone had to split, in one piece again."""
    before = turn.state.get("asked", {})
    if len(before.get("text", "")) < form.LONG:
        return text
    since = turn.said.at - datetime.fromtimestamp(int(before["mark"]), UTC)
    return before["text"] + text if since <= form.PARTS_WITHIN else text


def _report_words(turn: Turn, text: str) -> Keyboard:
    """A button that reports these words; they wait in her state until something else begins. If
    they go on in a second message, the button below the first reports them all."""
    before = turn.state.get("asked", {})
    first = before.get("text", "")
    goes_on = len(first) >= form.LONG and text.startswith(first)
    mark = before["mark"] if goes_on else f"{turn.said.at.timestamp():.0f}"
    turn.state["asked"] = {"mark": mark, "text": text}
    return ((link("ask.button.report_words", f"a.{mark}"),),)


def _home(turn: Turn) -> Keyboard:
    return (*browse.go_on(turn), menu.home_row())


async def report_words(turn: Turn) -> bool:
    """Begin a report with the words that were just asked; False if they are gone."""
    asked = turn.state.get("asked", {})
    mark = turn.said.data.partition(".")[2]
    if turn.person.role is not Role.MONITOR or asked.get("mark") != mark:
        return False
    triage.start(turn, words=asked["text"])
    return True


async def aside(turn: Turn) -> bool:
    """Look up what was asked in the middle of a report; False if that is gone."""
    text = turn.state.get("aside", "")
    if text:
        await question(turn, text)
    return bool(text)


async def inline(turn: Turn) -> None:
    """`@bot words`: the cards that fit, to be shared into any chat as plain text."""
    query = turn.said.text
    fits = fitting(turn, query) if fold(query) else []
    if not fold(query):
        fits = browse.favourites(turn)
    cards = [
        {
            "id": one.id,
            "title": one.title,
            "summary": one.summary,
            "text": rule_card.card(turn.book, one, turn.today),
        }
        for one in fits[:SHARED]
        if not isinstance(one, Category)
    ]
    text = json.dumps(cards, ensure_ascii=False)
    said = turn.said
    turn.out.append(Outbound(said.channel, said.chat, inline=said.press, text=text))
