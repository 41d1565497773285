"""`cunjian org …`: places, offices and people, in from a file and out into one.

A dry run comes first; a file with anything wrong in it is refused whole, every fault named.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.common import Json, command, fail, now, opened, tell, tell_data, write_new
from handlers.texts import find, say, words

if TYPE_CHECKING:
    from bot.org_file import Fault
    from bot.org_plan import Plan, Standing

app = typer.Typer(no_args_is_help=True, help=say("cli.help.org"))


@app.command(name="import", help=say("cli.help.org_import"))
@command
async def import_(
    file: Path,
    write: Annotated[bool, typer.Option("--write", help=say("cli.help.write"))] = False,
    as_json: Json = False,
) -> None:
    """Bring the organisation up to a file; a dry run until told to write."""
    from bot import org_file, org_plan

    try:
        rows = org_file.read(file)
        async with opened() as database, database.write() as tx:
            standing = await org_plan.standing(tx)
            plan = org_plan.make(rows, standing)
            if write and plan:
                await org_plan.apply(tx, plan, standing, now())
    except org_file.Faulty as faulty:
        for fault in faulty.faults[:50]:
            typer.echo(_sentence(fault), err=True)
        fail("org.refused", n=len(faulty.faults))
    if as_json:
        tell_data(_as_data(plan, write))
        return
    for line in _changes(plan):
        typer.echo(line)
    if plan.left_out:
        tell("org.left_out", n=plan.left_out)
    if not plan:
        tell("org.same")
    else:
        counts = {"places": len(plan.places), "offices": len(plan.offices)}
        tell("org.written" if write else "org.dry", people=len(plan.people), **counts)


@app.command(help=say("cli.help.org_export"))
@command
async def export(file: Path) -> None:
    """Places, offices and people as a file that `org import` takes back unchanged."""
    from bot import org_plan

    if file.suffix not in (".xlsx", ".yaml"):
        fail("org.suffix")
    async with opened() as database, database.read() as tx:
        standing = await org_plan.standing(tx)
    parts = _tables(standing)
    raw = _as_workbook(parts) if file.suffix == ".xlsx" else _as_yaml(parts)
    write_new(file, raw)
    tell("org.exported", file=file, people=len(parts["people"]))


@app.command(help=say("cli.help.org_template"))
@command
def template(file: Path) -> None:
    """An empty workbook to fill in, with a sheet that explains it."""
    if file.suffix != ".xlsx":
        fail("org.template_suffix")
    write_new(file, _as_workbook({part: [] for part in ("places", "offices", "people")}))
    tell("org.template", file=file)


def _sentence(fault: "Fault") -> str:
    """A fault as one line: where, what is wrong, what to do."""
    where = fault.where
    place = where.file
    if where.sheet:
        place = say("cli.org.at.sheet", file=place, sheet=where.sheet)
    if where.line:
        place = say("cli.org.at.line", place=place, line=where.line)
    if where.column:
        place = say("cli.org.at.column", place=place, column=where.column)
    return place + say("cli.org.at.said", said=say(f"cli.org.fault.{fault.code}", **fault.values))


def _changes(plan: "Plan") -> list[str]:
    lines = [say("cli.org.new.place", path="/".join(route)) for route in plan.places]
    for one in plan.offices:
        key = "changed" if one.old else "new"
        path = "/".join(one.route)
        lines.append(say(f"cli.org.{key}.office", name=one.row["name"], path=path))
    for who in plan.people:
        key = "changed" if who.old else "new"
        called = words(f"cli.org.role.{who.role}")[0]
        told = {"role": called, "name": who.row["name"], "path": "/".join(who.route)}
        lines.append(say(f"cli.org.{key}.person", **told))
    return lines


def _as_data(plan: "Plan", written: bool) -> dict[str, object]:
    return {
        "written": written and bool(plan),
        "places": ["/".join(route) for route in plan.places],
        "offices": [{"place": "/".join(o.route), "new": o.old is None} for o in plan.offices],
        "people": [
            {"role": p.role, "place": "/".join(p.route), "new": p.old is None} for p in plan.people
        ],
        "left_out": plan.left_out,
    }


def _tables(standing: "Standing") -> dict[str, list[dict[str, str]]]:
    """Everything that stands, by the fields of the file."""
    from bot.org_file import KINDS

    offices = [
        {
            "place": "/".join(route),
            "name": office.name,
            "code": office.code,
            "cards": words(f"cli.org.cards.{office.card_level}")[0],
            "phone": office.phone,
            "upper": office.upper_channel,
        }
        for route, office in sorted(standing.offices.items())
    ]
    people = []
    for person in standing.people:
        office = standing.office(person.office_id)
        people.append(
            {
                "role": words(f"cli.org.role.{person.role}")[0],
                "name": person.name,
                "place": "/".join(standing.route_of(person.place_id)),
                "office": office.code if office else "",
                "title": person.title,
                "phone": person.phone,
            }
        )
    people.sort(key=lambda each: (each["place"], each["role"], each["name"]))
    places = [dict(zip(KINDS, route, strict=False)) for route in standing.places]
    return {"places": places, "offices": offices, "people": people}


def _as_yaml(parts: dict[str, list[dict[str, str]]]) -> bytes:
    import yaml

    data: dict[str, object] = {"places": ["/".join(each.values()) for each in parts["places"]]}
    for part in ("offices", "people"):
        data[part] = [{k: v for k, v in each.items() if v} for each in parts[part]]
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1000).encode()


def _as_workbook(parts: dict[str, list[dict[str, str]]]) -> bytes:
    from bot.org_file import FIELDS, PARTS
    from bot.sheets import Sheet, workbook

    made = [Sheet(find("cli.org.sheet.how"), [""], [[line] for line in words("cli.org.how")])]
    for part in PARTS:
        head = [find(f"cli.org.column.{part}.{name}") for name in FIELDS[part]]
        rows = [[each.get(name, "") for name in FIELDS[part]] for each in parts[part]]
        choices = {
            at: [words(f"cli.org.{name}.{key}")[0] for key in find(f"cli.org.{name}")]
            for at, name in enumerate(FIELDS[part])
            if name in ("role", "cards")
        }
        made.append(Sheet(find(f"cli.org.sheet.{part}"), head, rows, choices))
    return workbook(made)
