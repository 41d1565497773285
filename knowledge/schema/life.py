"""The life of a lead: its states, what may be done in each and by whom, and how it may end."""

from typing import Annotated

from pydantic import StringConstraints

from knowledge.schema.base import Basis, Entry, Model, Plain, Title


class Clock(Model):
    """How long a state may last. `unit` is cd, wd, h, month or quarter."""

    n: int
    unit: str
    since: Title
    lawful: bool  # true: an article sets it (the state's basis); false: our default
    on_expire: Annotated[str, StringConstraints(max_length=40)] = ""
    basis: tuple[Basis, ...] = ()


class State(Entry):
    """A state of a lead (LS..). `next` are the codes it may move to."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")]
    actor: Title
    next: tuple[str, ...]
    clock: Clock | None = None
    more_clocks: tuple[Clock, ...] = ()
    coarse: str  # what the monitor is told: kept | taken | working | asked | ended
    passing: bool = False  # may be walked through by one press, leaving a history row


class Action(Entry):
    """Something an officer may do with a lead; `leads_to` is a state's code, or empty."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")]
    sources: tuple[str, ...]  # the states in which it is offered
    leads_to: str = ""
    holder_only: bool = True
    needs: tuple[
        str, ...
    ] = ()  # reason | feedback | outcome | office | question | text | approver


class Outcome(Entry):
    """How a lead may end, in neutral words; `state` is the code it ends in."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")]
    state: str
    told: Plain  # what the monitor is told
    may_clear: bool = False  # offers the steps that clear a person's name
