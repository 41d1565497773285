"""What a pack says of itself, the instruments it may cite, and the files that are not lists."""

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field as Limits
from pydantic import StringConstraints

from knowledge.schema.base import Entry, EntryId, Field, Model, Plain, Title

Level = Literal["national", "province", "district", "street", "village"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Who may speak, from the whole country down; a lower level overrides what stands above it."""


class Manifest(Model):
    """Who says this, who adopted it, since when."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
    title: Title
    level: Level
    issuer: Plain
    adopted_by: Plain
    version: Annotated[str, StringConstraints(pattern=r"^\d{4}\.\d{1,2}\.\d+$")]
    effective_from: date
    sample: bool = False  # true: invented, to show how; never to be relied on
    language: str = "zh-CN"


class Instrument(Model):
    """A text that may be cited, and how many articles it has; the text itself is not kept."""

    name: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    short: Annotated[str, StringConstraints(min_length=2, max_length=40)]
    version: Annotated[str, StringConstraints(max_length=80)]
    effective_from: date | None = None
    until: date | None = None  # the first day it was no longer in force
    replaced_by: str = ""
    articles: int = 0  # 0 for an instrument that is divided into points
    points: tuple[str, ...] = ()  # such as 2.4
    text_at_hand: bool = True
    place: str = ""  # a local instrument: where it holds


class Parameter(Entry):
    """Something that a place sets for itself: a threshold, posting days, a variant, an order."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    value: int | str | tuple[str, ...] | None = None  # none: this place has not set it
    unit: str = ""
    source: Annotated[str, StringConstraints(max_length=120)] = ""


class Form(Model):
    """The questions that every report is asked, and what must never be asked."""

    form: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    never_ask: tuple[Plain, ...] = ()
    fields: tuple[Field, ...]
    on_request: tuple[Field, ...] = ()  # asked only if the person wants to say more


Phrase = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class Words(Model):
    """How people type when they mean an entry; a lower pack adds to them."""

    words: dict[EntryId, tuple[Phrase, ...]]


class Index(Model):
    """What a complete pack holds: `knowledge check` names every id that is missing."""

    ids: dict[str, tuple[EntryId, ...]]
    at_least: dict[str, int] = Limits({}, description="kind: how many entries it must have")
    words_for: tuple[str, ...] = ()  # the kinds whose entries people must be able to find
