"""`cunjian lead …` and `register …`: the register at a terminal, without who reported.

Who reported is sealed; `lead reporter` opens it for a reason, in the name of a steward, and the
history keeps both. Nothing here deletes or rewrites a lead.
"""

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.commands.common import (
    BEIJING,
    Json,
    beijing,
    book,
    command,
    fail,
    now,
    opened,
    refuse_taken,
    tell,
    tell_data,
    write_new,
)
from handlers.texts import find, say, words

if TYPE_CHECKING:
    from storage.database import Tx
    from storage.places import Office
    from storage.register import Lead

app = typer.Typer()
lead_app = typer.Typer(no_args_is_help=True, help=say("cli.help.lead"))
register_app = typer.Typer(no_args_is_help=True, help=say("cli.help.register"))
app.add_typer(lead_app, name="lead")
app.add_typer(register_app, name="register")

OfficeOption = Annotated[str, typer.Option("--office", help=say("cli.help.office"))]
Reason = Annotated[str, typer.Option("--reason", help=say("cli.help.reason"))]


@lead_app.command(name="list", help=say("cli.help.lead_list"))
@command
async def list_(
    office: OfficeOption = "",
    only_open: Annotated[bool, typer.Option("--open", help=say("cli.help.open"))] = False,
    as_json: Json = False,
) -> None:
    """The leads in the order they came: numbers, places and states, nothing that was written."""
    from bot.lead_view import View, line_of
    from storage import leads

    view = View(book())
    async with opened() as database, database.read() as tx:
        seat = await _office(tx, office)
        found = await leads.all_leads(tx, office_id=seat.id if seat else None)
        rows = [await line_of(tx, view, one) for one in found if not (only_open and one.closed_at)]
    if as_json:
        tell_data(rows)
        return
    if not rows:
        tell("lead.none")
    for row in rows:
        typer.echo(_line(row))


def _line(row: dict[str, object]) -> str:
    due = say("cli.lead.due", due=str(row["due"])[:10]) if row["due"] else ""
    mark = say("cli.lead.urgent") if row["urgent"] else ""
    return say("cli.lead.line", **{**row, "due": due, "mark": mark}).rstrip()


@lead_app.command(help=say("cli.help.lead_show"))
@command
async def show(number: str, as_json: Json = False) -> None:
    """One lead with all that was written, but not who reported; the look is on record."""
    from bot.lead_view import View, data_of, text_of
    from storage import leads

    view = View(book())
    async with opened() as database, database.write() as tx:
        lead = await _lead(tx, number)
        data = await data_of(tx, view, lead)
        await leads.note(tx, lead, event="viewed", by=None, now=now(), detail=_AT_TERMINAL)
    if as_json:
        tell_data(data)
        return
    typer.echo(text_of(data))
    tell("lead.seen", at=beijing(now()))


_AT_TERMINAL = {"where": "terminal"}


@lead_app.command(help=say("cli.help.lead_reporter"))
@command
async def reporter(
    number: str,
    reason: Reason = "",
    by: Annotated[str, typer.Option("--by", help=say("cli.help.by"))] = "",
) -> None:
    """Open the sealed identity: for a reason, by a steward, once, and on record first."""
    from bot.org_file import squeezed
    from bot.org_plan import standing
    from storage import leads, people
    from storage.people import Role

    reason, by = reason.strip(), squeezed(by)
    if not reason or not by:
        fail("lead.reporter_needs")
    async with opened() as database, database.write() as tx:
        lead = await _lead(tx, number)
        org = await standing(tx)
        stewards = [p for p in org.people if p.role is Role.STEWARD]
        steward = next((p for p in stewards if squeezed(p.name) == by), None)
        if steward is None:
            fail("lead.reporter_steward", name=by)
        detail = {"reason": reason, "by": by, **_AT_TERMINAL}
        await leads.note(
            tx, lead, event="identity_opened", by=steward.id, now=now(), detail=detail
        )
        person = await people.get(tx, lead.reporter_id)
    if person is not None:  # only now, when the record is kept
        path = "/".join(org.route_of(person.place_id))
        title = person.title or words(f"cli.org.role.{person.role}")[0]
        tell("lead.reporter", number=lead.number, name=person.name, path=path, title=title)
    tell("lead.reporter_once", at=beijing(now()), by=by)


@lead_app.command(help=say("cli.help.lead_export"))
@command
async def export(
    number: str,
    folder: Path,
    originals: Annotated[
        bool, typer.Option("--originals", help=say("cli.help.originals"))
    ] = False,
    reason: Reason = "",
) -> None:
    """A lead as a folder: its text, the copies that may be circulated, and their hashes."""
    from bot.lead_view import View, data_of, packed, text_of
    from storage import leads

    if originals and not reason.strip():
        fail("lead.export_reason")
    _refuse_full(folder)
    view = View(book())
    async with opened() as database, database.write() as tx:
        lead = await _lead(tx, number)
        parts = {say("cli.lead.text_name"): text_of(await data_of(tx, view, lead)).encode()}
        parts |= await packed(tx, lead, originals=originals)
        detail = {"originals": originals, "reason": reason.strip(), "files": len(parts) - 1}
        await leads.note(
            tx, lead, event="exported", by=None, now=now(), detail=detail | _AT_TERMINAL
        )
    _write_all(folder, parts)
    tell("lead.exported", folder=folder, n=len(parts))
    if originals:
        tell("lead.originals_warn")


@lead_app.command(help=say("cli.help.lead_delete"))
@command
def delete(number: str) -> None:
    """Refused by rule: a lead is never deleted; its content goes when its time is over."""
    fail("lead.delete", number=number)


@register_app.command(name="export", help=say("cli.help.register_export"))
@command
async def register_export(
    file: Path,
    office: OfficeOption = "",
    since: Annotated[str, typer.Option("--since", help=say("cli.help.since"))] = "",
    until: Annotated[str, typer.Option("--until", help=say("cli.help.until"))] = "",
) -> None:
    """The office's register as a workbook: days in Beijing, no reporter, no cell that runs."""
    from bot.lead_view import View, register_row
    from bot.sheets import Sheet, workbook
    from storage import history, leads

    if file.suffix != ".xlsx":
        fail("register.suffix")
    refuse_taken(file)
    first, last = _day(since), _day(until)
    view = View(book())
    async with opened() as database, database.write() as tx:
        seat = await _office(tx, office)
        found = await leads.all_leads(
            tx,
            office_id=seat.id if seat else None,
            since=first,
            until=last + timedelta(days=1) if last else None,
        )
        rows = [await register_row(tx, view, one) for one in found]
        await history.append(
            tx,
            lead_id=None,
            event="register_exported",
            by=None,
            now=now(),
            detail={"leads": len(rows), **_AT_TERMINAL},
        )
    write_new(
        file, workbook([Sheet(find("cli.register.sheet"), words("cli.register.columns"), rows)])
    )
    tell("register.done", file=file, n=len(rows))


def _day(text: str) -> datetime | None:
    """The beginning of a day in Beijing."""
    if not text:
        return None
    try:
        return datetime.combine(datetime.strptime(text, "%Y-%m-%d"), time(), BEIJING)  # noqa: DTZ007
    except ValueError:
        fail("register.day", text=text)


async def _lead(tx: "Tx", number: str) -> "Lead":
    from storage import leads

    return await leads.by_number(tx, number) or _unknown(number)


def _unknown(number: str) -> NoReturn:
    fail("lead.unknown", text=number[:40])


async def _office(tx: "Tx", text: str) -> "Office | None":
    from storage import places

    if not text:
        return None
    offices = await places.all_offices(tx)
    called = [one for one in offices if text.upper() == one.code or text == one.name]
    if len(called) != 1:
        fail("people.office_none", text=text)
    return called[0]


def _refuse_full(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        fail("lead.export_exists", folder=folder)


def _write_all(folder: Path, parts: dict[str, bytes]) -> None:
    """The parts and, at last, the list of their hashes: a folder without it is unfinished."""
    import hashlib

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, raw in parts.items():
        write_new(folder / name, raw)
    hashes = [f"{hashlib.sha256(raw).hexdigest()}  {name}\n" for name, raw in parts.items()]
    write_new(folder / say("cli.lead.hashes_name"), "".join(hashes).encode())
