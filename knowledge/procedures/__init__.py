"""The procedure checker: what was seen of a procedure, judged step by step against its rules.

    facts = read_facts(procedure, parse(text), today)  # knowledge.yaml_text.parse
    findings = check(procedure, facts, parameters, today=today)

Pure: no clock, no files. Every finding carries the dates and figures it was computed from, so
that words and pictures can be made of it elsewhere.
"""

from knowledge.procedures.check import Finding, Findings, check
from knowledge.procedures.facts import Facts, FactsError, Seen, read_facts
from knowledge.procedures.known import Known, Lack, Missing
from knowledge.procedures.verdict import Figures, Kind, Verdict

__all__ = [
    "Facts",
    "FactsError",
    "Figures",
    "Finding",
    "Findings",
    "Kind",
    "Known",
    "Lack",
    "Missing",
    "Seen",
    "Verdict",
    "check",
    "read_facts",
]
