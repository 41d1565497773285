"""`cunjian invite`, `revoke` and `people list`: who may come in, and who no longer may."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.commands.common import (
    BEIJING,
    Json,
    command,
    fail,
    now,
    opened,
    refuse_taken,
    settings,
    tell,
    tell_data,
    write_new,
)
from handlers.texts import say, words

if TYPE_CHECKING:
    from bot.org_plan import Standing
    from storage.database import Tx
    from storage.people import Invitation, Person
    from storage.places import Office

app = typer.Typer()
people_app = typer.Typer(no_args_is_help=True, help=say("cli.help.people"))
app.add_typer(people_app, name="people")


@app.command(help=say("cli.help.invite"))
@command
async def invite(
    role: Annotated[
        Literal["monitor", "officer", "steward"],
        typer.Option("--role", help=say("cli.help.role")),
    ],
    place: Annotated[str, typer.Option("--place", help=say("cli.help.place"))],
    office: Annotated[str, typer.Option("--office", help=say("cli.help.office"))] = "",
    name: Annotated[str, typer.Option("--name", help=say("cli.help.name"))] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=30, help=say("cli.help.days"))] = 7,
    qr: Annotated[Path | None, typer.Option("--qr", help=say("cli.help.qr"))] = None,
    as_json: Json = False,
) -> None:
    """A one-time link that binds whoever opens it to a role and a place."""
    from bot.org_file import LONGEST, squeezed
    from bot.org_plan import matching, standing
    from knowledge.yaml_text import HIDDEN
    from storage import history, instance, people

    _refuse_file(qr)
    if len(name) > LONGEST or HIDDEN.search(name):
        fail("people.bad_name")
    given = settings()
    async with opened(given) as database, database.write() as tx:
        telegram = await instance.get(tx, "telegram.username")
        if not telegram and not given.public_url:
            fail("people.no_link")
        org = await standing(tx)
        found = matching(place, org.places)
        if len(found) != 1:
            known = " ".join("/".join(route) for route in found[:5])
            fail("people.place_many" if found else "people.place_none", text=place, known=known)
        seat = _office(org, office, found[0], needed=role == "officer")
        if role == "officer" and seat is not None:
            found = [org.route_of(seat.place_id)]
        place_id, office_id = org.places[found[0]].id, seat.id if seat else None
        on_roster = [
            one
            for one in org.people
            if name and (one.role.value, one.place_id) == (role, place_id)
            if squeezed(one.name) == squeezed(name) and one.office_id == office_id
        ]
        invitation, code = await people.invite(
            tx,
            role=role,
            place_id=place_id,
            office_id=office_id,
            name=squeezed(name),
            now=now(),
            lifetime=timedelta(days=days),
            person_id=on_roster[0].id if len(on_roster) == 1 else None,
        )
        detail = {"invitation": invitation.id, "role": role}
        await history.append(tx, lead_id=None, event="invited", by=None, now=now(), detail=detail)
    told = {
        "id": invitation.id,
        "role": role,
        "place": "/".join(found[0]),
        "expires_at": invitation.expires_at.isoformat(),
        "telegram": f"https://t.me/{telegram}?start={code}" if telegram else None,
        "web": f"{given.public_url.rstrip('/')}/i/{code}" if given.public_url else None,
    }
    if as_json:
        tell_data(told)
    else:
        _tell_links(invitation, told)
    if qr is not None:  # last: a full disk must not cost the links
        write_new(qr, _sheet(qr, told, invitation.expires_at))
        if not as_json:
            _tell_about(qr)


@app.command(help=say("cli.help.revoke"))
@command
async def revoke(who: str) -> None:
    """Take somebody off the roster, or an unused invitation back, at once."""
    from bot.org_file import squeezed
    from bot.org_plan import standing
    from storage import people

    async with opened() as database, database.write() as tx:
        if any(one.id == who for one in await people.invitations(tx)):
            if not await people.revoke_invitation(tx, who, now()):
                fail("people.used_up", id=who)
            tell("people.taken_back", id=who)
            return
        org = await standing(tx)
        found = [one for one in org.people if one.id == who]
        found = found or [one for one in org.people if squeezed(one.name) == squeezed(who)]
        if not found:
            fail("people.nobody", text=who)
        if len(found) > 1:
            for one in found:
                typer.echo(f"{one.id}  {'/'.join(org.route_of(one.place_id))}", err=True)
            fail("people.many", text=who)
        person = found[0]
        await people.revoke(tx, person.id, now(), None)
        await _take_leave(tx, person)
    path = "/".join(org.route_of(person.place_id))
    tell("people.revoked", role=_role(person.role), name=person.name, path=path)


@people_app.command(name="list", help=say("cli.help.people_list"))
@command
async def list_(as_json: Json = False) -> None:
    """The roster, and the invitations that are still good."""
    from bot.org_plan import standing
    from storage import people

    async with opened() as database, database.read() as tx:
        org = await standing(tx)
        bound = {one.id: [c for c, _ in await people.addresses(tx, one.id)] for one in org.people}
        invited = [one for one in await people.invitations(tx) if _good(one, now())]
    roster = [_person_data(org, one, bound[one.id]) for one in org.people]
    roster.sort(key=lambda each: (str(each["place"]), str(each["role"]), str(each["name"])))
    waiting = list(_invitation_data(org, invited))
    if as_json:
        tell_data({"people": roster, "invitations": waiting})
        return
    if not roster and not waiting:
        tell("people.none")
    for each in roster:
        shown = {**each, "role": _role(str(each["role"])), "path": each["place"]}
        shown["bound"] = " ".join(bound[str(each["id"])]) or say("cli.people.unbound")
        tell("people.line", **shown)
    if waiting:
        tell("people.invitations")
    for each in waiting:
        until = _day(datetime.fromisoformat(str(each["expires_at"])))
        role = _role(str(each["role"]))
        tell("people.invitation", **{**each, "role": role, "path": each["place"], "until": until})


def _office(org: "Standing", text: str, route: tuple[str, ...], needed: bool) -> "Office | None":
    """The office that was named, or for an officer the one at the place or nearest above it."""
    if text:
        called = [o for o in org.offices.values() if text.upper() == o.code or text == o.name]
        if len(called) != 1:
            fail("people.office_none", text=text)
        return called[0]
    above = (org.offices.get(route[:depth]) for depth in range(len(route), 0, -1))
    nearest = next(filter(None, above), None)
    if needed and nearest is None:
        fail("people.office_needed", path="/".join(route))
    return nearest if needed else None


def _refuse_file(qr: Path | None) -> None:
    """Before an invitation is made: whether its sheet can be written."""
    from bot.qr_sheet import suffix_of

    if qr is None:
        return
    if not suffix_of(qr):
        fail("people.qr_suffix")
    refuse_taken(qr)


def _sheet(qr: Path, told: dict[str, str | None], until: datetime) -> bytes:
    from bot.qr_sheet import Code, draw, suffix_of

    codes = [
        Code(link, say(f"cli.sheet.{channel}"))
        for channel in ("telegram", "web")
        if (link := told[channel])
    ]
    above = [
        say("cli.sheet.for", path=told["place"]),
        say("cli.sheet.role", role=_role(str(told["role"]))),
        say("cli.sheet.how"),
    ]
    below = [say("cli.sheet.until", until=_day(until)), say("cli.sheet.secret"), str(told["id"])]
    return draw(suffix_of(qr), above, codes, below)


def _tell_links(invitation: "Invitation", told: dict[str, str | None]) -> None:
    until, role = _day(invitation.expires_at), _role(invitation.role)
    tell("people.invited", id=invitation.id, role=role, path=told["place"], until=until)
    tell("people.known" if invitation.person_id else "people.fresh")
    for channel in ("telegram", "web"):
        key = f"people.{channel}" if told[channel] else f"people.no_{channel}"
        tell(key, link=told[channel])
    tell("people.once")


def _tell_about(qr: Path) -> None:
    from bot.qr_sheet import has_font, suffix_of

    tell("people.qr_done", file=qr)
    if suffix_of(qr) == ".png" and not has_font():
        tell("people.qr_no_font")


async def _take_leave(tx: "Tx", person: "Person") -> None:
    """One last word to somebody who was taken off the roster."""
    from bot.post import lay_in_outbox
    from handlers.messages import Lane, Outbound
    from storage import people

    for channel, chat in (await people.addresses(tx, person.id))[:1]:
        gone = Outbound(channel, chat, text=say("menu.removed"), lane=Lane.NOTICE)
        await lay_in_outbox(tx, [gone], now())


def _role(role: str) -> str:
    return words(f"cli.org.role.{role}")[0]


def _day(at: datetime) -> str:
    """The last whole Beijing day on which an invitation is good, with the hour."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def _good(one: "Invitation", at: datetime) -> bool:
    return one.used_at is None and one.revoked_at is None and one.expires_at > at


def _person_data(org: "Standing", one: "Person", bound: list[str]) -> dict[str, object]:
    office = org.office(one.office_id)
    return {
        "id": one.id,
        "role": one.role.value,
        "name": one.name,
        "place": "/".join(org.route_of(one.place_id)),
        "office": office.code if office else "",
        "title": one.title,
        "bound": bound,
    }


def _invitation_data(org: "Standing", invited: "list[Invitation]") -> Iterator[dict[str, object]]:
    for one in invited:
        yield {
            "id": one.id,
            "role": one.role.value,
            "name": one.name,
            "place": "/".join(org.route_of(one.place_id)),
            "expires_at": one.expires_at.isoformat(),
        }
