"""What every entry of every pack has: a name, a first line that answers, a source, dates."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Limits

Cite = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*:\d+(\.\d+)?$")]
"""An instrument's code and the number of its article (`VCOL:35`) or point (`VOPEN04:2.4`)."""

EntryId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,3}\d+(\.\d{2})?$")]
"""An id of the catalogue, such as SP07, NL2.03 or PR10."""

Title = Annotated[str, StringConstraints(min_length=2, max_length=30)]
Plain = Annotated[str, StringConstraints(min_length=2, max_length=200)]
"""One or two plain sentences that fit on a phone without scrolling."""


class Model(BaseModel):
    """A strict, frozen record: unknown fields are refused, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Footing(StrEnum):
    """On what an entry rests; shown beside every answer, so that advice is never taken for law."""

    LAW = "law"  # a national text in force says so
    LOCAL = "local"  # only some places say so
    OWN = "own"  # our advice; no text was found


class Basis(Model):
    """One article, and which part of the entry it carries."""

    cite: Cite
    carries: Plain  # what in this entry rests on the article, in a few words


class LocalBasis(Model):
    """A local rule whose text was not at hand; never shown as if it were national law."""

    cite: Cite
    carries: Plain


class Field(Model):
    """One question of a form."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    label: Title  # the short name shown in the preview and to the office
    ask: Plain  # the question as it is put to a monitor
    kind: str = "text"  # text | choice | when | amount | files
    choices: tuple[str, ...] = ()
    required: bool = False


class Entry(Model):
    """One fact, its source and its dates. Nothing is deleted: it is ended (`until`)."""

    id: EntryId
    title: Title
    summary: Plain  # the first line answers
    group: str = ""  # a key of the file's `groups`
    footing: Footing = Footing.LAW
    basis: tuple[Basis, ...] = ()
    local_basis: tuple[LocalBasis, ...] = ()
    partly_local: bool = False  # the rule is law, its figures are set locally
    note: Annotated[str, StringConstraints(max_length=200)] = ""
    effective_from: date | None = None  # none: its beginning is not recorded
    until: date | None = None  # the first day it no longer holds
    verified: date | None = Limits(None, description="the day its basis was read; none: not read")
