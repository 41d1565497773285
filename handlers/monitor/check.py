"""Checking a procedure in chat: one question at a time, then step by step what was found.

What was answered is kept until it is thrown away, so that it can wait for a paper that is only
seen tomorrow. From the findings it is one tap to a report.
"""

from dataclasses import replace

from handlers import asking, form
from handlers.asking import Told, Wish
from handlers.form import Ask, Filled
from handlers.messages import Button, Heard, Keyboard, Outbound
from handlers.monitor import ask, browse, menu, picture, report
from handlers.monitor.check_plan import NO, YES, Sheet
from handlers.monitor.check_words import Words
from handlers.texts import say, words
from handlers.turn import Turn, link
from knowledge.procedures import FactsError, Kind
from knowledge.schema import Procedure
from storage.people import Role

NAME = "check"


def choose(turn: Turn, page: str = "0") -> None:
    """Which procedure: the one that waits, then all of them."""
    title = say("ask.browse.check_title")
    buttons = [Button(one.title, f"k.{one.id}") for one in turn.book.every(Procedure, turn.today)]
    if (sheet := _sheet(turn)) is not None:
        title += "\n" + say("check_talk.waits", title=sheet.procedure.title)
        buttons.insert(0, link("check_talk.button.go_on", "k.go"))
    browse.page(turn, title, buttons, "k.all", page, back="b.all.0")


async def press(turn: Turn) -> bool:
    """`k.all` the procedures, `k.go` the one that waits, `k.PR01` that one from the start."""
    _, verb, page = (*turn.said.data.split("."), "", "")[:3]
    if verb == "all":
        choose(turn, page)
    elif verb == "go" and _sheet(turn) is not None:
        _put_by(turn)
        turn.enter(NAME)
        _show(turn, _filled(turn))
    elif (procedure := turn.book.find(Procedure, verb, turn.today)) is not None:
        _put_by(turn)
        filled = form.begin(Sheet.of(turn.book, procedure, turn.today).plan)
        turn.enter(NAME, check={"procedure": procedure.id, "form": filled.to_json()})
        turn.tell("check_talk.begin", title=procedure.title)
        _show(turn, filled)
    else:
        return False
    return True


async def hear(turn: Turn) -> None:
    """Whatever is said while a procedure is being checked."""
    if _sheet(turn) is None:
        turn.leave()
        turn.toast("menu.stale")
        menu.show(turn)
        return
    filled = _filled(turn)
    if turn.said.heard in {Heard.FILES, Heard.LOCATION}:
        turn.tell("check_talk.no_files")
        _show(turn, filled)
        return
    if turn.said.heard is Heard.EDITED:
        return
    told = asking.listen(turn)
    if told is None:
        turn.toast("check_talk.stale")
        _show(turn, filled)
    elif told.wish is Wish.SAVE:
        turn.leave()
        turn.tell("check_talk.saved", menu.rows())
    elif told.wish is Wish.CANCEL:
        turn.state.pop("check")
        turn.leave()
        turn.tell("check_talk.cancelled", menu.rows())
    elif filled.at == form.PREVIEW:
        await _at_result(turn, filled, told)
    elif told.verb == "result":
        _keep(turn, replace(filled, at=form.PREVIEW, hinted=False))
        _result(turn, _filled(turn))
    else:
        _step(turn, filled, told)


def _step(turn: Turn, filled: Filled, told: Told) -> None:
    """One question answered, skipped or gone back over."""
    sheet = _sheet_now(turn)
    step = asking.answer(filled, _meant(filled, told), sheet.plan, turn)
    if step is None:
        _show(turn, filled)
        return
    slip = sheet.slip(step.form)
    if slip is not None:
        _tell_slip(turn, slip)
        _show(turn, filled)
        return
    _keep(turn, step.form)
    _show(turn, step.form, hint=step.hint)


def _meant(filled: Filled, told: Told) -> Told:
    """Yes and no as people type them, where a step was asked about."""
    said = told.text.strip()
    if filled.at.endswith(".done"):
        for place, key in enumerate((YES, NO)):
            if said in words(f"check_talk.typed.{key}"):
                return Told(choice=place)
    return told


def _tell_slip(turn: Turn, slip: FactsError) -> None:
    if slip.problem != "more_than":
        turn.tell("check_talk.slip.ends_before")
        return
    more = say(f"check.fact.{slip.choices[0]}")
    fact = say(f"check.fact.{slip.where.rpartition('.')[2]}")
    turn.tell("check_talk.slip.more_than", fact=fact, given=slip.given, more=more)


async def _at_result(turn: Turn, filled: Filled, told: Told) -> None:
    """A step looked at closely, mended, all of it explained, or made into a report."""
    found = _words(turn, filled)
    number = told.choice
    if number is None and told.text.strip().isdecimal():
        number = int(told.text.strip()[:9]) - 1
    verb, _, argument = told.verb.partition("-")
    if told.wish is Wish.BACK:
        _show(turn, filled)
    elif number is not None and 0 <= number < len(found.findings.steps):
        _detail(turn, found, number)
    elif verb == "fix":
        _mend(turn, filled, argument)
    elif verb == "rest":
        _keep(turn, form.go_on(filled, _sheet_now(turn).plan))
        _show(turn, _filled(turn))
    elif verb == "all":
        _all(turn, found)
    elif verb == "report" and turn.person.role is Role.MONITOR:
        item = next(iter(found.findings.procedure.serves), "")
        await report.start(turn, words=found.for_report(), item=item)
    elif told.text.strip() and told.wish is None and number is None:
        turn.leave()
        await ask.question(turn, told.text)
    else:
        _show(turn, filled)


def _show(turn: Turn, filled: Filled, *, hint: str = "") -> None:
    """The open question, or what was found."""
    plan = _sheet_now(turn).plan
    question = form.current(filled, plan)
    if question is None:
        if filled.at != form.PREVIEW:
            _keep(turn, form.go_on(filled, plan))
            filled = _filled(turn)
        _result(turn, filled)
        return
    turn.step()
    lines = [_hint(question, hint)] if hint else []
    lines += [question.ask, *asking.numbered(question), *asking.earlier(filled, question)]
    first = plan(filled)[0].key == question.key
    answered = question.key in filled.answers
    ways = asking.ways(turn, question, first=first, answered=answered)
    more = asking.aside(turn, turn.said.text) if hint else ()
    rows = (*asking.choices(turn, question), *more, *ways)
    if not first:
        rows = (*rows, (turn.button(say("check_talk.button.result"), "result"),))
    turn.show("\n".join(lines), rows)


def _hint(question: Ask, hint: str) -> str:
    """A count is asked for otherwise than an amount of money."""
    counted = hint == "amount" and "." in question.key
    return say("check_talk.hint_count") if counted else say(f"form.hint.{hint}")


def _result(turn: Turn, filled: Filled) -> None:
    """Every step with how it stands; the picture first, so that the buttons stand last."""
    turn.step()
    found, sheet = _words(turn, filled), _sheet_now(turn)
    title = found.findings.procedure.title
    drawn = b"" if turn.said.press and turn.state.get("drawn") else _drawn(found)
    if drawn:
        turn.state["drawn"] = True
        said = turn.said
        turn.out.append(Outbound(said.channel, said.chat, picture=drawn))
    lines = found.overview()
    lines += [
        say("check_talk.unread", label=label, text=text) for label, text in sheet.unread(filled)
    ]
    lines += [applies] if (applies := found.applies()) else []
    text = say(
        "check_talk.result",
        title=title,
        lines="\n".join(lines),
        summary=found.summary(),
        reminder=say("check.summary.reminder"),
    )
    turn.show(text, _result_rows(turn, filled, found))


def _drawn(found: Words) -> bytes:
    rows = found.rows()
    dated = any(row.first for row in rows)
    return picture.timeline(found.findings.procedure.title, rows) if dated else b""


def _result_rows(turn: Turn, filled: Filled, found: Words) -> Keyboard:
    rows: list[tuple[Button, ...]] = [
        (turn.button(found.line(n + 1, one), n),)
        for n, one in enumerate(found.findings.steps)
        if one.kind.wrong or one.kind is Kind.CANT_TELL
    ]
    plan = _sheet_now(turn).plan
    open_still = form.go_on(filled, plan).at != form.PREVIEW
    line = [turn.button(say("check_talk.button.all"), "all")]
    if open_still:
        line.append(turn.button(say("check_talk.button.rest"), "rest"))
    rows.append(tuple(line))
    if found.findings.wrong and turn.person.role is Role.MONITOR:
        rows.append((turn.button(say("check_talk.button.report"), "report"),))
    save, cancel = say("form.button.save"), say("form.button.cancel")
    rows.append((turn.button(save, Wish.SAVE), turn.button(cancel, Wish.CANCEL)))
    return (*rows, menu.home_row())


def _detail(turn: Turn, found: Words, n: int) -> None:
    turn.step()
    key = found.findings.steps[n].step.key
    rows = (
        (turn.button(say("check_talk.button.fix"), f"fix-{key}"),),
        (turn.button(say("check_talk.button.back"), Wish.BACK),),
    )
    turn.show(found.detail(n + 1), rows, replaces=browse.pressed(turn))


def _all(turn: Turn, found: Words) -> None:
    turn.step()
    title = found.findings.procedure.title
    details = [found.detail(n) for n, _ in enumerate(found.findings.steps, start=1)]
    text = say("check_talk.all", title=title, text="\n\n".join(details))
    turn.show(text, ((turn.button(say("check_talk.button.back"), Wish.BACK),),))


def _mend(turn: Turn, filled: Filled, key: str) -> None:
    """One step asked anew: its answers are dropped, all others stay."""
    kept = {name: value for name, value in filled.answers.items() if name.split(".")[0] != key}
    plan = _sheet_now(turn).plan
    turn.state.pop("drawn", None)
    mended = replace(filled, answers=kept)
    first = next((one.key for one in plan(mended) if one.key.split(".")[0] == key), form.PREVIEW)
    _keep(turn, replace(mended, at=first, hinted=False))
    _show(turn, _filled(turn))


def _sheet(turn: Turn) -> Sheet | None:
    """The procedure that is being checked, or waits; none if there is none in force."""
    kept = turn.state.get("check") or {}
    procedure = turn.book.find(Procedure, kept.get("procedure", ""), turn.today)
    return Sheet.of(turn.book, procedure, turn.today) if procedure else None


def _sheet_now(turn: Turn) -> Sheet:
    sheet = _sheet(turn)
    if sheet is None:
        raise LookupError(NAME)
    return sheet


def _filled(turn: Turn) -> Filled:
    return Filled.from_json(turn.state["check"]["form"])


def _keep(turn: Turn, filled: Filled) -> None:
    turn.state["check"] = {**turn.state["check"], "form": filled.to_json()}


def _words(turn: Turn, filled: Filled) -> Words:
    return Words(turn.book, _sheet_now(turn).findings(filled))


def _put_by(turn: Turn) -> None:
    """A report that is open waits as a draft; she is told so."""
    if turn.state.get("in") == report.NAME:
        turn.tell("report.saved")
