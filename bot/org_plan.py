"""What an organisation file would change, and changing it: never half of it, never twice.

Places, offices and people that the file leaves out stay as they are; an empty field too.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bot.org_file import KINDS, Fault, Faulty, Route, Row, named, split, squeezed
from storage import history, particulars, people, places
from storage.database import Tx
from storage.people import Person, Role
from storage.places import Office, Place


@dataclass
class Standing:
    """The organisation as the database has it."""

    places: dict[Route, Place]
    offices: dict[Route, Office]
    people: list[Person]

    def route_of(self, place_id: str) -> Route:
        """The names from the district down to a place."""
        return next((r for r, place in self.places.items() if place.id == place_id), ())

    def office(self, office_id: str | None) -> Office | None:
        """An office by its id."""
        return next((one for one in self.offices.values() if one.id == office_id), None)


async def standing(tx: Tx) -> Standing:
    """Reads the organisation."""
    by_id = {place.id: place for place in await places.all_places(tx)}

    def route(place: Place) -> Route:
        above = by_id.get(place.parent_id or "")
        return (*(route(above) if above else ()), place.name)

    routes = {route(place): place for place in by_id.values()}
    found = {place.id: r for r, place in routes.items()}
    offices = {found[one.place_id]: one for one in await places.all_offices(tx)}
    return Standing(dict(sorted(routes.items())), offices, await people.everyone(tx))


def matching(text: str, routes: Iterable[Route]) -> list[Route]:
    """The places that a path or the end of one may mean; the exact one alone if there is one."""
    wanted = split(text)
    found = [route for route in routes if wanted and route[-len(wanted) :] == wanted]
    return [route for route in found if route == wanted] or found


@dataclass(frozen=True)
class OfficeChange:
    """An office that is new (`old` none) or whose particulars change."""

    route: Route
    row: Row
    old: Office | None


@dataclass(frozen=True)
class PersonChange:
    """Somebody who is new on the roster (`old` none) or whose particulars change."""

    role: Role
    route: Route
    office: Route  # where the office stands; empty: none
    row: Row
    old: Person | None


@dataclass
class Plan:
    """What would change."""

    places: list[Route] = field(default_factory=list)
    offices: list[OfficeChange] = field(default_factory=list)
    people: list[PersonChange] = field(default_factory=list)
    left_out: int = 0  # people on the roster whom the file does not name

    def __bool__(self) -> bool:
        """Whether anything would change."""
        return bool(self.places or self.offices or self.people)


class _Planner:
    """Holds one file against what stands."""

    def __init__(self, now: Standing) -> None:
        self.now, self.plan, self.faults = now, Plan(), list[Fault]()
        self.routes: dict[Route, None] = dict.fromkeys(now.places)
        self.offices: dict[Route, Row | None] = dict.fromkeys(now.offices)
        self.told: set[Route] = set()
        self.seen: set[tuple[str, Route, Route, str]] = set()

    def place(self, row: Row) -> None:
        for depth in range(1, len(row.route) + 1):
            route = row.route[:depth]
            if route not in self.routes:
                self.routes[route] = None
                self.plan.places.append(route)

    def office(self, row: Row) -> None:
        route = self._one(row, "place", self.routes)
        if route is None:
            return
        if route in self.told:
            self._fault(row, "place", "office_twice")
            return
        self.told.add(route)
        old = self.now.offices.get(route)
        for other, known in self.offices.items():
            code = known["code"] if known else self.now.offices[other].code
            if other != route and code == row["code"]:
                self._fault(row, "code", "code_taken", other="/".join(other))
        if old is not None and old.code != row["code"]:
            self._fault(row, "code", "code_fixed", old=old.code)
        self.offices[route] = row
        if old is None or _differs(old, row):
            self.plan.offices.append(OfficeChange(route, row, old))

    def person(self, row: Row) -> None:
        role = Role(named("role", row["role"]))
        office = self._office_of(row, role)
        if office is None:
            return
        if not row["place"] and not office:
            self._fault(row, "place", "missing")
            return
        route = self._one(row, "place", self.routes) if row["place"] else office
        if route is None:
            return
        key = (role.value, route, office, row["name"])
        if key in self.seen:
            self._fault(row, "name", "person_twice")
            return
        self.seen.add(key)
        old = self._known(role, route, office, row["name"])
        if old is None or any(row[k] and row[k] != getattr(old, k) for k in ("title", "phone")):
            self.plan.people.append(PersonChange(role, route, office, row, old))

    def _office_of(self, row: Row, role: Role) -> Route | None:
        """Where this person's office stands; () for nobody's; none after a fault."""
        if row["office"]:
            names = {
                route: {known["name"], known["code"]} if known else set()
                for route, known in self.offices.items()
            }
            for route, one in self.now.offices.items():
                names[route] |= {one.name, one.code}
            found = [route for route, called in names.items() if row["office"] in called]
            if len(found) == 1:
                return found[0]
            self._fault(row, "office", "many_offices" if found else "no_office")
            return None
        if role is not Role.OFFICER:
            return ()
        if not row["place"]:
            self._fault(row, "office", "missing")
            return None
        seat = self._one(row, "place", self.routes)
        if seat is not None and seat not in self.offices:
            self._fault(row, "office", "no_office_here", text=row["place"])
            return None
        return seat

    def _known(self, role: Role, route: Route, office: Route, name: str) -> Person | None:
        place = self.now.places.get(route)
        seat = self.now.offices.get(office)
        return next(
            (
                person
                for person in self.now.people
                if person.role is role
                and squeezed(person.name) == name
                and place is not None
                and person.place_id == place.id
                and person.office_id == (seat.id if seat else None)
            ),
            None,
        )

    def _one(self, row: Row, name: str, routes: Collection[Route]) -> Route | None:
        found = matching(row[name], routes)
        if len(found) == 1:
            return found[0]
        known = " ".join("/".join(route) for route in found[:5])
        self._fault(row, name, "many_places" if found else "no_place", known=known)
        return None

    def _fault(self, row: Row, name: str, code: str, **values: str) -> None:
        self.faults.append(row.fault(name, code, **values))


def _differs(old: Office, row: Row) -> bool:
    pairs = (
        (row["name"], old.name),
        (named("cards", row["cards"]), old.card_level),
        (row["phone"], old.phone),
        (row["upper"], old.upper_channel),
    )
    return any(new and new != had for new, had in pairs)


def make(rows: Iterable[Row], now: Standing) -> Plan:
    """What a file's rows would change. Raises Faulty with everything that does not fit."""
    planner = _Planner(now)
    sorted_rows = {part: [r for r in rows if r.part == part] for part in ("places", "offices")}
    for row in sorted_rows["places"]:
        planner.place(row)
    for row in sorted_rows["offices"]:
        planner.office(row)
    for row in rows:
        if row.part == "people":
            planner.person(row)
    if planner.faults:
        raise Faulty(planner.faults)
    known = {(p.role, p.place_id, squeezed(p.name)) for p in now.people}
    named_now = {
        (Role(role), now.places[route].id, name)
        for role, route, _, name in planner.seen
        if route in now.places
    }
    planner.plan.left_out = len(known - named_now)
    return planner.plan


async def apply(tx: Tx, plan: Plan, standing: Standing, now: datetime) -> None:
    """Changes what the plan says, in this transaction, and writes down how much it was."""
    ids = {route: place.id for route, place in standing.places.items()}
    offices = {route: office.id for route, office in standing.offices.items()}
    for route in plan.places:
        kind, parent = KINDS[len(route) - 1], ids.get(route[:-1])
        ids[route] = (await places.add_place(tx, kind=kind, name=route[-1], parent_id=parent)).id
    for one in plan.offices:
        row = one.row
        given = {"name": row["name"], "phone": row["phone"], "upper_channel": row["upper"]}
        level = named("cards", row["cards"])
        if one.old is not None:
            await particulars.change_office(tx, one.old.id, card_level=level, **given)
            continue
        made = await places.add_office(
            tx, place_id=ids[one.route], code=row["code"], card_level=level or "summary", **given
        )
        offices[one.route] = made.id
    for who in plan.people:
        row = who.row
        if who.old is not None:
            given = {"title": row["title"], "phone": row["phone"]}
            await particulars.change_person(tx, who.old.id, **given)
            continue
        await people.add(
            tx,
            role=who.role,
            place_id=ids[who.route],
            office_id=offices.get(who.office),
            name=row["name"],
            title=row["title"],
            phone=row["phone"],
            now=now,
        )
    counts = {"places": len(plan.places), "offices": len(plan.offices)}
    detail = counts | {"people": len(plan.people)}
    await history.append(tx, lead_id=None, event="org_imported", by=None, now=now, detail=detail)
