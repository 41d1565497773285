"""The procedures of the national pack, and a short way to check facts against one."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.procedures import Findings, check, read_facts
from knowledge.schema.procedure import Procedure
from knowledge.yaml_text import parse

PACK = Path(__file__).parents[2] / "knowledge" / "packs" / "national" / "procedures"
GOLDEN = Path(__file__).parent / "golden"
TODAY = date(2026, 11, 22)


@cache
def procedure(entry: str) -> Procedure:
    (told,) = parse((PACK / f"{entry}.yaml").read_text("utf-8"))["entries"]
    return Procedure.model_validate(told)


def all_procedures() -> list[Procedure]:
    return [procedure(path.stem) for path in sorted(PACK.glob("*.yaml"))]


def checked(
    entry: str, facts: Mapping[str, Any], today: date = TODAY, **parameters: Any
) -> Findings:
    of = procedure(entry)
    return check(of, read_facts(of, facts, today), parameters, today=today)


def golden_cases() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every golden case: the procedure's id, its file and the case itself."""
    return [
        (told["procedure"], told, case)
        for path in sorted(GOLDEN.glob("*.yaml"))
        for told in [parse(path.read_text("utf-8"))]
        for case in told["cases"]
    ]


def golden_facts(told: Mapping[str, Any], case: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a case, laid over those of its file."""
    return _over(told["base"], case.get("facts", {}))


def _over(below: Any, above: Any) -> Any:
    """Lay one mapping over another; null takes a key away."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    laid = {**below, **{key: _over(below.get(key), value) for key, value in above.items()}}
    return {key: value for key, value in laid.items() if value is not None}
