"""The book: packs stacked from the whole country down to one village, read as one.

The lowest pack that has an entry in force speaks; when a local version ends, the one above it
is heard again. Words add up over all levels. Everything answers "as of a day", so that a lead
can be looked at with the rules that held when it happened.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from knowledge.findings import PackError, refuse
from knowledge.load import Pack, Placed, load_pack
from knowledge.schema import (
    LEVELS,
    Entry,
    Form,
    Instrument,
    Level,
    Manifest,
    Measure,
    Parameter,
    Question,
    RiskPoint,
)

E = TypeVar("E", bound=Entry)

PACKS = Path(__file__).parent / "packs"

LEAD = "IT1"
"""The kind of matter that becomes a lead."""


class Book:
    """What is true in one place; see `Book.load` and `shipped`."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        """Stack packs, the highest level first. Raises PackError if they don't stack."""
        self.packs = tuple(packs)
        ranks = [LEVELS.index(pack.manifest.level) for pack in packs]
        if not packs or ranks != sorted(set(ranks)):
            raise refuse("level_order", levels=" ".join(pack.manifest.level for pack in packs))
        self._versions: dict[str, list[tuple[Pack, Placed]]] = {}
        self._by_kind: dict[str, list[str]] = {}
        for pack in packs:
            for placed in pack.entries:
                self._stack(pack, placed)
        self.instruments: dict[str, Instrument] = {}
        self._forms: dict[str, Form] = {}
        for pack in packs:
            self.instruments.update(pack.instruments)
            self._forms.update(pack.forms)
        self._measures = {
            measure.id: (measure, risk)
            for risk in self.every(RiskPoint)
            for measure in risk.measures
        }

    @classmethod
    def load(cls, folders: Iterable[Path]) -> "Book":
        """Read packs from their folders, the highest level first. Raises PackError."""
        return cls([load_pack(folder) for folder in folders])

    @property
    def version(self) -> str:
        """Which packs in which versions speak here; a lead keeps it."""
        return "+".join(f"{pack.manifest.name}@{pack.manifest.version}" for pack in self.packs)

    @property
    def manifest(self) -> Manifest:
        """The manifest of the lowest pack: the place the book is for."""
        return self.packs[-1].manifest

    def get(self, id: str, on: date | None = None) -> Entry | None:
        """The entry as of a day (none: as it stands last), or none if nothing is in force."""
        spoken = self._spoken(id, on)
        return spoken[1].entry if spoken else None

    def find(self, model: type[E], id: str, on: date | None = None) -> E | None:
        """The entry if it is of that kind: `book.find(Power, "SP07", today)`."""
        entry = self.get(id, on)
        return entry if isinstance(entry, model) else None

    def every(self, model: type[E], on: date | None = None) -> tuple[E, ...]:
        """All entries of a kind in force, in the order of the packs."""
        found = (self.get(id, on) for id in self._versions)
        return tuple(entry for entry in found if type(entry) is model)

    def of_kind(self, kind: str, on: date | None = None) -> tuple[Entry, ...]:
        """All entries of a kind in force, by the kind's name."""
        found = (self.get(id, on) for id in self._by_kind.get(kind, ()))
        return tuple(entry for entry in found if entry)

    def kind_of(self, id: str) -> str:
        """The name of an entry's kind, or nothing if there is no such id."""
        versions = self._versions.get(id)
        return versions[0][1].kind if versions else ""

    def is_about_reporting(self, question: Question) -> bool:
        """Whether it asks about reporting itself: it rests on a state of a lead, or on the kind
        of matter that becomes one."""
        return any(id == LEAD or self.kind_of(id) == "state" for id in question.rests_on)

    def level_of(self, id: str, on: date | None = None) -> Level | None:
        """Which level speaks on an entry."""
        spoken = self._spoken(id, on)
        return spoken[0].manifest.level if spoken else None

    def pack_of(self, id: str, on: date | None = None) -> Manifest | None:
        """Whose pack speaks on an entry: its issuer and version are shown with the answer."""
        spoken = self._spoken(id, on)
        return spoken[0].manifest if spoken else None

    def groups(self, kind: str) -> dict[str, str]:
        """The groups of a kind and their titles."""
        merged: dict[str, str] = {}
        for pack in self.packs:
            merged.update(pack.groups.get(kind, {}))
        return merged

    def words(self, id: str) -> tuple[str, ...]:
        """How people type when they mean the entry: all levels together."""
        phrases = (phrase for pack in self.packs for phrase in pack.words.get(id, ()))
        return tuple(dict.fromkeys(phrases))

    def parameters(self, on: date | None = None) -> dict[str, Parameter]:
        """What places set for themselves, by key."""
        return {each.key: each for each in self.every(Parameter, on)}

    def parameter(self, key: str, on: date | None = None) -> Parameter | None:
        """One parameter; its `value` is none where this place has not set it."""
        return self.parameters(on).get(key)

    def form(self, name: str) -> Form:
        """The questions of a form. Raises KeyError."""
        return self._forms[name]

    def measure(self, id: str) -> tuple[Measure, RiskPoint] | None:
        """A measure and the risk it guards against."""
        return self._measures.get(id)

    def table(self, kind: str) -> dict[str, Any]:
        """A table that one module reads for itself; lower packs replace its keys."""
        merged: dict[str, Any] = {}
        for pack in self.packs:
            merged.update(pack.tables.get(kind, {}))
        return merged

    @property
    def ids(self) -> frozenset[str]:
        """Every id that may be pointed at, measures included."""
        return frozenset(self._versions) | frozenset(self._measures)

    def placed(self) -> Iterator[tuple[Pack, Placed]]:
        """Every version of every entry, with the pack it stands in."""
        for pack in self.packs:
            for placed in pack.entries:
                yield pack, placed

    def _stack(self, pack: Pack, placed: Placed) -> None:
        id = placed.entry.id
        versions = self._versions.setdefault(id, [])
        if not versions:
            self._by_kind.setdefault(placed.kind, []).append(id)
        elif versions[0][1].kind != placed.kind:
            raise PackError([placed.find("other_kind", kind=versions[0][1].kind)])
        versions.append((pack, placed))

    def _spoken(self, id: str, on: date | None) -> tuple[Pack, Placed] | None:
        """The lowest pack's version that is in force; within a pack the one that began last."""
        speaking = None
        for pack, placed in self._versions.get(id, ()):
            entry = placed.entry
            if not _in_force(entry, on):
                continue
            if (
                speaking is None
                or speaking[0] is not pack
                or _began(entry) >= _began(speaking[1].entry)
            ):
                speaking = (pack, placed)
        return speaking


def _in_force(entry: Entry, on: date | None) -> bool:
    if on is None:
        return entry.until is None
    return _began(entry) <= on and (entry.until is None or on < entry.until)


def _began(entry: Entry) -> date:
    return entry.effective_from or date.min


@lru_cache(maxsize=1)
def shipped() -> Book:
    """The national book that comes with the program."""
    return Book.load([PACKS / "national"])
