"""What a pack says of itself, the instruments it may cite, and what a lower pack may set."""

from datetime import date
from typing import Annotated

from pydantic import StringConstraints

from knowledge.schema.base import Entry, Model, Plain, Title


class Manifest(Model):
    """Who says this, who adopted it, since when."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
    title: Title
    level: str  # national | province | district | street | village
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
