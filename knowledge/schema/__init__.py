"""The shape of a knowledge pack: what an entry of each kind must say, and with what source.

A pack is a folder of YAML files. Every file names the one kind of entry it holds; the model
for that kind is found in `KINDS`. The models are strict: an unknown field is an error, because
a misspelt field is a rule that silently does not exist.
"""

from knowledge.schema.base import Basis, Entry, Field, Footing, LocalBasis, Model
from knowledge.schema.entries import (
    AccountabilityKind,
    Behaviour,
    BusinessRule,
    Card,
    Category,
    Checklist,
    Intake,
    Measure,
    Power,
    Prohibition,
    Question,
    RiskPoint,
    Term,
    TimeLimit,
)
from knowledge.schema.life import Action, Outcome, State
from knowledge.schema.pack import (
    LEVELS,
    Form,
    Index,
    Instrument,
    Level,
    Manifest,
    Parameter,
    Words,
)
from knowledge.schema.procedure import Procedure, Step, Variant

KINDS: dict[str, type[Entry]] = {
    "power": Power,
    "prohibition": Prohibition,
    "business": BusinessRule,
    "accountability": AccountabilityKind,
    "behaviour": Behaviour,
    "risk": RiskPoint,
    "procedure": Procedure,
    "category": Category,
    "intake": Intake,
    "state": State,
    "action": Action,
    "outcome": Outcome,
    "limit": TimeLimit,
    "term": Term,
    "question": Question,
    "checklist": Checklist,
    "card": Card,
    "parameter": Parameter,
}
"""The kind a pack file declares, and the model each of its entries must satisfy."""

__all__ = [
    "KINDS",
    "LEVELS",
    "AccountabilityKind",
    "Action",
    "Basis",
    "Behaviour",
    "BusinessRule",
    "Card",
    "Category",
    "Checklist",
    "Entry",
    "Field",
    "Footing",
    "Form",
    "Index",
    "Instrument",
    "Intake",
    "Level",
    "LocalBasis",
    "Manifest",
    "Measure",
    "Model",
    "Outcome",
    "Parameter",
    "Power",
    "Procedure",
    "Prohibition",
    "Question",
    "RiskPoint",
    "State",
    "Step",
    "Term",
    "TimeLimit",
    "Variant",
    "Words",
]
